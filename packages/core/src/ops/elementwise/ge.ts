// Greater than or equal.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { comparison } from "./comparison.ts";

const compare = comparison({
  name: "ge",
  mirrored: "le",
  doc: "Whether a ≥ b, elementwise, broadcast; false beside NaN.",
  example: ["ge(tensor([1, 2, 3]), 2)", "tensor([False,  True,  True])"],
});

/** a ≥ b as bool, broadcast, dtypes promoted; no gradient. As `torch.ge`. */
export function ge(a: Operand, b: Operand): Tensor {
  return compare(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    ge(b: Operand): Tensor;
  }
}
methods({
  ge(b) {
    return ge(this, b);
  },
});
