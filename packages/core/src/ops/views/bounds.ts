// What views check of their arguments: dims, Python's slice bounds, lists.
import { ArgumentError, IndexError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { normalizeDim } from "../../shape.ts";
import { checkLive, type Tensor } from "../../tensor.ts";

export interface AlongOptions {
  /** Default 0. */
  readonly dim?: number | undefined;
}
/** A dimension by itself, or by name; default 0. */
export type Along = number | AlongOptions;
const ALONG: OptionNames<AlongOptions> = { dim: true };

/** The dim that was meant, not checked against any shape. */
export function alongDim(op: string, along: Along | undefined): number {
  if (typeof along === "number") return along;
  checkOptions(op, along, ALONG);
  return along?.dim ?? 0;
}

/** The elements that Python's start:end:step takes of a dimension: bounds wrap once, then clamp. */
export function resolveSlice(
  op: string,
  size: number,
  start: number,
  end: number,
  step: number,
): { readonly start: number; readonly length: number } {
  const whole = (name: string, value: number) => {
    if (!Number.isInteger(value)) {
      throw new ArgumentError(op, `${name} must be a whole number; got ${value}`);
    }
  };
  whole("start", start);
  if (end !== Number.POSITIVE_INFINITY) whole("end", end);
  if (!Number.isInteger(step) || step < 1) {
    throw new ArgumentError(
      op,
      `step must be a whole number ≥ 1; got ${step} (a negative step would need a copy)`,
    );
  }
  const clamp = (at: number) => Math.min(Math.max(at < 0 ? at + size : at, 0), size);
  const first = clamp(start);
  return { start: first, length: Math.max(0, Math.ceil((clamp(end) - first) / step)) };
}

/** A dim that a tensor really has: a zero-dim tensor has none to slice. */
export function existingDim(op: string, dim: number, rank: number): number {
  if (rank === 0) throw new IndexError(op, "a zero-dimensional tensor has no dimension to index");
  return normalizeDim(op, dim, rank);
}

/** Tensors where a list is wanted, with the list itself checked. */
export function tensorList(op: string, tensors: readonly Tensor[]): void {
  if (!Array.isArray(tensors)) throw new ArgumentError(op, "expects an array of tensors");
  if (tensors.length === 0) throw new ArgumentError(op, "needs at least one tensor");
  for (const t of tensors) checkLive(op, t);
}

/** @throws ShapeError, ArgumentError unless all are vectors */
export function vectors(op: string, tensors: readonly Tensor[]): void {
  tensorList(op, tensors);
  const bad = tensors.findIndex((t) => t.ndim !== 1);
  if (bad < 0) return;
  throw new ShapeError(op, "expects vectors", {
    [`tensors[${bad}]`]: (tensors[bad] as Tensor).shape,
  });
}

/** @throws ArgumentError unless n is a whole number ≥ least */
export function wholeNumber(op: string, name: string, n: number, least: number): void {
  if (!Number.isInteger(n) || n < least) {
    throw new ArgumentError(op, `${name} must be a whole number ≥ ${least}; got ${n}`);
  }
}
