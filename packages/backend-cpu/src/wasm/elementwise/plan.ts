// From views to rows: the dims of an elementwise operation joined where all operands allow it, the last
// one as the row, the largest of the others as the rows of one kernel call. elementwise/walk.ts walks the rest.
//
// The plan lives in arrays of this module that every call fills anew: kernels are synchronous and small
// tensors must not pay for garbage.
import type { View } from "@tapegrad/core";

const RANKS = 64;
const make = (): Float64Array => new Float64Array(RANKS);

/** The number of dims that were left. */
export let rank = 0;
export const sizes = make();
/** Bytes per index step of y and the inputs. */
export const steps = [make(), make(), make(), make()] as const;
export const [stepsY, stepsA, stepsB, stepsC] = steps;

/** Bytes from one element of v to the next in dimension d of a shape of `outer` dims; 0 where it is broadcast. */
function stepOf(v: View, d: number, outer: number, bytes: number): number {
  const at = d - outer + v.shape.length;
  return at < 0 || v.shape[at] === 1 ? 0 : (v.strides[at] as number) * bytes;
}

/** Joins the dims of y; false when there is nothing to do. */
export function plan(
  y: Pick<View, "shape" | "strides" | "contiguous">,
  yBytes: number,
  a?: View,
  aBytes = 0,
  b?: View,
  bBytes = 0,
  c?: View,
  cBytes = 0,
): boolean {
  rank = 0;
  const outer = y.shape.length;
  for (let d = 0; d < outer; d++) {
    const n = y.shape[d] as number;
    if (n === 1) continue;
    if (n === 0) return false;
    const sy = (y.strides[d] as number) * yBytes;
    const sa = a === undefined ? 0 : stepOf(a, d, outer, aBytes);
    const sb = b === undefined ? 0 : stepOf(b, d, outer, bBytes);
    const sc = c === undefined ? 0 : stepOf(c, d, outer, cBytes);
    // Kept in order of y's steps, so that the row is the dim that lies side by side in y.
    let at = rank;
    while (at > 0 && !y.contiguous && (stepsY[at - 1] as number) < sy) {
      moveDim(at - 1, at);
      at--;
    }
    set(at, n, sy, sa, sb, sc);
    rank++;
  }
  join();
  if (rank === 0) {
    set(0, 1, yBytes, aBytes, bBytes, cBytes);
    rank = 1;
  }
  largestToRows();
  return true;
}

function set(d: number, n: number, sy: number, sa: number, sb: number, sc: number): void {
  sizes[d] = n;
  stepsY[d] = sy;
  stepsA[d] = sa;
  stepsB[d] = sb;
  stepsC[d] = sc;
}

function moveDim(from: number, to: number): void {
  sizes[to] = sizes[from] as number;
  for (const s of steps) s[to] = s[from] as number;
}

/** Neighbouring dims that continue each other in every operand become one. */
function join(): void {
  let kept = 0;
  for (let d = 1; d < rank; d++) {
    const n = sizes[d] as number;
    let fits = true;
    for (const s of steps) fits &&= s[kept] === (s[d] as number) * n;
    if (fits) {
      const merged = (sizes[kept] as number) * n;
      moveDim(d, kept);
      sizes[kept] = merged;
    } else if (++kept !== d) moveDim(d, kept);
  }
  rank = Math.min(rank, kept + 1);
}

/** Swaps the largest of the outer dims into the place before the row. */
function largestToRows(): void {
  const place = rank - 2;
  let best = place;
  for (let d = 0; d < place; d++) {
    if ((sizes[d] as number) > (sizes[best] as number)) best = d;
  }
  if (best < 0 || best === place) return;
  moveDim(place, RANKS - 1);
  moveDim(best, place);
  moveDim(RANKS - 1, best);
}

/**
 * Where a reads rows across (its steps within a row are large), makes the dim that a has side by side the
 * rows: a transposition. False when a has no such dim.
 */
export function transposed(bytes: number): boolean {
  for (let d = 0; d < rank - 1; d++) {
    if (stepsA[d] !== bytes) continue;
    moveDim(rank - 2, RANKS - 1);
    moveDim(d, rank - 2);
    moveDim(RANKS - 1, d);
    return true;
  }
  return false;
}

/** Bytes per step within the row: of y (0), a (1), b (2), c (3). */
export const rowStep = (operand: 0 | 1 | 2 | 3): number => steps[operand][rank - 1] as number;

/** The size of the dim before the row. */
export const rowCount = (): number => sizes[rank - 2] as number;
/** How many rows the plan has in all. */
export const allRows = (): number => planned() / (sizes[rank - 1] as number);

/** The elements of the plan. */
export function planned(): number {
  let elements = sizes[0] as number;
  for (let d = 1; d < rank; d++) elements *= sizes[d] as number;
  return elements;
}

/** From so many elements on it is worth asking whether threads help. */
export const MANY = 1 << 14;
/** Whether the plan has too few elements for threads. */
export const few = (): boolean => planned() < MANY;

/** Whether no two rows of the plan meet in operand b, which is written. */
export function rowsApart(): boolean {
  let apart = rank > 1;
  for (let d = 0; d < rank - 1; d++) apart &&= stepsB[d] !== 0;
  return apart;
}
