// gather and scatterAdd of long rows that look at their indices as they go: the same as element by element, in the
// order of the sources, and undefined where an index is out of range.
import type { View } from "@tapegrad/core";
import { expect } from "chai";
import { gatherKernels } from "../src/wasm/copy/gather.ts";
import { BackwardsContext } from "./backwards.ts";
import { kinds, numbers, read, rowMajor, viewOf } from "./wasm-support.ts";

type Index = "int64" | "int32";

for (const { name, relaxed } of kinds) {
  describe(`indices looked at as they are used, ${name} SIMD`, () => {
    const ctx = new BackwardsContext(relaxed);
    const kernels = gatherKernels(ctx);

    function indices(shape: readonly number[], values: readonly number[], dtype: Index): View {
      const words = dtype === "int64" ? 2 : 1;
      const block = ctx.arena.take(values.length * 4 * words);
      values.forEach((v, i) => {
        const at = block.ptr / 4 + i * words;
        ctx.arena.i32[at] = v;
        if (words === 2) ctx.arena.i32[at + 1] = Math.floor(v / 2 ** 32);
      });
      const storage = { block } as unknown as View["storage"];
      return { shape, strides: rowMajor(shape), offset: 0, dtype, contiguous: true, storage };
    }
    const named = (rows: number, n: number, end: number): number[] =>
      Array.from({ length: rows * n }, (_, i) => (i * 7919) % end);

    // Rows of many groups, one that is a table for long rows, few rows that would be cut, a table far longer than they;
    // half a group more, half a group, less.
    const cases: [rows: number, n: number, end: number, dtype: Index][] = [
      [17, 1029, 1000, "int64"],
      [70, 259, 301, "int32"],
      [3, 8_003, 5, "int64"],
      [5, 4_099, 40_000, "int32"],
      [701, 29, 57, "int64"],
      [1_301, 13, 3, "int32"],
      [3_001, 7, 15, "int64"],
    ];
    for (const [rows, n, end, dtype] of cases) {
      it(`${rows} rows of ${n} ${dtype} below ${end}`, () => {
        const values = named(rows, n, end);
        const index = indices([rows, n], values, dtype);
        const data = numbers(rows * end, 1);
        const x = viewOf(ctx, [rows, end], data);
        const y = viewOf(ctx, [rows, n]);
        expect(kernels.gatherLooking(x, index, y, 1)).to.equal("looking");
        const got = read(ctx, y);
        values.forEach((v, i) => {
          if (got[i] !== data[Math.floor(i / n) * end + v]) expect.fail(`element ${i}`);
        });

        const sources = numbers(rows * n, 2);
        const src = viewOf(ctx, [rows, n], sources);
        const sum = viewOf(ctx, [rows, end]);
        expect(kernels.scatterAddLooking(x, index, src, sum, 1)).to.equal("looking");
        const wanted = data.slice();
        values.forEach((v, i) => {
          const at = Math.floor(i / n) * end + v;
          wanted[at] = (wanted[at] as number) + (sources[i] as number);
        });
        // Bit for bit: each target takes its sources in their order, however the work is cut.
        expect(read(ctx, sum)).to.deep.equal(wanted);
        expect(kernels.scatterAdd(index, src, x, 1)).to.equal("elements");
        expect(read(ctx, x)).to.deep.equal(wanted);
      });
    }

    it("refuses an index out of range wherever it stands, and leaves small and other work alone", () => {
      const [rows, n, end] = [12, 2_058, 64];
      const x = viewOf(ctx, [rows, end], numbers(rows * end, 1));
      const src = viewOf(ctx, [rows, n], numbers(rows * n, 2));
      const y = viewOf(ctx, [rows, n]);
      const sum = viewOf(ctx, [rows, end]);
      for (const [at, wrong] of [
        [0, end],
        [1_029, -1],
        [2_050, end],
        [2_057, -1],
        [rows * n - 1, 2 ** 30],
      ] as const) {
        const values = named(rows, n, end);
        values[at] = wrong;
        for (const dtype of ["int64", "int32"] as const) {
          const index = indices([rows, n], values, dtype);
          expect(kernels.gatherLooking(x, index, y, 1), `${at} ${dtype}`).to.equal(undefined);
          const added = kernels.scatterAddLooking(x, index, src, sum, 1);
          expect(added, `${at} ${dtype}`).to.equal(undefined);
        }
      }
      // Words that would do, but are high ones of something else.
      for (const at of [5, 2_051, 2_057]) {
        const values = named(rows, n, end);
        values[at] = 2 ** 32 + 1;
        const index = indices([rows, n], values, "int64");
        expect(kernels.gatherLooking(x, index, y, 1), `${at} above`).to.equal(undefined);
      }
      const index = indices([rows, n], named(rows, n, 12), "int64");
      expect(kernels.gatherLooking(src, index, y, 0)).to.equal(undefined);
      const few = indices([2, 3], named(2, 3, end), "int64");
      const little = { ...y, shape: [2, 3], strides: [3, 1] };
      expect(kernels.gatherLooking({ ...x, shape: [2, end] }, few, little, 1)).to.equal(undefined);
      // Rows that no index names would not be copied.
      const part = indices([rows - 1, n], named(rows - 1, n, end), "int64");
      const less = { ...src, shape: [rows - 1, n] };
      expect(kernels.scatterAddLooking(x, part, less, sum, 1)).to.equal(undefined);
    });
  });
}
