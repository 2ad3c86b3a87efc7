// Building blocks of the direct depthwise kernels, which are written for one plane size: the loads with
// zeros at the edges, the cutting of a plane into tiles and columns, and the sums over taps.
//
// NCHW, one plane at a time. A tile is some rows of output, a column four (or eight) of its pixels. In
// a column every input vector is loaded once and used for all rows and taps that need it, and an
// accumulator lives only while the input passes over its row. Everything about an edge is known while the
// code is written: a tap outside of the plane costs nothing, one across its edge a shuffle.
import {
  type Code,
  type Expr,
  f32x4,
  type IntLocal,
  i32,
  type Local,
  v128,
  when,
} from "../../assembler/assembler.ts";

export type Vec = Local<"v128">;
export type Fma = (a: Expr<"v128">, b: Expr<"v128">, c: Expr<"v128">) => Expr<"v128">;

/** Rows of `width` floats without gaps, the first at the pointer. */
export interface Rows {
  readonly pointer: IntLocal;
  readonly width: number;
}

/**
 * Floats off … off+3 of a row, zeros for those outside of it; undefined if all are. A plain load
 * inside, one load and a shuffle across an edge, single lanes in rows shorter than a vector.
 */
export function loadAcross(
  { pointer, width }: Rows,
  row: number,
  off: number,
): Expr<"v128"> | undefined {
  if (off <= -4 || off >= width) return undefined;
  const at = (column: number): number => (row * width + column) * 4;
  if (off >= 0 && off + 4 <= width) return v128.load(pointer, at(off));
  if (width < 4) {
    let vec: Expr<"v128"> = v128.zero();
    for (let lane = 0; lane < 4; lane++) {
      const column = off + lane;
      if (column >= 0 && column < width) vec = v128.load32Lane(pointer, vec, lane, at(column));
    }
    return vec;
  }
  const start = off < 0 ? 0 : width - 4;
  const lanes = [0, 1, 2, 3].map((lane) => {
    const column = off + lane;
    // Lanes of the zeros such that the eight lanes run on: engines have one instruction for that.
    if (column < 0) return 8 + column;
    return column < width ? column - start : 4 + column - width;
  });
  return f32x4.shuffle(v128.load(pointer, at(start)), v128.zero(), lanes);
}

/** Stores the first `count` lanes. */
export function storeLanes(pointer: IntLocal, value: Vec, offset: number, count: number): Code {
  if (count >= 4) return v128.store(pointer, value, offset);
  if (count === 1) return v128.store32Lane(pointer, value, 0, offset);
  return [
    v128.store64Lane(pointer, value, 0, offset),
    count === 3 ? v128.store32Lane(pointer, value, 2, offset + 8) : [],
  ];
}

/** A product that goes into a sum: vector `off` of input row `row`, times weight `tap`, into `sum`. */
export interface Term {
  readonly row: number;
  readonly off: number;
  readonly tap: number;
  readonly sum: number;
}

/**
 * Code that runs through the input vectors of the terms, row by row, each loaded once into a local
 * that `use` is given (the locals are scratch); lanes lie `step` floats apart. `rowDone` is called
 * after the terms of a row, with the row's number and its index among those that have terms.
 */
export function eachVector(
  [low, high, vector]: readonly [Vec, Vec, Vec],
  rows: Rows,
  step: number,
  terms: readonly Term[],
  use: (vector: Vec, terms: readonly Term[]) => Code,
  rowDone: (row: number, index: number) => Code,
): Code {
  const code: Code[] = [];
  groupBy(terms, (t) => t.row).forEach(([row, inRow], index) => {
    const byOff = groupBy(inRow, (t) => t.off);
    const done = new Set<number>();
    for (const [off, same] of byOff) {
      if (done.has(off)) continue;
      done.add(off);
      if (step === 2) {
        // Even and odd lanes of eight floats: two taps for two loads.
        const [a, b] = [loadAcross(rows, row, off), loadAcross(rows, row, off + 4)];
        const next = byOff.find(([o]) => o === off + 1)?.[1];
        if (a === undefined && b === undefined) continue;
        code.push(low.set(a ?? v128.zero()), high.set(b ?? v128.zero()));
        code.push(vector.set(f32x4.shuffle(low, high, [0, 2, 4, 6])), use(vector, same));
        if (next !== undefined) {
          done.add(off + 1);
          code.push(vector.set(f32x4.shuffle(low, high, [1, 3, 5, 7])), use(vector, next));
        }
      } else {
        const value = step === 1 ? loadAcross(rows, row, off) : loadLanes(rows, row, off, step);
        if (value !== undefined) code.push(vector.set(value), use(vector, same));
      }
    }
    code.push(rowDone(row, index));
  });
  return code;
}

function loadLanes(
  { pointer, width }: Rows,
  row: number,
  off: number,
  step: number,
): Expr<"v128"> | undefined {
  const columns = [0, 1, 2, 3].map((lane) => off + lane * step);
  if (!columns.some((column) => column >= 0 && column < width)) return undefined;
  return columns.reduce<Expr<"v128">>(
    (vec, column, lane) =>
      column >= 0 && column < width
        ? v128.load32Lane(pointer, vec, lane, (row * width + column) * 4)
        : vec,
    v128.zero(),
  );
}

/**
 * Makes an engine compute the locals here. Engines move arithmetic down to where its result is needed, loads stay
 * in order; this is a place where it is needed: two branches meet, of which the other one is never taken. That one
 * loads them, each a value of its own, or the engine would shift them from register to register.
 * @param pointer where a vector for each could be loaded; a multiple of 4
 * @param nth another number each time, or the engine would remember which branch it took
 */
export const settle = (pointer: IntLocal, locals: readonly Vec[], nth: number): Code =>
  when(
    i32.eq(pointer, 4 * nth + 1),
    locals.map((local, i) => local.set(v128.load(pointer, 16 * i))),
  );

/** Sorted by key. */
function groupBy<T>(items: readonly T[], key: (item: T) => number): [number, T[]][] {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const list = groups.get(key(item));
    if (list === undefined) groups.set(key(item), [item]);
    else list.push(item);
  }
  return [...groups].sort(([a], [b]) => a - b);
}

/** `count` steps from `start` on that one piece of code can do, advancing pointers in between. */
export interface Piece {
  readonly start: number;
  readonly size: number;
  readonly count: number;
}

/**
 * Cuts [0, length) into pieces of `size`; consecutive ones for which `inner(start)` says that they touch
 * no edge become one piece with a count. What is left at the end is a smaller piece, or with `overlap` a
 * whole one that ends at the end.
 */
export function cut(
  length: number,
  size: number,
  inner: (start: number) => boolean,
  overlap: boolean,
): Piece[] {
  const pieces: Piece[] = [];
  for (let start = 0; start < length; start += size) {
    const rest = length - start;
    const last = pieces[pieces.length - 1];
    if (rest < size) {
      const shifted = overlap && length >= size;
      pieces.push({
        start: shifted ? length - size : start,
        size: shifted ? size : rest,
        count: 1,
      });
    } else if (inner(start) && last !== undefined && inner(last.start) && last.size === size) {
      pieces[pieces.length - 1] = { ...last, count: last.count + 1 };
    } else pieces.push({ start, size, count: 1 });
  }
  return pieces;
}
