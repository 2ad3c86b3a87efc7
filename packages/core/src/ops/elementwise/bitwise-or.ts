// Bits that either has.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { binaryFunction } from "./binary.ts";

const apply = binaryFunction({
  name: "bitwiseOr",
  doc: "a | b, elementwise, broadcast; of bools, either.",
  example: ["bitwiseOr(tensor([12n, 5n]), 10)", "tensor([14, 15])"],
  takes: "bits",
});

/** a | b of integers or bools, broadcast. As `torch.bitwise_or`. */
export function bitwiseOr(a: Operand, b: Operand): Tensor {
  return apply(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    bitwiseOr(b: Operand): Tensor;
  }
}
methods({
  bitwiseOr(b) {
    return bitwiseOr(this, b);
  },
});
