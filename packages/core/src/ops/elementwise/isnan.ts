// Which elements are no numbers.
import { methods, type Tensor } from "../../tensor.ts";
import { testOp } from "./unary.ts";

const isnanOp = testOp({
  name: "isnan",
  doc: "Whether x is NaN, elementwise.",
  example: ["isnan(tensor([Number.NaN, 2]))", "tensor([ True, False])"],
});

/** True where x is NaN; gives bool. As `torch.isnan`. */
export function isnan(x: Tensor): Tensor {
  return isnanOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    isnan(): Tensor;
  }
}
methods({
  isnan() {
    return isnan(this);
  },
});
