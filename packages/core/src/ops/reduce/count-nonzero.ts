// How many elements are not 0.
import { composite, methods, type Tensor } from "../../tensor.ts";
import { ne } from "../elementwise/ne.ts";
import { type Dims, type ReduceOptions, reduceAttrs } from "./reduce.ts";
import { sum } from "./sum.ts";

/** How many elements over `dim` (one, several, or all) are not 0 (NaN is not), int64. As `torch.count_nonzero`. */
export function countNonzero(
  x: Tensor,
  dim?: Dims | ReduceOptions,
  options: ReduceOptions = {},
): Tensor {
  const { dims, keepdim } = reduceAttrs("countNonzero", x, dim, options);
  return composite(() => sum(ne(x, 0), dims, { keepdim }));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    countNonzero(dim?: Dims | ReduceOptions, options?: ReduceOptions): Tensor;
  }
}
methods({
  countNonzero(dim, options) {
    return countNonzero(this, dim, options);
  },
});
