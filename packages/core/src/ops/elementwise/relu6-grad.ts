// The gradient of relu6 in one pass.
import type { Tensor } from "../../tensor.ts";
import { zerosLike } from "../creation.ts";
import { ge } from "./ge.ts";
import { le } from "./le.ts";
import { gradientOp } from "./unary.ts";
import { where } from "./where.ts";

const relu6GradOp = gradientOp({
  name: "relu6Grad",
  doc: "0 where x ≤ 0 or x ≥ 6, else g (at NaN too): the gradient of relu6.",
  compose: (g, x) => where(le(x, 0), 0, where(ge(x, 6), 0, g)),
  vjp: (gg, _g, x) => ({ g: relu6Grad(gg, x), x: zerosLike(x) }),
  ranges: [
    { low: 0.5, high: 5 },
    { low: -2, high: -0.5 },
    { low: 6.5, high: 9 },
  ],
});

/** 0 where x ≤ 0 or x ≥ 6, else g (at NaN too): the gradient of relu6. */
export function relu6Grad(g: Tensor, x: Tensor): Tensor {
  return relu6GradOp(g, x);
}
