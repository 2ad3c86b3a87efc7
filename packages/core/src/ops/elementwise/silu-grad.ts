// The gradient of silu in one pass.
import type { Tensor } from "../../tensor.ts";
import { add } from "./add.ts";
import { mul } from "./mul.ts";
import { sigmoid } from "./sigmoid.ts";
import { sub } from "./sub.ts";
import { gradientOp } from "./unary.ts";

const siluGradOp = gradientOp({
  name: "siluGrad",
  doc: "g · s (1 + x (1 − s)) with s = sigmoid(x): the gradient of silu.",
  // d x·s = s + x·s′ = s + x·s (1 − s)
  compose: (g, x) => {
    const s = sigmoid(x);
    return mul(g, mul(s, add(mul(x, sub(1, s)), 1)));
  },
});

/** g · s (1 + x (1 − s)) with s = sigmoid(x): the gradient of silu. */
export function siluGrad(g: Tensor, x: Tensor): Tensor {
  return siluGradOp(g, x);
}
