// Which elements are finite.
import { methods, type Tensor } from "../../tensor.ts";
import { testOp } from "./unary.ts";

const isfiniteOp = testOp({
  name: "isfinite",
  doc: "Whether x is neither infinite nor NaN, elementwise.",
  example: ["isfinite(tensor([Infinity, 2]))", "tensor([False,  True])"],
});

/** True where x is neither infinite nor NaN; gives bool. As `torch.isfinite`. */
export function isfinite(x: Tensor): Tensor {
  return isfiniteOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    isfinite(): Tensor;
  }
}
methods({
  isfinite() {
    return isfinite(this);
  },
});
