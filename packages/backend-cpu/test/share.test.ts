// Tensors large enough to be cut into many tasks, of odd sizes, against plain loops: elementwise, reductions.
// The tasks run in the opposite order with poisoned scratch memory.
import { Arena, type BinaryCode, fillRandom, type View } from "@tapegrad/core";
import { expect } from "chai";
import { BINARY, UNARY } from "../../core/src/reference/elementwise.ts";
import { WasmContext } from "../src/wasm/context.ts";
import { elementwiseKernels } from "../src/wasm/elementwise/elementwise.ts";
import { randomKernels } from "../src/wasm/random/random.ts";
import { reduceKernels } from "../src/wasm/reduce/reduce.ts";
import { ThreadPool } from "../src/wasm/threads/thread-pool.ts";
import { BackwardsContext } from "./backwards.ts";
import { kinds, numbers, read, rowMajor, viewOf } from "./wasm-support.ts";

const size = (shape: readonly number[]): number => shape.reduce((p, n) => p * n, 1);

function expectNear(got: Float32Array, wanted: Float32Array, what: string, rtol = 1e-6): void {
  for (let i = 0; i < wanted.length; i++) {
    const [g, w] = [got[i] as number, wanted[i] as number];
    if (g !== w && !(Math.abs(g - w) <= rtol * (1 + Math.abs(w)))) {
      expect.fail(`${what}: element ${i} is ${g}, expected ${w}`);
    }
  }
}

