// Batch and layer normalisation against the reference loops: planes around the widths of the kernels,
// with and without parameters, strided inputs, numbers far from zero.
import type { View } from "@tapegrad/core";
import { expect } from "chai";
import { elementwiseKernels } from "../src/wasm/elementwise/elementwise.ts";
import { normKernels } from "../src/wasm/norm/layer-norm.ts";
import { loopsSupport } from "./loops-support.ts";
import { kinds, newContext, numbers, read, viewOf } from "./wasm-support.ts";

for (const { name, relaxed } of kinds) {
  describe(`normalisation, ${name} SIMD`, () => {
    const ctx = newContext(relaxed);
    const kernels = normKernels(ctx);
    const { input, strided, agree, known } = loopsSupport(ctx);
    const shapes = [
      [2, 3, 7, 7],
      [5, 2],
      [3, 4, 1],
      [2, 2, 14, 14],
      [4, 1, 28, 28],
      [1, 3, 2, 3, 5],
      [2, 2, 67],
      [2, 3, 257],
      [1, 1, 1030],
      // A channel is a lane; with rests of rows and of channels.
      [5, 4],
      [9, 37],
      [17, 103],
      [640, 260],
      // Rests of one to three elements behind written-out vectors and behind a loop.
      [3, 2, 5],
      [3, 2, 6],
      [2, 2, 71],
      [2, 2, 81],
      // Small planes: several side by side and a rest of channels, more images than are summed in single precision.
      [70, 6, 2, 2],
      [3, 7, 3, 3],
      [19, 9, 4, 4],
      [2, 3, 5, 5],
      [9, 2, 8, 8],
      // Groups of small planes, and slices of them.
      [2, 700, 2, 2],
      [5, 1100, 3],
      [30000, 1, 2, 3],
      // Groups of channels that follow each other, the last one smaller.
      [2, 40, 14, 14],
      [2, 5, 33, 41],
      // A channel that does not fit the cache: slices of images, of planes, of both.
      [33, 1, 4099],
      [1, 1, 140000],
      [2, 2, 53, 1283],
    ];
    const ACTIVATIONS = ["none", "relu", "relu6"] as const;
    let turn = 0;

    it("batchNorm and its gradient", () => {
      for (const shape of shapes) {
        const c = shape[1] as number;
        const some = [shape, [c], [c], [c]];
        const large = shape.reduce((p, n) => p * n) > 1e5;
        for (const x of large ? [input(shape, 1)] : [input(shape, 1), strided(shape, 1)]) {
          for (const [weight, bias] of [
            [input([c], 2), input([c], 3)],
            [undefined, input([c], 3)],
            [strided([c], 2), undefined],
          ]) {
            if (large && weight === undefined) continue;
            const activation = ACTIVATIONS[turn++ % 3];
            const what = `[${shape}] ${x.contiguous ? "dense" : "strided"} ${activation}`;
            agree(
              "batchNorm",
              kernels.batchNorm,
              some,
              (k, [y, mean, variance, rstd]) =>
                k(x, weight, bias, y, mean, variance, rstd, 1e-5, activation),
              what,
              5e-6,
            );
            const [mean, variance] = [
              input([c], 5),
              known(viewOf(ctx, [c], numbers(c, 6).map(Math.abs))),
            ];
            agree(
              "batchNormEval",
              kernels.batchNormEval,
              [shape],
              (k, [y]) => k(x, mean, variance, weight, bias, y, 1e-3, activation),
              what,
              5e-6,
            );
            const g = strided(shape, 7);
            agree(
              "batchNormGrad",
              kernels.batchNormGrad,
              [shape, [c], [c]],
              (k, [dx, dw, db]) => k(g, x, weight, bias, mean, variance, dx, dw, db, activation),
              what,
              5e-6,
            );
          }
        }
      }
    });

    it("a gradient that is one number per plane is read as it is", () => {
      for (const [n, c, ...plane] of [
        [70, 6, 2, 2],
        [3, 7, 3, 3],
        [2, 40, 14, 14],
        [2, 3, 7, 7],
        [2, 3, 67],
        [3, 2, 1, 1],
        [16000, 2, 3, 3],
        [2, 2, 53, 1283],
      ] as [number, number, ...number[]][]) {
        const shape = [n, c, ...plane];
        const x = input(shape, 1);
        const [mean, rstd] = [input([c], 5), input([c], 6)];
        const large = n * c * plane.reduce((p, q) => p * q) > 1e5;
        for (const [perImage, perChannel] of [
          [c, 1],
          ...(large
            ? []
            : [
                [1, n],
                [0, 1],
              ]),
        ] as [number, number][]) {
          const g = input(shape, 4, { strides: [perImage, perChannel, ...plane.map(() => 0)] });
          const activation = ACTIVATIONS[turn++ % 3];
          agree(
            "batchNormGrad",
            kernels.batchNormGrad,
            [shape, [c], [c]],
            (k, [dx, dw, db]) => k(g, x, undefined, undefined, mean, rstd, dx, dw, db, activation),
            `[${shape}] ${activation}, strides ${perImage} ${perChannel}`,
            5e-6,
          );
        }
      }
    });

    it("running statistics move towards those of a batch", () => {
      const view = (seed: number) => known(viewOf(ctx, [7], numbers(7, seed)));
      const [runningMean, runningVar, mean, variance] = [view(1), view(2), view(3), view(4)];
      const moved = (running: View, batch: View, share: number) => {
        const from = read(ctx, batch);
        return read(ctx, running).map((v, c) =>
          Math.fround(0.75 * v + share * (from[c] as number)),
        );
      };
      const expected = [moved(runningMean, mean, 0.25), moved(runningVar, variance, 0.25 * 1.5)];
      const step = { momentum: 0.25, unbiased: 1.5 };
      kernels.batchNormRunning?.(runningMean, runningVar, mean, variance, step);
      expect([runningMean, runningVar].map((v) => read(ctx, v))).to.deep.equal(expected);
    });

    it("batchNorm without rstd, and far from zero", () => {
      const shape = [8, 2, 7, 7];
      const far = known(
        viewOf(
          ctx,
          shape,
          numbers(784, 1).map((v) => v + 1000),
        ),
      );
      agree(
        "batchNorm",
        kernels.batchNorm,
        [shape, [2], [2]],
        (k, [y, mean, variance]) =>
          k(far, undefined, undefined, y, mean, variance, undefined, 1e-5, "none"),
        "mean 1000",
        // The mean in single precision is off by up to 3e-5, which is what x loses too.
        1e-4,
      );
      const [y, mean, variance] = [shape, [2], [2]].map((s) => known(viewOf(ctx, s)));
      if (!y || !mean || !variance) return;
      kernels.batchNorm?.(far, undefined, undefined, y, mean, variance, undefined, 1e-5, "none");
      const values = read(ctx, far).filter((_, i) => Math.floor(i / 49) % 2 === 0);
      const centre = values.reduce((s, v) => s + v, 0) / values.length;
      const spread = values.reduce((s, v) => s + (v - centre) ** 2, 0) / values.length;
      expect(read(ctx, variance)[0]).to.be.closeTo(spread, 1e-6 * spread);
    });

    it("an activation gives the bits of the elementwise op behind the norm, forward and backward", () => {
      const elementwise = elementwiseKernels(ctx);
      for (const shape of [
        [2, 3, 7, 7],
        [5, 600, 3, 3],
        [9, 37],
        [2, 3, 28, 28],
        [1, 1, 1030],
        [2, 1, 70000],
      ]) {
        const c = shape[1] as number;
        // Wide enough for relu6 to cut off at both ends.
        const wide = known(
          viewOf(
            ctx,
            [c],
            numbers(c, 2).map((v) => 5 + v),
          ),
        );
        const [x, bias, g] = [input(shape, 1), input([c], 3), input(shape, 4)];
        const result = () => [shape, [c], [c], [c]].map((s) => known(viewOf(ctx, s))) as View[];
        const run = (activation: "none" | "relu" | "relu6", up: View) => {
          const [y, mean, variance, rstd] = result() as [View, View, View, View];
          kernels.batchNorm?.(x, wide, bias, y, mean, variance, rstd, 1e-5, activation);
          const [dx, dw, db] = result() as [View, View, View];
          kernels.batchNormGrad?.(up, x, wide, bias, mean, rstd, dx, dw, db, activation);
          return { y, grads: [dx, dw, db] };
        };
        const plain = run("none", g);
        for (const activation of ["relu", "relu6"] as const) {
          const [y, gated] = [known(viewOf(ctx, shape)), known(viewOf(ctx, shape))];
          elementwise.unary(activation, plain.y, y);
          elementwise.binary(`${activation}Grad`, g, y, gated);
          const [fused, apart] = [run(activation, g), run("none", gated)];
          expect(read(ctx, fused.y), `${activation} [${shape}]`).to.deep.equal(read(ctx, y));
          fused.grads.forEach((d, i) => {
            const wanted = read(ctx, apart.grads[i] as View);
            expect(read(ctx, d), `${activation} [${shape}] gradient ${i}`).to.deep.equal(wanted);
          });
        }
      }
    });

    it("layerNorm and its gradient", () => {
      for (const n of [1, 2, 3, 4, 5, 8, 15, 16, 33, 67, 256, 259, 1000]) {
        // Rows enough for sums of weights' gradients in several runs.
        for (const rows of n === 33 ? [0, 1, 3, 7, 40] : [0, 1, 3, 7]) {
          for (const x of [input([rows, n], 1), strided([rows, n], 1)]) {
            for (const [weight, bias] of [
              [input([n], 2), input([n], 3)],
              [undefined, input([n], 3)],
              [strided([n], 2), undefined],
              [undefined, undefined],
            ]) {
              const what = `${rows} × ${n}`;
              agree(
                "layerNorm",
                kernels.layerNorm,
                [[rows, n], [rows], [rows]],
                (k, [y, mean, rstd]) => k(x, weight, bias, y, mean, rstd, 1, 1e-5),
                what,
                n === 2 ? 1e-4 : 5e-6, // two values may nearly coincide: rstd is large
              );
              const g = input([rows, n], 4);
              const [mean, rstd] = [input([rows], 5), input([rows], 6)];
              agree(
                "layerNormGrad",
                kernels.layerNormGrad,
                [[rows, n], [n], [n]],
                (k, [dx, dw, db]) => k(g, x, weight, mean, rstd, dx, dw, db, 1),
                what,
                5e-6,
              );
            }
          }
        }
      }
      const x = input([2, 3, 4], 1);
      const w = input([3, 4], 2);
      agree(
        "layerNorm",
        kernels.layerNorm,
        [[2, 3, 4]],
        (k, [y]) => k(x, w, w, y, undefined, undefined, 2, 1e-5),
        "two dims, nothing saved",
      );
    });

    it("layerNorm far from zero, and where the first elements are far from the others", () => {
      const n = 1000;
      const spread = numbers(2 * n, 1);
      const far = spread.map((v, i) => (i < n ? v + 1000 : i < n + 64 ? v + 30 : v));
      const x = known(viewOf(ctx, [2, n], far));
      const [y, mean, rstd] = [[2, n], [2], [2]].map((s) => known(viewOf(ctx, s)));
      if (!y || !mean || !rstd) return;
      kernels.layerNorm?.(x, undefined, undefined, y, mean, rstd, 1, 0);
      [0, 1].forEach((row) => {
        const values = Array.from(far.subarray(row * n, (row + 1) * n));
        const centre = values.reduce((s, v) => s + v, 0) / n;
        const variance = values.reduce((s, v) => s + (v - centre) ** 2, 0) / n;
        expect(read(ctx, mean)[row]).to.be.closeTo(centre, 1e-7 * Math.abs(centre) + 1e-7);
        expect((read(ctx, rstd)[row] as number) * Math.sqrt(variance)).to.be.closeTo(1, 1e-6);
      });
    });
  });
}
