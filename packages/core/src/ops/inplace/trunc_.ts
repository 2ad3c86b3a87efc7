// Rounding toward 0, in place.
import { methods, type Tensor } from "../../tensor.ts";
import { zerosLike } from "../creation.ts";
import { inPlaceOp } from "./unary.ts";

const truncInPlaceOp = inPlaceOp({
  code: "trunc",
  doc: "x = trunc(x).",
  example: ["tensor([1.5, -1.5]).trunc_()", "tensor([ 1., -1.])"],
  vjp: (g) => zerosLike(g),
  ranges: [
    { low: 0.1, high: 0.4 },
    { low: -0.9, high: -0.6 },
  ],
});

/**
 * x = trunc(x). Returns x. As `torch.Tensor.trunc_`.
 * @throws DTypeError for bool; InPlaceError for a leaf that requires grad
 */
export function trunc_(x: Tensor): Tensor {
  return truncInPlaceOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    trunc_(): Tensor;
  }
}
methods({
  trunc_() {
    return trunc_(this);
  },
});