for (const { name, relaxed } of kinds) {
  describe(`work in pieces, ${name} SIMD`, () => {
    const ctx = new BackwardsContext(relaxed);
    const { unary, binary, binaryScalar, where } = elementwiseKernels(ctx);
    const { reduce, argReduce } = reduceKernels(ctx);

    it("elementwise, dense: stretches of one row", () => {
      const n = 200_003;
      const data = numbers(n, 1);
      const x = viewOf(ctx, [n], data, { offset: 1 });
      const y = viewOf(ctx, [n + 5]);
      unary("exp", x, { ...y, shape: [n] });
      expect(ctx.tasksSince()).to.be.greaterThan(4);
      const got = read(ctx, y);
      expectNear(got.subarray(0, n), data.map(Math.exp), "exp");
      expect(got.subarray(n).every(Number.isNaN)).to.equal(true);
      binaryScalar("mul", x, -2, x);
      expectNear(
        read(ctx, x),
        data.map((v) => v * -2),
        "in place",
      );
      expect(ctx.tasksSince()).to.be.greaterThan(1);
    });

    it("elementwise, broadcast and strided: rows, long rows, many dims", () => {
      const cases: [shape: number[], a: number[], b: number[], aStrides?: number[]][] = [
        [
          [3, 70_001],
          [3, 70_001],
          [3, 1],
        ],
        [[3, 70_001], [3, 1], [70_001]],
        [[501, 333], [501, 333], [333]],
        [
          [501, 333],
          [501, 333],
          [501, 1],
        ],
        [
          [7, 61, 11, 37],
          [7, 61, 11, 37],
          [61, 1, 1],
        ],
        [
          [7, 61, 11, 37],
          [7, 1, 11, 1],
          [1, 61, 1, 37],
        ],
        [
          [5, 6, 7, 8, 9, 11],
          [5, 1, 7, 1, 9, 1],
          [1, 6, 1, 8, 1, 11],
        ],
        [
          [419, 401],
          [419, 401],
          [419, 401],
          [1, 419],
        ],
      ];
      for (const [shape, aShape, bShape, strides] of cases) {
        const [a, b] = [numbers(size(aShape), 1), numbers(size(bShape), 2)];
        const av = viewOf(ctx, aShape, a, strides ? { strides } : {});
        const y = viewOf(ctx, shape);
        binary("sub", av, viewOf(ctx, bShape, b), y);
        expect(ctx.tasksSince(), `${shape}`).to.be.greaterThan(1);
        const strideOf = (s: number[]): number[] => {
          const dense = rowMajor(s);
          const missing = shape.length - s.length;
          return shape.map((_, d) =>
            d < missing || s[d - missing] === 1 ? 0 : (dense[d - missing] as number),
          );
        };
        const [sa, sb] = [strideOf(aShape), strideOf(bShape)];
        const wanted = new Float32Array(size(shape));
        for (let i = 0; i < wanted.length; i++) {
          let [rest, p, q] = [i, 0, 0];
          for (let d = shape.length - 1; d >= 0; d--) {
            const digit = rest % (shape[d] as number);
            rest = Math.floor(rest / (shape[d] as number));
            p += digit * (sa[d] as number);
            q += digit * (sb[d] as number);
          }
          wanted[i] = (a[p] as number) - (b[q] as number);
        }
        expectNear(read(ctx, y), wanted, `${shape} ${aShape} ${bShape}`, 0);
      }
    });

    it("questions, where, numbers on the right", () => {
      const n = 150_001;
      const [p, q] = [numbers(n, 3), numbers(n, 4)];
      const [x, z] = [viewOf(ctx, [n], p), viewOf(ctx, [n], q)];
      const mask: View = { ...viewOf(ctx, [n]), dtype: "bool" };
      binary("gt", x, z, mask);
      const y = viewOf(ctx, [n]);
      where(mask, x, z, y);
      expect(ctx.tasksSince()).to.be.greaterThan(4);
      expectNear(
        read(ctx, y),
        p.map((v, i) => Math.max(v, q[i] as number)),
        "where",
        0,
      );
      for (const code of ["rsub", "rdiv", "maximum"] as BinaryCode[]) {
        binaryScalar(code, x, -0, y);
        expectNear(
          read(ctx, y),
          p.map((v) => Number(BINARY[code](v, -0))),
          code,
        );
      }
      unary("isfinite", x, mask);
      const { ptr } = mask.storage.block as unknown as { ptr: number };
      const yes = ctx.arena.u8.subarray(ptr, ptr + n);
      expect(yes.every((v, i) => v === Number(UNARY.isfinite(p[i] as number)))).to.equal(true);
    });

    it("overlapping windows of one memory stay on one thread", () => {
      const n = 50_000;
      const x = viewOf(ctx, [n + 1], numbers(n + 1, 1));
      ctx.tasksSince();
      unary("neg", { ...x, shape: [n], offset: 1 }, { ...x, shape: [n] });
      expect(ctx.tasksSince()).to.equal(0);
      binary(
        "add",
        { ...x, shape: [n / 2], offset: n / 2 },
        { ...x, shape: [n / 2] },
        {
          ...x,
          shape: [n / 2],
        },
      );
      expect(ctx.tasksSince()).to.be.greaterThan(1);
    });

    it("random numbers: the same ones however they are cut, also where the counter carries", () => {
      const { random, dropout } = randomKernels(ctx);
      const n = 150_003;
      for (const offset of [5n, 2n ** 32n - 9_999n]) {
        const key = { seed: 77n, offset };
        const wanted = new Float32Array(n);
        fillRandom("uniform", key, wanted);
        const y = viewOf(ctx, [n]);
        ctx.tasksSince();
        random("uniform", y, key);
        expect(ctx.tasksSince()).to.be.greaterThan(3);
        expectNear(read(ctx, y), wanted, "uniform", 0);
        const mask = viewOf(ctx, [n]);
        dropout?.(viewOf(ctx, [n], new Float32Array(n).fill(3)), y, mask, 0.25, key);
        expect(ctx.tasksSince()).to.be.greaterThan(3);
        const factors = wanted.map((u) => (u >= 0.25 ? 1 / 0.75 : 0));
        expectNear(read(ctx, mask), factors, "mask", 0);
        expectNear(
          read(ctx, y),
          factors.map((v) => v * 3),
          "dropout",
        );
      }
    });

    it("reductions: rows, columns, few and many, short and long, any dims", () => {
      const shapes: number[][] = [
        [100_007],
        [3, 30_001],
        [30_001, 3],
        [20_001, 1, 5],
        [513, 201],
        [1_100, 130],
        [130, 1_100],
        [3_001, 33],
        [33, 3_001],
        [9, 20, 31, 17],
        [30, 3, 1_001],
        [5, 300, 60],
        [7, 12, 11, 10, 11],
        [2, 16_000, 3],
      ];
      for (const shape of shapes) {
        const data = numbers(size(shape), 5);
        const x = viewOf(ctx, shape, data);
        const all = shape.map((_, d) => d);
        for (let mask = 1; mask < 2 ** shape.length; mask++) {
          const dims = all.filter((d) => (mask >> d) & 1);
          const out = shape.map((n, d) => (dims.includes(d) ? 1 : n));
          const strides = rowMajor(out).map((s, d) => (dims.includes(d) ? 0 : s));
          const [sums, sizes, tops] = [0, 0, -Infinity].map((v) =>
            new Float64Array(size(out)).fill(v),
          ) as [Float64Array, Float64Array, Float64Array];
          const digits = shape.map(() => 0);
          let at = 0;
          for (const v of data) {
            sums[at] = (sums[at] as number) + v;
            sizes[at] = (sizes[at] as number) + Math.abs(v);
            if (v > (tops[at] as number)) tops[at] = v;
            for (let d = shape.length - 1; d >= 0; d--) {
              at += strides[d] as number;
              digits[d] = (digits[d] as number) + 1;
              if ((digits[d] as number) < (shape[d] as number)) break;
              at -= (strides[d] as number) * (shape[d] as number);
              digits[d] = 0;
            }
          }
          const y = viewOf(ctx, out);
          ctx.tasksSince();
          reduce("sum", x, y);
          const what = `[${shape}] over [${dims}]`;
          expect(ctx.tasksSince(), what).to.be.greaterThan(1);
          read(ctx, y).forEach((v, i) => {
            const error = Math.abs(v - (sums[i] as number));
            if (!(error <= 3e-7 * (sizes[i] as number))) {
              expect.fail(`sum ${what}: element ${i} is ${v}, expected ${sums[i]}`);
            }
          });
          reduce("max", x, y);
          expectNear(read(ctx, y), Float32Array.from(tops), `max ${what}`, 0);
        }
      }
    });

    it("reductions of slices, whose rows have gaps", () => {
      for (const [m, n] of [
        [31, 1_500],
        [700, 90],
        [1_100, 33],
        [50, 2_100],
      ] as const) {
        const wide = numbers(m * (n + 3), 7);
        const x = viewOf(ctx, [m, n], undefined, { offset: 1, strides: [n + 3, 1] });
        const { ptr } = x.storage.block as unknown as { ptr: number };
        ctx.arena.f32.set(wide.subarray(0, m * (n + 3) - 3), ptr / 4 + 1);
        const [rows, columns] = [new Float64Array(m), new Float64Array(n)];
        for (let i = 0; i < m * n; i++) {
          const v = wide[Math.floor(i / n) * (n + 3) + (i % n)] as number;
          rows[Math.floor(i / n)] = (rows[Math.floor(i / n)] as number) + v;
          columns[i % n] = (columns[i % n] as number) + v;
        }
        const [y, z] = [viewOf(ctx, [m, 1]), viewOf(ctx, [1, n])];
        reduce("sum", x, y);
        reduce("sum", x, z);
        expectNear(read(ctx, y), Float32Array.from(rows), `rows of ${m}×${n}`, 1e-5);
        expectNear(read(ctx, z), Float32Array.from(columns), `columns of ${m}×${n}`, 1e-5);
      }
    });

    it("reductions give the same bits on 1, 2 and 3 threads", () => {
      const shapes = [
        [150_001],
        [1_300, 130],
        [17, 9_001],
        [40_001, 5],
        [6, 40, 900],
        [300, 9, 70],
      ];
      const [one, ...others] = [1, 2, 3].map((threads) => {
        const arena = new Arena({ shared: true, maxPages: 4096 });
        const pool = new ThreadPool(arena, threads);
        const threaded = new WasmContext(arena, { relaxed, pool });
        const kernels = reduceKernels(threaded);
        const results = shapes.flatMap((shape) => {
          const x = viewOf(threaded, shape, numbers(size(shape), 3));
          return shape.flatMap((_, dim) => {
            const out = shape.map((n, d) => (d === dim ? 1 : n));
            const y = viewOf(threaded, out);
            kernels.reduce("sum", x, y);
            const sums = read(threaded, y);
            const places = viewOf(threaded, [2 * size(out)]);
            kernels.argReduce("argmax", x, { ...y, storage: places.storage, dtype: "int64" }, dim);
            const { ptr } = places.storage.block as unknown as { ptr: number };
            return [sums, threaded.arena.i64.slice(ptr / 8, ptr / 8 + size(out))];
          });
        });
        pool.end();
        return results;
      }) as [unknown[], ...unknown[][]];
      for (const other of others) expect(other).to.deep.equal(one);
    });

    it("a NaN anywhere reaches the maximum, a product the double range", () => {
      for (const shape of [[100_001], [313, 331], [4_001, 21], [21, 4_001]]) {
        const data = numbers(size(shape), 6);
        const last = shape.length - 1;
        for (const at of [0, 1, 4_999, size(shape) - 1]) {
          const x = viewOf(ctx, shape, data);
          const { ptr } = x.storage.block as unknown as { ptr: number };
          ctx.arena.f32[ptr / 4 + at] = Number.NaN;
          for (const dims of [shape.map((_, d) => d), [0], [last]]) {
            const y = viewOf(
              ctx,
              shape.map((n, d) => (dims.includes(d) ? 1 : n)),
            );
            for (const code of ["max", "min"] as const) {
              reduce(code, x, y);
              expect(read(ctx, y).filter(Number.isNaN).length, `${code} ${at}`).to.equal(1);
            }
          }
        }
      }
      const factors = Float32Array.from(
        { length: 60_001 },
        (_, i) => [2 ** 100, 2 ** -100, 1][i % 3] ?? 1,
      );
      const y = viewOf(ctx, [1]);
      reduce("prod", viewOf(ctx, [60_001], factors), y);
      expect(read(ctx, y)[0]).to.equal(2 ** 100);
      const columns = viewOf(ctx, [1, 3]);
      reduce("prod", viewOf(ctx, [20_000, 3], numbers(60_000, 1).fill(1)), columns);
      expect([...read(ctx, columns)]).to.deep.equal([1, 1, 1]);
    });

    it("arg-reductions find the first NaN", () => {
      for (const shape of [[100_001], [60, 1_003], [1_003, 60]]) {
        shape.forEach((length, dim) => {
          const data = numbers(size(shape), 8);
          const inner = size(shape.slice(dim + 1));
          const out = shape.map((n, d) => (d === dim ? 1 : n));
          const places = Array.from({ length: size(out) }, (_, i) => (i * 577 + 3) % (length - 1));
          places.forEach((k, i) => {
            const first = Math.floor(i / inner) * inner * length + (i % inner);
            data[first + k * inner] = Number.NaN;
            data[first + (length - 1) * inner] = i % 2 ? Number.NaN : 9;
          });
          const memory = viewOf(ctx, [size(out) * 2]);
          const y = { ...viewOf(ctx, out), storage: memory.storage, dtype: "int64" as const };
          argReduce("argmax", viewOf(ctx, shape, data), y, dim);
          const { ptr } = memory.storage.block as unknown as { ptr: number };
          const got = ctx.arena.i64.subarray(ptr / 8, ptr / 8 + size(out));
          expect([...got].map(Number), `[${shape}] dim ${dim}`).to.deep.equal(places);
        });
      }
    });

    it("arg-reductions of large tensors", () => {
      for (const shape of [[200_001], [3, 70_001], [70_001, 3], [401, 513], [20, 301, 31]]) {
        const data = numbers(size(shape), 8).map((v) => Math.round(v * 5000));
        const x = viewOf(ctx, shape, data);
        shape.forEach((length, dim) => {
          const out = shape.map((n, d) => (d === dim ? 1 : n));
          const memory = viewOf(ctx, [size(out) * 2]);
          const y = { ...viewOf(ctx, out), storage: memory.storage, dtype: "int64" as const };
          for (const code of ["argmax", "argmin"] as const) {
            argReduce(code, x, y, dim);
            const { ptr } = memory.storage.block as unknown as { ptr: number };
            const inner = size(shape.slice(dim + 1));
            for (let i = 0; i < size(out); i++) {
              const first = Math.floor(i / inner) * inner * length + (i % inner);
              let best = 0;
              for (let k = 1; k < length; k++) {
                const [v, top] = [
                  data[first + k * inner] as number,
                  data[first + best * inner] as number,
                ];
                if (code === "argmax" ? v > top : v < top) best = k;
              }
              const got = Number(ctx.arena.i64[ptr / 8 + i]);
              if (got !== best) expect.fail(`${code} [${shape}] dim ${dim}: ${i} ${got} ${best}`);
            }
          }
        });
      }
    });
  });
}
