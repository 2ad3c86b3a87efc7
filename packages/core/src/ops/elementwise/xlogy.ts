// The product of a number and a logarithm.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { binaryFunction } from "./binary.ts";
import { div } from "./div.ts";
import { eq } from "./eq.ts";
import { le } from "./le.ts";
import { log } from "./log.ts";
import { logicalAnd } from "./logical-and.ts";
import { mul } from "./mul.ts";
import { where } from "./where.ts";

const apply = binaryFunction({
  name: "xlogy",
  doc: "a · log b, 0 where a is 0, elementwise, broadcast.",
  example: ["xlogy(tensor([0, 2]), tensor([0, 1]))", "tensor([0., 0.])"],
  takes: "floats",
  saves: ["a", "b"],
  vjp: (g, { a, b }) => ({
    a: where(logicalAnd(eq(a, 0), le(b, 0)), 0, mul(g, log(b))),
    b: mul(g, div(a, b)),
  }),
});

/** a · log b, and 0 where a is 0 unless b is NaN, broadcast; integers give float32. As `torch.xlogy`. */
export function xlogy(a: Operand, b: Operand): Tensor {
  return apply(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    xlogy(b: Operand): Tensor;
  }
}
methods({
  xlogy(b) {
    return xlogy(this, b);
  },
});
