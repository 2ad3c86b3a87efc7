// Sine, in place.
import { methods, type Tensor } from "../../tensor.ts";
import { cos } from "../elementwise/cos.ts";
import { mul } from "../elementwise/mul.ts";
import { inPlaceOp } from "./unary.ts";

const sinInPlaceOp = inPlaceOp({
  code: "sin",
  doc: "x = sin x.",
  example: ["tensor([0, 1]).sin_()", "tensor([0.0000, 0.8415])"],
  floating: true,
  saves: "old",
  vjp: (g, old) => mul(g, cos(old)),
});

/**
 * x = sin x. Returns x. As `torch.Tensor.sin_`.
 * @throws DTypeError unless x is floating-point; InPlaceError for a leaf that requires grad
 */
export function sin_(x: Tensor): Tensor {
  return sinInPlaceOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    sin_(): Tensor;
  }
}
methods({
  sin_() {
    return sin_(this);
  },
});
