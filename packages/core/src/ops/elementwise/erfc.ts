// The complement of the error function.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { exp } from "./exp.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { square } from "./square.ts";
import { unaryOp } from "./unary.ts";

const erfcOp = unaryOp({
  name: "erfc",
  doc: "1 − erf(x), without cancellation where x is large.",
  example: ["erfc(tensor([0, 1]))", "tensor([1.0000, 0.1573])"],
  saves: ["x"],
  vjp: (g, { x }) => mul(g, mul(exp(neg(square(x))), -2 / Math.sqrt(Math.PI))),
});

/** 1 − erf(x); integers give float32. As `torch.erfc`. */
export function erfc(x: Tensor): Tensor {
  return erfcOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    erfc(): Tensor;
  }
}
methods({
  erfc() {
    return erfc(this);
  },
});
