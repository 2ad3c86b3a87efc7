// The smaller of two, NaN ignored.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { binaryFunction } from "./binary.ts";
import { isnan } from "./isnan.ts";
import { le } from "./le.ts";
import { logicalOr } from "./logical-or.ts";
import { where } from "./where.ts";

const apply = binaryFunction({
  name: "fmin",
  doc: "The smaller of a and b, elementwise, broadcast; the other one beside NaN.",
  example: ["fmin(tensor([1, Number.NaN]), tensor([0, 2]))", "tensor([0., 2.])"],
  takes: "all",
  saves: ["a", "b"],
  vjp: (g, { a, b }) => {
    const first = logicalOr(le(a, b), isnan(b));
    return { a: where(first, g, 0), b: where(first, 0, g) };
  },
  // Either is the larger one somewhere.
  ranges: [
    { low: -1, high: 1 },
    { low: -1, high: 1 },
  ],
});

/**
 * The smaller of a and b, or the one that is not NaN, broadcast, dtypes promoted; of equals a gets the gradient. As
 * `torch.fmin`.
 */
export function fmin(a: Operand, b: Operand): Tensor {
  return apply(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    fmin(b: Operand): Tensor;
  }
}
methods({
  fmin(b) {
    return fmin(this, b);
  },
});
