// Matrix products against a plain triple loop: sizes around the tile edges, all transposes, batches,
// broadcasting, accumulation, bias, empty sizes.
import { Arena } from "@tapegrad/core";
import { expect } from "chai";
import { relaxedSimd } from "../src/wasm/assembler/features.ts";
import { WasmContext } from "../src/wasm/context.ts";
import { gemm, matmul } from "../src/wasm/gemm/gemm.ts";
import { awaitThreads } from "../src/wasm/threads/await-threads.ts";
import { ThreadPool } from "../src/wasm/threads/thread-pool.ts";
import { addressOf } from "../src/wasm/view.ts";
import { expectClose, kinds, newContext, numbers, read, viewOf } from "./wasm-support.ts";

function product(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  m: number,
  n: number,
  k: number,
): Float64Array {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += (a[i * k + l] as number) * (b[l * n + j] as number);
      c[i * n + j] = sum;
    }
  }
  return c;
}

for (const { name, relaxed } of kinds) {
  describe(`gemm, ${name} SIMD`, () => {
    const ctx = newContext(relaxed);

    /** Both operands in both layouts. */
    function check(m: number, n: number, k: number): void {
      const [a, b] = [numbers(m * k, m + 7 * k), numbers(k * n, n + 3 * k)];
      const wanted = product(a, b, m, n, k);
      for (const aT of [false, true]) {
        for (const bT of [false, true]) {
          const y = viewOf(ctx, [m, n]);
          matmul(
            ctx,
            viewOf(ctx, [m, k], a, aT ? { strides: [1, m], offset: 3 } : {}),
            viewOf(ctx, [k, n], b, bT ? { strides: [1, k], offset: 1 } : {}),
            y,
          );
          expectClose(read(ctx, y), wanted, `${m}×${n}×${k} ${aT ? "Aᵀ" : "A"} ${bT ? "Bᵀ" : "B"}`);
        }
      }
    }

    it("is right around the edges of tiles", () => {
      for (const m of [1, 2, 5, 6, 7, 13, 25]) {
        for (const n of [1, 3, 4, 8, 9, 11, 12, 17, 31, 40])
          for (const k of [1, 2, 3, 4, 7, 33]) check(m, n, k);
      }
    });

    it("is right across blocks of k, n and m", () => {
      check(17, 30, 800);
      check(400, 9, 20);
      check(9, 1050, 13);
      check(1, 200, 300);
      check(300, 1, 77);
      check(3, 130, 70);
      check(131, 4, 69);
      check(70, 256, 1024); // rows 1 KiB apart
    });

    it("gives zeros for k = 0 and nothing for empty outputs", () => {
      const y = viewOf(ctx, [3, 5]);
      matmul(ctx, viewOf(ctx, [3, 0], []), viewOf(ctx, [0, 5], []), y);
      expect([...read(ctx, y)]).to.deep.equal(new Array(15).fill(0));
      expect(() => check(0, 4, 3)).not.to.throw();
      expect(() => check(4, 0, 3)).not.to.throw();
    });

    it("takes batches, broadcast operands and any strides", () => {
      const [p, q, m, n, k] = [2, 3, 7, 10, 5];
      const a = numbers(p * q * m * k, 1);
      const b = numbers(p * k * n, 2);
      const y = viewOf(ctx, [p, q, m, n]);
      // a: rows 2 floats apart in k, batch dims swapped in memory; b: shared along q.
      const aView = viewOf(ctx, [p, q, m, k], a, { strides: [m * k * 2, m * k * 2 * p, k * 2, 2] });
      const bView = viewOf(ctx, [p, q, k, n], undefined, { strides: [k * n, 0, n, 1] });
      ctx.arena.f32.set(b, addressOf(bView) / 4);
      matmul(ctx, aView, bView, y);
      const wanted: number[] = [];
      for (let i = 0; i < p * q; i++) {
        const bi = Math.floor(i / q);
        const [x, w] = [a.slice(i * m * k, (i + 1) * m * k), b.slice(bi * k * n, (bi + 1) * k * n)];
        wanted.push(...product(x, w, m, n, k));
      }
      expectClose(read(ctx, y), wanted, "batched");
    });

    it("joins batch and rows where b is shared", () => {
      const a = numbers(4 * 3 * 6, 1);
      const b = numbers(6 * 8, 2);
      const y = viewOf(ctx, [4, 3, 8]);
      const bView = viewOf(ctx, [4, 6, 8], undefined, { strides: [0, 8, 1] });
      ctx.arena.f32.set(b, addressOf(bView) / 4);
      matmul(ctx, viewOf(ctx, [4, 3, 6], a), bView, y);
      expectClose(read(ctx, y), product(a, b, 12, 8, 6), "joined");
    });

    it("accumulates, adds a bias and activates", () => {
      for (const [m, n, k] of [
        [5, 9, 12],
        [1, 11, 6],
        [8, 1, 9],
        [37, 43, 800],
      ] as const) {
        const [a, b, c, bias] = [
          numbers(m * k, 1),
          numbers(k * n, 2),
          numbers(m * n, 3),
          numbers(n, 4),
        ];
        const ab = product(a, b, m, n, k);
        for (const accumulate of [false, true]) {
          for (const [withBias, activation] of [
            [false, 0],
            [true, 0],
            [false, 1],
            [true, 1],
            [true, 2],
          ] as const) {
            const y = viewOf(ctx, [m, n], c);
            gemm(ctx, {
              m,
              n,
              k,
              a: addressOf(viewOf(ctx, [m, k], a)),
              aRowStride: k,
              aColStride: 1,
              b: addressOf(viewOf(ctx, [k, n], b)),
              bRowStride: n,
              bColStride: 1,
              c: addressOf(y),
              cRowStride: n,
              accumulate,
              activation,
              ...(withBias ? { bias: addressOf(viewOf(ctx, [n], bias)) } : {}),
            });
            const low = activation === 0 ? Number.NEGATIVE_INFINITY : 0;
            const high = activation === 2 ? 6 : Number.POSITIVE_INFINITY;
            const wanted = ab.map((v, i) => {
              const old = accumulate ? (c[i] as number) : 0;
              const sum = v + old + (withBias ? (bias[i % n] as number) : 0);
              return Math.min(Math.max(sum, low), high);
            });
            const what = `accumulate ${accumulate}, bias ${withBias}, activation ${activation}`;
            expectClose(read(ctx, y), wanted, what);
          }
        }
      }
    });

    it("reads few rows, or few columns, as they lie where k is side by side", () => {
      for (const [m, n, k] of [
        [2, 4, 4],
        [3, 7, 5],
        [16, 19, 34],
        [5, 2002, 71],
        [2003, 6, 69],
      ] as const) {
        const [a, b, bias] = [numbers(m * k, 1), numbers(k * n, 2), numbers(n, 3)];
        const wanted = product(a, b, m, n, k);
        const bAlongK = Float32Array.from(
          b,
          (_, i) => b[(i % k) * n + Math.floor(i / k)] as number,
        );
        // A row of A has a gap behind it, and so has one of C.
        const x = viewOf(ctx, [m, k], a, { strides: [k + 3, 1] });
        const [w, bs] = [viewOf(ctx, [n, k], bAlongK), viewOf(ctx, [n], bias)];
        for (const [withBias, activation] of [
          [false, 0],
          [true, 0],
          [true, 1],
          [false, 2],
        ] as const) {
          const y = viewOf(ctx, [m, n + 2]);
          const variant = gemm(ctx, {
            ...{ m, n, k, a: addressOf(x), aRowStride: k + 3, aColStride: 1 },
            ...{ b: addressOf(w), bRowStride: 1, bColStride: k },
            ...{ c: addressOf(y), cRowStride: n + 2, activation },
            ...(withBias ? { bias: addressOf(bs) } : {}),
          });
          expect(variant).to.equal("gemm-dots");
          const all = read(ctx, y);
          const got = wanted.map((_, i) => all[Math.floor(i / n) * (n + 2) + (i % n)] as number);
          const [low, high] = [activation === 0 ? -Infinity : 0, activation === 2 ? 6 : Infinity];
          const expected = wanted.map((v, i) =>
            Math.min(Math.max(v + (withBias ? (bias[i % n] as number) : 0), low), high),
          );
          expectClose(got, expected, `${m}×${n}×${k} bias ${withBias}, activation ${activation}`);
        }
      }
    });

    it("gives all scratch memory back", () => {
      check(20, 20, 20);
      const before = ctx.arena.pooledBytes;
      gemm(ctx, {
        m: 20,
        n: 20,
        k: 20,
        a: 64,
        aRowStride: 20,
        aColStride: 1,
        b: 64,
        bRowStride: 20,
        bColStride: 1,
        c: addressOf(viewOf(ctx, [20, 20])),
        cRowStride: 20,
      });
      expect(ctx.arena.pooledBytes).to.be.at.least(before - 2000);
    });
  });
}

describe("gemm on several threads", () => {
  it("gives few rows, and few columns, the same bits", () => {
    for (const [m, n, k] of [
      [7, 503, 301],
      [503, 7, 301],
    ] as const) {
      const [a, b] = [numbers(m * k, 1), numbers(n * k, 2)];
      const results: Float32Array[] = [];
      for (const threads of [1, 2, 3]) {
        const arena = new Arena({ shared: true, maxPages: 1024 });
        const pool = new ThreadPool(arena, threads);
        const ctx = new WasmContext(arena, { relaxed: relaxedSimd(), pool });
        awaitThreads(ctx);
        const y = viewOf(ctx, [m, n]);
        const bView = viewOf(ctx, [k, n], b, { strides: [1, k] });
        expect(matmul(ctx, viewOf(ctx, [m, k], a), bView, y)).to.equal("gemm-dots");
        results.push(read(ctx, y));
        pool.end();
      }
      for (const other of results.slice(1)) expect(other).to.deep.equal(results[0]);
    }
  });
});
