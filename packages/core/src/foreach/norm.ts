// The common norm of many tensors, and their scaling: what clipping of gradients needs.
import { emptyTensor, type Tensor } from "../tensor.ts";
import { pass } from "./pass.ts";

declare module "../backend.ts" {
  interface FusedKernels {
    /** y[0] = Σ |x|^p over all elements of all tensors, or max |x| for p = Infinity; NaN shows. y has one element. */
    powerSum(xs: readonly View[], p: number, y: View): Ran;
    /** x ← x · factor for each; contiguous, overlapping with nothing. */
    scaleAll(xs: readonly View[], factor: number): Ran;
  }
}

/**
 * Σ |x|^p over all elements of all tensors, or max |x| for p = Infinity.
 * @returns a tensor of no dims; undefined when nothing was done: go tensor by tensor
 */
export function powerSum(xs: readonly Tensor[], p: number): Tensor | undefined {
  const first = xs[0];
  if (first === undefined) return undefined;
  const y = emptyTensor(first.storage.backend, { shape: [], dtype: first.dtype }, "powerSum");
  if (pass("powerSum", [[y]], [xs], (k) => k.powerSum?.(xs, p, y))) return y;
  y.release();
  return undefined;
}

/**
 * Multiplies all by a number, in place.
 * @returns false when nothing was done: go tensor by tensor
 */
export const scaleAll = (xs: readonly Tensor[], factor: number): boolean =>
  pass("scaleAll", [xs], [], (k) => k.scaleAll?.(xs, factor));
