// Absolute value, in place.
import { methods, type Tensor } from "../../tensor.ts";
import { mul } from "../elementwise/mul.ts";
import { sign } from "../elementwise/sign.ts";
import { inPlaceOp } from "./unary.ts";

const absInPlaceOp = inPlaceOp({
  code: "abs",
  doc: "x = |x|.",
  example: ["tensor([1, -2]).abs_()", "tensor([1., 2.])"],
  saves: "old",
  vjp: (g, old) => mul(g, sign(old)),
  ranges: [
    { low: 0.1, high: 2 },
    { low: -2, high: -0.1 },
  ],
});

/**
 * x = |x|. Returns x. As `torch.abs_`.
 * @throws DTypeError for bool; InPlaceError for a leaf that requires grad
 */
export function abs_(x: Tensor): Tensor {
  return absInPlaceOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    abs_(): Tensor;
  }
}
methods({
  abs_() {
    return abs_(this);
  },
});
