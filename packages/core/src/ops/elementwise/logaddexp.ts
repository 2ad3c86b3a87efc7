// A sum of exponentials.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { binaryFunction } from "./binary.ts";
import { mul } from "./mul.ts";
import { sigmoid } from "./sigmoid.ts";
import { sub } from "./sub.ts";

const apply = binaryFunction({
  name: "logaddexp",
  doc: "log(exp a + exp b) without overflow, elementwise, broadcast.",
  example: ["logaddexp(tensor([0, 1]), tensor([0, 0]))", "tensor([0.6931, 1.3133])"],
  takes: "floats",
  saves: ["a", "b"],
  vjp: (g, { a, b }) => ({ a: mul(g, sigmoid(sub(a, b))), b: mul(g, sigmoid(sub(b, a))) }),
});

/** log(exp a + exp b) without overflow, broadcast; integers give float32. As `torch.logaddexp`. */
export function logaddexp(a: Operand, b: Operand): Tensor {
  return apply(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    logaddexp(b: Operand): Tensor;
  }
}
methods({
  logaddexp(b) {
    return logaddexp(this, b);
  },
});
