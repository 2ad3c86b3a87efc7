// A number times a power of two.
import { composite, methods, type Tensor } from "../../tensor.ts";
import { exp2 } from "./exp2.ts";
import { mul } from "./mul.ts";

/** x · 2^exponent, broadcast; integers give float32. As `torch.ldexp`. */
export const ldexp = (x: Tensor, exponent: Tensor): Tensor =>
  composite(() => mul(x, exp2(exponent)));

declare module "../../tensor.ts" {
  interface TensorMethods {
    ldexp(exponent: Tensor): Tensor;
  }
}
methods({
  ldexp(exponent) {
    return ldexp(this, exponent);
  },
});
