// The gradient of logSoftmax, an op of its own so that it has a kernel and a second derivative.
import { defineOp } from "../../op/define.ts";
import type { Tensor } from "../../tensor.ts";
import { exp } from "../elementwise/exp.ts";
import { mul } from "../elementwise/mul.ts";
import { neg } from "../elementwise/neg.ts";
import { sub } from "../elementwise/sub.ts";
import { broadcastMeta } from "../promote.ts";
import { atLeast1d } from "../views/window.ts";
import { sum } from "./sum.ts";

const logSoftmaxGradOp = defineOp<number>()({
  name: "logSoftmaxGrad",
  doc: "g − exp(y) · Σ g along a dim: the gradient of logSoftmax, whose result is y.",
  inputs: ["g", "y"],
  outputs: ["dx"],
  saves: ["g", "y"],
  shape: (g, y) => broadcastMeta("logSoftmaxGrad", g, y),
  kernel: (k, g, y, dx, dim) => k.logSoftmaxGrad?.(atLeast1d(g), atLeast1d(y), atLeast1d(dx), dim),
  compose: (g, y, dim) => sub(g, mul(exp(y), sum(g, dim, { keepdim: true }))),
  vjp: (gs, { g, y }, dim, _m, need) => {
    const p = exp(y);
    const weighted = mul(gs.dx, p);
    return {
      g: need.g ? sub(gs.dx, sum(weighted, dim, { keepdim: true })) : undefined,
      y: need.y ? neg(mul(weighted, sum(g, dim, { keepdim: true }))) : undefined,
    };
  },
  samples: (rng) => [
    [rng.tensor([2, 3]), rng.tensor([2, 3]), 1],
    [rng.tensor([2, 3, 2]), rng.tensor([2, 3, 2]), 1],
    [rng.tensor([]), rng.tensor([]), 0],
  ],
});

/** The gradient of logSoftmax along `dim`, from the gradient g of its result y. */
export function logSoftmaxGrad(g: Tensor, y: Tensor, dim: number): Tensor {
  return logSoftmaxGradOp(g, y, dim);
}
