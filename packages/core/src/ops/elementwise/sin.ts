// The sine.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { cos } from "./cos.ts";
import { mul } from "./mul.ts";
import { unaryOp } from "./unary.ts";

const sinOp = unaryOp({
  name: "sin",
  doc: "The sine of x in radians, elementwise.",
  example: ["sin(tensor([0, 1]))", "tensor([0.0000, 0.8415])"],
  saves: ["x"],
  vjp: (g, { x }) => mul(g, cos(x)),
});

/** sin x, x in radians; integers give float32. As `torch.sin`. */
export function sin(x: Tensor): Tensor {
  return sinOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    sin(): Tensor;
  }
}
methods({
  sin() {
    return sin(this);
  },
});
