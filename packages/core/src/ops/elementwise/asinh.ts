// The inverse of the hyperbolic sine.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { add } from "./add.ts";
import { mul } from "./mul.ts";
import { rsqrt } from "./rsqrt.ts";
import { square } from "./square.ts";
import { unaryOp } from "./unary.ts";

const asinhOp = unaryOp({
  name: "asinh",
  doc: "The number whose hyperbolic sine is x.",
  example: ["asinh(tensor([0, 1]))", "tensor([0.0000, 0.8814])"],
  saves: ["x"],
  vjp: (g, { x }) => mul(g, rsqrt(add(square(x), 1))),
});

/** arsinh x; integers give float32. As `torch.asinh`. */
export function asinh(x: Tensor): Tensor {
  return asinhOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    asinh(): Tensor;
  }
}
methods({
  asinh() {
    return asinh(this);
  },
});
