// The inverse of the hyperbolic cosine.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { mul } from "./mul.ts";
import { rsqrt } from "./rsqrt.ts";
import { square } from "./square.ts";
import { sub } from "./sub.ts";
import { unaryOp } from "./unary.ts";

const acoshOp = unaryOp({
  name: "acosh",
  doc: "The number ≥ 0 whose hyperbolic cosine is x; NaN below 1.",
  example: ["acosh(tensor([1, 2]))", "tensor([0.0000, 1.3170])"],
  saves: ["x"],
  vjp: (g, { x }) => mul(g, rsqrt(sub(square(x), 1))),
  ranges: [{ low: 1.3, high: 3 }],
});

/** arcosh x, NaN below 1; integers give float32. As `torch.acosh`. */
export function acosh(x: Tensor): Tensor {
  return acoshOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    acosh(): Tensor;
  }
}
methods({
  acosh() {
    return acosh(this);
  },
});
