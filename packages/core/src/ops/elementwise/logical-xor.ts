// Logical xor.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { comparison } from "./comparison.ts";

const compare = comparison({
  name: "logicalXor",
  mirrored: "logicalXor",
  doc: "Whether exactly one of a and b is not 0, elementwise, broadcast.",
  example: ["logicalXor(tensor([0, 0, 1]), tensor([0, 1, 1]))", "tensor([False,  True, False])"],
});

/** True where exactly one of a and b is not 0, broadcast; gives bool, no gradient. As `torch.logical_xor`. */
export function logicalXor(a: Operand, b: Operand): Tensor {
  return compare(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    logicalXor(b: Operand): Tensor;
  }
}
methods({
  logicalXor(b) {
    return logicalXor(this, b);
  },
});
