// Cosine, in place.
import { methods, type Tensor } from "../../tensor.ts";
import { mul } from "../elementwise/mul.ts";
import { neg } from "../elementwise/neg.ts";
import { sin } from "../elementwise/sin.ts";
import { inPlaceOp } from "./unary.ts";

const cosInPlaceOp = inPlaceOp({
  code: "cos",
  doc: "x = cos x.",
  example: ["tensor([0, 1]).cos_()", "tensor([1.0000, 0.5403])"],
  floating: true,
  saves: "old",
  vjp: (g, old) => neg(mul(g, sin(old))),
});

/**
 * x = cos x. Returns x. As `torch.Tensor.cos_`.
 * @throws DTypeError unless x is floating-point; InPlaceError for a leaf that requires grad
 */
export function cos_(x: Tensor): Tensor {
  return cosInPlaceOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    cos_(): Tensor;
  }
}
methods({
  cos_() {
    return cos_(this);
  },
});
