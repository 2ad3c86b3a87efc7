// Bits moved up.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { binaryFunction } from "./binary.ts";

const apply = binaryFunction({
  name: "bitwiseLeftShift",
  doc: "a · 2^b, bits beyond the dtype dropped; elementwise, broadcast.",
  example: ["bitwiseLeftShift(tensor([1n, 3n]), 2)", "tensor([ 4, 12])"],
  takes: "integers",
});

/** a << b of integers, broadcast. As `torch.bitwise_left_shift`. */
export function bitwiseLeftShift(a: Operand, b: Operand): Tensor {
  return apply(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    bitwiseLeftShift(b: Operand): Tensor;
  }
}
methods({
  bitwiseLeftShift(b) {
    return bitwiseLeftShift(this, b);
  },
});
