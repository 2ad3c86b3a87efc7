// Bits that one of them has.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { binaryFunction } from "./binary.ts";

const apply = binaryFunction({
  name: "bitwiseXor",
  doc: "a ^ b, elementwise, broadcast; of bools, one but not both.",
  example: ["bitwiseXor(tensor([12n, 5n]), 10)", "tensor([ 6, 15])"],
  takes: "bits",
});

/** a ^ b of integers or bools, broadcast. As `torch.bitwise_xor`. */
export function bitwiseXor(a: Operand, b: Operand): Tensor {
  return apply(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    bitwiseXor(b: Operand): Tensor;
  }
}
methods({
  bitwiseXor(b) {
    return bitwiseXor(this, b);
  },
});
