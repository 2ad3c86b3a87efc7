// The absolute value.
import { methods, type Tensor } from "../../tensor.ts";
import { mul } from "./mul.ts";
import { sign } from "./sign.ts";
import { numeric, unaryOp } from "./unary.ts";

const absOp = unaryOp({
  name: "abs",
  doc: "|x|, elementwise.",
  example: ["abs(tensor([1, -2]))", "tensor([1., 2.])"],
  saves: ["x"],
  vjp: (g, { x }) => mul(g, sign(x)),
  ranges: [
    { low: 0.1, high: 2 },
    { low: -2, high: -0.1 },
  ],
});

/**
 * |x|; its gradient at 0 is 0. As `torch.abs`.
 * @throws DTypeError for bool
 */
export function abs(x: Tensor): Tensor {
  return absOp(numeric("abs", x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    abs(): Tensor;
  }
}
methods({
  abs() {
    return abs(this);
  },
});
