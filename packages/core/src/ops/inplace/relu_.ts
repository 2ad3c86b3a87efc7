// Rectifier, in place.
import { methods, type Tensor } from "../../tensor.ts";
import { reluGrad } from "../elementwise/relu-grad.ts";
import { inPlaceOp } from "./unary.ts";

const reluInPlaceOp = inPlaceOp({
  code: "relu",
  doc: "x = max(x, 0).",
  example: ["tensor([-1, 2]).relu_()", "tensor([0., 2.])"],
  saves: "y",
  vjp: (g, y) => reluGrad(g, y),
  ranges: [
    { low: 0.1, high: 2 },
    { low: -2, high: -0.1 },
  ],
});

/**
 * x = max(x, 0). Returns x. As `torch.relu_`.
 * @throws DTypeError for bool; InPlaceError for a leaf that requires grad
 */
export function relu_(x: Tensor): Tensor {
  return reluInPlaceOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    relu_(): Tensor;
  }
}
methods({
  relu_() {
    return relu_(this);
  },
});
