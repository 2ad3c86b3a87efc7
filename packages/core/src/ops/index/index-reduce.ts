// indexReduce: whole slices multiplied, averaged, or compared into those at a list of indices.
import { ArgumentError } from "../../errors.ts";
import { composite, methods, type Tensor } from "../../tensor.ts";
import { sliceIndex } from "./index-add.ts";
import { type ScatterReduceOptions, scatterReduce } from "./scatter-reduce.ts";

const REDUCTIONS = ["prod", "mean", "amax", "amin"] as const;
export type IndexReduction = (typeof REDUCTIONS)[number];

/**
 * As `torch.Tensor.index_reduce`: the slices of source that `index` sends to one slice of x along `dim` are reduced
 * there: "prod", "mean", "amax" or "amin"; x's own slice takes part with includeSelf, the default.
 * @param index one dimension, any integer dtype, each in [0, size of dim)
 * @throws ArgumentError, IndexError, ShapeError, DTypeError
 */
export function indexReduce(
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor,
  reduce: IndexReduction,
  options: ScatterReduceOptions = {},
): Tensor {
  const op = "indexReduce";
  if (!REDUCTIONS.includes(reduce)) {
    const names = REDUCTIONS.map((r) => `"${r}"`).join(", ");
    throw new ArgumentError(op, `reduce must be one of ${names}; got ${JSON.stringify(reduce)}`);
  }
  return composite(() => {
    const { d, wide } = sliceIndex(op, x, dim, index, source);
    return scatterReduce(x, d, wide, source, reduce, options);
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    indexReduce(
      dim: number,
      index: Tensor,
      source: Tensor,
      reduce: IndexReduction,
      options?: ScatterReduceOptions,
    ): Tensor;
  }
}
methods({
  indexReduce(dim, index, source, reduce, options) {
    return indexReduce(this, dim, index, source, reduce, options);
  },
});
