// Division rounded down.
import { methods, type Tensor } from "../../tensor.ts";
import { zerosLike } from "../creation.ts";
import type { Operand } from "../promote.ts";
import { binaryFunction } from "./binary.ts";

const apply = binaryFunction({
  name: "floorDivide",
  doc: "a / b rounded down, elementwise, broadcast.",
  example: ["floorDivide(tensor([7, -7]), tensor([2, 2]))", "tensor([ 3., -4.])"],
  takes: "numbers",

  // Steps are flat.
  vjp: (g) => ({ a: zerosLike(g), b: zerosLike(g) }),
  ranges: [
    { low: 2.2, high: 2.9 },
    { low: 0.96, high: 1.04 },
  ],
});

/** a / b rounded down, broadcast; integers stay integers (Python's //). As `torch.floor_divide`. */
export function floorDivide(a: Operand, b: Operand): Tensor {
  return apply(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    floorDivide(b: Operand): Tensor;
  }
}
methods({
  floorDivide(b) {
    return floorDivide(this, b);
  },
});
