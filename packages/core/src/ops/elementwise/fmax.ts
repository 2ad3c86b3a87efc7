// The larger of two, NaN ignored.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { binaryFunction } from "./binary.ts";
import { ge } from "./ge.ts";
import { isnan } from "./isnan.ts";
import { logicalOr } from "./logical-or.ts";
import { where } from "./where.ts";

const apply = binaryFunction({
  name: "fmax",
  doc: "The larger of a and b, elementwise, broadcast; the other one beside NaN.",
  example: ["fmax(tensor([1, Number.NaN]), tensor([0, 2]))", "tensor([1., 2.])"],
  takes: "all",
  saves: ["a", "b"],
  vjp: (g, { a, b }) => {
    const first = logicalOr(ge(a, b), isnan(b));
    return { a: where(first, g, 0), b: where(first, 0, g) };
  },
  // Either is the larger one somewhere.
  ranges: [
    { low: -1, high: 1 },
    { low: -1, high: 1 },
  ],
});

/**
 * The larger of a and b, or the one that is not NaN, broadcast, dtypes promoted; of equals a gets the gradient. As
 * `torch.fmax`.
 */
export function fmax(a: Operand, b: Operand): Tensor {
  return apply(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    fmax(b: Operand): Tensor;
  }
}
methods({
  fmax(b) {
    return fmax(this, b);
  },
});
