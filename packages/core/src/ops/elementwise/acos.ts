// The inverse of the cosine.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { rsqrt } from "./rsqrt.ts";
import { square } from "./square.ts";
import { sub } from "./sub.ts";
import { unaryOp } from "./unary.ts";

const acosOp = unaryOp({
  name: "acos",
  doc: "The angle in [0, π] whose cosine is x; NaN outside of [−1, 1].",
  example: ["acos(tensor([0, 1]))", "tensor([1.5708, 0.0000])"],
  saves: ["x"],
  vjp: (g, { x }) => neg(mul(g, rsqrt(sub(1, square(x))))),
  ranges: [{ low: -0.8, high: 0.8 }],
});

/** arccos x in radians; integers give float32. As `torch.acos`. */
export function acos(x: Tensor): Tensor {
  return acosOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    acos(): Tensor;
  }
}
methods({
  acos() {
    return acos(this);
  },
});
