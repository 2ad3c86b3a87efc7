// Batch and layer normalisation against the reference loops: planes around the widths of the kernels,
// with and without parameters, strided inputs, numbers far from zero.
import { expect } from "chai";
import { normKernels } from "../src/wasm/norm.ts";
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
    ];

    it("batchNorm and its gradient", () => {
      for (const shape of shapes) {
        const c = shape[1] as number;
        const some = [shape, [c], [c], [c]];
        for (const x of [input(shape, 1), strided(shape, 1)]) {
          for (const [weight, bias] of [
            [input([c], 2), input([c], 3)],
            [undefined, input([c], 3)],
            [strided([c], 2), undefined],
          ]) {
            const what = `[${shape}] ${x.contiguous ? "dense" : "strided"}`;
            agree(
              "batchNorm",
              kernels.batchNorm,
              some,
              (k, [y, mean, variance, rstd]) => k(x, weight, bias, y, mean, variance, rstd, 1e-5),
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
              (k, [y]) => k(x, mean, variance, weight, bias, y, 1e-3),
              what,
              5e-6,
            );
            const g = strided(shape, 7);
            agree(
              "batchNormGrad",
              kernels.batchNormGrad,
              [shape, [c], [c]],
              (k, [dx, dw, db]) => k(g, x, weight, mean, variance, dx, dw, db),
              what,
              5e-6,
            );
          }
        }
      }
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
          k(far, undefined, undefined, y, mean, variance, undefined, 1e-5),
        "mean 1000",
        // The mean in single precision is off by up to 3e-5, which is what x loses too.
        1e-4,
      );
      const [y, mean, variance] = [shape, [2], [2]].map((s) => known(viewOf(ctx, s)));
      if (!y || !mean || !variance) return;
      kernels.batchNorm?.(far, undefined, undefined, y, mean, variance, undefined, 1e-5);
      const values = read(ctx, far).filter((_, i) => Math.floor(i / 49) % 2 === 0);
      const centre = values.reduce((s, v) => s + v, 0) / values.length;
      const spread = values.reduce((s, v) => s + (v - centre) ** 2, 0) / values.length;
      expect(read(ctx, variance)[0]).to.be.closeTo(spread, 1e-6 * spread);
    });

    it("layerNorm and its gradient", () => {
      for (const n of [1, 2, 3, 4, 5, 8, 15, 16, 33, 67, 256, 259, 1000]) {
        for (const rows of [0, 1, 3, 7]) {
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
  });
}
