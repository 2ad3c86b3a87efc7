// Greater than.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { comparison } from "./comparison.ts";

const compare = comparison({
  name: "gt",
  mirrored: "lt",
  doc: "Whether a > b, elementwise, broadcast; false beside NaN.",
  example: ["gt(tensor([1, 2, 3]), 2)", "tensor([False, False,  True])"],
});

/** a > b as bool, broadcast, dtypes promoted; no gradient. As `torch.gt`. */
export function gt(a: Operand, b: Operand): Tensor {
  return compare(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    gt(b: Operand): Tensor;
  }
}
methods({
  gt(b) {
    return gt(this, b);
  },
});
