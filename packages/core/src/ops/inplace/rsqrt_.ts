// Reciprocal square root, in place.
import { methods, type Tensor } from "../../tensor.ts";
import { mul } from "../elementwise/mul.ts";
import { square } from "../elementwise/square.ts";
import { inPlaceOp } from "./unary.ts";

const rsqrtInPlaceOp = inPlaceOp({
  code: "rsqrt",
  doc: "x = 1 / √x.",
  example: ["tensor([4, 1]).rsqrt_()", "tensor([0.5000, 1.0000])"],
  floating: true,
  saves: "y",
  vjp: (g, y) => mul(mul(g, -0.5), mul(y, square(y))),
  ranges: [{ low: 0.5, high: 2 }],
});

/**
 * x = 1 / √x. Returns x. As `torch.Tensor.rsqrt_`.
 * @throws DTypeError unless x is floating-point; InPlaceError for a leaf that requires grad
 */
export function rsqrt_(x: Tensor): Tensor {
  return rsqrtInPlaceOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    rsqrt_(): Tensor;
  }
}
methods({
  rsqrt_() {
    return rsqrt_(this);
  },
});
