// Normalisation by the root of the mean square of the last dims: layerNorm without the mean.
import { finfo } from "../../dtype.ts";
import { ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { type Shape, sameShape } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { sumTo } from "../promote.ts";
import { checkEps } from "./channels.ts";

interface RmsAttrs {
  /** How many of the last dims make a row. */
  readonly dims: number;
  readonly eps: number;
}

const rowDims = ({ ndim }: Tensor, dims: number): number[] =>
  Array.from({ length: dims }, (_, d) => ndim - dims + d);

const scaleOf = (x: Tensor, { dims, eps }: RmsAttrs): Tensor =>
  x.square().mean(rowDims(x, dims), { keepdim: true }).add(eps).rsqrt();

const rmsNormOp = defineOp<RmsAttrs>()({
  name: "rmsNorm",
  doc: "x / sqrt(mean(x²) + eps) · weight over the last dims. Zhang and Sennrich, https://arxiv.org/abs/1910.07467.",
  example: [
    "rmsNorm(tensor([[3, 4], [0, 2]]), 2, { eps: 0 })",
    "tensor([[0.8485, 1.1314],\n        [0.0000, 1.4142]])",
  ],
  inputs: ["x", "weight?"],
  outputs: ["y"],
  saves: ["x", "weight"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  compose: (x, weight, attrs) => {
    const normal = x.mul(scaleOf(x, attrs));
    return weight === undefined ? normal : normal.mul(weight);
  },
  // With r = (mean(x²) + eps)^−½ and y = x·r per row: dr/dx = −r³·x / n, so dx = r · (g − x·r² · mean(g·x)).
  vjp(gs, { x, weight }, attrs, m, need) {
    const r = scaleOf(x, attrs);
    const g = weight === undefined ? gs.y : gs.y.mul(weight);
    const along = (): Tensor => g.mul(x).mean(rowDims(x, attrs.dims), { keepdim: true });
    return {
      x: need.x ? g.sub(x.mul(r.square().mul(along()))).mul(r) : undefined,
      weight: need.weight && m.weight ? sumTo(gs.y.mul(x).mul(r), m.weight.shape) : undefined,
    };
  },
  samples: (rng) => [
    [rng.tensor([2, 3]), rng.tensor([3]), { dims: 1, eps: 1e-5 }],
    [rng.tensor([2, 2, 3]), rng.tensor([2, 3]), { dims: 2, eps: 0.1 }],
    [rng.tensor([4]), undefined, { dims: 1, eps: 1e-5 }],
    [rng.tensor([0, 3]), rng.tensor([3]), { dims: 1, eps: 1e-5 }],
  ],
  errors: (rng) => [
    [
      () => rmsNorm(rng.tensor([2, 3]), [2]),
      ShapeError,
      /rmsNorm: the last dimensions of the input must be normalizedShape/,
    ],
    [
      () => rmsNorm(rng.tensor([2, 3]), 3, { weight: rng.tensor([2]) }),
      ShapeError,
      /rmsNorm: weight must have the shape normalizedShape/,
    ],
  ],
});

export interface RmsNormOptions {
  /** Of the shape normalizedShape. */
  readonly weight?: Tensor | undefined;
  /** Added to the mean square. Default: the distance from 1 to the next number of the dtype. */
  readonly eps?: number | undefined;
}
const OPTIONS: OptionNames<RmsNormOptions> = { weight: "Tensor", eps: true };

/**
 * x over the root of the mean of its squares, over its last dims, which must be `normalizedShape`; as
 * `torch.nn.functional.rms_norm`.
 * @throws ShapeError shapes that do not fit; ArgumentError a negative eps; DTypeError mixed or integer dtypes
 * @see https://arxiv.org/abs/1910.07467
 */
export function rmsNorm(
  x: Tensor,
  normalizedShape: number | Shape,
  options: RmsNormOptions = {},
): Tensor {
  const op = "rmsNorm";
  checkOptions(op, options, OPTIONS);
  const { weight } = options;
  checkDtypes(op, { input: x }, { weight });
  const eps = options.eps ?? finfo(x.dtype).eps;
  checkEps(op, eps);
  const shape = typeof normalizedShape === "number" ? [normalizedShape] : normalizedShape;
  const fits = shape.length > 0 && x.ndim >= shape.length;
  if (!fits || !sameShape(x.shape.slice(-shape.length), shape)) {
    throw new ShapeError(op, "the last dimensions of the input must be normalizedShape", {
      input: x.shape,
      normalizedShape: shape,
    });
  }
  if (weight !== undefined && !sameShape(weight.shape, shape)) {
    throw new ShapeError(op, "weight must have the shape normalizedShape", {
      normalizedShape: shape,
      weight: weight.shape,
    });
  }
  return rmsNormOp(x, weight, { dims: shape.length, eps });
}
