// Powers of two.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { mul } from "./mul.ts";
import { unaryOp } from "./unary.ts";

const exp2Op = unaryOp({
  name: "exp2",
  doc: "2 to the power of x, elementwise.",
  example: ["exp2(tensor([0, 3]))", "tensor([1., 8.])"],
  saves: ["y"],
  vjp: (g, { y }) => mul(g, mul(y, Math.LN2)),
});

/** 2 to the power of x; integers give float32. As `torch.exp2`. */
export function exp2(x: Tensor): Tensor {
  return exp2Op(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    exp2(): Tensor;
  }
}
methods({
  exp2() {
    return exp2(this);
  },
});
