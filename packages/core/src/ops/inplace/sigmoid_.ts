// Logistic function, in place.
import { methods, type Tensor } from "../../tensor.ts";
import { sigmoidGrad } from "../elementwise/sigmoid-grad.ts";
import { inPlaceOp } from "./unary.ts";

const sigmoidInPlaceOp = inPlaceOp({
  code: "sigmoid",
  doc: "x = 1 / (1 + e ** −x).",
  example: ["tensor([0, 1]).sigmoid_()", "tensor([0.5000, 0.7311])"],
  floating: true,
  saves: "y",
  vjp: (g, y) => sigmoidGrad(g, y),
});

/**
 * x = 1 / (1 + e ** −x). Returns x. As `torch.Tensor.sigmoid_`.
 * @throws DTypeError unless x is floating-point; InPlaceError for a leaf that requires grad
 */
export function sigmoid_(x: Tensor): Tensor {
  return sigmoidInPlaceOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    sigmoid_(): Tensor;
  }
}
methods({
  sigmoid_() {
    return sigmoid_(this);
  },
});
