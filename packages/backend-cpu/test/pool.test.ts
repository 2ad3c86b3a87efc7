// Pooling against the reference loops, one to three dims: the grid of kernels, strides, paddings, dilations and
// rounding; indices, NaN, ties; adaptive windows; the adjoints.
import { type PoolGeometry, poolGeometry, type View } from "@tapegrad/core";
import { expect } from "chai";
import { poolKernels } from "../src/wasm/pool/pool.ts";
import { loopsSupport } from "./loops-support.ts";
import { kinds, newContext, viewOf } from "./wasm-support.ts";

const grid: PoolGeometry[] = [];
for (const [shape, kernel] of [
  [[2, 3, 9], 2],
  [[1, 2, 40], 3],
  [[2, 2, 7, 9], 2],
  [[2, 3, 6, 24], 2],
  [
    [1, 2, 12, 31],
    [3, 2],
  ],
  [[1, 2, 28, 28], 3],
  [
    [1, 1, 5, 6, 17],
    [2, 3, 3],
  ],
] as [number[], number | number[]][]) {
  for (const stride of [1, 2, 3]) {
    for (const padding of [0, 1]) {
      for (const ceilMode of [false, true]) {
        grid.push(poolGeometry("grid", shape, kernel, { stride, padding, ceilMode }));
        grid.push(
          poolGeometry("grid", shape, kernel, {
            stride,
            padding,
            ceilMode,
            countIncludePad: false,
            dilation: 2,
          }),
        );
      }
    }
  }
}
const nameOf = (g: PoolGeometry): string =>
  `[${g.x}] kernel ${g.kernel} stride ${g.stride} padding ${g.padding} dilation ${g.dilation} → [${g.y}]`;

for (const { name, relaxed } of kinds) {
  describe(`pooling, ${name} SIMD`, () => {
    const ctx = newContext(relaxed);
    const kernels = poolKernels(ctx);
    const { input, strided, integers, readInt32, agree, known } = loopsSupport(ctx);

    it("maxPool and its indices", () => {
      for (const g of grid) {
        for (const x of [input(g.x, 1), strided(g.x, 2)]) {
          const places: number[][] = [];
          const check = (k: (...args: unknown[]) => unknown, y: View | undefined) => {
            const indices = integers("int32", g.y, 1);
            const ran = k(x, y, indices, g);
            places.push(readInt32(indices));
            return ran as string;
          };
          agree("maxPool", kernels.maxPool, [g.y], (k, [y]) => check(k, y), nameOf(g), 0);
          expect(places[0], nameOf(g)).to.deep.equal(places[1]);
          agree("maxPool", kernels.maxPool, [g.y], (k, [y]) => k(x, y, undefined, g), nameOf(g), 0);
        }
      }
    });

    it("maxPool with NaN, ties and infinities", () => {
      const values = Array.from({ length: 130 }, (_, i) =>
        i % 13 === 5 ? Number.NaN : i % 7 === 2 ? -Infinity : i % 3,
      );
      const x = known(viewOf(ctx, [1, 1, 10, 13], values));
      const even = known(viewOf(ctx, [1, 2, 4, 16], values.slice(0, 128)));
      for (const [input, options] of [
        [x, { stride: 1, padding: 1 }],
        [x, { stride: 2, padding: 1 }],
        [even, {}],
      ] as const) {
        const g = poolGeometry("test", input.shape, 2, options);
        const places: number[][] = [];
        agree(
          "maxPool",
          kernels.maxPool,
          [g.y],
          (k, [y]) => {
            const indices = integers("int32", g.y, 1);
            const ran = k(input, y, indices, g);
            places.push(readInt32(indices));
            return ran;
          },
          nameOf(g),
        );
        expect(places[0]).to.deep.equal(places[1]);
      }
      const g = poolGeometry("test", even.shape, 2, {});
      agree("maxPool", kernels.maxPool, [g.y], (k, [y]) => k(even, y, undefined, g), nameOf(g), 0);
    });

    it("avgPool and its adjoint", () => {
      for (const g of grid.filter(({ dilation }) => dilation[0] === 1)) {
        const x = strided(g.x, 1);
        agree("avgPool", kernels.avgPool, [g.y], (k, [y]) => k(x, y, g), nameOf(g));
        const up = strided(g.y, 2);
        agree("avgPoolGrad", kernels.avgPoolGrad, [g.x], (k, [dx]) => k(up, dx, g), nameOf(g));
        const h = { ...g, countIncludePad: false };
        agree("avgPool", kernels.avgPool, [g.y], (k, [y]) => k(x, y, h), nameOf(h));
      }
    });

    it("adaptiveAvgPool and its adjoint", () => {
      for (const [x, y] of [
        [
          [2, 3, 7, 7],
          [2, 3, 1, 1],
        ],
        [
          [2, 3, 28, 28],
          [2, 3, 1, 1],
        ],
        [
          [1, 2, 7, 10],
          [1, 2, 3, 4],
        ],
        [
          [1, 2, 5],
          [1, 2, 8],
        ],
        [
          [1, 2, 4, 6, 5],
          [1, 2, 2, 1, 3],
        ],
        [
          [0, 2, 4],
          [0, 2, 1],
        ],
      ] as [number[], number[]][]) {
        const [from, up] = [strided(x, 1), strided(y, 2)];
        const what = `[${x}] → [${y}]`;
        agree("adaptiveAvgPool", kernels.adaptiveAvgPool, [y], (k, [to]) => k(from, to), what);
        agree(
          "adaptiveAvgPoolGrad",
          kernels.adaptiveAvgPoolGrad,
          [x],
          (k, [dx]) => k(up, dx),
          what,
        );
      }
    });

    it("planeScatter and planeGather", () => {
      const [small, large] = [
        [2, 3, 4, 5],
        [2, 3, 6, 7],
      ];
      const indices = integers("int32", small, 42);
      for (const g of [input(small, 1), strided(small, 1)]) {
        agree(
          "planeScatter",
          kernels.planeScatter,
          [large],
          (k, [dx]) => k(g, indices, dx),
          "scatter",
        );
      }
      // From windows that lie side by side, and others; with ties, NaN and both infinities.
      const values = [3, 1, 3, -Infinity, Number.NaN, 2, 2, Infinity, 0, -0, Number.NaN, -1, -1];
      for (const shape of [
        [2, 3, 6, 24],
        [1, 2, 4, 8],
        [1, 2, 5, 8],
        [2, 3, 7, 9],
      ]) {
        const windows = poolGeometry("test", shape, 2, {});
        const many = shape.reduce((a, b) => a * b, 1);
        const x = viewOf(
          ctx,
          shape,
          Array.from({ length: many }, (_, i) => values[(i * i + 3 * i) % 13] as number),
        );
        const places = integers("int32", windows.y, 1);
        kernels.maxPool?.(x, input(windows.y, 1), places, windows);
        for (const g of [input(windows.y, 2), strided(windows.y, 2)]) {
          agree(
            "planeScatter",
            kernels.planeScatter,
            [shape],
            (k, [dx]) => k(g, places, dx, windows),
            nameOf(windows),
            0,
          );
        }
      }
      for (const x of [input(large, 1), strided(large, 1)]) {
        agree("planeGather", kernels.planeGather, [small], (k, [y]) => k(x, indices, y), "gather");
      }
    });
  });
}
