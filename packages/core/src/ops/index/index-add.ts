// indexAdd, indexCopy, indexFill: whole slices added, written or filled at a list of indices. Scatters whose
// index is expanded, not copied.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { normalizeDim } from "../../shape.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { mul } from "../elementwise/mul.ts";
import { isTensor, type Operand } from "../promote.ts";
import { expand } from "../views/expand.ts";
import { reshape } from "../views/view.ts";
import { checkIndices } from "./indices.ts";
import { sameDType, scatter } from "./scatter.ts";
import { scatterAdd } from "./scatter-add.ts";

export interface IndexAddOptions {
  /** Source is multiplied by it. Default 1. */
  readonly alpha?: number | undefined;
}
export const INDEX_ADD_OPTIONS: OptionNames<IndexAddOptions> = { alpha: true };

/**
 * The slices of x at `index`, as an index for scatter: expanded, not copied; and, for a source, that it has a
 * slice for each.
 */
export function sliceIndex(
  op: string,
  x: Tensor,
  dim: number,
  index: Tensor,
  source?: Tensor,
): { readonly d: number; readonly wide: Tensor } {
  checkLive(op, x);
  const d = normalizeDim(op, dim, x.shape.length);
  checkIndices(op, index, d, x.shape[d] ?? 1);
  if (index.ndim > 1) {
    throw new ShapeError(op, "index must have one dimension; use scatter for more", {
      input: x.shape,
      index: index.shape,
    });
  }
  const n = index.numel;
  const shape = x.shape.map((size, i) => (i === d ? n : size));
  if (source !== undefined) {
    checkLive(op, source);
    sameDType(op, x, source);
    if (shape.length !== source.ndim || shape.some((size, i) => size !== source.shape[i])) {
      throw new ShapeError(
        op,
        `source must have a slice for each of the ${n} indices, [${shape.join(", ")}]`,
        {
          input: x.shape,
          index: index.shape,
          source: source.shape,
        },
      );
    }
  }
  if (x.ndim === 0) return { d, wide: reshape(index, []) };
  const column = reshape(
    index,
    x.shape.map((_, i) => (i === d ? n : 1)),
  );
  return { d, wide: expand(column, shape) };
}

/**
 * As `torch.index_add`: x with the slices of source, times alpha, added to its slices at `index` along `dim`;
 * the same slice may be named often.
 * @param index one dimension, any integer dtype, each in [0, size of dim)
 * @param source x's shape, but as long as index in `dim`; x's dtype
 * @throws IndexError naming the first index out of range; ShapeError, DTypeError
 */
export function indexAdd(
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor,
  options: IndexAddOptions = {},
): Tensor {
  checkOptions("indexAdd", options, INDEX_ADD_OPTIONS);
  const { alpha = 1 } = options;
  return composite(() => {
    const { d, wide } = sliceIndex("indexAdd", x, dim, index, source);
    return scatterAdd(x, d, wide, alpha === 1 ? source : mul(source, alpha));
  });
}

/** As `torch.index_copy`: x with its slices at `index` replaced by those of source; of repeats the last wins. */
export function indexCopy(x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
  return composite(() => {
    const { d, wide } = sliceIndex("indexCopy", x, dim, index, source);
    return scatter(x, d, wide, source);
  });
}

/** As `torch.index_fill`: x with its slices at `index` filled with a number, or a zero-dim tensor. */
export function indexFill(x: Tensor, dim: number, index: Tensor, value: Operand): Tensor {
  return composite(() => {
    const { d, wide } = sliceIndex("indexFill", x, dim, index);
    return scatter(x, d, wide, filling("indexFill", x, value, wide));
  });
}

/** A number as it is; a zero-dim tensor in x's dtype, expanded. */
export function filling(op: string, x: Tensor, value: Operand, like: Tensor): Operand {
  if (!isTensor(value)) return value;
  checkLive(op, value);
  if (value.ndim !== 0) {
    throw new ArgumentError(
      op,
      `the value must be a number or a zero-dim tensor; got [${value.shape.join(", ")}]`,
    );
  }
  return expand(value.to(x.dtype), like.shape);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    indexAdd(dim: number, index: Tensor, source: Tensor, options?: IndexAddOptions): Tensor;
    indexCopy(dim: number, index: Tensor, source: Tensor): Tensor;
    indexFill(dim: number, index: Tensor, value: Operand): Tensor;
  }
}
methods({
  indexAdd(dim, index, source, options) {
    return indexAdd(this, dim, index, source, options);
  },
  indexCopy(dim, index, source) {
    return indexCopy(this, dim, index, source);
  },
  indexFill(dim, index, value) {
    return indexFill(this, dim, index, value);
  },
});
