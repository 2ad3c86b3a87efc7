// The gradients of batch normalisation, all three in one op. With x̂ = (x − mean) · rstd:
//   dbias = Σ g,   dweight = Σ g·x̂,   dx = weight · rstd · (g − dbias / n − x̂ · dweight / n)
// The last two terms are what flows through mean and variance. Second derivatives come from the composition.
import { defineOp } from "../../op/define.ts";
import type { Tensor } from "../../tensor.ts";
import { otherDims, perChannel, standardised } from "./channels.ts";

declare module "../../backend.ts" {
  interface FusedKernels {
    /** g and x strided, outputs contiguous. No weight is a weight of 1; dweight and dbias are [C]. */
    batchNormGrad(
      g: View,
      x: View,
      weight: View | undefined,
      mean: View,
      rstd: View,
      dx: View,
      dweight: View,
      dbias: View,
    ): Ran;
  }
}

const batchNormGradOp = defineOp()({
  name: "batchNormGrad",
  doc: "Gradients of batchNorm with respect to x, weight and bias, from g and the batch's statistics.",
  inputs: ["g", "x", "weight?", "mean", "rstd"],
  outputs: ["dx", "dweight", "dbias"],
  shape(_g, x) {
    const channel = { shape: [x.shape[1] as number], dtype: x.dtype };
    return { dx: { shape: x.shape, dtype: x.dtype }, dweight: channel, dbias: channel };
  },
  kernel: (k, g, x, weight, mean, rstd, dx, dweight, dbias) =>
    k.batchNormGrad?.(g, x, weight, mean, rstd, dx, dweight, dbias),
  compose(g, x, weight, mean, rstd) {
    const rank = x.ndim;
    const dims = otherDims(rank);
    const count = x.numel / (x.shape[1] as number);
    const normal = standardised(x, mean, rstd);
    const dbias = g.sum(dims);
    const dweight = g.mul(normal).sum(dims);
    const scale = weight === undefined ? rstd : rstd.mul(weight);
    const dx = g
      .sub(perChannel(dbias.div(count), rank))
      .sub(normal.mul(perChannel(dweight.div(count), rank)))
      .mul(perChannel(scale, rank));
    return { dx, dweight, dbias };
  },
  samples: (rng) => [
    [
      rng.tensor([3, 2]),
      rng.tensor([3, 2]),
      rng.tensor([2]),
      rng.tensor([2]),
      rng.tensor([2], { low: 0.5, high: 2 }),
    ],
    [
      rng.tensor([2, 2, 1, 2]),
      rng.tensor([2, 2, 1, 2]),
      undefined,
      rng.tensor([2]),
      rng.tensor([2], { low: 0.5, high: 2 }),
    ],
  ],
});

export const batchNormGrad = (
  g: Tensor,
  x: Tensor,
  weight: Tensor | undefined,
  mean: Tensor,
  rstd: Tensor,
): readonly [dx: Tensor, dweight: Tensor, dbias: Tensor] =>
  batchNormGradOp(g, x, weight, mean, rstd);
