// The logistic function.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { sigmoidGrad } from "./sigmoid-grad.ts";
import { unaryOp } from "./unary.ts";

const sigmoidOp = unaryOp({
  name: "sigmoid",
  doc: "1 / (1 + exp(−x)), elementwise.",
  example: ["sigmoid(tensor([0, 1]))", "tensor([0.5000, 0.7311])"],
  saves: ["y"],
  vjp: (g, { y }) => sigmoidGrad(g, y),
  ranges: [{ low: -3, high: 3 }],
});

/** 1 / (1 + e ** −x); integers give float32. As `torch.sigmoid`. */
export function sigmoid(x: Tensor): Tensor {
  return sigmoidOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    sigmoid(): Tensor;
  }
}
methods({
  sigmoid() {
    return sigmoid(this);
  },
});
