// A layer and the batch norm behind it as one layer, for good; as torch.nn.utils.fusion. Sequential does the same by
// itself while it is in evaluation, see folded.ts: this is for models that are saved without their norms.
import {
  ArgumentError,
  checkOptions,
  noGrad,
  type OptionNames,
  owned,
  ShapeError,
  type Tensor,
} from "@tapegrad/core";
import { cloneModule } from "../clone.ts";
import { rescaled, scaleAndShift, type Weights } from "../folded.ts";
import {
  type Conv1d,
  type Conv2d,
  type Conv3d,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
} from "../layers/conv.ts";
import type { Linear } from "../layers/linear.ts";
import type { BatchNorm1d, BatchNorm2d, BatchNorm3d } from "../layers/norm.ts";
import type { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";

type BatchNorm = BatchNorm1d | BatchNorm2d | BatchNorm3d;
export type FusableConv =
  | Conv1d
  | Conv2d
  | Conv3d
  | ConvTranspose1d
  | ConvTranspose2d
  | ConvTranspose3d;

export interface FuseOptions {
  /** Whether the weight is a transposed convolution's, [in, out / groups, …kernel]. Default: false. */
  readonly transpose?: boolean | undefined;
}
const OPTIONS: OptionNames<FuseOptions> = { transpose: true };

/**
 * As `torch.nn.utils.fuse_conv_bn_eval`: a new convolution, in evaluation, that does what `conv` and the norm behind
 * it do. Whether it is a transposed one follows from its class.
 * @throws ArgumentError unless both are in evaluation and the norm has running statistics; ShapeError
 */
export function fuseConvBnEval<C extends FusableConv>(conv: C, bn: BatchNorm): C {
  const transpose = [ConvTranspose1d, ConvTranspose2d, ConvTranspose3d].some(
    (type) => conv instanceof type,
  );
  return fused("fuseConvBnEval", conv, bn, (...args) =>
    fuseConvBnWeights(...args, { transpose }),
  ) as C;
}

/**
 * As `torch.nn.utils.fuse_linear_bn_eval`: a new Linear, in evaluation, that does what `linear` and the norm behind it
 * do.
 * @throws ArgumentError unless both are in evaluation and the norm has running statistics; ShapeError
 */
export function fuseLinearBnEval(linear: Linear, bn: BatchNorm): Linear {
  return fused("fuseLinearBnEval", linear, bn, fuseLinearBnWeights) as Linear;
}

/**
 * As `torch.nn.utils.fuse_conv_bn_weights`: weight [out, in / groups, …kernel] and bias [out] of a convolution that
 * does what a norm behind it does as well. They require gradients where those given do.
 * @param runningMean [out], as are runningVar, scale and shift (the norm's weight and bias; null without)
 * @throws ShapeError
 */
export function fuseConvBnWeights(
  weight: Tensor,
  bias: Tensor | null,
  runningMean: Tensor,
  runningVar: Tensor,
  eps: number,
  scale: Tensor | null,
  shift: Tensor | null,
  options: FuseOptions = {},
): [weight: Parameter, bias: Parameter] {
  const op = "fuseConvBnWeights";
  checkOptions(op, options, OPTIONS);
  const [first = 0, second = 0, ...kernel] = weight.shape;
  const out = runningMean.numel;
  const { transpose = false } = options;
  if (transpose ? out % second !== 0 || first % (out / second) !== 0 : out !== first) {
    const wanted = transpose ? "[in, out / groups, …kernel]" : "[out, in / groups, …kernel]";
    throw new ShapeError(op, `expects a weight ${wanted} for statistics [out]`, {
      weight: weight.shape,
      runningMean: runningMean.shape,
    });
  }
  return asParameters({ weight, bias }, () => {
    const norm = scaleAndShift(runningMean, runningVar, eps, scale, shift);
    if (!transpose) return rescaled({ weight, bias }, norm);
    // Each group's channels of the output to the front, and back.
    const groups = out / second;
    const split = weight.reshape([groups, first / groups, second, ...kernel]).transpose(1, 2);
    const flat = split.reshape([out, first / groups, ...kernel]);
    const made = rescaled({ weight: flat, bias }, norm);
    const back = made.weight.reshape(split.shape).transpose(1, 2);
    return { weight: back.reshape(weight.shape), bias: made.bias };
  });
}

/**
 * As `torch.nn.utils.fuse_linear_bn_weights`: weight [out, in] and bias [out] of a Linear that does what a norm behind
 * it does as well; the norm may also have a single channel.
 * @param runningMean [out] or [1], as are runningVar, scale and shift (the norm's weight and bias; null without)
 * @throws ShapeError
 */
export function fuseLinearBnWeights(
  weight: Tensor,
  bias: Tensor | null,
  runningMean: Tensor,
  runningVar: Tensor,
  eps: number,
  scale: Tensor | null,
  shift: Tensor | null,
): [weight: Parameter, bias: Parameter] {
  const [out = 0] = weight.shape;
  if (runningMean.numel !== out && runningMean.numel !== 1) {
    throw new ShapeError("fuseLinearBnWeights", "expects a weight [out, in] for statistics [out]", {
      weight: weight.shape,
      runningMean: runningMean.shape,
    });
  }
  return asParameters({ weight, bias }, () => {
    const made = rescaled(
      { weight, bias },
      scaleAndShift(runningMean, runningVar, eps, scale, shift),
    );
    return { weight: made.weight, bias: made.bias.expand([out]) };
  });
}

/** What `make` gives, in the dtype of the weights it was made of. */
function asParameters(
  from: Weights,
  make: () => Weights & { bias: Tensor },
): [Parameter, Parameter] {
  const [weight, bias] = noGrad(() =>
    owned(() => {
      const made = make();
      // Copies: a view would share what it shows.
      return [made.weight, made.bias].map((t) => t.to(from.weight.dtype).clone());
    }),
  ) as [Tensor, Tensor];
  return [
    new Parameter(weight, { requiresGrad: from.weight.requiresGrad }),
    new Parameter(bias, { requiresGrad: from.bias?.requiresGrad ?? false }),
  ];
}

interface Weighted extends Module {
  weight: Parameter;
  bias: Parameter | null;
}

function fused(
  op: string,
  layer: Weighted,
  bn: BatchNorm,
  fuse: (
    weight: Tensor,
    bias: Tensor | null,
    runningMean: Tensor,
    runningVar: Tensor,
    eps: number,
    scale: Tensor | null,
    shift: Tensor | null,
  ) => [Parameter, Parameter],
): Weighted {
  if (layer.training || bn.training) {
    throw new ArgumentError(op, "both must be in evaluation; call eval() on them");
  }
  const { runningMean, runningVar, eps, weight, bias } = bn;
  if (runningMean === null || runningVar === null) {
    throw new ArgumentError(op, "the norm has no running statistics (trackRunningStats: false)");
  }
  const made = fuse(layer.weight, layer.bias, runningMean, runningVar, eps, weight, bias);
  const copy = cloneModule(layer);
  copy.weight.release();
  copy.bias?.release();
  [copy.weight, copy.bias] = made;
  return copy;
}
