// The dims of a reduction: kept and reduced ones in the order of memory.
import type { View } from "@tapegrad/core";

/** Steps in bytes; yStep is 0 where the dim is reduced. */
export interface Dim {
  size: number;
  xStep: number;
  yStep: number;
  readonly kept: boolean;
}

/** Outermost first in memory, neighbours that continue each other joined. */
export function dimsOf(x: View, strides: readonly number[], y: View): Dim[] {
  const dims: Dim[] = [];
  for (let d = 0; d < x.shape.length; d++) {
    const size = x.shape[d] as number;
    if (size === 1) continue;
    const kept = y.shape[d] !== 1;
    const yStep = kept ? (y.strides[d] as number) * 4 : 0;
    dims.push({ size, xStep: (strides[d] as number) * 4, yStep, kept });
  }
  // Repeated elements (step 0) outermost.
  const rank = (d: Dim) => (d.xStep === 0 ? Infinity : d.xStep);
  dims.sort((p, q) => (rank(p) === rank(q) ? 0 : rank(q) - rank(p)));
  const joined: Dim[] = [];
  for (const d of dims) {
    const last = joined[joined.length - 1];
    const fits =
      last !== undefined &&
      last.kept === d.kept &&
      last.xStep === d.size * d.xStep &&
      last.yStep === d.size * d.yStep;
    if (fits) Object.assign(last, { size: last.size * d.size, xStep: d.xStep, yStep: d.yStep });
    else joined.push(d);
  }
  return joined;
}

/** Calls visit with the byte offsets in x and y of every combination of indices. */
export function each(dims: readonly Dim[], visit: (x: number, y: number) => void): void {
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

/** Takes the largest of the dims that pass out of the list. */
export function takeLargest(dims: Dim[], pass: (d: Dim) => boolean): Dim | undefined {
  let best = -1;
  dims.forEach((d, i) => {
    if (pass(d) && (best < 0 || d.size > (dims[best] as Dim).size)) best = i;
  });
  return best < 0 ? undefined : dims.splice(best, 1)[0];
}

export const ONE: Dim = { size: 1, xStep: 0, yStep: 0, kept: true };
