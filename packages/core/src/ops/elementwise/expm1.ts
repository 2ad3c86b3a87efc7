// The exponential less one.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { add } from "./add.ts";
import { mul } from "./mul.ts";
import { unaryOp } from "./unary.ts";

const expm1Op = unaryOp({
  name: "expm1",
  doc: "e to the power of x, minus 1, elementwise; exact near 0.",
  example: ["expm1(tensor([0, 1]))", "tensor([0.0000, 1.7183])"],
  saves: ["y"],
  vjp: (g, { y }) => mul(g, add(y, 1)),
});

/** e ** x − 1 without cancellation near 0; integers give float32. As `torch.expm1`. */
export function expm1(x: Tensor): Tensor {
  return expm1Op(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    expm1(): Tensor;
  }
}
methods({
  expm1() {
    return expm1(this);
  },
});
