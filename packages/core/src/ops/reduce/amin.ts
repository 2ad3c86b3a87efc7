// amin: the smallest element over dims.
import { methods, type Tensor } from "../../tensor.ts";
import { extremeOverDims } from "./extreme.ts";
import { type Dims, type ReduceOptions, reduceAttrs } from "./reduce.ts";

const aminOp = extremeOverDims("min", amin);

/**
 * The smallest element over `dim` (one, several, or all); NaN beats all; ties share the gradient evenly.
 * As `torch.amin`.
 * @throws ShapeError when there is nothing to reduce
 */
export function amin(x: Tensor, dim?: Dims | ReduceOptions, options: ReduceOptions = {}): Tensor {
  return aminOp(x, reduceAttrs("amin", x, dim, options));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    amin(dim?: Dims | ReduceOptions, options?: ReduceOptions): Tensor;
  }
}
methods({
  amin(dim, options) {
    return amin(this, dim, options);
  },
});
