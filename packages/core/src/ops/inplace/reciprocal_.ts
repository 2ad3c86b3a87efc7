// Reciprocal, in place.
import { methods, type Tensor } from "../../tensor.ts";
import { mul } from "../elementwise/mul.ts";
import { neg } from "../elementwise/neg.ts";
import { square } from "../elementwise/square.ts";
import { inPlaceOp } from "./unary.ts";

const reciprocalInPlaceOp = inPlaceOp({
  code: "reciprocal",
  doc: "x = 1 / x.",
  example: ["tensor([4, -2]).reciprocal_()", "tensor([ 0.2500, -0.5000])"],
  floating: true,
  saves: "y",
  vjp: (g, y) => neg(mul(g, square(y))),
  ranges: [{ low: 0.5, high: 2 }],
});

/**
 * x = 1 / x. Returns x. As `torch.Tensor.reciprocal_`.
 * @throws DTypeError unless x is floating-point; InPlaceError for a leaf that requires grad
 */
export function reciprocal_(x: Tensor): Tensor {
  return reciprocalInPlaceOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    reciprocal_(): Tensor;
  }
}
methods({
  reciprocal_() {
    return reciprocal_(this);
  },
});
