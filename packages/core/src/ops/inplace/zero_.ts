// Overwriting with zero.
import { methods, type Tensor } from "../../tensor.ts";
import { fill_ } from "./fill_.ts";

/** Every element of x becomes 0. Returns x. As `torch.Tensor.zero_`. */
export function zero_(x: Tensor): Tensor {
  return fill_(x, 0);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    zero_(): Tensor;
  }
}
methods({
  zero_() {
    return zero_(this);
  },
});
