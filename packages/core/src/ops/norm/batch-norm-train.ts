// Batch normalisation with the statistics of the batch (training).
import { isGradEnabled } from "../../autograd/tape.ts";
import { ArgumentError, DTypeError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import type { Tensor } from "../../tensor.ts";
import { type Activation, activated } from "../activation.ts";
import { batchNorm } from "./batch-norm.ts";
import { batchNormGrad } from "./batch-norm-grad.ts";
import { affine, channelStatistics, standardised } from "./channels.ts";

declare module "../../backend.ts" {
  interface FusedKernels {
    /**
     * y = activation((x − mean) · rstd · weight + bias) per channel of [N, C, …], rstd = 1 / sqrt(variance + eps);
     * also the mean and the biased variance. x strided, outputs contiguous.
     */
    batchNorm(
      x: View,
      weight: View | undefined,
      bias: View | undefined,
      y: View,
      mean: View,
      variance: View,
      rstd: View | undefined,
      eps: number,
      activation: Activation,
    ): Ran;
  }
}

const batchNormOp = defineOp<{ readonly eps: number; readonly activation: Activation }>()({
  name: "batchNorm",
  doc: "(x − mean) / sqrt(variance + eps) · weight + bias per channel of [N, C, …], then the activation; also the batch's mean and biased variance. Ioffe and Szegedy, https://arxiv.org/abs/1502.03167.",
  example: [
    "batchNorm(tensor([[1, 2], [3, 6]]), { training: true, eps: 0 })",
    "tensor([[-1., -1.],\n        [ 1.,  1.]])",
  ],
  inputs: ["x", "weight?", "bias?"],
  outputs: ["y", "mean", "variance"],
  hidden: ["rstd"],
  constant: ["mean", "variance"],
  saves: ["x", "weight", "bias", "mean", "rstd"],
  shape(x) {
    const statistic = { shape: [x.shape[1] as number], dtype: x.dtype };
    return {
      y: { shape: x.shape, dtype: x.dtype },
      mean: statistic,
      variance: statistic,
      rstd: statistic,
    };
  },
  kernel: (k, x, weight, bias, y, mean, variance, rstd, { eps, activation }) =>
    k.batchNorm?.(x, weight, bias, y, mean, variance, rstd, eps, activation),
  compose(x, weight, bias, { eps, activation }) {
    const { mean, variance, rstd } = channelStatistics(x, eps);
    return {
      y: activated(affine(standardised(x, mean, rstd), weight, bias), activation),
      mean: mean.detach(),
      variance: variance.detach(),
    };
  },
  vjp(gs, s, { eps, activation }) {
    if (gs.y === undefined) return {};
    // On the tape mean and rstd are constants. A derivative of this rule must see that they depend on x.
    const { mean, rstd } = isGradEnabled() ? channelStatistics(s.x, eps) : s;
    const [x, weight, bias] = batchNormGrad(gs.y, s, mean, rstd, activation);
    return { x, weight, bias };
  },
  samples: (rng) => [
    [rng.tensor([3, 2]), rng.tensor([2]), rng.tensor([2]), { eps: 1e-5, activation: "none" }],
    [rng.tensor([2, 2, 3]), rng.tensor([2]), undefined, { eps: 0.1, activation: "relu" }],
    [rng.tensor([2, 3, 2, 2]), undefined, undefined, { eps: 1e-5, activation: "relu6" }],
    [rng.tensor([1, 2, 2, 1, 2]), undefined, rng.tensor([2]), { eps: 1e-3, activation: "none" }],
  ],
  errors: (rng) => [
    [
      () => batchNorm(rng.tensor([1, 2]), { training: true }),
      ShapeError,
      /batchNorm: training needs more than one value per channel[\s\S]*input: \[1, 2\]/,
    ],
    [
      () => batchNorm(rng.tensor([3, 2]), { training: true, weight: rng.tensor([3]) }),
      ShapeError,
      /batchNorm: weight must have one value for each of 2 channels/,
    ],
    [() => batchNorm(rng.tensor([3]), { training: true }), ShapeError, /\[batch, channels, …\]/],
    [
      () => batchNorm(rng.tensor([3, 2]), { training: true, eps: -1 }),
      ArgumentError,
      /batchNorm: eps must be a number ≥ 0; got -1/,
    ],
    [
      () => batchNorm(rng.tensor([3, 2]), { training: true, activation: "tanh" as Activation }),
      ArgumentError,
      /batchNorm: activation must be one of "none", "relu", "relu6"; got "tanh"/,
    ],
    [
      () => batchNorm(rng.tensor([3, 2]), { training: true, bias: rng.tensor([2]).to("int64") }),
      DTypeError,
      /batchNorm: bias is int64/,
    ],
  ],
});

/** [y, mean, biased variance] of x [N, C, …]; the activation is in y. */
export const batchNormTrain = (
  x: Tensor,
  weight: Tensor | undefined,
  bias: Tensor | undefined,
  attrs: { readonly eps: number; readonly activation: Activation },
): readonly [y: Tensor, mean: Tensor, variance: Tensor] => batchNormOp(x, weight, bias, attrs);
