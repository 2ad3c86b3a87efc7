// What the three direct depthwise kernels are put together from: the shape they are written for, weights,
// loops over tiles and columns, and the sums of one tile and column.
import {
  type Code,
  countdown,
  type Expr,
  f32x4,
  type IntLocal,
  type Scope,
  v128,
} from "../../assembler/assembler.ts";
import { get, upTo } from "../../assembler/lists.ts";
import { eachVector, type Fma, type Piece, type Rows, type Term, type Vec } from "./code.ts";

type Pair = readonly [number, number];

/** Height and width of everything. */
export interface PlaneShape {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  readonly padding: Pair;
  readonly input: Pair;
  readonly output: Pair;
}

/** How the code is cut; measured, not derived (conv/depthwise/depthwise.ts chooses). */
export interface Cut {
  /** Rows of a tile at most. */
  readonly rows: number;
  /** Up to so many inner columns are written out, more run in a loop. */
  readonly columns: number;
  /** Weight gradient: its sums are settled after each input row, in loops too. */
  readonly settled: boolean;
}

/** `limit` or a little less, so that pieces of that size share `n` evenly; a multiple of `step`. */
export const evenly = (n: number, limit: number, step = 1): number =>
  Math.ceil(Math.ceil(n / Math.ceil(n / limit)) / step) * step;

/**
 * The weights of a plane as splats in locals. Those that find no register lie on the stack, from where they
 * are fetched just before use; loads from memory would all be done early (see weightGradKernel) and
 * need the registers.
 */
export class Weights {
  private readonly pointer: IntLocal;
  private readonly splats: readonly Vec[];

  constructor(f: Scope, pointer: IntLocal, taps: number) {
    this.pointer = pointer;
    this.splats = f.locals("v128", taps);
  }

  /** To be run when the pointer has moved on to another filter. */
  load(): Code {
    return this.splats.map((s, tap) => s.set(v128.load32Splat(this.pointer, tap * 4)));
  }

  at(tap: number): Expr<"v128"> {
    return get(this.splats, tap);
  }

  get bytes(): number {
    return this.splats.length * 4;
  }
}

/** Runs `body` once, or `count` times with the pointers moved on in copies of them. */
function repeat(
  f: Scope,
  count: number,
  pointers: readonly IntLocal[],
  steps: readonly number[],
  body: (pointers: readonly IntLocal[]) => Code,
): Code {
  if (count === 1) return body(pointers);
  const copies = pointers.map(() => f.local("i32"));
  const left = f.local("i32");
  return [
    copies.map((copy, i) => copy.set(get(pointers, i))),
    left.set(count),
    countdown(left, [body(copies), copies.map((copy, i) => copy.add(get(steps, i)))]),
  ];
}

/** Pieces that are to be written out, one by one. */
export const expand = (pieces: readonly Piece[], limit: number): Piece[] =>
  pieces.flatMap((p) =>
    p.count > limit
      ? [p]
      : upTo(p.count).map((i) => ({ ...p, start: p.start + i * p.size, count: 1 })),
  );

export type Temps = readonly [Vec, Vec, Vec];
export const tempsOf = (f: Scope): Temps => [f.local("v128"), f.local("v128"), f.local("v128")];

/**
 * One tile and column: sums over terms, each stored once its last input row has passed.
 * @param start what a sum begins with; undefined: zero, to which the first product is not added
 */
export function sumTerms(
  temps: Temps,
  rows: Rows,
  step: number,
  terms: readonly Term[],
  sums: readonly Vec[],
  fma: Fma,
  weights: Weights,
  start: ((sum: number) => Expr<"v128"> | undefined) | undefined,
  groupOf: (sum: number) => number,
  finish: (group: number) => Code,
): Code {
  const started = new Set<number>();
  const groups = new Set(sums.map((_, i) => groupOf(i)));
  const lastRow = new Map<number, number>();
  for (const t of terms) {
    const group = groupOf(t.sum);
    lastRow.set(group, Math.max(lastRow.get(group) ?? t.row, t.row));
  }
  const end = (group: number): Code => [
    sums.map((s, i) =>
      groupOf(i) === group && !started.has(i) ? s.set(start?.(i) ?? v128.zero()) : [],
    ),
    finish(group),
  ];
  const body = eachVector(
    temps,
    rows,
    step,
    terms,
    (vector, users) =>
      users.map((t) => {
        const sum = get(sums, t.sum);
        const before = started.has(t.sum) ? sum : start?.(t.sum);
        started.add(t.sum);
        const weight = weights.at(t.tap);
        return sum.set(
          before === undefined ? f32x4.mul(vector, weight) : fma(vector, weight, before),
        );
      }),
    (row) => [...lastRow].filter(([, last]) => last === row).map(([group]) => end(group)),
  );
  // Rows of which every tap lies in the padding.
  return [body, [...groups].filter((group) => !lastRow.has(group)).map(end)];
}

/** Rows × columns of an output plane as pieces, and the code of each. */
export function overPlane(
  f: Scope,
  rows: readonly Piece[],
  columns: readonly Piece[],
  pointers: readonly IntLocal[],
  rowSteps: (size: number) => readonly number[],
  columnSteps: (size: number) => readonly number[],
  body: (row: Piece, column: Piece, pointers: readonly IntLocal[]) => Code,
): Code {
  return rows.map((row) =>
    repeat(f, row.count, pointers, rowSteps(row.size), (inRow) =>
      columns.map((column) =>
        repeat(f, column.count, inRow, columnSteps(column.size), (at) => body(row, column, at)),
      ),
    ),
  );
}
