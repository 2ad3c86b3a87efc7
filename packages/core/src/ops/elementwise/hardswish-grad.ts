// The gradient of hardswish in one pass.
import type { Tensor } from "../../tensor.ts";
import { add } from "./add.ts";
import { div } from "./div.ts";
import { ge } from "./ge.ts";
import { le } from "./le.ts";
import { mul } from "./mul.ts";
import { gradientOp } from "./unary.ts";
import { where } from "./where.ts";

const hardswishGradOp = gradientOp({
  name: "hardswishGrad",
  doc: "g · (2x + 3) / 6 where −3 < x < 3, g above, 0 below: the gradient of hardswish.",
  compose: (g, x) => where(le(x, -3), 0, where(ge(x, 3), g, mul(g, div(add(mul(x, 2), 3), 6)))),
  ranges: [
    { low: -2.5, high: 2.5 },
    { low: 3.5, high: 5 },
    { low: -5, high: -3.5 },
  ],
});

/** g · (2x + 3) / 6 where −3 < x < 3, g above, 0 below: the gradient of hardswish. */
export function hardswishGrad(g: Tensor, x: Tensor): Tensor {
  return hardswishGradOp(g, x);
}
