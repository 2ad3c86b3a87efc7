// Negation of truth.
import { methods, type Tensor } from "../../tensor.ts";
import { testOp } from "./unary.ts";

const logicalNotOp = testOp({
  name: "logicalNot",
  doc: "Whether x is 0, elementwise.",
  example: ["logicalNot(tensor([0, 2]))", "tensor([ True, False])"],
});

/** True where x is 0 (NaN is not); gives bool. As `torch.logical_not`. */
export function logicalNot(x: Tensor): Tensor {
  return logicalNotOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    logicalNot(): Tensor;
  }
}
methods({
  logicalNot() {
    return logicalNot(this);
  },
});
