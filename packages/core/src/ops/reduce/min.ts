// min: the smallest element, of everything or along one dim with its place.
import { methods, type Tensor } from "../../tensor.ts";
import { amin } from "./amin.ts";
import { type DimOptions, dimAttrs, extremeAlongDim, type ValuesAndIndices } from "./extreme.ts";
import { requireElements } from "./reduce.ts";

const minOp = extremeAlongDim("min", min);

/**
 * The smallest element of x, or along `dim` { values, indices } (int64, the first of equals); NaN beats all. The
 * gradient of the one goes evenly to all equals, of the other to the element at its index. As `torch.min`.
 * @throws ShapeError when there is nothing to reduce
 */
export function min(x: Tensor): Tensor;
export function min(x: Tensor, dim: number, options?: DimOptions): ValuesAndIndices;
export function min(x: Tensor, options: DimOptions & { readonly dim: number }): ValuesAndIndices;
export function min(
  x: Tensor,
  dim?: number | DimOptions,
  options: DimOptions = {},
): Tensor | ValuesAndIndices {
  const attrs = dimAttrs("min", x, dim, options);
  if (attrs.dim === undefined) {
    requireElements("min", x.shape, [...x.shape.keys()]);
    return amin(x, undefined, { keepdim: attrs.keepdim });
  }
  const [values, indices] = minOp(x, attrs);
  return { values, indices };
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    min(): Tensor;
    min(dim: number, options?: DimOptions): ValuesAndIndices;
    min(options: DimOptions & { readonly dim: number }): ValuesAndIndices;
  }
}
methods({
  min(dim?: number, options?: DimOptions) {
    return min(this, dim as number, options);
  },
} as Partial<Tensor> & ThisType<Tensor>);
