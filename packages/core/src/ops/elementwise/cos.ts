// The cosine.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { sin } from "./sin.ts";
import { unaryOp } from "./unary.ts";

const cosOp = unaryOp({
  name: "cos",
  doc: "The cosine of x in radians, elementwise.",
  example: ["cos(tensor([0, 1]))", "tensor([1.0000, 0.5403])"],
  saves: ["x"],
  vjp: (g, { x }) => neg(mul(g, sin(x))),
});

/** cos x, x in radians; integers give float32. As `torch.cos`. */
export function cos(x: Tensor): Tensor {
  return cosOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    cos(): Tensor;
  }
}
methods({
  cos() {
    return cos(this);
  },
});
