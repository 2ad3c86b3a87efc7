// log Σ exp over dims, stable: the largest element is taken out first.
import { IndexError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { add } from "../elementwise/add.ts";
import { exp } from "../elementwise/exp.ts";
import { isfinite } from "../elementwise/isfinite.ts";
import { log } from "../elementwise/log.ts";
import { mul } from "../elementwise/mul.ts";
import { sub } from "../elementwise/sub.ts";
import { where } from "../elementwise/where.ts";
import { floating } from "../promote.ts";
import { amax } from "./amax.ts";
import {
  countOf,
  type Dims,
  type ReduceAttrs,
  type ReduceOptions,
  reduceAttrs,
  reducedMeta,
  withKeptDims,
} from "./reduce.ts";
import { sum } from "./sum.ts";

const logsumexpOp = defineOp<ReduceAttrs>()({
  name: "logsumexp",
  doc: "log Σ exp(x) over dims, without overflow.",
  example: ["logsumexp(tensor([0, 0]), 0)", "tensor(0.6931)"],
  inputs: ["x"],
  outputs: ["y"],
  saves: ["x", "y"],
  shape: (x, a) => reducedMeta(x, a),
  compose: (x, a) => {
    // Of nothing it is log 0.
    if (countOf(x.shape, a.dims) === 0) return log(sum(exp(x), a.dims, { keepdim: a.keepdim }));
    const largest = amax(x, a.dims, { keepdim: true }).detach();
    // Infinite ones stay in: ∞ − ∞ would be NaN.
    const shift = where(isfinite(largest), largest, 0);
    const y = add(log(sum(exp(sub(x, shift)), a.dims, { keepdim: true })), shift);
    return a.keepdim ? y : y.reshape(reducedMeta(x, a).shape);
  },
  vjp: (gs, { x, y }, a) => ({
    x: mul(withKeptDims(gs.y, a, x.shape), exp(sub(x, withKeptDims(y, a, x.shape)))),
  }),
  samples: (rng) => [
    [rng.tensor([2, 3, 2]), { dims: [0, 2], keepdim: false }],
    [rng.tensor([2, 3]), { dims: [1], keepdim: true }],
    [rng.tensor([]), { dims: [], keepdim: false }],
    [rng.tensor([2, 0]), { dims: [1], keepdim: false }],
  ],
  errors: (rng) => [
    [() => logsumexp(rng.tensor([2]), 1), IndexError, /logsumexp: dim 1 is out of range/],
  ],
});

/** log Σ exp(x) over `dim` (one, several, or all), without overflow; integers give float32. As `torch.logsumexp`. */
export function logsumexp(
  x: Tensor,
  dim?: Dims | ReduceOptions,
  options: ReduceOptions = {},
): Tensor {
  return logsumexpOp(floating(x), reduceAttrs("logsumexp", x, dim, options));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    logsumexp(dim?: Dims | ReduceOptions, options?: ReduceOptions): Tensor;
  }
}
methods({
  logsumexp(dim, options) {
    return logsumexp(this, dim, options);
  },
});
