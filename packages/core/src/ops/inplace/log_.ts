// Logarithm, in place.
import { methods, type Tensor } from "../../tensor.ts";
import { div } from "../elementwise/div.ts";
import { inPlaceOp } from "./unary.ts";

const logInPlaceOp = inPlaceOp({
  code: "log",
  doc: "x = ln x.",
  example: ["tensor([1, 10]).log_()", "tensor([0.0000, 2.3026])"],
  floating: true,
  saves: "old",
  vjp: (g, old) => div(g, old),
  ranges: [{ low: 0.5, high: 2 }],
});

/**
 * x = ln x. Returns x. As `torch.Tensor.log_`.
 * @throws DTypeError unless x is floating-point; InPlaceError for a leaf that requires grad
 */
export function log_(x: Tensor): Tensor {
  return logInPlaceOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    log_(): Tensor;
  }
}
methods({
  log_() {
    return log_(this);
  },
});
