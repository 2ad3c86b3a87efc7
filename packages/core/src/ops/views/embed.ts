// selectScatter, sliceScatter, diagonalScatter: a copy of x with a part of it replaced, each the counterpart of the
// view of that name.
import { ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { sameShape } from "../../shape.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { clone } from "../elementwise/clone.ts";
import { copy_ } from "../inplace/copy_.ts";
import { type DiagonalOptions, diagonal } from "./diagonal.ts";
import { select } from "./select.ts";
import { sliceDim } from "./slice-dim.ts";

function embedded(op: string, x: Tensor, src: Tensor, part: (y: Tensor) => Tensor): Tensor {
  checkLive(op, x);
  checkLive(op, src);
  return composite(() => {
    const y = clone(x);
    const into = part(y);
    if (!sameShape(into.shape, src.shape)) {
      throw new ShapeError(op, `src must have the shape of the part, [${into.shape.join(", ")}]`, {
        input: x.shape,
        src: src.shape,
      });
    }
    copy_(into, src);
    return y;
  });
}

/** As `torch.select_scatter`: x with src in place of select(x, dim, index). */
export const selectScatter = (x: Tensor, src: Tensor, dim: number, index: number): Tensor =>
  embedded("selectScatter", x, src, (y) => select(y, dim, index));

export interface SliceScatterOptions {
  /** Default 0. */
  readonly dim?: number | undefined;
  /** Default 0. */
  readonly start?: number | undefined;
  /** Default: to the end. */
  readonly end?: number | undefined;
  /** Default 1. */
  readonly step?: number | undefined;
}
const SLICE: OptionNames<SliceScatterOptions> = { dim: true, start: true, end: true, step: true };

/** As `torch.slice_scatter`: x with src in place of x[start:end:step] along `dim`. */
export function sliceScatter(x: Tensor, src: Tensor, options: SliceScatterOptions = {}): Tensor {
  checkOptions("sliceScatter", options, SLICE);
  const { dim = 0, start, end, step } = options;
  return embedded("sliceScatter", x, src, (y) => sliceDim(y, dim, start, end, step));
}

/** As `torch.diagonal_scatter`: x with src in place of diagonal(x, options). */
export const diagonalScatter = (x: Tensor, src: Tensor, options: DiagonalOptions = {}): Tensor =>
  embedded("diagonalScatter", x, src, (y) => diagonal(y, options));

declare module "../../tensor.ts" {
  interface TensorMethods {
    selectScatter(src: Tensor, dim: number, index: number): Tensor;
    sliceScatter(src: Tensor, options?: SliceScatterOptions): Tensor;
    diagonalScatter(src: Tensor, options?: DiagonalOptions): Tensor;
  }
}
methods({
  selectScatter(src, dim, index) {
    return selectScatter(this, src, dim, index);
  },
  sliceScatter(src, options) {
    return sliceScatter(this, src, options);
  },
  diagonalScatter(src, options) {
    return diagonalScatter(this, src, options);
  },
});
