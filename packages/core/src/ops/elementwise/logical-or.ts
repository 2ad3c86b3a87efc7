// Logical or.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { comparison } from "./comparison.ts";

const compare = comparison({
  name: "logicalOr",
  mirrored: "logicalOr",
  doc: "Whether a or b or both are not 0, elementwise, broadcast.",
  example: ["logicalOr(tensor([0, 0, 1]), tensor([0, 1, 1]))", "tensor([False,  True,  True])"],
});

/** True where a or b or both are not 0, broadcast; gives bool, no gradient. As `torch.logical_or`. */
export function logicalOr(a: Operand, b: Operand): Tensor {
  return compare(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    logicalOr(b: Operand): Tensor;
  }
}
methods({
  logicalOr(b) {
    return logicalOr(this, b);
  },
});
