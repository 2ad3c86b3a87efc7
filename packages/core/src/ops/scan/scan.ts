// What the scans share: their kernel slots, their dim, and masks of what lies before.
import { type DType, isFloating } from "../../dtype.ts";
import { ArgumentError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { normalizeDim } from "../../shape.ts";
import { checkLive, type Tensor } from "../../tensor.ts";
import { arange } from "../creation.ts";
import { clone } from "../elementwise/clone.ts";
import { ge } from "../elementwise/ge.ts";
import { to } from "../elementwise/to.ts";
import { where } from "../elementwise/where.ts";
import { transpose } from "../views/permute.ts";
import { unsqueeze } from "../views/unsqueeze.ts";

declare module "../../backend.ts" {
  interface FusedKernels {
    /** y[i] = x[0] ∘ … ∘ x[i] along dim; reverse: from the other end. y has the shape of x. */
    scan(code: "sum" | "prod" | "logsumexp", x: View, y: View, dim: number, reverse: boolean): Ran;
    /** The largest (smallest) so far and its int64 place, the last of equals; NaN stays. */
    scanExtreme(code: "max" | "min", x: View, values: View, indices: View, dim: number): Ran;
  }
}

export interface ScanAttrs {
  readonly dim: number;
  readonly reverse: boolean;
}

export interface ScanOptions {
  /** x is cast to it first. Default: int64 for integers and bools, else x's dtype. */
  readonly dtype?: DType | undefined;
}
const OPTIONS: OptionNames<ScanOptions> = { dtype: true };

/** x in the dtype of the result, and the checked dim. */
export function scanned(
  op: string,
  x: Tensor,
  dim: number,
  options: ScanOptions,
): readonly [Tensor, number] {
  checkLive(op, x);
  checkOptions(op, options, OPTIONS);
  if (typeof dim !== "number") throw new ArgumentError(op, "needs a dim, a number");
  const { dtype = isFloating(x.dtype) ? x.dtype : "int64" } = options;
  return [to(x, dtype), normalizeDim(op, dim, x.shape.length)];
}

/** [n, n], true where the column is not before the row: what a running result at column j knows of row i. */
export function notBefore(n: number, like: Tensor): Tensor {
  const steps = arange(0, n, 1, { device: like.backend });
  return ge(steps, steps.reshape([n, 1]));
}

/** A scan as a fold of a table: column j has what lies up to j, and `filler` below. */
export function foldOfTable(
  x: Tensor,
  { dim, reverse }: ScanAttrs,
  filler: number,
  fold: (table: Tensor, dim: number) => Tensor,
): Tensor {
  if (x.shape.length === 0) return clone(x);
  const known = notBefore(x.shape[dim] as number, x);
  const rows = unsqueeze(transpose(x, dim, -1), -1);
  return transpose(
    fold(where(reverse ? transpose(known, 0, 1) : known, rows, filler), -2),
    dim,
    -1,
  );
}
