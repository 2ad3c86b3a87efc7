// Rounding, half to even, in place.
import { methods, type Tensor } from "../../tensor.ts";
import { zerosLike } from "../creation.ts";
import { inPlaceOp } from "./unary.ts";

const roundInPlaceOp = inPlaceOp({
  code: "round",
  doc: "x = round(x).",
  example: ["tensor([0.5, 1.5]).round_()", "tensor([0., 2.])"],
  vjp: (g) => zerosLike(g),
  ranges: [
    { low: 0.1, high: 0.4 },
    { low: -0.9, high: -0.6 },
  ],
});

/**
 * x = round(x). Returns x. As `torch.Tensor.round_`.
 * @throws DTypeError for bool; InPlaceError for a leaf that requires grad
 */
export function round_(x: Tensor): Tensor {
  return roundInPlaceOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    round_(): Tensor;
  }
}
methods({
  round_() {
    return round_(this);
  },
});
