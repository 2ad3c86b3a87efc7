// Less than or equal.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { comparison } from "./comparison.ts";

const compare = comparison({
  name: "le",
  mirrored: "ge",
  doc: "Whether a ≤ b, elementwise, broadcast; false beside NaN.",
  example: ["le(tensor([1, 2, 3]), 2)", "tensor([ True,  True, False])"],
});

/** a ≤ b as bool, broadcast, dtypes promoted; no gradient. As `torch.le`. */
export function le(a: Operand, b: Operand): Tensor {
  return compare(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    le(b: Operand): Tensor;
  }
}
methods({
  le(b) {
    return le(this, b);
  },
});
