// Reductions against float64: every choice of dims of shapes with odd sizes, dense, permuted, sliced and
// expanded; accuracy of long sums; NaN, infinities, nothing at all; arg-reductions with ties.
import type { View } from "@tapegrad/core";
import { expect } from "chai";
import { reduceKernels } from "../src/wasm/reduce/reduce.ts";
import { kinds, newContext, numbers, read, rowMajor, viewOf } from "./wasm-support.ts";

type Code = "sum" | "max" | "min" | "prod";
const steps: Readonly<Record<Code, (a: number, b: number) => number>> = {
  sum: (a, b) => a + b,
  prod: (a, b) => a * b,
  max: (a, b) => (Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : Math.max(a, b)),
  min: (a, b) => (Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : Math.min(a, b)),
};
const starts = { sum: 0, prod: 1, max: -Infinity, min: Infinity } as const;
const size = (shape: readonly number[]): number => shape.reduce((p, n) => p * n, 1);

function fold(code: Code, data: ArrayLike<number>, shape: readonly number[], dims: number[]) {
  const out = shape.map((n, d) => (dims.includes(d) ? 1 : n));
  const results = new Array<number>(size(out)).fill(starts[code]);
  const strides = rowMajor(out);
  for (let i = 0; i < size(shape); i++) {
    let rest = i;
    let at = 0;
    for (let d = shape.length - 1; d >= 0; d--) {
      const n = shape[d] as number;
      if (!dims.includes(d)) at += (rest % n) * (strides[d] as number);
      rest = Math.floor(rest / n);
    }
    results[at] = steps[code](results[at] as number, data[i] as number);
  }
  return { out, results };
}

