// Division rounded towards 0.
import type { Tensor } from "../../tensor.ts";
import { zerosLike } from "../creation.ts";
import type { Operand } from "../promote.ts";
import { binaryFunction } from "./binary.ts";

const apply = binaryFunction({
  name: "truncDivide",
  doc: "a / b rounded towards 0, elementwise, broadcast.",
  example: [
    "div(tensor([7, -7]), tensor([2, 2]), { roundingMode: 'trunc' })",
    "tensor([ 3., -3.])",
  ],
  takes: "numbers",

  // Steps are flat.
  vjp: (g) => ({ a: zerosLike(g), b: zerosLike(g) }),
  ranges: [
    { low: 2.2, high: 2.9 },
    { low: 0.96, high: 1.04 },
  ],
});

/** a / b rounded towards 0, broadcast; integers stay integers. */
export function truncDivide(a: Operand, b: Operand): Tensor {
  return apply(a, b);
}
