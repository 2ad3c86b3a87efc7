// tensorSplit and its forms for one dimension: parts at given places, or as many as asked for, as views.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkLive, methods, Tensor } from "../../tensor.ts";
import { type Along, alongDim, existingDim } from "./bounds.ts";
import { sliceDim } from "./slice-dim.ts";
import { split } from "./split.ts";

/** How many parts, or the indices where parts begin: Python's slices, so out of range is the end. */
export type SplitAt = number | readonly number[] | Tensor;

function parts(op: string, x: Tensor, at: SplitAt, dim: number): Tensor[] {
  const where = at instanceof Tensor ? hostIndices(op, at) : at;
  const d = existingDim(op, dim, x.ndim);
  const size = x.shape[d] as number;
  if (typeof where === "number") {
    if (!Number.isInteger(where) || where < 1) {
      throw new ArgumentError(op, `the number of parts must be a whole number ≥ 1; got ${where}`);
    }
    // The first ones get one more until the rest is used up.
    const least = Math.floor(size / where);
    const sizes = Array.from({ length: where }, (_, i) => least + (i < size % where ? 1 : 0));
    return split(x, sizes, { dim: d });
  }
  return [...where, size].map((end, i) => sliceDim(x, d, i === 0 ? 0 : where[i - 1], end));
}

function hostIndices(op: string, at: Tensor): number | number[] {
  checkLive(op, at);
  if (at.ndim > 1 || at.dtype !== "int64") {
    throw new ArgumentError(op, "a tensor of places must be int64, of one dimension or none");
  }
  const list = Array.from(at.dataSync() as BigInt64Array, Number);
  return at.ndim === 0 ? (list[0] as number) : list;
}

/**
 * As `torch.tensor_split`: x in `at` parts along `dim` (default 0), the first ones larger by one where it does not
 * come out even; or parts that begin at the indices `at`. Views.
 */
export function tensorSplit(x: Tensor, at: SplitAt, along: Along = 0): Tensor[] {
  checkLive("tensorSplit", x);
  return parts("tensorSplit", x, at, alongDim("tensorSplit", along));
}

/** Parts along one dimension; of a number they must come out even. */
function along(op: string, least: number, dimOf: (x: Tensor) => number) {
  return (x: Tensor, at: SplitAt): Tensor[] => {
    checkLive(op, x);
    if (x.ndim < least) {
      throw new ShapeError(op, `expects at least ${least} dimension${least > 1 ? "s" : ""}`, {
        input: x.shape,
      });
    }
    const dim = dimOf(x);
    if (typeof at === "number" && (x.shape[dim] as number) % at !== 0) {
      throw new ShapeError(op, `dim ${dim} does not split into ${at} equal parts`, {
        input: x.shape,
      });
    }
    return parts(op, x, at, dim);
  };
}

/** As `torch.hsplit`: tensorSplit along dim 1 (a vector: along dim 0), in equal parts where a number is given. */
export const hsplit = along("hsplit", 1, (x) => (x.ndim === 1 ? 0 : 1));
/** As `torch.vsplit`: tensorSplit along dim 0, in equal parts where a number is given. */
export const vsplit = along("vsplit", 2, () => 0);
/** As `torch.dsplit`: tensorSplit along dim 2, in equal parts where a number is given. */
export const dsplit = along("dsplit", 3, () => 2);

declare module "../../tensor.ts" {
  interface TensorMethods {
    tensorSplit(at: SplitAt, along?: Along): Tensor[];
    hsplit(at: SplitAt): Tensor[];
    vsplit(at: SplitAt): Tensor[];
    dsplit(at: SplitAt): Tensor[];
  }
}
methods({
  tensorSplit(at, along) {
    return tensorSplit(this, at, along);
  },
  hsplit(at) {
    return hsplit(this, at);
  },
  vsplit(at) {
    return vsplit(this, at);
  },
  dsplit(at) {
    return dsplit(this, at);
  },
});
