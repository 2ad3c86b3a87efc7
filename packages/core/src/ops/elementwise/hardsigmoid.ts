// The sigmoid in three straight pieces.
import { methods, type Tensor } from "../../tensor.ts";
import { hardsigmoidGrad } from "./hardsigmoid-grad.ts";
import { floatingOnly, unaryOp } from "./unary.ts";

const hardsigmoidOp = unaryOp({
  name: "hardsigmoid",
  doc: "min(max(x + 3, 0), 6) / 6, elementwise.",
  example: ["hardsigmoid(tensor([-4, 0, 4]))", "tensor([0.0000, 0.5000, 1.0000])"],
  saves: ["x"],
  vjp: (g, { x }) => hardsigmoidGrad(g, x),
  ranges: [
    { low: -2.5, high: 2.5 },
    { low: 3.5, high: 5 },
    { low: -5, high: -3.5 },
  ],
});

/**
 * relu6(x + 3) / 6; its gradient at ±3 is 0. As `torch.nn.functional.hardsigmoid`.
 * @throws DTypeError unless x is floating-point
 */
export function hardsigmoid(x: Tensor): Tensor {
  return hardsigmoidOp(floatingOnly("hardsigmoid", x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    hardsigmoid(): Tensor;
  }
}
methods({
  hardsigmoid() {
    return hardsigmoid(this);
  },
});
