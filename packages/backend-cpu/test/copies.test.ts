// Copies, gathers, scatters and fills large enough to be cut into many tasks, of odd sizes, against plain loops. The
// tasks run in the opposite order with poisoned scratch memory.
import { Arena, type View } from "@tapegrad/core";
import { expect } from "chai";
import { WasmContext } from "../src/wasm/context.ts";
import { copyKernels } from "../src/wasm/copy/copy.ts";
import { gatherKernels } from "../src/wasm/copy/gather.ts";
import { ThreadPool } from "../src/wasm/threads/thread-pool.ts";
import { BackwardsContext } from "./backwards.ts";
import { kinds, numbers, read, rowMajor, viewOf } from "./wasm-support.ts";

const size = (shape: readonly number[]): number => shape.reduce((p, n) => p * n, 1);

function expectSame(got: Float32Array, wanted: Float32Array, what: string): void {
  expect(got.length, what).to.equal(wanted.length);
  wanted.forEach((w, i) => {
    if (got[i] !== w) expect.fail(`${what}: element ${i} is ${got[i]}, expected ${w}`);
  });
}

for (const { name, relaxed } of kinds) {
  describe(`copies in pieces, ${name} SIMD`, () => {
    const ctx = new BackwardsContext(relaxed);
    const { copy, fill } = copyKernels(ctx);

    it("copies: dense, transposed, permuted, sliced, repeated", () => {
      const cases: [shape: number[], strides: number[] | undefined][] = [
        [[100_003], undefined],
        [
          [257, 391],
          [1, 257],
        ],
        [
          [256, 512],
          [1, 256],
        ],
        [
          [512, 251],
          [1, 512],
        ],
        // Tiles by way of memory of the thread, with rows and columns left over.
        [
          [711, 259],
          [1, 711],
        ],
        [
          [717, 103],
          [1, 717],
        ],
        [
          [641, 64],
          [1, 641],
        ],
        // The rows that are read lie side by side.
        [
          [3, 203, 301],
          [203 * 301, 1, 203],
        ],
        // Rows of more than a page, read with steps of more than a page.
        [
          [197, 1093],
          [1, 1040],
        ],
        [
          [2, 130, 1024],
          [1024 * 1100, 1, 1100],
        ],
        [
          [3, 9, 31, 33, 5],
          [46_035, 1, 9 * 33, 9, 9 * 31 * 33],
        ],
        [
          [4, 33, 41, 7],
          [33 * 41 * 7, 41 * 7, 1, 41],
        ],
        [
          [5, 60, 70, 3],
          [60 * 70 * 3, 70, 1, 60 * 70],
        ],
        [
          [9, 4, 111, 31],
          [4 * 111 * 31, 31, 4 * 31, 1],
        ],
        [
          [351, 231],
          [463, 2],
        ],
        [
          [351, 231],
          [0, 1],
        ],
        [
          [351, 231],
          [1, 0],
        ],
      ];
      for (const [shape, strides] of cases) {
        const data = numbers(size(shape), 1);
        const layout = strides === undefined ? {} : { strides };
        const x = viewOf(ctx, shape, data, { ...layout, offset: 1 });
        // Repeated elements were written more than once.
        const wanted = read(ctx, x);
        const y = viewOf(ctx, [size(shape) + 16]);
        ctx.tasksSince();
        copy(x, { ...y, shape, strides: rowMajor(shape), offset: 3 });
        expect(ctx.tasksSince(), `${shape}`).to.be.greaterThan(1);
        const got = read(ctx, y);
        expectSame(got.subarray(3, 3 + wanted.length), wanted, `${shape} ${strides}`);
        expect(got.filter(Number.isNaN).length).to.equal(16);
      }
    });

    it("gather and scatterAdd: rows, elements, sources that meet in one target", () => {
      const { gather, scatterAdd } = gatherKernels(ctx);
      const [v, d, t] = [37, 210, 501];
      const table = numbers(v * d, 1);
      const src = numbers(t * d, 2);
      const places = Array.from({ length: t }, (_, i) => (i * i) % v);
      const memory = viewOf(ctx, [t * 2]);
      const { ptr } = memory.storage.block as unknown as { ptr: number };
      places.forEach((p, i) => {
        ctx.arena.i64[ptr / 8 + i] = BigInt(p);
      });
      const index: View = {
        ...viewOf(ctx, [t, d], undefined, { strides: [1, 0] }),
        storage: memory.storage,
        dtype: "int64",
      };
      const y = viewOf(ctx, [t, d]);
      ctx.tasksSince();
      expect(gather(viewOf(ctx, [v, d], table), index, y, 0)).to.equal("rows");
      expect(ctx.tasksSince()).to.be.greaterThan(1);
      const wanted = new Float32Array(t * d);
      places.forEach((p, i) => {
        wanted.set(table.subarray(p * d, p * d + d), i * d);
      });
      expectSame(read(ctx, y), wanted, "gather");
      const sums = viewOf(ctx, [v, d], new Float32Array(v * d));
      expect(scatterAdd(index, viewOf(ctx, [t, d], src), sums, 0)).to.equal("rows");
      expect(ctx.tasksSince()).to.be.greaterThan(1);
      // The same additions in the same order: equal to the last bit.
      const added = new Float32Array(v * d);
      places.forEach((p, i) => {
        for (let k = 0; k < d; k++) {
          added[p * d + k] = Math.fround((added[p * d + k] as number) + (src[i * d + k] as number));
        }
      });
      expectSame(read(ctx, sums), added, "scatterAdd");
      // Along the last dim: each row of the index has a target row of its own.
      const turned = { ...index, shape: [d, t], strides: [0, 1] };
      const across = viewOf(ctx, [d, v], new Float32Array(d * v));
      scatterAdd(turned, viewOf(ctx, [d, t], src), across, 1);
      expect(ctx.tasksSince()).to.be.greaterThan(1);
      const rows = new Float32Array(d * v);
      for (let r = 0; r < d; r++) {
        places.forEach((p, i) => {
          rows[r * v + p] = Math.fround((rows[r * v + p] as number) + (src[r * t + i] as number));
        });
      }
      expectSame(read(ctx, across), rows, "scatterAdd along rows");
      const picked = viewOf(ctx, [d, t]);
      gather(viewOf(ctx, [d, v], rows), turned, picked, 1);
      expectSame(
        read(ctx, picked),
        Float32Array.from({ length: d * t }, (_, i) => {
          return rows[Math.floor(i / t) * v + (places[i % t] as number)] as number;
        }),
        "gather along rows",
      );
    });

    it("fills of every dtype", () => {
      for (const [dtype, bytes] of [
        ["float32", 4],
        ["float64", 8],
        ["int64", 8],
        ["bool", 1],
      ] as const) {
        const n = bytes === 1 ? 1_600_005 : 200_005;
        const memory = viewOf(ctx, [Math.ceil((n * bytes) / 4) + 8]);
        const { ptr } = memory.storage.block as unknown as { ptr: number };
        ctx.tasksSince();
        fill({ ...memory, shape: [n], offset: 1, dtype }, dtype === "int64" ? -3n : -3);
        expect(ctx.tasksSince(), dtype).to.be.greaterThan(1);
        const heap = { 4: ctx.arena.f32, 8: ctx.arena.f64, 1: ctx.arena.u8 }[bytes];
        const all = dtype === "int64" ? ctx.arena.i64 : heap;
        const want = dtype === "int64" ? -3n : dtype === "bool" ? 1 : -3;
        const inside = all.subarray(ptr / bytes + 1, ptr / bytes + 1 + n) as Float32Array;
        expect((inside as unknown as unknown[]).every((v) => v === want)).to.equal(true);
        expect(all[ptr / bytes]).to.not.equal(want);
        expect(all[ptr / bytes + 1 + n]).to.not.equal(want);
      }
    });

    it("the same bits on 1, 2 and 3 threads", () => {
      const transposed: [shape: number[], strides: number[]][] = [
        [
          [717, 103],
          [1, 717],
        ],
        [
          [3, 203, 301],
          [203 * 301, 1, 203],
        ],
      ];
      const [rows, n, end] = [70, 2_050, 300];
      const [one, ...others] = [1, 2, 3].map((threads) => {
        const arena = new Arena({ shared: true, maxPages: 4096 });
        const pool = new ThreadPool(arena, threads);
        const threaded = new WasmContext(arena, { relaxed, pool });
        const copies = transposed.map(([shape, strides]) => {
          const y = viewOf(threaded, shape);
          copyKernels(threaded).copy(
            viewOf(threaded, shape, numbers(size(shape), 1), { strides }),
            y,
          );
          return read(threaded, y);
        });
        const index: View = { ...viewOf(threaded, [rows, n]), dtype: "int32" };
        const { ptr } = index.storage.block as unknown as { ptr: number };
        for (let i = 0; i < rows * n; i++) threaded.arena.i32[ptr / 4 + i] = (i * 7919) % end;
        const x = viewOf(threaded, [rows, end], numbers(rows * end, 1));
        const [y, sum] = [viewOf(threaded, [rows, n]), viewOf(threaded, [rows, end])];
        const { gatherLooking, scatterAddLooking } = gatherKernels(threaded);
        expect(gatherLooking(x, index, y, 1)).to.equal("looking");
        const gathered = read(threaded, y);
        expect(scatterAddLooking(x, index, y, sum, 1)).to.equal("looking");
        const results = [...copies, gathered, read(threaded, sum)];
        pool.end();
        return results;
      }) as [Float32Array[], ...Float32Array[][]];
      for (const other of others) {
        one.forEach((wanted, i) => {
          expectSame(other[i] as Float32Array, wanted, `result ${i}`);
        });
      }
    });
  });
}
