// The next floating-point number.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { binaryFunction } from "./binary.ts";

const apply = binaryFunction({
  name: "nextafter",
  doc: "The next number after a towards b among those of their dtype, elementwise, broadcast.",
  example: ["nextafter(tensor([1]), 2).sub(1)", "tensor([1.1921e-07])"],
  takes: "floats",
});

/** The next number after a towards b, broadcast; integers give float32. No gradient. As `torch.nextafter`. */
export function nextafter(a: Operand, b: Operand): Tensor {
  return apply(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    nextafter(b: Operand): Tensor;
  }
}
methods({
  nextafter(b) {
    return nextafter(this, b);
  },
});
