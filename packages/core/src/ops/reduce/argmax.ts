// argmax: where the largest element is.
import { methods, type Tensor } from "../../tensor.ts";
import { type DimOptions, place, placeAlongDim } from "./extreme.ts";

const argmaxOp = placeAlongDim("max", argmax);

/**
 * The int64 index of the largest element along `dim`, or of x read as one row; the first of equals, NaN beats all.
 * As `torch.argmax`.
 * @throws ShapeError when there is nothing to reduce
 */
export function argmax(x: Tensor, dim?: number | DimOptions, options: DimOptions = {}): Tensor {
  return place(argmaxOp, x, dim, options);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    argmax(dim?: number | DimOptions, options?: DimOptions): Tensor;
  }
}
methods({
  argmax(dim, options) {
    return argmax(this, dim, options);
  },
});
