// Both extremes at once.
import { methods, type Tensor } from "../../tensor.ts";
import { amax } from "./amax.ts";
import { amin } from "./amin.ts";
import { type DimOptions, dimAttrs } from "./extreme.ts";

/** The smallest and the largest element. */
export interface MinMax {
  readonly min: Tensor;
  readonly max: Tensor;
}

/**
 * { min, max } along `dim`, or of all of x; NaN beats all; ties share the gradient evenly. As `torch.aminmax`.
 * @throws ShapeError when there is nothing to reduce
 */
export function aminmax(x: Tensor, options: DimOptions = {}): MinMax {
  const { dim, keepdim } = dimAttrs("aminmax", x, options, {});
  const over = x.ndim === 0 ? undefined : dim;
  return { min: amin(x, over, { keepdim }), max: amax(x, over, { keepdim }) };
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    aminmax(options?: DimOptions): MinMax;
  }
}
methods({
  aminmax(options) {
    return aminmax(this, options);
  },
});
