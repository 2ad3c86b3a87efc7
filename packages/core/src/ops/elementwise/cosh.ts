// The hyperbolic cosine.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { mul } from "./mul.ts";
import { sinh } from "./sinh.ts";
import { unaryOp } from "./unary.ts";

const coshOp = unaryOp({
  name: "cosh",
  doc: "The hyperbolic cosine, elementwise.",
  example: ["cosh(tensor([0, 1]))", "tensor([1.0000, 1.5431])"],
  saves: ["x"],
  vjp: (g, { x }) => mul(g, sinh(x)),
});

/** cosh x; integers give float32. As `torch.cosh`. */
export function cosh(x: Tensor): Tensor {
  return coshOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    cosh(): Tensor;
  }
}
methods({
  cosh() {
    return cosh(this);
  },
});
