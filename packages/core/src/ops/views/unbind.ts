// unbind: the slices of a dimension, which goes.
import { checkOptions, type OptionNames } from "../../options.ts";
import { checkLive, methods, type Tensor } from "../../tensor.ts";
import { existingDim } from "./bounds.ts";
import { select } from "./select.ts";

export interface UnbindOptions {
  /** Default 0. */
  readonly dim?: number | undefined;
}
const OPTIONS: OptionNames<UnbindOptions> = { dim: true };

/** As `torch.unbind`: x's slices along `dim` as views without that dimension. */
export function unbind(x: Tensor, options: UnbindOptions = {}): Tensor[] {
  checkOptions("unbind", options, OPTIONS);
  checkLive("unbind", x);
  const dim = existingDim("unbind", options.dim ?? 0, x.shape.length);
  return Array.from({ length: x.shape[dim] as number }, (_, i) => select(x, dim, i));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    unbind(options?: UnbindOptions): Tensor[];
  }
}
methods({
  unbind(options) {
    return unbind(this, options);
  },
});
