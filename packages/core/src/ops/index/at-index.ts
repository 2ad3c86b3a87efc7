// index: Python's x[…], mixed as PyTorch mixes it. What is left of the specs after the view is one gather: the
// indexed dimensions come to the front, as one, and go back to their place if they lay side by side.

import { ShapeError } from "../../errors.ts";
import { broadcastShapes, type Shape, sizeOf } from "../../shape.ts";
import { composite, methods, type Tensor } from "../../tensor.ts";
import { expand } from "../views/expand.ts";
import { permute } from "../views/permute.ts";
import { sliceDim } from "../views/slice-dim.ts";
import { reshape } from "../views/view.ts";
import { gatherChecked } from "./gather.ts";
import { type IndexSpec, type IndexSpecs, readIndex, specsOf } from "./index-specs.ts";
import { linearIndex } from "./linear-index.ts";

/** How the indexed dimensions of a view lie. */
export interface Layout {
  /** The view's dims: the indexed ones, then the others. */
  readonly order: readonly number[];
  /** The sizes of the indexed dims, as one. */
  readonly places: number;
  /** The sizes of the others. */
  readonly rest: Shape;
  /** The shape that the indices broadcast to. */
  readonly picked: Shape;
  /** int64 [number of picks]: the row-major number of each among the places. */
  readonly index: Tensor;
  /** Where the picks stand in the result; 0 where the indexed dims are not side by side. */
  readonly at: number;
}

export function layoutOf(
  op: string,
  view: Tensor,
  indices: readonly (Tensor | undefined)[],
): Layout {
  const dims = indices.flatMap((t, d) => (t === undefined ? [] : [d]));
  const others = indices.flatMap((t, d) => (t === undefined ? [d] : []));
  const tensors = dims.map((d) => indices[d] as Tensor);
  const picked = tensors.map((t) => t.shape).reduce((a, b) => together(op, a, b));
  const parts = dims.map((d, k) => ({
    index: tensors[k] as Tensor,
    dim: d,
    size: view.shape[d] as number,
  }));
  // A zero-dim index takes its dim away, as a number does, and stands between no others; it is here only where it
  // cannot be read (a device that answers later).
  const lists = dims.filter((_, k) => (tensors[k] as Tensor).ndim > 0);
  const [first = dims[0] as number] = lists;
  const last = lists.at(-1) ?? first;
  const adjacent = others.every((d) => d < first || d > last);
  return {
    order: [...dims, ...others],
    places: sizeOf(dims.map((d) => view.shape[d] as number)),
    rest: others.map((d) => view.shape[d] as number),
    picked,
    index: linearIndex(op, parts, picked),
    at: adjacent ? others.filter((d) => d < first).length : 0,
  };
}

function together(op: string, a: Shape, b: Shape): Shape {
  try {
    return broadcastShapes(op, a, b);
  } catch {
    throw new ShapeError(op, "the index tensors do not broadcast together", { a, b });
  }
}

/** The index for gather and scatter along dim 0 of [places, ...rest]: expanded, not copied. */
export function rowIndex({ index, rest }: Layout): Tensor {
  const n = index.numel;
  return expand(reshape(index, [n, ...rest.map(() => 1)]), [n, ...rest]);
}

/** The order that brings [...picked, ...rest] to where the picks belong. */
export function resultOrder({ at, picked, rest }: Layout): readonly number[] {
  const front = Array.from({ length: at }, (_, d) => picked.length + d);
  const picks = picked.map((_, d) => d);
  const back = rest.slice(at).map((_, d) => picked.length + at + d);
  return [...front, ...picks, ...back];
}

/**
 * Python's `x[…]`: one spec for each dimension of x from the first, missing ones take all. Numbers, slices (step
 * ≥ 1), "..." and null (a new axis) alone give a view that shares memory; tensors of integers (negative ones count
 * from the end) and masks of bools pick elements into a copy. Several of them broadcast together; their dimensions
 * stand where the first stood if they lie side by side, else in front, as in PyTorch.
 * @example x.index(0, "1:3"); x.index("...", null); x.index(rows, ":", columns); x.index(x.gt(0))
 * @throws IndexError naming an index out of range; ShapeError, DTypeError, ArgumentError
 * @see https://docs.pytorch.org/docs/stable/tensor_view.html and NumPy's "Indexing on ndarrays"
 */
export function index(x: Tensor, specs: readonly IndexSpec[]): Tensor {
  return composite(() => {
    const { view, indices } = readIndex("index", x, specs);
    if (indices.every((t) => t === undefined)) {
      // A handle of its own, as every view is.
      if (view !== x) return view;
      return x.ndim === 0 ? reshape(x, []) : sliceDim(x, 0);
    }
    const layout = layoutOf("index", view, indices);
    const rows = reshape(permute(view, layout.order), [layout.places, ...layout.rest]);
    const y = reshape(gatherChecked(rows, 0, rowIndex(layout)), [...layout.picked, ...layout.rest]);
    return layout.at === 0 ? y : permute(y, resultOrder(layout));
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    /** Python's x[…], the specs one by one or in an array. */
    index(...specs: IndexSpecs): Tensor;
  }
}
methods({
  index(...specs) {
    return index(this, specsOf(specs));
  },
});
