// Layer normalisation: each row, the last dims of x, on its own.
import { isGradEnabled } from "../../autograd/tape.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { type Shape, sameShape } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { checkEps } from "./channels.ts";
import { layerNormGrad, perRow } from "./layer-norm-grad.ts";

declare module "../../backend.ts" {
  interface FusedKernels {
    /**
     * Normalises over the last `dims` dims, which are the shape of weight and bias; mean and rstd have
     * the dims before. x strided, outputs contiguous.
     */
    layerNorm(
      x: View,
      weight: View | undefined,
      bias: View | undefined,
      y: View,
      mean: View | undefined,
      rstd: View | undefined,
      dims: number,
      eps: number,
    ): Ran;
  }
}

function rowStatistics(x: Tensor, dims: number, eps: number): { mean: Tensor; rstd: Tensor } {
  const inRow = Array.from({ length: dims }, (_, d) => x.ndim - dims + d);
  const mean = x.mean(inRow);
  const variance = x.sub(perRow(mean, dims)).square().mean(inRow);
  return { mean, rstd: variance.add(eps).rsqrt() };
}

const layerNormOp = defineOp<{ readonly dims: number; readonly eps: number }>()({
  name: "layerNorm",
  doc: "(x − mean) / sqrt(variance + eps) · weight + bias over the last dims. Ba, Kiros and Hinton, https://arxiv.org/abs/1607.06450.",
  example: [
    "layerNorm(tensor([[1, 3], [2, 6]]), [2], { eps: 0 })",
    "tensor([[-1.,  1.],\n        [-1.,  1.]])",
  ],
  inputs: ["x", "weight?", "bias?"],
  outputs: ["y"],
  hidden: ["mean", "rstd"],
  saves: ["x", "weight", "mean", "rstd"],
  shape(x, _weight, _bias, { dims }) {
    const statistic = { shape: x.shape.slice(0, x.shape.length - dims), dtype: x.dtype };
    return { y: { shape: x.shape, dtype: x.dtype }, mean: statistic, rstd: statistic };
  },
  kernel: (k, x, weight, bias, y, mean, rstd, { dims, eps }) =>
    k.layerNorm?.(x, weight, bias, y, mean, rstd, dims, eps),
  compose(x, weight, bias, { dims, eps }) {
    const { mean, rstd } = rowStatistics(x, dims, eps);
    const normal = x.sub(perRow(mean, dims)).mul(perRow(rstd, dims));
    const scaled = weight === undefined ? normal : normal.mul(weight);
    return bias === undefined ? scaled : scaled.add(bias);
  },
  vjp(gs, s, { dims, eps }) {
    // As in batchNorm: a derivative of this rule must see that the statistics depend on x.
    const { mean, rstd } = isGradEnabled() ? rowStatistics(s.x, dims, eps) : s;
    const [x, weight, bias] = layerNormGrad(gs.y, s.x, s.weight, mean, rstd, dims);
    return { x, weight, bias };
  },
  samples: (rng) => [
    [rng.tensor([2, 3]), rng.tensor([3]), rng.tensor([3]), { dims: 1, eps: 1e-5 }],
    [rng.tensor([2, 2, 3]), rng.tensor([2, 3]), undefined, { dims: 2, eps: 0.1 }],
    [rng.tensor([4]), undefined, undefined, { dims: 1, eps: 1e-5 }],
    [rng.tensor([0, 3]), rng.tensor([3]), rng.tensor([3]), { dims: 1, eps: 1e-5 }],
  ],
  errors: (rng) => [
    [
      () => layerNorm(rng.tensor([2, 3]), [2]),
      ShapeError,
      /layerNorm: the last dimensions of the input must be normalizedShape/,
    ],
    [() => layerNorm(rng.tensor([2, 3]), []), ShapeError, /normalizedShape must have at least one/],
    [
      () => layerNorm(rng.tensor([2, 3]), 3, { eps: -1 }),
      ArgumentError,
      /layerNorm: eps must be a number ≥ 0; got -1/,
    ],
    [
      () => layerNorm(rng.tensor([2, 3]), 3, { weight: rng.tensor([2]) }),
      ShapeError,
      /layerNorm: weight must have the shape normalizedShape/,
    ],
  ],
});

export interface LayerNormOptions {
  /** Of the shape normalizedShape. */
  readonly weight?: Tensor | undefined;
  /** Of the shape normalizedShape. */
  readonly bias?: Tensor | undefined;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number | undefined;
}
const OPTIONS: OptionNames<LayerNormOptions> = { weight: "Tensor", bias: "Tensor", eps: true };

/**
 * Layer normalisation of x over its last dims, which must be `normalizedShape`; as
 * `torch.nn.functional.layer_norm`.
 * @throws ShapeError shapes that do not fit; ArgumentError a negative eps; DTypeError mixed or integer dtypes
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.layer_norm.html
 */
export function layerNorm(
  x: Tensor,
  normalizedShape: number | Shape,
  options: LayerNormOptions = {},
): Tensor {
  const op = "layerNorm";
  checkOptions(op, options, OPTIONS);
  const { weight, bias, eps = 1e-5 } = options;
  checkEps(op, eps);
  const shape = typeof normalizedShape === "number" ? [normalizedShape] : normalizedShape;
  checkDtypes(op, { input: x }, { weight, bias });
  if (shape.length === 0) {
    throw new ShapeError(op, "normalizedShape must have at least one dimension");
  }
  if (x.ndim < shape.length || !sameShape(x.shape.slice(-shape.length), shape)) {
    throw new ShapeError(op, "the last dimensions of the input must be normalizedShape", {
      input: x.shape,
      normalizedShape: shape,
    });
  }
  for (const [name, t] of Object.entries({ weight, bias })) {
    if (t === undefined || sameShape(t.shape, shape)) continue;
    throw new ShapeError(op, `${name} must have the shape normalizedShape`, {
      normalizedShape: shape,
      [name]: t.shape,
    });
  }
  return layerNormOp(x, weight, bias, { dims: shape.length, eps });
}
