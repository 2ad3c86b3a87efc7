// softmax along a dimension.
import { type DType, isFloating } from "../../dtype.ts";
import { DTypeError, IndexError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import type { OptionNames } from "../../options.ts";
import { normalizeDim } from "../../shape.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { div } from "../elementwise/div.ts";
import { exp } from "../elementwise/exp.ts";
import { sub } from "../elementwise/sub.ts";
import { to } from "../elementwise/to.ts";
import { atLeast1d } from "../views/window.ts";
import { amax } from "./amax.ts";
import { dimAndOptions } from "./reduce.ts";
import { softmaxGrad } from "./softmax-grad.ts";
import { sum } from "./sum.ts";

declare module "../../backend.ts" {
  interface FusedKernels {
    /** y = exp(x − max) / Σ exp(x − max) along dim; x strided, rank ≥ 1. */
    softmax(x: View, y: View, dim: number): Ran;
    /** y = x − max − log Σ exp(x − max) along dim; x strided, rank ≥ 1. */
    logSoftmax(x: View, y: View, dim: number): Ran;
    /** dx = y · (g − Σ g · y) along dim: the gradient of softmax, y its result; g and y strided. */
    softmaxGrad(g: View, y: View, dx: View, dim: number): Ran;
    /** dx = g − exp(y) · Σ g along dim: the gradient of logSoftmax, y its result; g and y strided. */
    logSoftmaxGrad(g: View, y: View, dx: View, dim: number): Ran;
  }
}

const softmaxOp = defineOp<number>()({
  name: "softmax",
  doc: "exp(x) / Σ exp(x) along a dim; the largest element is taken out first, so nothing overflows.",
  example: ["softmax(tensor([0, 0]), 0)", "tensor([0.5000, 0.5000])"],
  inputs: ["x"],
  outputs: ["y"],
  saves: ["y"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, y, dim) => k.softmax?.(atLeast1d(x), atLeast1d(y), dim),
  compose: (x, dim) => {
    if (x.numel === 0) return exp(x);
    // The shift cancels out, in the gradient too.
    const e = exp(sub(x, amax(x, dim, { keepdim: true }).detach()));
    return div(e, sum(e, dim, { keepdim: true }));
  },
  vjp: (gs, { y }, dim) => ({ x: softmaxGrad(gs.y, y, dim) }),
  samples: (rng) => [
    [rng.tensor([2, 3]), 1],
    [rng.tensor([2, 3, 2]), 1],
    [rng.tensor([3, 2]), 0],
    [rng.tensor([0, 2]), 0],
    [rng.tensor([]), 0],
  ],
  errors: (rng) => [
    [() => softmax(rng.tensor([2, 3]), 2), IndexError, /softmax: dim 2 is out of range/],
    [() => softmax(rng.ints([2], 3), 0), DTypeError, /softmax: expects a float dtype, got int64/],
    [() => softmax(rng.tensor([2]), undefined as unknown as number), IndexError, /name the dim/],
  ],
});

export interface SoftmaxOptions {
  /** Has no default: it is given by itself, or here. */
  readonly dim?: number | undefined;
  /** A floating one that x is cast to first. Default: x's. */
  readonly dtype?: DType | undefined;
}
const OPTIONS: OptionNames<SoftmaxOptions> = { dim: true, dtype: true };

/** softmax and logSoftmax: run() with dim and dtype checked, and x cast. */
export function overDim(
  op: string,
  x: Tensor,
  dim: number | SoftmaxOptions,
  options: SoftmaxOptions,
  run: (x: Tensor, dim: number) => Tensor,
): Tensor {
  checkLive(op, x);
  const [over, { dtype = x.dtype }] = dimAndOptions<number, SoftmaxOptions>(
    op,
    dim,
    options,
    OPTIONS,
  );
  if (!isFloating(dtype)) {
    throw new DTypeError(op, `expects a float dtype, got ${dtype}; cast it with to("float32")`);
  }
  if (over === undefined) throw new IndexError(op, "name the dim to normalise over (usually -1)");
  const d = normalizeDim(op, over, x.shape.length);
  return dtype === x.dtype ? run(x, d) : composite(() => run(to(x, dtype), d));
}

/** exp(x) / Σ exp(x) along `dim`, without overflow. As `torch.softmax`. */
export function softmax(
  x: Tensor,
  dim: number | SoftmaxOptions,
  options: SoftmaxOptions = {},
): Tensor {
  return overDim("softmax", x, dim, options, softmaxOp);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    softmax(dim: number | SoftmaxOptions, options?: SoftmaxOptions): Tensor;
  }
}
methods({
  softmax(dim, options) {
    return softmax(this, dim, options);
  },
});
