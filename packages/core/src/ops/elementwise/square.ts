// The square.
import { methods, type Tensor } from "../../tensor.ts";
import { mul } from "./mul.ts";
import { to } from "./to.ts";
import { unaryOp } from "./unary.ts";

const squareOp = unaryOp({
  name: "square",
  doc: "x², elementwise.",
  example: ["square(tensor([1, -3]))", "tensor([1., 9.])"],
  saves: ["x"],
  vjp: (g, { x }) => mul(g, mul(x, 2)),
});

/** x²; keeps the dtype. As `torch.square`. */
export function square(x: Tensor): Tensor {
  return squareOp(x.dtype === "bool" ? to(x, "int64") : x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    square(): Tensor;
  }
}
methods({
  square() {
    return square(this);
  },
});
