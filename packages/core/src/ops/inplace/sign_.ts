// Sign, in place.
import { methods, type Tensor } from "../../tensor.ts";
import { zerosLike } from "../creation.ts";
import { inPlaceOp } from "./unary.ts";

const signInPlaceOp = inPlaceOp({
  code: "sign",
  doc: "x = −1, 0 or 1.",
  example: ["tensor([-3, 0, 2]).sign_()", "tensor([-1.,  0.,  1.])"],
  vjp: (g) => zerosLike(g),
  ranges: [{ low: 0.1, high: 1 }],
});

/**
 * x = −1, 0 or 1. Returns x. As `torch.Tensor.sign_`.
 * @throws DTypeError for bool; InPlaceError for a leaf that requires grad
 */
export function sign_(x: Tensor): Tensor {
  return signInPlaceOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    sign_(): Tensor;
  }
}
methods({
  sign_() {
    return sign_(this);
  },
});
