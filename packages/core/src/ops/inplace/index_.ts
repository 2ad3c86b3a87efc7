// Adding, writing and filling slices of x at a list of indices, and x[…] = value.
import { checkOptions } from "../../options.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { clone } from "../elementwise/clone.ts";
import { mul } from "../elementwise/mul.ts";
import { type Layout, layoutOf, resultOrder, rowIndex } from "../index/at-index.ts";
import {
  filling,
  INDEX_ADD_OPTIONS,
  type IndexAddOptions,
  sliceIndex,
} from "../index/index-add.ts";
import {
  INDEX_PUT_OPTIONS,
  type IndexPutOptions,
  putByNumber,
  valueFor,
} from "../index/index-put.ts";
import { type IndexSpec, readIndex } from "../index/index-specs.ts";
import type { Operand } from "../promote.ts";
import { permute } from "../views/permute.ts";
import { reshape, sharesAs } from "../views/view.ts";
import { add_ } from "./add_.ts";
import { copy_ } from "./copy_.ts";
import { changing, scatter_, scatterAdd_ } from "./scatter_.ts";

/** indexAdd() into x, which it returns; as `torch.Tensor.index_add_`. */
export const indexAdd_ = (
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor,
  options: IndexAddOptions = {},
): Tensor =>
  changing("indexAdd_", x, () => {
    checkOptions("indexAdd_", options, INDEX_ADD_OPTIONS);
    const { alpha = 1 } = options;
    const { d, wide } = sliceIndex("indexAdd_", x, dim, index, source);
    return scatterAdd_(x, d, wide, alpha === 1 ? source : mul(source, alpha));
  });

/** indexCopy() into x, which it returns; as `torch.Tensor.index_copy_`. */
export const indexCopy_ = (x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor =>
  changing("indexCopy_", x, () => {
    const { d, wide } = sliceIndex("indexCopy_", x, dim, index, source);
    return scatter_(x, d, wide, source);
  });

/** indexFill() into x, which it returns; as `torch.Tensor.index_fill_`. */
export const indexFill_ = (x: Tensor, dim: number, index: Tensor, value: Operand): Tensor =>
  changing("indexFill_", x, () => {
    const { d, wide } = sliceIndex("indexFill_", x, dim, index);
    return scatter_(x, d, wide, filling("indexFill_", x, value, wide));
  });

/**
 * indexPut() into x, which it returns: `x[specs] = value`; as `torch.Tensor.index_put_`. What numbers and slices
 * leave of x is written as a view, so the rest of x costs nothing.
 */
export const indexPut_ = (
  x: Tensor,
  specs: readonly IndexSpec[],
  value: Operand,
  options: IndexPutOptions = {},
): Tensor => {
  checkOptions("indexPut_", options, INDEX_PUT_OPTIONS);
  return putInto("indexPut_", x, specs, value, options.accumulate ?? false);
};

/** indexPut_() for any that does the same under another name. */
export const putInto = (
  op: string,
  x: Tensor,
  specs: readonly IndexSpec[],
  value: Operand,
  accumulate: boolean,
): Tensor =>
  changing(op, x, () => {
    const { view, indices } = readIndex(op, x, specs);
    if (indices.every((t) => t === undefined)) {
      const values = valueFor(op, x, value, view.shape);
      return accumulate ? add_(view, values) : copy_(view, values);
    }
    const layout = layoutOf(op, view, indices);
    const { at, picked, rest } = layout;
    const values = valueFor(op, x, value, [...rest.slice(0, at), ...picked, ...rest.slice(at)]);
    const turned = permute(view, layout.order);
    const rows = [layout.places, ...rest];
    // Indexed dims that do not lie one behind the other cannot be written as one.
    if (!sharesAs(turned, rows))
      return copy_(x, putByNumber(op, clone(x), specs, value, accumulate));
    const put = accumulate ? scatterAdd_ : scatter_;
    return put(reshape(turned, rows), 0, rowIndex(layout), rowValues(layout, values));
  });

/** The values with the picks in front, as one dimension. */
function rowValues(layout: Layout, values: Tensor): Tensor {
  const order = resultOrder(layout);
  const turned = permute(
    values,
    order.map((_, d) => order.indexOf(d)),
  );
  return reshape(turned, [layout.index.numel, ...layout.rest]);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    indexAdd_(dim: number, index: Tensor, source: Tensor, options?: IndexAddOptions): Tensor;
    indexCopy_(dim: number, index: Tensor, source: Tensor): Tensor;
    indexFill_(dim: number, index: Tensor, value: Operand): Tensor;
    indexPut_(specs: readonly IndexSpec[], value: Operand, options?: IndexPutOptions): Tensor;
  }
}
methods({
  indexAdd_(dim, index, source, options) {
    return indexAdd_(this, dim, index, source, options);
  },
  indexCopy_(dim, index, source) {
    return indexCopy_(this, dim, index, source);
  },
  indexFill_(dim, index, value) {
    return indexFill_(this, dim, index, value);
  },
  indexPut_(specs, value, options) {
    return indexPut_(this, specs, value, options);
  },
});
