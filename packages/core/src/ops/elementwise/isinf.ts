// Which elements are infinite.
import { methods, type Tensor } from "../../tensor.ts";
import { testOp } from "./unary.ts";

const isinfOp = testOp({
  name: "isinf",
  doc: "Whether x is ∞ or −∞, elementwise.",
  example: ["isinf(tensor([-Infinity, 2]))", "tensor([ True, False])"],
});

/** True where x is ∞ or −∞; gives bool. As `torch.isinf`. */
export function isinf(x: Tensor): Tensor {
  return isinfOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    isinf(): Tensor;
  }
}
methods({
  isinf() {
    return isinf(this);
  },
});
