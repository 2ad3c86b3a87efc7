// The step function.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { binaryFunction } from "./binary.ts";

const apply = binaryFunction({
  name: "heaviside",
  doc: "0 where a is negative, 1 where it is positive, b where it is 0; elementwise, broadcast.",
  example: ["heaviside(tensor([-1, 0, 2]), tensor(0.5))", "tensor([0.0000, 0.5000, 1.0000])"],
  takes: "all",
});

/** 0 below 0, 1 above, and b at 0, broadcast; no gradient. As `torch.heaviside`. */
export function heaviside(a: Operand, b: Operand): Tensor {
  return apply(a, b);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    heaviside(b: Operand): Tensor;
  }
}
methods({
  heaviside(b) {
    return heaviside(this, b);
  },
});
