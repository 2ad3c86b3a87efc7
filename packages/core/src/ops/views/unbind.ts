// unbind: the slices of a dimension, which goes.
import { checkLive, methods, type Tensor } from "../../tensor.ts";
import { type Along, alongDim, existingDim } from "./bounds.ts";
import { select } from "./select.ts";

/** As `torch.unbind`: x's slices along `dim` as views without that dimension. */
export function unbind(x: Tensor, along: Along = 0): Tensor[] {
  checkLive("unbind", x);
  const dim = existingDim("unbind", alongDim("unbind", along), x.shape.length);
  return Array.from({ length: x.shape[dim] as number }, (_, i) => select(x, dim, i));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    unbind(along?: Along): Tensor[];
  }
}
methods({
  unbind(along) {
    return unbind(this, along);
  },
});
