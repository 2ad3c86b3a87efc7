// softmax and its kin, gather and scatterAdd against the reference loops: every dim, odd sizes, strided
// inputs, large and infinite values, whole rows by one index, repeated indices.

import type { View } from "@tapegrad/core";
import { expect } from "chai";
import { gatherKernels } from "../src/wasm/copy/gather.ts";
import { indexRange } from "../src/wasm/copy/index-range.ts";
import { crossEntropyKernels } from "../src/wasm/softmax/cross-entropy.ts";
import { softmaxKernels } from "../src/wasm/softmax/softmax.ts";
import { loopsSupport } from "./loops-support.ts";
import { kinds, newContext, numbers, read, viewOf } from "./wasm-support.ts";

for (const { name, relaxed } of kinds) {
  describe(`softmax, ${name} SIMD`, () => {
    const ctx = newContext(relaxed);
    const kernels = softmaxKernels(ctx);
    const { input, strided, agree, known } = loopsSupport(ctx);

    for (const code of ["softmax", "logSoftmax", "softmaxGrad", "logSoftmaxGrad"] as const) {
      it(`${code} along any dim`, () => {
        const shapes = [
          ...[1, 2, 3, 4, 5, 7, 8, 10, 16, 33, 67, 300].map((n) => [3, n]),
          [2, 5, 3],
          [3, 2, 9],
          [2, 5, 39],
          [20, 3, 18],
          [2, 3, 4, 5],
          [0, 3],
        ];
        for (const shape of shapes) {
          for (const a of [input(shape, 1), strided(shape, 1)]) {
            const b = strided(shape, 2);
            for (let dim = 0; dim < shape.length; dim++) {
              agree(
                code,
                kernels[code],
                [shape],
                (k, [y]) => (code.endsWith("Grad") ? k(a, b, y, dim) : k(a, y, dim)),
                `[${shape}] dim ${dim}`,
              );
            }
          }
        }
      });
    }

    it("far steps: strips of columns, also where lines are left over", () => {
      // Just enough of each, and one less; widths 64 to 1024, and 3 lines by themselves.
      const ways: [shape: number[], way: string][] = [
        [[1, 48, 683], "strips"],
        [[9, 64, 512], "strips"],
        [[2, 512, 67], "strips"],
        [[1, 53, 1090], "strips"],
        [[2, 47, 800], "columns"],
        [[1, 560, 63], "columns"],
        [[1, 64, 511], "columns"],
      ];
      for (const [shape, way] of ways) {
        const [a, b] = [input(shape, 1), input(shape, 2)];
        for (const code of ["softmax", "logSoftmax", "softmaxGrad", "logSoftmaxGrad"] as const) {
          agree(
            code,
            kernels[code],
            [shape],
            (k, [y]) => {
              const ran = code.endsWith("Grad") ? k(a, b, y, 1) : k(a, y, 1);
              if (k === (kernels[code] as unknown)) expect(ran, `[${shape}]`).to.equal(way);
              return ran;
            },
            `${code} [${shape}]`,
            4e-6,
          );
        }
      }
    });

    it("is as exact for small results, on both sides of where exp underflows, and 0 beyond", () => {
      // With the largest element 3: below 3 − 87 the kernel takes care, and from 3 − 88 on results are 0.
      const least = [2.5, -40, -83.9, -84, -84.1, -84.5, -86, -100, -1e9, -Infinity];
      const width = 21;
      const rows = least.map((v, i) =>
        Array.from({ length: width }, (_, k) => (k === (i * 7) % width ? v : k === 3 ? 3 : -k)),
      );
      const x = known(viewOf(ctx, [least.length, width], rows.flat()));
      const y = known(viewOf(ctx, [least.length, width]));
      for (const lines of [least.length, 1]) {
        kernels.softmax?.({ ...x, shape: [lines, width] }, { ...y, shape: [lines, width] }, 1);
        const got = read(ctx, y);
        rows.slice(0, lines).forEach((row, i) => {
          const shifted = row.map((v) => Math.exp(Math.fround(v) - Math.max(...row)));
          const total = shifted.reduce((a, b) => a + b, 0);
          shifted.forEach((e, k) => {
            const [g, w] = [got[i * width + k] as number, e / total];
            const what = `${row[k]} beside ${Math.max(...row)}: ${g}, expected ${w}`;
            if (w < 1e-38) expect(Math.abs(g), what).to.be.at.most(1.2e-38);
            else expect(Math.abs(g / w - 1), what).to.be.at.most(1e-6);
            if (w === 0) expect(g, what).to.equal(0);
          });
        });
      }
    });

    it("neither overflows nor hides NaN", () => {
      const rows = [
        [1000, 1001, 999, -1000, 1000],
        [-1e30, 3e38, 0, 1, 2],
        [Number.NaN, 1, 2, 3, 4],
        [-Infinity, 0, 1, -Infinity, 2],
        [5, 5, 5, 5, 5],
      ];
      const x = known(viewOf(ctx, [5, 5], rows.flat()));
      for (const dim of [0, 1]) {
        for (const code of ["softmax", "logSoftmax"] as const) {
          agree(code, kernels[code], [[5, 5]], (k, [y]) => k(x, y, dim), `${code} dim ${dim}`);
        }
      }
    });
  });

  describe(`cross-entropy, ${name} SIMD`, () => {
    const ctx = newContext(relaxed);
    const kernels = crossEntropyKernels(ctx);
    const { input, strided, integers, agree, known } = loopsSupport(ctx);
    const positive = (shape: readonly number[]): View =>
      known(
        viewOf(
          ctx,
          shape,
          shape.length === 0 ? [1] : numbers(size(shape), 5).map((v) => v * v + 1),
        ),
      );
    const size = (shape: readonly number[]): number => shape.reduce((p, n) => p * n, 1);

    it("of class numbers, some ignored, with and without smoothing, along any number of positions", () => {
      const shapes = [
        [3, 1],
        [4, 7],
        [9, 16],
        [5, 300],
        [2, 3, 5],
        [3, 5, 39],
        [20, 4, 3, 3],
      ];
      for (const shape of shapes) {
        const classes = shape[1] as number;
        const each = shape.filter((_, d) => d !== 1);
        for (const x of [input(shape, 1), strided(shape, 1)]) {
          for (const [dtype, ignore, smoothing] of [
            ["int64", -100, 0],
            ["int32", 1, 0],
            ["int64", classes - 1, 0.1],
          ] as const) {
            const target = integers(dtype, each, classes);
            const what = `[${shape}] ${dtype} ignoring ${ignore}, smoothing ${smoothing}`;
            const forward = kernels.crossEntropy;
            agree(
              "crossEntropy",
              forward,
              [each, each, each],
              (k, [y, top, total]) => k(x, target, y, top, total, ignore, smoothing),
              what,
            );
            agree(
              "crossEntropy",
              forward,
              [each],
              (k, [y]) => k(x, target, y, undefined, undefined, ignore, smoothing),
              what,
            );
            const [g, top, total] = [input(each, 3), input(each, 4), positive(each)];
            agree(
              "crossEntropyGrad",
              kernels.crossEntropyGrad,
              [shape],
              (k, [dx]) => k(g, x, target, top, total, dx, ignore, smoothing),
              `gradient, ${what}`,
            );
          }
        }
      }
    });

    it("of logits far apart, in few rows and many", () => {
      const width = 19;
      for (const count of [1, 2, 3, 7]) {
        // Rows whose smallest element is just near enough, and just not, by turns.
        const rows = Array.from({ length: count }, (_, i) =>
          Array.from({ length: width }, (_, k) =>
            k === (i * 5) % width ? [-85, -85.5, -86, -Infinity][i % 4] : k === 2 ? 1 : -k / 8,
          ),
        ) as number[][];
        const x = known(viewOf(ctx, [count, width], rows.flat()));
        const target = integers("int64", [count], width);
        for (const smoothing of [0, count === 1 ? 0.25 : 0]) {
          agree(
            "crossEntropy",
            kernels.crossEntropy,
            [[count], [count], [count]],
            (k, [y, top, total]) => k(x, target, y, top, total, -100, smoothing),
            `${count} rows, smoothing ${smoothing}`,
          );
        }
        const list = [input([count], 3), positive([count])] as const;
        agree(
          "crossEntropyGrad",
          kernels.crossEntropyGrad,
          [[count, width]],
          (k, [dx]) =>
            k(
              list[0],
              x,
              target,
              known(
                viewOf(
                  ctx,
                  [count],
                  rows.map(() => 1),
                ),
              ),
              list[1],
              dx,
              -100,
              0,
            ),
          `gradient of ${count} rows`,
        );
      }
    });

    it("neither overflows nor lets what is ignored through", () => {
      const rows = [
        [1000, 1001, -Infinity, 999],
        [Number.NaN, Infinity, 0, 1],
        [-1e30, 3e38, 0, 1],
      ];
      const x = known(viewOf(ctx, [3, 4], rows.flat()));
      const across = known(
        viewOf(
          ctx,
          [1, 4, 3],
          [0, 1, 2, 3].flatMap((c) => rows.map((r) => r[c] as number)),
        ),
      );
      for (const [logits, each] of [
        [x, [3]],
        [across, [1, 3]],
      ] as const) {
        const target = integers("int64", each, [0, -7, 1]);
        agree(
          "crossEntropy",
          kernels.crossEntropy,
          [each],
          (k, [y]) => k(logits, target, y, undefined, undefined, -7, 0),
          `[${logits.shape}]`,
        );
      }
    });
  });

  it(`a range of indices is known without reading them one by one, ${name} SIMD`, () => {
    const ctx = newContext(relaxed);
    const { integers } = loopsSupport(ctx);
    const within = indexRange(ctx);
    for (const n of [4096, 4101]) {
      for (const dtype of ["int64", "int32"] as const) {
        const indices = (place: number, value: number): View =>
          integers(
            dtype,
            [n],
            Array.from({ length: n }, (_, i) => (i === place ? value : i % 7)),
          );
        expect(within(indices(0, 0), 7), `${dtype} ${n}`).to.equal(true);
        for (const place of [0, 3, 2050, n - 1]) {
          const far = dtype === "int64" ? [7, -1, 2 ** 32, -(2 ** 40)] : [7, -1, -(2 ** 31)];
          for (const value of far) {
            expect(within(indices(place, value), 7), `${value} at ${place}`).to.equal(false);
          }
        }
      }
    }
    // Few are left to the caller.
    expect(within(integers("int64", [9], 3), 7)).to.equal(false);
  });

  describe(`gather and scatterAdd, ${name} SIMD`, () => {
    const ctx = newContext(relaxed);
    const { gather, scatterAdd } = gatherKernels(ctx);
    const { input, strided, integers, agree, known } = loopsSupport(ctx);

    it("gather along any dim", () => {
      const shape = [4, 5, 6];
      for (const dtype of ["int64", "int32"] as const) {
        for (const dim of [0, 1, 2]) {
          for (const count of [1, 3, 9]) {
            const out = shape.map((n, d) => (d === dim ? count : n));
            const index = integers(dtype, out, shape[dim] as number);
            for (const x of [input(shape, 1), strided(shape, 1)]) {
              agree("gather", gather, [out], (k, [y]) => k(x, index, y, dim), `dim ${dim}`);
            }
          }
        }
      }
      const vector = input([7], 3);
      const index = integers("int64", [4], 7);
      agree("gather", gather, [[4]], (k, [y]) => k(vector, index, y, 0), "vector");
    });

    it("whole rows by one index, and adding them up", () => {
      for (const width of [1, 3, 4, 7, 64, 67]) {
        const table = input([10, width], 1);
        const rows = integers("int64", [23, 1], 10);
        const index = known({ ...rows, shape: [23, width], strides: [1, 0], contiguous: false });
        const what = `width ${width}`;
        agree("gather", gather, [[23, width]], (k, [y]) => k(table, index, y, 0), what);
        expect(gather(table, index, known(viewOf(ctx, [23, width])), 0)).to.equal(
          width === 1 ? "elements" : "rows",
        );
        const src = input([23, width], 2);
        agree(
          "scatterAdd",
          scatterAdd,
          [[10, width]],
          (k, [y]) => {
            ctx.arena.f32.fill(0.5, ...bounds(y as never));
            return k(index, src, y, 0);
          },
          what,
        );
      }
    });
    const bounds = (y: { storage: { block: { ptr: number } }; shape: readonly number[] }) => {
      const start = y.storage.block.ptr / 4;
      return [start, start + y.shape.reduce((p, n) => p * n, 1)] as const;
    };

    it("scatterAdd along any dim, with repeated indices", () => {
      const shape = [4, 5, 6];
      for (const dim of [0, 1, 2]) {
        const out = shape.map((n, d) => (d === dim ? 11 : n));
        const index = integers("int64", out, shape[dim] as number);
        for (const src of [input(out, 1), strided(out, 1)]) {
          agree(
            "scatterAdd",
            scatterAdd,
            [shape],
            (k, [y]) => {
              ctx.arena.f32.fill(1, ...bounds(y as never));
              return k(index, src, y, dim);
            },
            `dim ${dim}`,
          );
        }
      }
      const y = known(viewOf(ctx, [0, 3]));
      expect(scatterAdd(integers("int64", [0, 3], 1), input([0, 3], 1), y, 0)).to.equal("empty");
      expect(read(ctx, y).length).to.equal(0);
    });
  });
}
