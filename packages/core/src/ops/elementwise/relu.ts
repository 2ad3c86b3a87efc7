// The rectifier.
import { methods, type Tensor } from "../../tensor.ts";
import { reluGrad } from "./relu-grad.ts";
import { numeric, unaryOp } from "./unary.ts";

const reluOp = unaryOp({
  name: "relu",
  doc: "max(x, 0), elementwise; NaN stays.",
  example: ["relu(tensor([-1, 2]))", "tensor([0., 2.])"],
  saves: ["y"],
  // y > 0 exactly where x > 0; y is what the next op saves anyway.
  vjp: (g, { y }) => reluGrad(g, y),
  ranges: [
    { low: 0.1, high: 2 },
    { low: -2, high: -0.1 },
  ],
});

/**
 * max(x, 0); its gradient at 0 is 0. As `torch.relu`.
 * @throws DTypeError for bool
 */
export function relu(x: Tensor): Tensor {
  return reluOp(numeric("relu", x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    relu(): Tensor;
  }
}
methods({
  relu() {
    return relu(this);
  },
});
