// Bits moved down.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { binaryFunction } from "./binary.ts";

const apply = binaryFunction({
  name: "bitwiseRightShift",
  doc: "a / 2^b rounded down, elementwise, broadcast.",
  example: ["bitwiseRightShift(tensor([8n, -3n]), 1)", "tensor([ 4, -2])"],
  takes: "integers",
});

/** a >> b of integers, the sign kept, broadcast. As `torch.bitwise_right_shift`. */
export function bitwiseRightShift(a: Operand, b: Operand): Tensor {
  return apply(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    bitwiseRightShift(b: Operand): Tensor;
  }
}
methods({
  bitwiseRightShift(b) {
    return bitwiseRightShift(this, b);
  },
});
