// amax: the largest element over dims.
import { methods, type Tensor } from "../../tensor.ts";
import { extremeOverDims } from "./extreme.ts";
import { type Dims, type ReduceOptions, reduceAttrs } from "./reduce.ts";

const amaxOp = extremeOverDims("max", amax);

/**
 * The largest element over `dim` (one, several, or all); NaN beats all; ties share the gradient evenly.
 * As `torch.amax`.
 * @throws ShapeError when there is nothing to reduce
 */
export function amax(x: Tensor, dim?: Dims | ReduceOptions, options: ReduceOptions = {}): Tensor {
  return amaxOp(x, reduceAttrs("amax", x, dim, options));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    amax(dim?: Dims | ReduceOptions, options?: ReduceOptions): Tensor;
  }
}
methods({
  amax(dim, options) {
    return amax(this, dim, options);
  },
});
