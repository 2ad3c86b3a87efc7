// Logical and.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { comparison } from "./comparison.ts";

const compare = comparison({
  name: "logicalAnd",
  mirrored: "logicalAnd",
  doc: "Whether both a and b are not 0, elementwise, broadcast.",
  example: ["logicalAnd(tensor([0, 0, 1]), tensor([0, 1, 1]))", "tensor([False, False,  True])"],
});

/** True where both a and b are not 0, broadcast; gives bool, no gradient. As `torch.logical_and`. */
export function logicalAnd(a: Operand, b: Operand): Tensor {
  return compare(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    logicalAnd(b: Operand): Tensor;
  }
}
methods({
  logicalAnd(b) {
    return logicalAnd(this, b);
  },
});
