// Bits that both have.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { binaryFunction } from "./binary.ts";

const apply = binaryFunction({
  name: "bitwiseAnd",
  doc: "a & b, elementwise, broadcast; of bools, both.",
  example: ["bitwiseAnd(tensor([12n, 5n]), 10)", "tensor([8, 0])"],
  takes: "bits",
});

/** a & b of integers or bools, broadcast. As `torch.bitwise_and`. */
export function bitwiseAnd(a: Operand, b: Operand): Tensor {
  return apply(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    bitwiseAnd(b: Operand): Tensor;
  }
}
methods({
  bitwiseAnd(b) {
    return bitwiseAnd(this, b);
  },
});
