// flatten and unflatten: several dimensions as one, and back. Reshapes under their own names.
import { ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { normalizeDim, type Shape, sizeOf } from "../../shape.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { existingDim } from "./bounds.ts";
import { reshape, resolveShape } from "./view.ts";

export interface FlattenOptions {
  /** The first dimension to merge. Default 0. */
  readonly startDim?: number | undefined;
  /** The last one. Default -1. */
  readonly endDim?: number | undefined;
}
const OPTIONS: OptionNames<FlattenOptions> = { startDim: true, endDim: true };

/**
 * As `torch.flatten`: dimensions startDim (default 0) to endDim (default the last) as one; a zero-dim tensor gets one
 * dimension.
 */
export function flatten(
  x: Tensor,
  startDim: number | FlattenOptions = {},
  endDim?: number,
): Tensor {
  const options = typeof startDim === "number" ? { startDim, endDim } : startDim;
  checkOptions("flatten", options, OPTIONS);
  const rank = x.shape.length;
  const start = normalizeDim("flatten", options.startDim ?? 0, rank);
  const end = normalizeDim("flatten", options.endDim ?? -1, rank);
  if (start > end) {
    throw new ShapeError("flatten", `startDim ${start} comes after endDim ${end}`, {
      input: x.shape,
    });
  }
  const merged = sizeOf(x.shape.slice(start, end + 1));
  return reshape(x, [...x.shape.slice(0, start), merged, ...x.shape.slice(end + 1)]);
}

/** As `torch.ravel`: x as a vector, in row-major order; shares memory where it can. */
export const ravel = (x: Tensor): Tensor => reshape(x, [-1]);

/** As `torch.unflatten`: dimension `dim` split into `sizes`, one of which may be −1. */
export function unflatten(x: Tensor, dim: number, sizes: Shape): Tensor {
  const d = existingDim("unflatten", dim, x.shape.length);
  const split = resolveShape("unflatten", [x.shape[d] as number], sizes);
  return reshape(x, [...x.shape.slice(0, d), ...split, ...x.shape.slice(d + 1)]);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    flatten(startDim?: number | FlattenOptions, endDim?: number): Tensor;
    ravel(): Tensor;
    unflatten(dim: number, sizes: Shape): Tensor;
  }
}
methods({
  flatten(startDim, endDim) {
    return flatten(this, startDim, endDim);
  },
  ravel() {
    return ravel(this);
  },
  unflatten(dim, sizes) {
    return unflatten(this, dim, sizes);
  },
});
