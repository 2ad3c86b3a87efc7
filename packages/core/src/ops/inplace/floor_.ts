// Rounding down, in place.
import { methods, type Tensor } from "../../tensor.ts";
import { zerosLike } from "../creation.ts";
import { inPlaceOp } from "./unary.ts";

const floorInPlaceOp = inPlaceOp({
  code: "floor",
  doc: "x = floor(x).",
  example: ["tensor([1.5, -1.5]).floor_()", "tensor([ 1., -2.])"],
  vjp: (g) => zerosLike(g),
  ranges: [
    { low: 0.1, high: 0.4 },
    { low: -0.9, high: -0.6 },
  ],
});

/**
 * x = floor(x). Returns x. As `torch.Tensor.floor_`.
 * @throws DTypeError for bool; InPlaceError for a leaf that requires grad
 */
export function floor_(x: Tensor): Tensor {
  return floorInPlaceOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    floor_(): Tensor;
  }
}
methods({
  floor_() {
    return floor_(this);
  },
});
