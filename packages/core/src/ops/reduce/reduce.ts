// What all reductions over dims share.
import type { View } from "../../backend.ts";
import { contiguousStrides, type Shape } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";

/** Sorted, non-negative, distinct dims. */
export interface ReduceAttrs {
  readonly dims: readonly number[];
  readonly keepdim: boolean;
}
export interface ReduceOptions {
  /** Keep reduced dimensions with size 1. Default false. */
  readonly keepdim?: boolean;
}

/** y seen with x's rank, reduced dimensions as 1: what the reduce kernels want. */
export function keptView(x: View, y: View, dims: readonly number[]): View {
  const shape = x.shape.map((n, d) => (dims.includes(d) ? 1 : n));
  const { storage, offset, dtype } = y;
  return { storage, offset, dtype, shape, strides: contiguousStrides(shape), contiguous: true };
}

/** A reduced tensor with the reduced dimensions back as 1. */
export function withKeptDims(y: Tensor, a: ReduceAttrs, shape: Shape): Tensor {
  return a.keepdim ? y : y.reshape(shape.map((n, d) => (a.dims.includes(d) ? 1 : n)));
}

/** The gradient of a sum: g at every element that was summed. */
export const expandGrad = (g: Tensor, a: ReduceAttrs, shape: Shape): Tensor =>
  withKeptDims(g, a, shape).expand(shape);
