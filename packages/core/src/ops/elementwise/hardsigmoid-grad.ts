// The gradient of hardsigmoid in one pass.
import type { Tensor } from "../../tensor.ts";
import { zerosLike } from "../creation.ts";
import { div } from "./div.ts";
import { gt } from "./gt.ts";
import { logicalAnd } from "./logical-and.ts";
import { lt } from "./lt.ts";
import { gradientOp } from "./unary.ts";
import { where } from "./where.ts";

const hardsigmoidGradOp = gradientOp({
  name: "hardsigmoidGrad",
  doc: "g / 6 where −3 < x < 3, else 0: the gradient of hardsigmoid.",
  compose: (g, x) => where(logicalAnd(gt(x, -3), lt(x, 3)), div(g, 6), 0),
  vjp: (gg, _g, x) => ({ g: hardsigmoidGrad(gg, x), x: zerosLike(x) }),
  ranges: [
    { low: -2.5, high: 2.5 },
    { low: 3.5, high: 5 },
    { low: -5, high: -3.5 },
  ],
});

/** g / 6 where −3 < x < 3, else 0: the gradient of hardsigmoid. */
export function hardsigmoidGrad(g: Tensor, x: Tensor): Tensor {
  return hardsigmoidGradOp(g, x);
}
