// The logarithm of softmax along a dimension, without ever leaving the logarithm.
import { IndexError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { exp } from "../elementwise/exp.ts";
import { log } from "../elementwise/log.ts";
import { sub } from "../elementwise/sub.ts";
import { atLeast1d } from "../views/window.ts";
import { amax } from "./amax.ts";
import { logSoftmaxGrad } from "./log-softmax-grad.ts";
import { overDim, type SoftmaxOptions } from "./softmax.ts";
import { sum } from "./sum.ts";

const logSoftmaxOp = defineOp<number>()({
  name: "logSoftmax",
  doc: "x − log Σ exp(x) along a dim; the largest element is taken out first, so nothing overflows.",
  example: ["logSoftmax(tensor([0, 0]), 0)", "tensor([-0.6931, -0.6931])"],
  inputs: ["x"],
  outputs: ["y"],
  saves: ["y"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, y, dim) => k.logSoftmax?.(atLeast1d(x), atLeast1d(y), dim),
  compose: (x, dim) => {
    if (x.numel === 0) return exp(x);
    const shifted = sub(x, amax(x, dim, { keepdim: true }).detach());
    return sub(shifted, log(sum(exp(shifted), dim, { keepdim: true })));
  },
  vjp: (gs, { y }, dim) => ({ x: logSoftmaxGrad(gs.y, y, dim) }),
  samples: (rng) => [
    [rng.tensor([2, 3]), 1],
    [rng.tensor([2, 3, 2]), 1],
    [rng.tensor([3, 2]), 0],
    [rng.tensor([0, 2]), 0],
    [rng.tensor([]), 0],
  ],
  errors: (rng) => [
    [() => logSoftmax(rng.tensor([2, 3]), -3), IndexError, /logSoftmax: dim -3 is out of range/],
  ],
});

/** x − log Σ exp(x) along `dim`, without overflow. As `torch.log_softmax`. */
export function logSoftmax(
  x: Tensor,
  dim: number | SoftmaxOptions,
  options: SoftmaxOptions = {},
): Tensor {
  return overDim("logSoftmax", x, dim, options, logSoftmaxOp);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    logSoftmax(dim: number | SoftmaxOptions, options?: SoftmaxOptions): Tensor;
  }
}
methods({
  logSoftmax(dim, options) {
    return logSoftmax(this, dim, options);
  },
});
