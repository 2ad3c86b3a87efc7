// The gradient of relu6 in one pass.
import type { Tensor } from "../../tensor.ts";
import { zerosLike } from "../creation.ts";
import { gt } from "./gt.ts";
import { logicalAnd } from "./logical-and.ts";
import { lt } from "./lt.ts";
import { gradientOp } from "./unary.ts";
import { where } from "./where.ts";

const relu6GradOp = gradientOp({
  name: "relu6Grad",
  doc: "g where 0 < x < 6, else 0: the gradient of relu6.",
  compose: (g, x) => where(logicalAnd(gt(x, 0), lt(x, 6)), g, 0),
  vjp: (gg, _g, x) => ({ g: relu6Grad(gg, x), x: zerosLike(x) }),
  ranges: [
    { low: 0.5, high: 5 },
    { low: -2, high: -0.5 },
    { low: 6.5, high: 9 },
  ],
});

/** g where 0 < x < 6, else 0: the gradient of relu6. */
export function relu6Grad(g: Tensor, x: Tensor): Tensor {
  return relu6GradOp(g, x);
}
