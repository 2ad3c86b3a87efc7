// Windows on views, for kernels that write or read a part of a tensor (strided metadata, no tensors),
// and the sliding windows of convolution and pooling.
import type { View } from "../../backend.ts";
import { ShapeError } from "../../errors.ts";
import { isContiguous, type Shape } from "../../shape.ts";

/** The part of v that a new shape, strides and offset (in elements, absolute) describe. */
export function windowOn(v: View, shape: Shape, strides: readonly number[], offset: number): View {
  const { storage, dtype } = v;
  return { storage, dtype, shape, strides, offset, contiguous: isContiguous(shape, strides) };
}

/** `length` elements of v along dim, from start, every step-th. */
export function slicedView(v: View, dim: number, start: number, length: number, step = 1): View {
  const stride = v.strides[dim] as number;
  return windowOn(
    v,
    v.shape.map((n, d) => (d === dim ? length : n)),
    v.strides.map((s, d) => (d === dim ? s * step : s)),
    // An empty window starts nowhere in particular; its offset stays inside of the storage.
    length === 0 ? v.offset : v.offset + start * stride,
  );
}

/** A zero-dim view as one of a single element in one dimension: kernels that take a dim want one. */
export const atLeast1d = (v: View): View =>
  v.shape.length > 0 ? v : windowOn(v, [1], [1], v.offset);

// ---- sliding windows ----

/** One entry per spatial dim. */
export interface WindowAttrs {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
}
export interface WindowOptions {
  /** Distance of two windows; a number or one per spatial dim. Default 1. */
  readonly stride?: number | readonly number[] | undefined;
  /** Distance of two taps of a window. Default 1. */
  readonly dilation?: number | readonly number[] | undefined;
}

/** How many windows fit into each spatial dim of [N, C, …spatial]. */
export function windowCounts(op: string, x: Shape, a: WindowAttrs): readonly number[] {
  return a.kernel.map((k, d) => {
    const size = x[d + 2] as number;
    const span = (a.dilation[d] as number) * (k - 1) + 1;
    if (span > size) {
      throw new ShapeError(
        op,
        `the kernel spans ${span} in spatial dim ${d} (dilation included) but the input has ${size}; ` +
          "use a smaller kernel, or pad()",
        { input: x },
      );
    }
    return Math.floor((size - span) / (a.stride[d] as number)) + 1;
  });
}
