// Which elements are infinite, on one side.
import { methods, type Tensor } from "../../tensor.ts";
import { eq } from "./eq.ts";

/** True where x is ∞; gives bool. As `torch.isposinf`. */
export const isposinf = (x: Tensor): Tensor => eq(x, Infinity);
/** True where x is −∞; gives bool. As `torch.isneginf`. */
export const isneginf = (x: Tensor): Tensor => eq(x, -Infinity);

declare module "../../tensor.ts" {
  interface TensorMethods {
    isposinf(): Tensor;
    isneginf(): Tensor;
  }
}
methods({
  isposinf() {
    return isposinf(this);
  },
  isneginf() {
    return isneginf(this);
  },
});
