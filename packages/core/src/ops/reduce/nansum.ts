// Sums and means that leave NaN out.
import { composite, methods, type Tensor } from "../../tensor.ts";
import { div } from "../elementwise/div.ts";
import { isnan } from "../elementwise/isnan.ts";
import { logicalNot } from "../elementwise/logical-not.ts";
import { floatingOnly } from "../elementwise/unary.ts";
import { where } from "../elementwise/where.ts";
import {
  castAndAttrs,
  type Dims,
  type ReduceOptions,
  reduceAttrs,
  type SumOptions,
} from "./reduce.ts";
import { sum } from "./sum.ts";

/** The sum over `dim` (one, several, or all) with NaN as 0; its gradient there is 0. As `torch.nansum`. */
export function nansum(x: Tensor, dim?: Dims | SumOptions, options: SumOptions = {}): Tensor {
  const [from, { dims, keepdim }] = castAndAttrs("nansum", x, dim, options);
  return composite(() => sum(where(isnan(from), 0, from), dims, { keepdim }));
}

/**
 * The mean over `dim` (one, several, or all) of what is not NaN; NaN where there is nothing else. As
 * `torch.nanmean`.
 * @throws DTypeError unless x is floating-point
 */
export function nanmean(
  x: Tensor,
  dim?: Dims | ReduceOptions,
  options: ReduceOptions = {},
): Tensor {
  const { dims, keepdim } = reduceAttrs("nanmean", floatingOnly("nanmean", x), dim, options);
  return composite(() => {
    const missing = isnan(x);
    const count = sum(logicalNot(missing), dims, { keepdim });
    return div(sum(where(missing, 0, x), dims, { keepdim }), count.to(x.dtype));
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    nansum(dim?: Dims | SumOptions, options?: SumOptions): Tensor;
    nanmean(dim?: Dims | ReduceOptions, options?: ReduceOptions): Tensor;
  }
}
methods({
  nansum(dim, options) {
    return nansum(this, dim, options);
  },
  nanmean(dim, options) {
    return nanmean(this, dim, options);
  },
});
