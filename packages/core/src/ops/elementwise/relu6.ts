// The rectifier that stops at 6.
import { methods, type Tensor } from "../../tensor.ts";
import { relu6Grad } from "./relu6-grad.ts";
import { numeric, unaryOp } from "./unary.ts";

const relu6Op = unaryOp({
  name: "relu6",
  doc: "min(max(x, 0), 6), elementwise.",
  example: ["relu6(tensor([-1, 2, 8]))", "tensor([0., 2., 6.])"],
  saves: ["x"],
  vjp: (g, { x }) => relu6Grad(g, x),
  ranges: [
    { low: 0.5, high: 5 },
    { low: -2, high: -0.5 },
    { low: 6.5, high: 9 },
  ],
});

/**
 * min(max(x, 0), 6); its gradient is 0 at both bounds, as in `torch.nn.functional.relu6`.
 * @see https://arxiv.org/abs/1704.04861
 * @throws DTypeError for bool
 */
export function relu6(x: Tensor): Tensor {
  return relu6Op(numeric("relu6", x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    relu6(): Tensor;
  }
}
methods({
  relu6() {
    return relu6(this);
  },
});
