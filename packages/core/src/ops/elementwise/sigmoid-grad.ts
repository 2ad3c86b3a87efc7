// The gradient of sigmoid in one pass.
import type { Tensor } from "../../tensor.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";
import { gradientOp } from "./unary.ts";

const sigmoidGradOp = gradientOp({
  name: "sigmoidGrad",
  doc: "g · y (1 − y): the gradient of the sigmoid, from its output.",
  compose: (g, y) => mul(g, mul(y, sub(1, y))),
  vjp: (gg, g, y) => ({ g: sigmoidGrad(gg, y), x: mul(mul(gg, g), sub(1, mul(y, 2))) }),
});

/** g · y (1 − y): the gradient of the sigmoid, from its output. */
export function sigmoidGrad(g: Tensor, y: Tensor): Tensor {
  return sigmoidGradOp(g, y);
}
