// A sum of powers of two.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { binaryFunction } from "./binary.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { sigmoid } from "./sigmoid.ts";
import { sub } from "./sub.ts";

const apply = binaryFunction({
  name: "logaddexp2",
  doc: "log₂(2^a + 2^b) without overflow, elementwise, broadcast.",
  example: ["logaddexp2(tensor([0, 1]), tensor([0, 1]))", "tensor([1., 2.])"],
  takes: "floats",
  saves: ["a", "b"],
  vjp: (g, { a, b }) => {
    // The slope is 2^a / (2^a + 2^b), a sigmoid of the difference in base e.
    const difference = mul(sub(a, b), Math.LN2);
    return { a: mul(g, sigmoid(difference)), b: mul(g, sigmoid(neg(difference))) };
  },
});

/** log₂(2^a + 2^b) without overflow, broadcast; integers give float32. As `torch.logaddexp2`. */
export function logaddexp2(a: Operand, b: Operand): Tensor {
  return apply(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    logaddexp2(b: Operand): Tensor;
  }
}
methods({
  logaddexp2(b) {
    return logaddexp2(this, b);
  },
});
