// The least common multiple.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { binaryFunction } from "./binary.ts";

const apply = binaryFunction({
  name: "lcm",
  doc: "The least common multiple, elementwise, broadcast.",
  example: ["lcm(tensor([4n, 3n]), tensor([6n, 0n]))", "tensor([12,  0])"],
  takes: "integers",
});

/** The least common multiple of integers, broadcast. As `torch.lcm`. */
export function lcm(a: Operand, b: Operand): Tensor {
  return apply(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    lcm(b: Operand): Tensor;
  }
}
methods({
  lcm(b) {
    return lcm(this, b);
  },
});
