// Less than.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { comparison } from "./comparison.ts";

const compare = comparison({
  name: "lt",
  mirrored: "gt",
  doc: "Whether a < b, elementwise, broadcast; false beside NaN.",
  example: ["lt(tensor([1, 2, 3]), 2)", "tensor([ True, False, False])"],
});

/** a < b as bool, broadcast, dtypes promoted; no gradient. As `torch.lt`. */
export function lt(a: Operand, b: Operand): Tensor {
  return compare(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    lt(b: Operand): Tensor;
  }
}
methods({
  lt(b) {
    return lt(this, b);
  },
});
