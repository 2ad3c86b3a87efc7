// The sigmoid-weighted linear unit (swish).
import { methods, type Tensor } from "../../tensor.ts";
import { siluGrad } from "./silu-grad.ts";
import { floatingOnly, unaryOp } from "./unary.ts";

const siluOp = unaryOp({
  name: "silu",
  doc: "x · sigmoid(x), elementwise.",
  example: ["silu(tensor([0, 1]))", "tensor([0.0000, 0.7311])"],
  saves: ["x"],
  vjp: (g, { x }) => siluGrad(g, x),
});

/**
 * x · sigmoid(x). As `torch.nn.functional.silu`.
 * @see https://arxiv.org/abs/1702.03118
 * @throws DTypeError unless x is floating-point
 */
export function silu(x: Tensor): Tensor {
  return siluOp(floatingOnly("silu", x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    silu(): Tensor;
  }
}
methods({
  silu() {
    return silu(this);
  },
});
