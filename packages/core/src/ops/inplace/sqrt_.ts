// Square root, in place.
import { methods, type Tensor } from "../../tensor.ts";
import { div } from "../elementwise/div.ts";
import { mul } from "../elementwise/mul.ts";
import { inPlaceOp } from "./unary.ts";

const sqrtInPlaceOp = inPlaceOp({
  code: "sqrt",
  doc: "x = √x.",
  example: ["tensor([4, 9]).sqrt_()", "tensor([2., 3.])"],
  floating: true,
  saves: "y",
  vjp: (g, y) => div(g, mul(y, 2)),
  ranges: [{ low: 0.5, high: 2 }],
});

/**
 * x = √x. Returns x. As `torch.Tensor.sqrt_`.
 * @throws DTypeError unless x is floating-point; InPlaceError for a leaf that requires grad
 */
export function sqrt_(x: Tensor): Tensor {
  return sqrtInPlaceOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    sqrt_(): Tensor;
  }
}
methods({
  sqrt_() {
    return sqrt_(this);
  },
});
