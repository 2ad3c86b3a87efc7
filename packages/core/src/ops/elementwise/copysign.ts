// A magnitude with the sign of another number.
import { methods, type Tensor } from "../../tensor.ts";
import { zerosLike } from "../creation.ts";
import type { Operand } from "../promote.ts";
import { binaryFunction } from "./binary.ts";
import { eq } from "./eq.ts";
import { mul } from "./mul.ts";
import { sign } from "./sign.ts";
import { where } from "./where.ts";

const apply = binaryFunction({
  name: "copysign",
  doc: "|a| with the sign of b, elementwise, broadcast.",
  example: ["copysign(tensor([1, -2]), tensor([-1, 1]))", "tensor([-1.,  2.])"],
  takes: "floats",
  saves: ["a", "y"],

  vjp: (g, { a, y }) => ({ a: where(eq(a, 0), 0, mul(g, mul(sign(a), sign(y)))), b: zerosLike(g) }),
  ranges: [
    { low: 0.2, high: 1 },
    { low: -2, high: -0.5 },
  ],
});

/** |a| with the sign of b (−0 counts as negative), broadcast; integers give float32. As `torch.copysign`. */
export function copysign(a: Operand, b: Operand): Tensor {
  return apply(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    copysign(b: Operand): Tensor;
  }
}
methods({
  copysign(b) {
    return copysign(this, b);
  },
});
