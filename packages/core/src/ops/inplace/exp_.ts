// Exponential, in place.
import { methods, type Tensor } from "../../tensor.ts";
import { mul } from "../elementwise/mul.ts";
import { inPlaceOp } from "./unary.ts";

const expInPlaceOp = inPlaceOp({
  code: "exp",
  doc: "x = e ** x.",
  example: ["tensor([0, 1]).exp_()", "tensor([1.0000, 2.7183])"],
  floating: true,
  saves: "y",
  vjp: (g, y) => mul(g, y),
});

/**
 * x = e ** x. Returns x. As `torch.Tensor.exp_`.
 * @throws DTypeError unless x is floating-point; InPlaceError for a leaf that requires grad
 */
export function exp_(x: Tensor): Tensor {
  return expInPlaceOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    exp_(): Tensor;
  }
}
methods({
  exp_() {
    return exp_(this);
  },
});
