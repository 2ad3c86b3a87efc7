// Filling: the diagonal in place, and fill, which leaves x as it is.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { checkLive, composite, methods, owned, type Tensor } from "../../tensor.ts";
import { clone } from "../elementwise/clone.ts";
import type { Operand } from "../promote.ts";
import { diagonal } from "../views/diagonal.ts";
import { sliceDim } from "../views/slice-dim.ts";
import { fill_ } from "./fill_.ts";

export interface FillDiagonalOptions {
  /** In a tall matrix the diagonal begins again after each square, one row further. Default false. */
  readonly wrap?: boolean | undefined;
}
const OPTIONS: OptionNames<FillDiagonalOptions> = { wrap: true };

/**
 * The main diagonal of x becomes `value`: of a matrix, or of a tensor whose dims all have one size; as
 * `torch.Tensor.fill_diagonal_`. Returns x.
 */
export function fillDiagonal_(x: Tensor, value: number, options: FillDiagonalOptions = {}): Tensor {
  const op = "fillDiagonal_";
  checkLive(op, x);
  checkOptions(op, options, OPTIONS);
  const [rows = 0, columns = 0] = x.shape;
  if (x.ndim < 2) throw new ShapeError(op, "expects at least 2 dimensions", { input: x.shape });
  if (x.ndim > 2 && x.shape.some((n) => n !== rows)) {
    throw new ShapeError(op, "all dimensions must have one size where there are more than 2", {
      input: x.shape,
    });
  }
  if (typeof value !== "number") throw new ArgumentError(op, "the value must be a number");
  owned(() => {
    const least = x.shape.reduce((a, b) => Math.min(a, b));
    const first = x.ndim === 2 ? sliceDim(x, 0, 0, least) : x;
    // One dim after the other becomes the diagonal's.
    let line = first;
    while (line.ndim > 1) line = diagonal(line, { dim1: 0, dim2: line.ndim - 1 });
    fill_(line, value);
    if (options.wrap && x.ndim === 2) {
      for (let start = columns + 1; start < rows; start += columns + 1) {
        fill_(diagonal(sliceDim(x, 0, start, start + columns)), value);
      }
    }
    return [];
  });
  return x;
}

/** As `torch.fill`: a copy of x whose elements all are `value`, a number or a zero-dim tensor. */
export const fill = (x: Tensor, value: Operand): Tensor => composite(() => fill_(clone(x), value));

declare module "../../tensor.ts" {
  interface TensorMethods {
    fillDiagonal_(value: number, options?: FillDiagonalOptions): Tensor;
  }
}
methods({
  fillDiagonal_(value, options) {
    return fillDiagonal_(this, value, options);
  },
});
