// Adding, writing and filling slices of x at a list of indices, and x[…] = value.
import { checkOptions } from "../../options.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { clone } from "../elementwise/clone.ts";
import { mul } from "../elementwise/mul.ts";
import {
  filling,
  INDEX_ADD_OPTIONS,
  type IndexAddOptions,
  sliceIndex,
} from "../index/index-add.ts";
import { type IndexPutOptions, indexPut } from "../index/index-put.ts";
import type { IndexSpec } from "../index/index-specs.ts";
import type { Operand } from "../promote.ts";
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
  changing(x, () => {
    checkOptions("indexAdd_", options, INDEX_ADD_OPTIONS);
    const { alpha = 1 } = options;
    const { d, wide } = sliceIndex("indexAdd_", x, dim, index, source);
    return scatterAdd_(x, d, wide, alpha === 1 ? source : mul(source, alpha));
  });

/** indexCopy() into x, which it returns; as `torch.Tensor.index_copy_`. */
export const indexCopy_ = (x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor =>
  changing(x, () => {
    const { d, wide } = sliceIndex("indexCopy_", x, dim, index, source);
    return scatter_(x, d, wide, source);
  });

/** indexFill() into x, which it returns; as `torch.Tensor.index_fill_`. */
export const indexFill_ = (x: Tensor, dim: number, index: Tensor, value: Operand): Tensor =>
  changing(x, () => {
    const { d, wide } = sliceIndex("indexFill_", x, dim, index);
    return scatter_(x, d, wide, filling("indexFill_", x, value, wide));
  });

/** indexPut() into x, which it returns: `x[specs] = value`; as `torch.Tensor.index_put_`. */
export const indexPut_ = (
  x: Tensor,
  specs: readonly IndexSpec[],
  value: Operand,
  options: IndexPutOptions = {},
): Tensor => changing(x, () => copy_(x, indexPut(clone(x), specs, value, options)));

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
