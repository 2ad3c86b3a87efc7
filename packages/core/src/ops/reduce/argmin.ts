// argmin: where the smallest element is.
import { methods, type Tensor } from "../../tensor.ts";
import { type DimOptions, place, placeAlongDim } from "./extreme.ts";

const argminOp = placeAlongDim("min", argmin);

/**
 * The int64 index of the smallest element along `dim`, or of x read as one row; the first of equals, NaN beats all.
 * As `torch.argmin`.
 * @throws ShapeError when there is nothing to reduce
 */
export function argmin(x: Tensor, dim?: number | DimOptions, options: DimOptions = {}): Tensor {
  return place(argminOp, x, dim, options);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    argmin(dim?: number | DimOptions, options?: DimOptions): Tensor;
  }
}
methods({
  argmin(dim, options) {
    return argmin(this, dim, options);
  },
});
