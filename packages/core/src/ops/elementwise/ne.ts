// Inequality.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { comparison } from "./comparison.ts";

const compare = comparison({
  name: "ne",
  mirrored: "ne",
  doc: "Whether a ≠ b, elementwise, broadcast; NaN differs from everything.",
  example: ["ne(tensor([1, 2, 3]), 2)", "tensor([ True, False,  True])"],
});

/** a ≠ b as bool, broadcast, dtypes promoted; no gradient. As `torch.ne`. */
export function ne(a: Operand, b: Operand): Tensor {
  return compare(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    ne(b: Operand): Tensor;
  }
}
methods({
  ne(b) {
    return ne(this, b);
  },
});
