// The gradient of tanh in one pass.
import type { Tensor } from "../../tensor.ts";
import { mul } from "./mul.ts";
import { square } from "./square.ts";
import { sub } from "./sub.ts";
import { gradientOp } from "./unary.ts";

const tanhGradOp = gradientOp({
  name: "tanhGrad",
  doc: "g · (1 − y²): the gradient of tanh, from its output.",
  compose: (g, y) => mul(g, sub(1, square(y))),
  vjp: (gg, g, y) => ({ g: tanhGrad(gg, y), x: mul(mul(gg, g), mul(y, -2)) }),
});

/** g · (1 − y²): the gradient of tanh, from its output. */
export function tanhGrad(g: Tensor, y: Tensor): Tensor {
  return tanhGradOp(g, y);
}
