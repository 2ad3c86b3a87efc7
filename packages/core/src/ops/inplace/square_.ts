// Square, in place.
import { methods, type Tensor } from "../../tensor.ts";
import { mul } from "../elementwise/mul.ts";
import { inPlaceOp } from "./unary.ts";

const squareInPlaceOp = inPlaceOp({
  code: "square",
  doc: "x = x².",
  example: ["tensor([1, -3]).square_()", "tensor([1., 9.])"],
  saves: "old",
  vjp: (g, old) => mul(g, mul(old, 2)),
});

/**
 * x = x². Returns x. As `torch.Tensor.square_`.
 * @throws DTypeError for bool; InPlaceError for a leaf that requires grad
 */
export function square_(x: Tensor): Tensor {
  return squareInPlaceOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    square_(): Tensor;
  }
}
methods({
  square_() {
    return square_(this);
  },
});
