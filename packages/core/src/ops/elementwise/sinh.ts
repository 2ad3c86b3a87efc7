// The hyperbolic sine.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { cosh } from "./cosh.ts";
import { mul } from "./mul.ts";
import { unaryOp } from "./unary.ts";

const sinhOp = unaryOp({
  name: "sinh",
  doc: "The hyperbolic sine, elementwise.",
  example: ["sinh(tensor([0, 1]))", "tensor([0.0000, 1.1752])"],
  saves: ["x"],
  vjp: (g, { x }) => mul(g, cosh(x)),
});

/** sinh x; integers give float32. As `torch.sinh`. */
export function sinh(x: Tensor): Tensor {
  return sinhOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    sinh(): Tensor;
  }
}
methods({
  sinh() {
    return sinh(this);
  },
});
