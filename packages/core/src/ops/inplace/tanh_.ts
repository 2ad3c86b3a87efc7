// Hyperbolic tangent, in place.
import { methods, type Tensor } from "../../tensor.ts";
import { tanhGrad } from "../elementwise/tanh-grad.ts";
import { inPlaceOp } from "./unary.ts";

const tanhInPlaceOp = inPlaceOp({
  code: "tanh",
  doc: "x = tanh x.",
  example: ["tensor([0, 1]).tanh_()", "tensor([0.0000, 0.7616])"],
  floating: true,
  saves: "y",
  vjp: (g, y) => tanhGrad(g, y),
});

/**
 * x = tanh x. Returns x. As `torch.Tensor.tanh_`.
 * @throws DTypeError unless x is floating-point; InPlaceError for a leaf that requires grad
 */
export function tanh_(x: Tensor): Tensor {
  return tanhInPlaceOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    tanh_(): Tensor;
  }
}
methods({
  tanh_() {
    return tanh_(this);
  },
});
