// The length of a vector of two.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { binaryFunction } from "./binary.ts";
import { div } from "./div.ts";
import { mul } from "./mul.ts";

const apply = binaryFunction({
  name: "hypot",
  doc: "√(a² + b²), elementwise, broadcast.",
  example: ["hypot(tensor([3, 5]), tensor([4, 12]))", "tensor([ 5., 13.])"],
  takes: "floats",
  saves: ["a", "b", "y"],
  vjp: (g, { a, b, y }) => ({ a: mul(g, div(a, y)), b: mul(g, div(b, y)) }),
});

/** √(a² + b²) without overflow, broadcast; integers give float32. As `torch.hypot`. */
export function hypot(a: Operand, b: Operand): Tensor {
  return apply(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    hypot(b: Operand): Tensor;
  }
}
methods({
  hypot(b) {
    return hypot(this, b);
  },
});
