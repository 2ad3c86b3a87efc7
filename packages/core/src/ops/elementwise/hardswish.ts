// Swish in three straight pieces and a parabola.
import { methods, type Tensor } from "../../tensor.ts";
import { hardswishGrad } from "./hardswish-grad.ts";
import { floatingOnly, unaryOp } from "./unary.ts";

const hardswishOp = unaryOp({
  name: "hardswish",
  doc: "x · min(max(x + 3, 0), 6) / 6, elementwise.",
  example: ["hardswish(tensor([-4, 1, 4]))", "tensor([-0.0000, 0.6667, 4.0000])"],
  saves: ["x"],
  vjp: (g, { x }) => hardswishGrad(g, x),
  ranges: [
    { low: -2.5, high: 2.5 },
    { low: 3.5, high: 5 },
    { low: -5, high: -3.5 },
  ],
});

/**
 * x · relu6(x + 3) / 6. As `torch.nn.functional.hardswish`.
 * @see https://arxiv.org/abs/1905.02244
 * @throws DTypeError unless x is floating-point
 */
export function hardswish(x: Tensor): Tensor {
  return hardswishOp(floatingOnly("hardswish", x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    hardswish(): Tensor;
  }
}
methods({
  hardswish() {
    return hardswish(this);
  },
});
