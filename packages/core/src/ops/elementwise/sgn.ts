// torch.sgn, which of real numbers is the sign; and the plus before a tensor.
import { methods, type Tensor } from "../../tensor.ts";
import { sign } from "./sign.ts";
import { numeric } from "./unary.ts";

/** The sign of real numbers, as sign(). As `torch.sgn`. */
export const sgn = (x: Tensor): Tensor => sign(x);
/**
 * x itself. As `torch.positive`.
 * @throws DTypeError for bool
 */
export const positive = (x: Tensor): Tensor => numeric("positive", x);

declare module "../../tensor.ts" {
  interface TensorMethods {
    sgn(): Tensor;
    positive(): Tensor;
  }
}
methods({
  sgn() {
    return sgn(this);
  },
  positive() {
    return positive(this);
  },
});
