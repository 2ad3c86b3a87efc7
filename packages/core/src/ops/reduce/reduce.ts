// What all reductions over dims share.
import type { Meta, View } from "../../backend.ts";
import { type DType, isFloating } from "../../dtype.ts";
import { ArgumentError, DTypeError, ShapeError } from "../../errors.ts";
import { checkOptions, type KnownOptions, type OptionNames } from "../../options.ts";
import { contiguousStrides, normalizeDims, reducedShape, type Shape, sizeOf } from "../../shape.ts";
import { checkLive, type Tensor } from "../../tensor.ts";
import { to } from "../elementwise/to.ts";

/** Sorted, non-negative, distinct dims. */
export interface ReduceAttrs {
  readonly dims: readonly number[];
  readonly keepdim: boolean;
}
export type Dims = number | readonly number[];
export interface ReduceOptions {
  /** What to reduce over when no dim is given before: one, several, or (default) all. */
  readonly dim?: Dims | undefined;
  /** Keep reduced dimensions with size 1. Default false. */
  readonly keepdim?: boolean | undefined;
}
export const REDUCE_OPTIONS: OptionNames<ReduceOptions> = { dim: true, keepdim: true };

export interface SumOptions extends ReduceOptions {
  /** x is cast to it first. Default: int64 for integers and bools, else x's dtype. */
  readonly dtype?: DType | undefined;
}
const SUM_OPTIONS: OptionNames<SumOptions> = { ...REDUCE_OPTIONS, dtype: true };

/** reduceAttrs, and x in the dtype that was asked for. */
export function castAndAttrs(
  op: string,
  x: Tensor,
  dim: Dims | SumOptions | undefined,
  options: SumOptions,
): readonly [Tensor, ReduceAttrs] {
  const attrs = reduceAttrs(op, x, dim, options, SUM_OPTIONS);
  const isOptions = typeof dim === "object" && !Array.isArray(dim);
  const { dtype } = isOptions ? (dim as SumOptions) : options;
  return [dtype === undefined ? x : to(x, dtype), attrs];
}

/** sum(x, 1, { keepdim }), sum(x, { dim: 1, keepdim }) and sum(x) all say the same; checked. */
export function reduceAttrs(
  op: string,
  x: Tensor,
  dim: Dims | ReduceOptions | undefined,
  options: ReduceOptions,
  known: KnownOptions = REDUCE_OPTIONS,
): ReduceAttrs {
  checkLive(op, x);
  const [over, { keepdim = false }] = dimAndOptions<Dims, ReduceOptions>(op, dim, options, known);
  return { dims: normalizeDims(op, over, x.shape.length), keepdim };
}

/** A trailing options object may stand where dim would. */
export function dimAndOptions<D, O extends { readonly dim?: D | undefined }>(
  op: string,
  dim: D | O | undefined,
  options: O,
  known: KnownOptions,
): readonly [D | undefined, O] {
  const isOptions = typeof dim === "object" && dim !== null && !Array.isArray(dim);
  const [over, rest] = isOptions ? [(dim as O).dim, dim as O] : [dim as D | undefined, options];
  checkOptions(op, rest, known);
  const found = over ?? rest.dim;
  if (found !== undefined && typeof found !== "number" && !Array.isArray(found)) {
    throw new ArgumentError(op, `dim must be a number or numbers, got ${String(found)}`);
  }
  return [found, rest];
}

/** The Meta of a reduction. */
export const reducedMeta = (x: Meta, a: ReduceAttrs, dtype: DType = x.dtype): Meta => ({
  shape: reducedShape(x.shape, a.dims, a.keepdim),
  dtype,
});

/** How many elements go into one result. */
export const countOf = (shape: Shape, dims: readonly number[]): number =>
  sizeOf(dims.map((d) => shape[d] as number));

/** @throws DTypeError for integers and bools, of which PyTorch takes no mean either */
export function requireFloating(op: string, x: Meta): void {
  if (isFloating(x.dtype)) return;
  throw new DTypeError(op, `expects a float dtype, got ${x.dtype}; cast it with to("float32")`);
}

/** @throws ShapeError when a dim to reduce has no elements: nothing has no largest or first one */
export function requireElements(op: string, shape: Shape, dims: readonly number[]): void {
  const empty = dims.find((d) => shape[d] === 0);
  if (empty === undefined) return;
  throw new ShapeError(op, `dim ${empty} has no elements to reduce, so there is no result`, {
    input: shape,
  });
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
