// The greatest common divisor.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { binaryFunction } from "./binary.ts";

const apply = binaryFunction({
  name: "gcd",
  doc: "The greatest common divisor, elementwise, broadcast.",
  example: ["gcd(tensor([12n, 7n]), tensor([18n, 0n]))", "tensor([6, 7])"],
  takes: "integers",
});

/** The greatest common divisor of integers, broadcast. As `torch.gcd`. */
export function gcd(a: Operand, b: Operand): Tensor {
  return apply(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    gcd(b: Operand): Tensor;
  }
}
methods({
  gcd(b) {
    return gcd(this, b);
  },
});
