// Rounding up, in place.
import { methods, type Tensor } from "../../tensor.ts";
import { zerosLike } from "../creation.ts";
import { inPlaceOp } from "./unary.ts";

const ceilInPlaceOp = inPlaceOp({
  code: "ceil",
  doc: "x = ceil(x).",
  example: ["tensor([1.5, -1.5]).ceil_()", "tensor([ 2., -1.])"],
  vjp: (g) => zerosLike(g),
  ranges: [
    { low: 0.1, high: 0.4 },
    { low: -0.9, high: -0.6 },
  ],
});

/**
 * x = ceil(x). Returns x. As `torch.Tensor.ceil_`.
 * @throws DTypeError for bool; InPlaceError for a leaf that requires grad
 */
export function ceil_(x: Tensor): Tensor {
  return ceilInPlaceOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    ceil_(): Tensor;
  }
}
methods({
  ceil_() {
    return ceil_(this);
  },
});
