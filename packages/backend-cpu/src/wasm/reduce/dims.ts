// The dims of a reduction: kept and reduced ones in the order of memory.
import type { View } from "@tapegrad/core";

/** Steps in bytes; yStep is 0 where the dim is reduced. */
export interface Dim {
  size: number;
  xStep: number;
  yStep: number;
  readonly kept: boolean;
}

/**
 * Outermost first in memory, neighbours that continue each other joined.
 * @param bytes of an element of y
 */
export function dimsOf(x: View, strides: readonly number[], y: View, bytes = 4): Dim[] {
  const dims: Dim[] = [];
  let [inOrder, least] = [true, Infinity];
  for (let d = 0; d < x.shape.length; d++) {
    const size = x.shape[d] as number;
    if (size === 1) continue;
    const kept = y.shape[d] !== 1;
    const yStep = kept ? (y.strides[d] as number) * bytes : 0;
    const dim = { size, xStep: (strides[d] as number) * 4, yStep, kept };
    inOrder &&= rank(dim) <= least;
    least = rank(dim);
    dims.push(dim);
  }
  if (!inOrder) dims.sort((p, q) => (rank(p) === rank(q) ? 0 : rank(q) - rank(p)));
  let count = 0;
  for (const d of dims) {
    const last = dims[count - 1];
    const fits =
      last !== undefined &&
      last.kept === d.kept &&
      last.xStep === d.size * d.xStep &&
      last.yStep === d.size * d.yStep;
    if (fits) {
      last.size *= d.size;
      last.xStep = d.xStep;
      last.yStep = d.yStep;
    } else dims[count++] = d;
  }
  dims.length = count;
  return dims;
}

/** Repeated elements (step 0) outermost. */
const rank = (d: Dim): number => (d.xStep === 0 ? Infinity : d.xStep);

/** Calls visit with the byte offsets in x and y of every combination of indices. */
export function each(dims: readonly Dim[], visit: (x: number, y: number) => void): void {
  if (dims.length === 0) {
    visit(0, 0);
    return;
  }
  const index = dims.map(() => 0);
  let [x, y] = [0, 0];
  for (;;) {
    visit(x, y);
    let d = dims.length - 1;
    for (; d >= 0; d--) {
      const { size, xStep, yStep } = dims[d] as Dim;
      x += xStep;
      y += yStep;
      index[d] = (index[d] as number) + 1;
      if ((index[d] as number) < size) break;
      x -= xStep * size;
      y -= yStep * size;
      index[d] = 0;
    }
    if (d < 0) return;
  }
}

/** Takes the largest of the dims that are kept, or are not, out of the list; ONE if there is none. */
export function takeLargest(dims: Dim[], kept: boolean): Dim {
  let best = -1;
  for (let i = 0; i < dims.length; i++) {
    const d = dims[i] as Dim;
    if (d.kept === kept && (best < 0 || d.size > (dims[best] as Dim).size)) best = i;
  }
  return best < 0 ? ONE : (dims.splice(best, 1)[0] as Dim);
}

export const ONE: Dim = { size: 1, xStep: 0, yStep: 0, kept: true };
