// Variances over dims, in two passes: the mean first, so that large numbers with a small spread keep it.
import { ArgumentError, DTypeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import type { OptionNames } from "../../options.ts";
import type { Shape } from "../../shape.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { div } from "../elementwise/div.ts";
import { mul } from "../elementwise/mul.ts";
import { square } from "../elementwise/square.ts";
import { sub } from "../elementwise/sub.ts";
import { mean } from "./mean.ts";
import {
  countOf,
  type Dims,
  dimAndOptions,
  REDUCE_OPTIONS,
  type ReduceAttrs,
  type ReduceOptions,
  reduceAttrs,
  reducedMeta,
  requireFloating,
  withKeptDims,
} from "./reduce.ts";
import { sum } from "./sum.ts";

export interface VarAttrs extends ReduceAttrs {
  readonly correction: number;
}
export interface VarOptions extends ReduceOptions {
  /** What is taken off the number of elements before dividing by it. Default 1 (Bessel's). */
  readonly correction?: number | undefined;
}
const OPTIONS: OptionNames<VarOptions> = { ...REDUCE_OPTIONS, correction: true };

const varOp = defineOp<VarAttrs>()({
  name: "var",
  doc: "The variance over dims: Σ (x − mean)² / (n − correction).",
  example: ["tensor([1, 2, 3, 4]).var({ correction: 0 })", "tensor(1.2500)"],
  inputs: ["x"],
  outputs: ["y"],
  saves: ["x"],
  shape: (x, a) => {
    requireFloating("var", x);
    return reducedMeta(x, a);
  },
  compose: (x, a) => {
    requireFloating("var", x);
    const deviations = sub(x, mean(x, a.dims, { keepdim: true }));
    return div(sum(square(deviations), a.dims, { keepdim: a.keepdim }), degrees(x.shape, a));
  },
  vjp: (gs, { x }, a) => ({
    x: mul(
      sub(x, mean(x, a.dims, { keepdim: true })),
      mul(withKeptDims(gs.y, a, x.shape), 2 / degrees(x.shape, a)),
    ),
  }),
  samples: (rng) => [
    [rng.tensor([2, 3, 2]), { dims: [0, 2], keepdim: false, correction: 1 }],
    [rng.tensor([2, 3]), { dims: [1], keepdim: true, correction: 0 }],
    [rng.tensor([4]), { dims: [0], keepdim: false, correction: 2 }],
  ],
  errors: (rng) => [
    [() => variance(rng.ints([2], 3)), DTypeError, /var: expects a float dtype, got int64/],
    [
      () => variance(rng.tensor([2]), 0, { correction: Number.NaN }),
      ArgumentError,
      /var: correction must be a number; got NaN/,
    ],
  ],
});

/** n − correction, not below 0: too few elements give a division by zero, as in PyTorch. */
const degrees = (shape: Shape, a: VarAttrs): number =>
  Math.max(0, countOf(shape, a.dims) - a.correction);

/** Options of var and std, checked. */
export function varAttrs(
  op: string,
  x: Tensor,
  dim: Dims | VarOptions | undefined,
  options: VarOptions,
): VarAttrs {
  const [, { correction = 1 }] = dimAndOptions<Dims, VarOptions>(op, dim, options, OPTIONS);
  if (!Number.isFinite(correction)) {
    throw new ArgumentError(op, `correction must be a number; got ${correction}`);
  }
  return { ...reduceAttrs(op, x, dim, options, OPTIONS), correction };
}

/**
 * The variance over `dim` (one, several, or all), divided by n − correction (default 1). As `torch.var`;
 * exported as `var`.
 * @throws DTypeError for integers: cast them first
 */
function variance(x: Tensor, dim?: Dims | VarOptions, options: VarOptions = {}): Tensor {
  return varOp(x, varAttrs("var", x, dim, options));
}

// `var` cannot name a function, but it can name an export.
export { variance as var };

declare module "../../tensor.ts" {
  interface TensorMethods {
    var(dim?: Dims | VarOptions, options?: VarOptions): Tensor;
  }
}
methods({
  var(dim, options) {
    return variance(this, dim, options);
  },
});
