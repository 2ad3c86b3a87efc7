// The inverse of the sine.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { mul } from "./mul.ts";
import { rsqrt } from "./rsqrt.ts";
import { square } from "./square.ts";
import { sub } from "./sub.ts";
import { unaryOp } from "./unary.ts";

const asinOp = unaryOp({
  name: "asin",
  doc: "The angle in [−π/2, π/2] whose sine is x; NaN outside of [−1, 1].",
  example: ["asin(tensor([0, 1]))", "tensor([0.0000, 1.5708])"],
  saves: ["x"],
  vjp: (g, { x }) => mul(g, rsqrt(sub(1, square(x)))),
  ranges: [{ low: -0.8, high: 0.8 }],
});

/** arcsin x in radians; integers give float32. As `torch.asin`. */
export function asin(x: Tensor): Tensor {
  return asinOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    asin(): Tensor;
  }
}
methods({
  asin() {
    return asin(this);
  },
});
