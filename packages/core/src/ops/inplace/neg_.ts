// Negation, in place.
import { methods, type Tensor } from "../../tensor.ts";
import { neg } from "../elementwise/neg.ts";
import { inPlaceOp } from "./unary.ts";

const negInPlaceOp = inPlaceOp({
  code: "neg",
  doc: "x = −x.",
  example: ["tensor([1, -2]).neg_()", "tensor([-1.,  2.])"],
  vjp: (g) => neg(g),
});

/**
 * x = −x. Returns x. As `torch.neg_`.
 * @throws DTypeError for bool; InPlaceError for a leaf that requires grad
 */
export function neg_(x: Tensor): Tensor {
  return negInPlaceOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    neg_(): Tensor;
  }
}
methods({
  neg_() {
    return neg_(this);
  },
});
