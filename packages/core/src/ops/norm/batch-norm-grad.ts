// The gradients of batch normalisation, all three in one op. With x̂ = (x − mean) · rstd,
// and g taken as 0 where an activation behind the norm lets nothing through:
//   dbias = Σ g,   dweight = Σ g·x̂,   dx = weight · rstd · (g − dbias / n − x̂ · dweight / n)
// The last two terms are what flows through mean and variance. Where the activation lets g through is found
// from its input, x̂ · weight + bias, which costs less than reading what it gave. Second derivatives come from
// the composition.
import { defineOp } from "../../op/define.ts";
import type { Tensor } from "../../tensor.ts";
import { type Activation, activatedGrad } from "../activation.ts";
import { affine, otherDims, perChannel, standardised } from "./channels.ts";

declare module "../../backend.ts" {
  interface FusedKernels {
    /**
     * g and x strided, outputs contiguous. No weight is a weight of 1; dweight and dbias are [C]. g counts
     * where the activation of (x − mean) · rstd · weight + bias has a slope.
     */
    batchNormGrad(
      g: View,
      x: View,
      weight: View | undefined,
      bias: View | undefined,
      mean: View,
      rstd: View,
      dx: View,
      dweight: View,
      dbias: View,
      activation: Activation,
    ): Ran;
  }
}

const batchNormGradOp = defineOp<{ readonly activation: Activation }>()({
  name: "batchNormGrad",
  doc: "Gradients of batchNorm with respect to x, weight and bias, from g and the batch's statistics; through its activation.",
  inputs: ["g", "x", "weight?", "bias?", "mean", "rstd"],
  outputs: ["dx", "dweight", "dbias"],
  shape(_g, x) {
    const channel = { shape: [x.shape[1] as number], dtype: x.dtype };
    return { dx: { shape: x.shape, dtype: x.dtype }, dweight: channel, dbias: channel };
  },
  kernel: (k, g, x, weight, bias, mean, rstd, dx, dweight, dbias, { activation }) =>
    k.batchNormGrad?.(g, x, weight, bias, mean, rstd, dx, dweight, dbias, activation),
  compose(gradient, x, weight, bias, mean, rstd, { activation }) {
    const rank = x.ndim;
    const dims = otherDims(rank);
    const count = x.numel / (x.shape[1] as number);
    const normal = standardised(x, mean, rstd);
    const g = activatedGrad(gradient, () => affine(normal, weight, bias).detach(), activation);
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
      rng.tensor([2]),
      rng.tensor([2], { low: 0.5, high: 2 }),
      { activation: "relu" },
    ],
    [
      rng.tensor([2, 2, 1, 2]),
      rng.tensor([2, 2, 1, 2]),
      undefined,
      undefined,
      rng.tensor([2]),
      rng.tensor([2], { low: 0.5, high: 2 }),
      { activation: "none" },
    ],
    [
      rng.tensor([2, 2, 5]),
      rng.tensor([2, 2, 5]),
      rng.tensor([2], { low: 4, high: 8 }),
      rng.tensor([2]),
      rng.tensor([2]),
      rng.tensor([2], { low: 0.5, high: 2 }),
      { activation: "relu6" },
    ],
  ],
});

export const batchNormGrad = (
  g: Tensor,
  of: {
    readonly x: Tensor;
    readonly weight: Tensor | undefined;
    readonly bias: Tensor | undefined;
  },
  mean: Tensor,
  rstd: Tensor,
  activation: Activation,
): readonly [dx: Tensor, dweight: Tensor, dbias: Tensor] =>
  batchNormGradOp(g, of.x, of.weight, of.bias, mean, rstd, { activation });
