// Batch normalisation with given statistics (evaluation): one affine map per channel.
import { noGrad } from "../../autograd/tape.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import type { Tensor } from "../../tensor.ts";
import { type Activation, activated, activatedGrad } from "../activation.ts";
import { batchNorm } from "./batch-norm.ts";
import { affine, otherDims, perChannel, standardised } from "./channels.ts";

declare module "../../backend.ts" {
  interface FusedKernels {
    /** y = activation((x − mean) / sqrt(variance + eps) · weight + bias); the statistics and parameters are [C]. */
    batchNormEval(
      x: View,
      mean: View,
      variance: View,
      weight: View | undefined,
      bias: View | undefined,
      y: View,
      eps: number,
      activation: Activation,
    ): Ran;
  }
}

interface Attrs {
  readonly eps: number;
  readonly activation: Activation;
}

const batchNormEvalOp = defineOp<Attrs>()({
  name: "batchNormEval",
  doc: "(x − mean) / sqrt(variance + eps) · weight + bias per channel of [N, C, …], statistics given; then the activation.",
  inputs: ["x", "mean", "variance", "weight?", "bias?"],
  outputs: ["y"],
  saves: ["x", "mean", "variance", "weight", "bias"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, mean, variance, weight, bias, y, { eps, activation }) =>
    k.batchNormEval?.(x, mean, variance, weight, bias, y, eps, activation),
  compose: (x, mean, variance, weight, bias, { eps, activation }) =>
    activated(affine(standardised(x, mean, variance.add(eps).rsqrt()), weight, bias), activation),
  // With r = (variance + eps)^(−1/2): ∂y/∂x = weight·r, ∂y/∂mean = −weight·r,
  // ∂y/∂variance = −½·(x − mean)·weight·r³, ∂y/∂weight = (x − mean)·r.
  // What the activation gave is computed anew: keeping it would keep a tensor for those who have none.
  vjp(gs, s, attrs, _m, need) {
    const { eps, activation } = attrs;
    const again = () =>
      noGrad(() => batchNormEvalOp(s.x, s.mean, s.variance, s.weight, s.bias, attrs));
    const g = activatedGrad(gs.y, again, activation);
    const rank = s.x.ndim;
    const dims = otherDims(rank);
    const r = s.variance.add(eps).rsqrt();
    const scale = s.weight === undefined ? r : r.mul(s.weight);
    const total = need.mean || need.bias ? g.sum(dims) : undefined;
    const moment =
      need.variance || need.weight ? g.mul(s.x.sub(perChannel(s.mean, rank))).sum(dims) : undefined;
    return {
      x: need.x ? g.mul(perChannel(scale, rank)) : undefined,
      mean: need.mean ? total?.mul(scale).neg() : undefined,
      variance: need.variance ? moment?.mul(scale).mul(r.square()).mul(-0.5) : undefined,
      weight: need.weight ? moment?.mul(r) : undefined,
      bias: need.bias ? total : undefined,
    };
  },
  samples: (rng) => {
    const variance = () => rng.tensor([2], { low: 0.5, high: 2 });
    return [
      [
        rng.tensor([3, 2]),
        rng.tensor([2]),
        variance(),
        rng.tensor([2]),
        rng.tensor([2]),
        { eps: 1e-5, activation: "none" },
      ],
      [
        rng.tensor([1, 2, 3, 2]),
        rng.tensor([2]),
        variance(),
        undefined,
        undefined,
        { eps: 0.1, activation: "relu" },
      ],
      [
        rng.tensor([2, 2, 3]),
        rng.tensor([2]),
        variance(),
        rng.tensor([2], { low: 4, high: 8 }),
        rng.tensor([2]),
        { eps: 0.1, activation: "relu6" },
      ],
    ];
  },
  errors: (rng) => [
    [
      () => batchNorm(rng.tensor([3, 2])),
      ArgumentError,
      /batchNorm: evaluation needs runningMean and runningVar/,
    ],
    [
      () =>
        batchNorm(rng.tensor([3, 2]), {
          runningMean: rng.tensor([2]),
          runningVar: rng.tensor([3]),
        }),
      ShapeError,
      /batchNorm: runningVar must have one value for each of 2 channels/,
    ],
  ],
});

export const batchNormEval = (
  x: Tensor,
  mean: Tensor,
  variance: Tensor,
  weight: Tensor | undefined,
  bias: Tensor | undefined,
  attrs: Attrs,
): Tensor => batchNormEvalOp(x, mean, variance, weight, bias, attrs);
