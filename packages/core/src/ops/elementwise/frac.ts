// What lies behind the point.
import { composite, methods, type Tensor } from "../../tensor.ts";
import { sub } from "./sub.ts";
import { trunc } from "./trunc.ts";
import { floatingOnly } from "./unary.ts";

/**
 * x − trunc(x), with the sign of x. As `torch.frac`.
 * @throws DTypeError unless x is floating-point
 */
export const frac = (x: Tensor): Tensor => composite(() => sub(floatingOnly("frac", x), trunc(x)));

declare module "../../tensor.ts" {
  interface TensorMethods {
    frac(): Tensor;
  }
}
methods({
  frac() {
    return frac(this);
  },
});
