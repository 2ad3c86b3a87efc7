// Equality.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { comparison } from "./comparison.ts";

const compare = comparison({
  name: "eq",
  mirrored: "eq",
  doc: "Whether a = b, elementwise, broadcast; false beside NaN.",
  example: ["eq(tensor([1, 2, 3]), 2)", "tensor([False,  True, False])"],
});

/** a = b as bool, broadcast, dtypes promoted; no gradient. As `torch.eq`. */
export function eq(a: Operand, b: Operand): Tensor {
  return compare(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    eq(b: Operand): Tensor;
  }
}
methods({
  eq(b) {
    return eq(this, b);
  },
});
