// The gradient of relu in one pass.
import type { Tensor } from "../../tensor.ts";
import { zerosLike } from "../creation.ts";
import { le } from "./le.ts";
import { gradientOp } from "./unary.ts";
import { where } from "./where.ts";

const reluGradOp = gradientOp({
  name: "reluGrad",
  doc: "0 where y ≤ 0, else g (at NaN too): the gradient of relu, from its output.",
  compose: (g, y) => where(le(y, 0), 0, g),
  vjp: (gg, _g, y) => ({ g: reluGrad(gg, y), x: zerosLike(y) }),
  ranges: [
    { low: 0.1, high: 2 },
    { low: -2, high: -0.1 },
  ],
});

/** 0 where y ≤ 0, else g (at NaN too): the gradient of relu, from its output. */
export function reluGrad(g: Tensor, y: Tensor): Tensor {
  return reluGradOp(g, y);
}