for (const { name, relaxed } of kinds) {
  describe(`reduce, ${name} SIMD`, () => {
    const ctx = newContext(relaxed);
    const { reduce, argReduce } = reduceKernels(ctx);

    function check(code: Code, x: View, dims: number[], rtol = 1e-6): void {
      const { out, results } = fold(code, read(ctx, x), x.shape, dims);
      const y = viewOf(ctx, out);
      expect(reduce(code, x, y)).to.be.a("string");
      const got = read(ctx, y);
      const scale = Math.max(1, ...results.map(Math.abs).filter(Number.isFinite));
      results.forEach((w, i) => {
        const g = got[i] as number;
        const same = Object.is(g, Math.fround(w)) || (Number.isNaN(g) && Number.isNaN(w));
        if (!same && !(Math.abs(g - w) <= rtol * scale)) {
          expect.fail(
            `${code} of [${x.shape}] over [${dims}]: element ${i} is ${g}, expected ${w}`,
          );
        }
      });
    }
    const subsets = (rank: number): number[][] =>
      Array.from({ length: 2 ** rank }, (_, mask) =>
        Array.from({ length: rank }, (_, d) => d).filter((d) => (mask >> d) & 1),
      );

    it("folds any dims of any layout", () => {
      const shape = [3, 5, 2, 7];
      const data = numbers(210, 3).map((v) => v + 1.5);
      const layouts = [
        {},
        { strides: [14, 42, 7, 1], offset: 3 }, // permuted
        { strides: [1, 3, 15, 30] }, // column-major
        { strides: [200, 30, 15, 2], offset: 1 }, // sliced: no element has a neighbour
        { strides: [0, 7, 0, 1] }, // expanded
        { strides: [70, 14, 7, 0] },
      ];
      for (const layout of layouts) {
        const x = viewOf(ctx, shape, data, layout);
        for (const dims of subsets(4)) {
          for (const code of ["sum", "max", "prod"] as const) check(code, x, dims);
        }
      }
    });

    it("takes all lengths, in rows and in columns", () => {
      for (const n of [1, 2, 3, 4, 5, 7, 16, 17, 67, 127, 128, 129, 1025, 2500]) {
        for (const m of [1, 2, 5]) {
          const rows = viewOf(ctx, [m, n], numbers(m * n, n), { offset: 1, strides: [n + 1, 1] });
          const columns = viewOf(ctx, [n, m], numbers(m * n, n));
          for (const code of ["sum", "max"] as const) {
            // Sums of 2,500 numbers of both signs nearly vanish; what counts is the error beside Σ|x|.
            check(code, rows, [1], 3e-6);
            check(code, rows, [0]);
            check(code, columns, [0], 3e-6);
            check(code, columns, [1]);
          }
        }
      }
    });

    it("takes any number of rows and of columns beside each other", () => {
      for (const m of [1, 2, 3, 4, 5, 7, 8, 31, 32, 33, 36, 67]) {
        for (const n of [1, 3, 4, 6, 15, 16, 17, 32, 38, 1023, 1026]) {
          if (m * n > 12_000 && m % 32 !== 1) continue;
          const data = numbers(m * n, m + n);
          const dense = viewOf(ctx, [m, n], data);
          const apart = viewOf(ctx, [m, n], data, { offset: 2, strides: [n + 5, 1] });
          for (const x of [dense, apart]) {
            for (const code of ["sum", "max"] as const) check(code, x, [0], 3e-6);
            for (const code of ["sum", "min"] as const) check(code, x, [1], 3e-6);
          }
        }
      }
      // Planes: outer dims kept and reduced, results in place or not.
      const planes = viewOf(ctx, [3, 2, 9, 5], numbers(270, 2));
      for (const dims of subsets(4)) check("sum", planes, dims, 3e-6);
    });

    it("reads long rows at two places: both are there, and what is left", () => {
      for (const n of [4095, 4096, 4097, 4223, 4224, 8191, 12_345]) {
        const data = numbers(n, n).map((v) => v + 1.5);
        check("sum", viewOf(ctx, [n], data), [0], 1e-7);
        for (const at of [0, n >> 1, (n >> 1) - 1, (n & ~127) - 1, n & ~127, n - 1]) {
          data[at % n] = 9 + at;
          check("max", viewOf(ctx, [n], data), [0]);
          const nan = viewOf(ctx, [n], data);
          ctx.arena.f32[(nan.storage.block as unknown as { ptr: number }).ptr / 4 + (at % n)] =
            Number.NaN;
          check("max", nan, [0]);
          check("min", nan, [0]);
        }
      }
    });

    it("sums to 0, not −0, as PyTorch does", () => {
      for (const [m, n] of [
        [1, 1],
        [1, 6],
        [2, 5],
        [4, 21],
        [40, 9],
        [130, 2],
      ] as const) {
        const x = viewOf(ctx, [m, n], new Float32Array(m * n).fill(-0));
        for (const dims of [[0], [1], [0, 1]]) {
          const y = viewOf(ctx, [dims.includes(0) ? 1 : m, dims.includes(1) ? 1 : n]);
          reduce("sum", x, y);
          expect([...read(ctx, y)].every((v) => Object.is(v, 0))).to.equal(true);
        }
      }
    });

    it("sums a million numbers as if in float64", () => {
      const n = 1_000_003;
      const data = numbers(n, 9).map((v) => v + 1.1);
      check("sum", viewOf(ctx, [n], data), [0], 1e-7);
      const x = viewOf(ctx, [200_003], data.fill(0.1));
      check("sum", x, [0], 3e-7);
      check("sum", viewOf(ctx, [10_000, 20], data), [0], 3e-7);
    });

    it("gives the same bits each time", () => {
      const x = viewOf(ctx, [64, 777], numbers(64 * 777, 4));
      const [p, q] = [viewOf(ctx, [1, 1]), viewOf(ctx, [1, 1])];
      reduce("sum", x, p);
      reduce("sum", x, q);
      expect([...read(ctx, p)]).to.deep.equal([...read(ctx, q)]);
    });

    it("carries NaN and infinities", () => {
      for (const special of [Number.NaN, Infinity, -Infinity]) {
        for (const at of [0, 5, 18]) {
          const data = [...numbers(19, 1)];
          data[at] = special;
          for (const code of ["sum", "max", "min", "prod"] as const) {
            check(code, viewOf(ctx, [19], data), [0]);
            check(code, viewOf(ctx, [19, 1], data), [0]);
          }
        }
        // In every row and lane of what is read together.
        const [m, n] = [7, 23];
        for (let at = 0; at < m * n; at++) {
          const data = numbers(m * n, 1);
          data[at] = special;
          for (const code of ["max", "min"] as const) {
            for (const dims of [[0], [1]]) check(code, viewOf(ctx, [m, n], data), dims);
          }
        }
      }
    });

    it("folds nothing to the neutral element", () => {
      for (const code of ["sum", "max", "min", "prod"] as const) {
        check(code, viewOf(ctx, [0, 3], []), [0]);
        check(code, viewOf(ctx, [3, 0], []), [0]);
        check(code, viewOf(ctx, [], [2]), []);
      }
    });

    /** Against a search along each line. */
    function checkArg(x: View, dim: number, code: "argmax" | "argmin"): void {
      const { shape } = x;
      const values = read(ctx, x);
      const out = shape.map((n, d) => (d === dim ? 1 : n));
      const memory = viewOf(ctx, [2 * size(out)]);
      const y = { ...viewOf(ctx, out), storage: memory.storage, dtype: "int64" as const };
      argReduce(code, x, y, dim);
      const ptr = (memory.storage.block as unknown as { ptr: number }).ptr;
      const inner = size(shape.slice(dim + 1));
      for (let i = 0; i < size(out); i++) {
        const first = Math.floor(i / inner) * inner * (shape[dim] as number) + (i % inner);
        const line = Array.from(
          { length: shape[dim] as number },
          (_, k) => values[first + k * inner] as number,
        );
        const nan = line.findIndex(Number.isNaN);
        const best = code === "argmax" ? Math.max(...line) : Math.min(...line);
        const wanted = nan >= 0 ? nan : line.indexOf(best);
        const got = Number(ctx.arena.i64[ptr / 8 + i]);
        if (got !== wanted) {
          expect.fail(
            `${code} of [${shape}] along ${dim}: line ${i} is ${got}, expected ${wanted}`,
          );
        }
      }
    }

    it("finds the first largest and smallest along any dim", () => {
      const shape = [3, 4, 5];
      const data = numbers(60, 7).map((v) => Math.round(v * 3));
      data[7] = Number.NaN;
      for (const layout of [{}, { strides: [1, 3, 12], offset: 2 }, { strides: [0, 5, 1] }]) {
        const x = viewOf(ctx, shape, data, layout);
        for (const dim of [0, 1, 2]) {
          for (const code of ["argmax", "argmin"] as const) checkArg(x, dim, code);
        }
      }
    });

    it("finds them in rows and columns of all lengths, with NaN and infinities", () => {
      for (const m of [1, 2, 31, 32, 33, 70]) {
        for (const n of [1, 3, 4, 7, 8, 9, 11, 16, 21, 35, 47, 49, 300]) {
          // Few values: many are equal.
          const data = numbers(m * n, m * n).map((v) => Math.round(v * 4));
          const x = viewOf(ctx, [m, n], data);
          for (const dim of [0, 1]) checkArg(x, dim, "argmax");
          data[(m * n) >> 1] = Number.NaN;
          data[(m * n) >> 2] = -Infinity;
          const y = viewOf(ctx, [m, n], data, { offset: 1, strides: [n + 3, 1] });
          for (const dim of [0, 1]) checkArg(y, dim, "argmin");
        }
      }
      const lowest = viewOf(ctx, [40, 40], new Float32Array(1600).fill(-Infinity));
      for (const dim of [0, 1]) checkArg(lowest, dim, "argmax");
      const planes = viewOf(ctx, [9, 12, 10], numbers(1080, 3));
      for (const dim of [0, 1, 2]) checkArg(planes, dim, "argmax");
    });
  });
}
