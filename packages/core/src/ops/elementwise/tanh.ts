// The hyperbolic tangent.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { tanhGrad } from "./tanh-grad.ts";
import { unaryOp } from "./unary.ts";

const tanhOp = unaryOp({
  name: "tanh",
  doc: "The hyperbolic tangent, elementwise.",
  example: ["tanh(tensor([0, 1]))", "tensor([0.0000, 0.7616])"],
  saves: ["y"],
  vjp: (g, { y }) => tanhGrad(g, y),
  ranges: [{ low: -2, high: 2 }],
});

/** tanh x; integers give float32. As `torch.tanh`. */
export function tanh(x: Tensor): Tensor {
  return tanhOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    tanh(): Tensor;
  }
}
methods({
  tanh() {
    return tanh(this);
  },
});
