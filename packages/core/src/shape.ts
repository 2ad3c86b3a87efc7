// Shapes and strides: plain arrays of integers and the arithmetic on them.
import { IndexError, ShapeError } from "./errors.ts";

export type Shape = readonly number[];

export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let d = 0; d < shape.length; d++) size *= shape[d] as number;
  return size;
}

/** Row-major strides, in elements. */
export function contiguousStrides(shape: Shape): readonly number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = step;
    step *= shape[d] as number;
  }
  return strides;
}

export function isContiguous(shape: Shape, strides: readonly number[]): boolean {
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    const n = shape[d] as number;
    if (n === 0) return true;
    if (n !== 1 && strides[d] !== step) return false;
    step *= n;
  }
  return true;
}

/**
 * Whether two elements may share one place: each stride, from the smallest up, must step over all that the
 * smaller ones reach. (A few layouts that interleave without meeting are called overlapping too.)
 */
export function overlapsItself(shape: Shape, strides: readonly number[]): boolean {
  if (shape.includes(0)) return false;
  const dims = shape.flatMap((n, d) => (n > 1 ? [[strides[d] as number, n] as const] : []));
  let reach = 0;
  for (const [stride, n] of dims.sort(([a], [b]) => a - b)) {
    if (stride <= reach) return true;
    reach += (n - 1) * stride;
  }
  return false;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let d = 0; d < a.length; d++) if (a[d] !== b[d]) return false;
  return true;
}

/** The shape that a and b broadcast to. @throws ShapeError naming the dimension where they do not. */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let d = 1; d <= rank; d++) {
    const p = a[a.length - d] ?? 1;
    const q = b[b.length - d] ?? 1;
    if (p !== q && p !== 1 && q !== 1) {
      throw new ShapeError(
        op,
        `sizes ${p} and ${q} in dimension -${d} do not broadcast (they must be equal, or one of them 1)`,
        { a, b },
      );
    }
    shape[rank - d] = p === 1 ? q : p;
  }
  return shape;
}

/** A dim in [-rank, rank) as one in [0, rank). A zero-dim tensor has dim 0 and -1, as in PyTorch. */
export function normalizeDim(op: string, dim: number, rank: number): number {
  const wraps = Math.max(rank, 1);
  if (!Number.isInteger(dim) || dim < -wraps || dim >= wraps) {
    throw new IndexError(
      op,
      `dim ${dim} is out of range for a tensor of ${rank} dimensions; expected ${-wraps} to ${wraps - 1}`,
    );
  }
  return dim < 0 ? dim + wraps : dim;
}

/** Distinct dims, sorted; undefined means all of them. */
export function normalizeDims(
  op: string,
  dims: number | readonly number[] | undefined,
  rank: number,
): readonly number[] {
  if (dims === undefined) return Array.from({ length: rank }, (_, d) => d);
  const list = (typeof dims === "number" ? [dims] : dims).map((d) => normalizeDim(op, d, rank));
  if (new Set(list).size !== list.length) {
    throw new IndexError(op, `dims [${[dims].flat().join(", ")}] name a dimension twice`);
  }
  return rank === 0 ? [] : list.sort((p, q) => p - q);
}

/** The shape after reducing dims: gone, or 1 with keepdim. */
export const reducedShape = (shape: Shape, dims: readonly number[], keepdim: boolean): Shape =>
  keepdim
    ? shape.map((n, d) => (dims.includes(d) ? 1 : n))
    : shape.filter((_, d) => !dims.includes(d));
