// takeAlongDim and put: elements by their number along a dimension, or in row-major order.
import { ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { broadcastShapes, normalizeDim } from "../../shape.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { add } from "../elementwise/add.ts";
import { lt } from "../elementwise/lt.ts";
import { where } from "../elementwise/where.ts";
import { expand } from "../views/expand.ts";
import { reshape } from "../views/view.ts";
import { gather } from "./gather.ts";
import { checkIndexDType } from "./indices.ts";
import { linearIndex } from "./linear-index.ts";
import { sameDType, scatter } from "./scatter.ts";
import { scatterAdd } from "./scatter-add.ts";
import { take } from "./take.ts";

/**
 * As `torch.take_along_dim`: x's elements at `indices` along `dim`, the other dims broadcast; what argsort and argmax
 * give. Without dim x is read as one row. Negative indices count from the end.
 * @throws IndexError naming the first index out of range
 */
export function takeAlongDim(x: Tensor, indices: Tensor, dim?: number): Tensor {
  const op = "takeAlongDim";
  checkLive(op, x);
  checkLive(op, indices);
  checkIndexDType(op, indices.dtype);
  if (dim === undefined) return composite(() => take(x, reshape(indices, [indices.numel])));
  const d = normalizeDim(op, dim, x.ndim);
  if (x.ndim !== indices.ndim) {
    throw new ShapeError(op, "indices must have as many dimensions as input", {
      input: x.shape,
      indices: indices.shape,
    });
  }
  const size = x.shape[d] ?? 1;
  return composite(() => {
    const others = broadcastShapes(
      op,
      x.shape.map((n, i) => (i === d ? 1 : n)),
      indices.shape.map((n, i) => (i === d ? 1 : n)),
    );
    const wide = (t: Tensor) =>
      expand(
        t,
        others.map((n, i) => (i === d ? (t.shape[d] as number) : n)),
      );
    const at = where(lt(indices, 0), add(indices, size), indices);
    return gather(wide(x), d, wide(at));
  });
}

export interface PutOptions {
  /** Add to what is there instead of replacing it. Default false. */
  readonly accumulate?: boolean | undefined;
}
const OPTIONS: OptionNames<PutOptions> = { accumulate: true };

/**
 * As `torch.Tensor.put`: x with the elements of source at `index`, both read as one row; negative indices count from
 * the end.
 * @throws IndexError; ShapeError unless index and source have as many elements; DTypeError
 */
export function put(x: Tensor, index: Tensor, source: Tensor, options: PutOptions = {}): Tensor {
  const op = "put";
  checkLive(op, x);
  checkLive(op, index);
  checkLive(op, source);
  checkOptions(op, options, OPTIONS);
  sameDType(op, x, source);
  if (index.numel !== source.numel) {
    throw new ShapeError(op, "index and source must have as many elements", {
      index: index.shape,
      source: source.shape,
    });
  }
  return composite(() => {
    const at = linearIndex(op, [{ index, dim: 0, size: x.numel }], index.shape);
    const into = options.accumulate ? scatterAdd : scatter;
    const flat = into(reshape(x, [x.numel]), 0, at, reshape(source, [source.numel]));
    return reshape(flat, x.shape);
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    takeAlongDim(indices: Tensor, dim?: number): Tensor;
    put(index: Tensor, source: Tensor, options?: PutOptions): Tensor;
  }
}
methods({
  takeAlongDim(indices, dim) {
    return takeAlongDim(this, indices, dim);
  },
  put(index, source, options) {
    return put(this, index, source, options);
  },
});
