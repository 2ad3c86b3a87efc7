// max: the largest element, of everything or along one dim with its place.
import { methods, type Tensor } from "../../tensor.ts";
import { amax } from "./amax.ts";
import { type DimOptions, dimAttrs, extremeAlongDim, type ValuesAndIndices } from "./extreme.ts";
import { requireElements } from "./reduce.ts";

const maxOp = extremeAlongDim("max", max);

/**
 * The largest element of x, or along `dim` { values, indices } (int64, the first of equals); NaN beats all. The
 * gradient of the one goes evenly to all equals, of the other to the element at its index. As `torch.max`.
 * @throws ShapeError when there is nothing to reduce
 */
export function max(x: Tensor): Tensor;
export function max(x: Tensor, dim: number, options?: DimOptions): ValuesAndIndices;
export function max(x: Tensor, options: DimOptions & { readonly dim: number }): ValuesAndIndices;
export function max(
  x: Tensor,
  dim?: number | DimOptions,
  options: DimOptions = {},
): Tensor | ValuesAndIndices {
  const attrs = dimAttrs("max", x, dim, options);
  if (attrs.dim === undefined) {
    requireElements("max", x.shape, [...x.shape.keys()]);
    return amax(x, undefined, { keepdim: attrs.keepdim });
  }
  const [values, indices] = maxOp(x, attrs);
  return { values, indices };
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    max(): Tensor;
    max(dim: number, options?: DimOptions): ValuesAndIndices;
    max(options: DimOptions & { readonly dim: number }): ValuesAndIndices;
  }
}
methods({
  max(dim?: number, options?: DimOptions) {
    return max(this, dim as number, options);
  },
} as Partial<Tensor> & ThisType<Tensor>);
