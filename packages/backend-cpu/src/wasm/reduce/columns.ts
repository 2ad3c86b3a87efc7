// Folds of columns: rows of elements side by side, folded into one row of results.
//
//   someRows(rows, n, x, xRow, y)  y[j] = x[0, j] ∘ x[1, j] ∘ …      floats, few rows
//   column(rows, n, x, xRow, acc)  acc[j] ∘= x[0, j] ∘ x[1, j] ∘ …   doubles, any number of rows
//
// Rows are read eight at a time from their beginning to their end, as a tree, and what comes out is folded onto a row of
// results that stays in the first-level cache: memory is read in long stretches, at eight places at once.
import {
  type Code,
  countdownOrSkip,
  type Expr,
  type Func,
  f32,
  f64,
  func,
  type I32,
  type IntLocal,
  i32,
  type Local,
  type Scope,
  v128,
  when,
} from "../assembler/assembler.ts";
import { type Fold, foldOnto, highPair, lowPair, PARAMS, splat } from "./parts.ts";

type V = Expr<"v128">;
type Lane = Local<"v128">;
type Four<T> = [T, T, T, T];

/** Up to so many rows are folded in single precision. */
const FEW = 8;
/** And up to so many of so many bytes in all: they lie in the first-level cache together. */
const SOME = 64;
const NEAR = 16 * 1024;

/** Whether `rows` rows, `step` bytes from one to the next, are for someRows(). */
export const fewRows = (rows: number, step: number): boolean =>
  rows <= FEW || (rows <= SOME && rows * step <= NEAR);

/**
 * Columns whose results stay in registers, if there are just so many: rows of planes of this width, a common one, would be
 * too short to make up for the beginning of a pass.
 */
const STRIPE = 32;

/** What becomes of the fold of some rows: it is stored, or folded onto the floats or doubles that are there. */
type Sink = "set" | "floats" | "doubles";

/** Writes a pass over the next `rows` rows from p.x on, which leaves p.x behind them. */
function passes(f: Scope, how: Fold, p: { x: IntLocal; xRow: IntLocal; n: IntLocal }, y: IntLocal) {
  const { four, two, start, precise } = how;
  const at = f.locals("i32", 4) as Four<IntLocal>;
  const [to, left, next] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
  const held = f.locals("v128", 8) as Lane[];
  const v = f.local("v128");
  /** 0 + −0 is 0: a sum begins with 0, and is not −0 where all elements are. */
  const begun = (value: V): V => (start === 0 ? four(value, splat(0)) : value);
  return (rows: 1 | 4 | 8, sink: Sink): Code => {
    const all = at.slice(0, Math.min(4, rows));
    const places = (): readonly Expr<"i32">[] =>
      rows === 8 ? [...all, ...all.map((q) => i32.add(q, next))] : all;
    const fold = (load: (q: I32, offset?: number) => V, offset: number, single = false): Code => {
      const loads = places().map((q) => load(q, offset));
      const kept = sink === "floats" ? load(to, offset) : undefined;
      const [before, result] = foldOnto(how, kept, loads, held);
      if (sink !== "doubles") {
        const value = sink === "set" ? begun(result) : result;
        const store = single ? v128.store32Lane(to, value, 0) : v128.store(to, value, offset);
        return [before, store];
      }
      const ends = precise ? held.slice(0, loads.length) : [v];
      const onto = (kept: V, pair: (v: V) => V): V =>
        ends.reduce((all, end) => two(all, pair(end)), kept);
      const [low, high] = [2 * offset, 2 * offset + 16];
      return [
        precise ? ends.map((end, i) => end.set(loads[i] as V)) : [before, v.set(result)],
        single
          ? v128.store64Lane(to, onto(v128.load64Zero(to), lowPair), 0)
          : [
              v128.store(to, onto(v128.load(to, low), lowPair), low),
              v128.store(to, onto(v128.load(to, high), highPair), high),
            ],
      ];
    };
    const along = (count: Expr<"i32">, body: Code, bytes: number): Code => [
      left.set(count),
      countdownOrSkip(left, [
        body,
        to.add(sink === "doubles" ? bytes * 2 : bytes),
        all.map((q) => q.add(bytes)),
      ]),
    ];
    return [
      all.map((q, i) => q.set(i === 0 ? p.x : i32.add(all[i - 1] as IntLocal, p.xRow))),
      rows === 8 ? next.set(i32.shl(p.xRow, 2)) : [],
      p.x.add(i32.mul(p.xRow, rows)),
      to.set(y),
      along(
        i32.shrU(p.n, 4),
        [0, 16, 32, 48].map((k) => fold(v128.load, k)),
        64,
      ),
      along(i32.and(i32.shrU(p.n, 2), 3), fold(v128.load, 0), 16),
      along(i32.and(p.n, 3), fold(v128.load32Zero, 0, true), 4),
    ];
  };
}

/** See above: the tree of the first eight rows is stored, those of the others are folded onto it. */
export function someRows(how: Fold): Func {
  const params = { rows: "i32", n: "i32", x: "i32", xRow: "i32", y: "i32" } as const;
  return func("someRows", params, (f, p) => {
    const pass = passes(f, how, p, p.y);
    const eights = f.local("i32");
    const rest: Code = [
      when(i32.and(p.rows, 4), pass(4, "floats")),
      p.rows.set(i32.and(p.rows, 3)),
      countdownOrSkip(p.rows, pass(1, "floats")),
    ];
    const inMemory: Code = [
      eights.set(i32.shrU(p.rows, 3)),
      when(
        eights,
        [
          pass(8, "set"),
          eights.set(i32.sub(eights, 1)),
          countdownOrSkip(eights, pass(8, "floats")),
        ],
        when(
          i32.and(p.rows, 4),
          [pass(4, "set"), p.rows.set(i32.sub(p.rows, 4))],
          [pass(1, "set"), p.rows.set(i32.sub(p.rows, 1))],
        ),
      ),
      rest,
    ];
    return when(i32.eq(p.n, STRIPE), stripe(f, how, p), inMemory);
  });
}

/** Writes the fold of STRIPE columns, two rows at a time. */
function stripe(
  f: Scope,
  how: Fold,
  p: Readonly<Record<"rows" | "x" | "xRow" | "y", IntLocal>>,
): Code {
  const left = f.local("i32");
  const sums = f.locals("v128", STRIPE / 4) as Lane[];
  const held = f.locals("v128", 2) as Lane[];
  const rows = (places: readonly Expr<"i32">[]): Code =>
    sums.map((s, i) => {
      const loads = places.map((q) => v128.load(q, i * 16));
      const [before, result] = foldOnto(how, s, loads, held);
      return [before, s.set(result)];
    });
  return [
    sums.map((s) => s.set(splat(how.start))),
    left.set(i32.shrU(p.rows, 1)),
    countdownOrSkip(left, [rows([p.x, i32.add(p.x, p.xRow)]), p.x.add(i32.shl(p.xRow, 1))]),
    when(i32.and(p.rows, 1), rows([p.x])),
    sums.map((s, i) => v128.store(p.y, s, i * 16)),
  ];
}

/** See above: trees of eight rows are folded onto doubles; factors of products are doubles each. */
export const columnFold = (how: Fold): Func =>
  func("column", PARAMS, (f, p) => {
    const pass = passes(f, how, p, p.acc);
    const most = how.precise ? 4 : 8; // as many as fit in registers
    const many = f.local("i32");
    return [
      many.set(i32.divU(p.rows, most)),
      countdownOrSkip(many, pass(most, "doubles")),
      most === 8 ? when(i32.and(p.rows, 4), pass(4, "doubles")) : [],
      p.rows.set(i32.and(p.rows, 3)),
      countdownOrSkip(p.rows, pass(1, "doubles")),
    ];
  });

/** widen(n, from, acc): acc[j] ∘= from[j], floats into doubles. */
export const widenKernel = ({ two, one }: Fold): Func =>
  func("widen", { n: "i32", from: "i32", acc: "i32" }, (f, p) => {
    const left = f.local("i32");
    const v = f.local("v128");
    return [
      left.set(i32.shrU(p.n, 2)),
      countdownOrSkip(left, [
        v.set(v128.load(p.from)),
        v128.store(p.acc, two(v128.load(p.acc), lowPair(v))),
        v128.store(p.acc, two(v128.load(p.acc, 16), highPair(v)), 16),
        p.from.add(16),
        p.acc.add(32),
      ]),
      left.set(i32.and(p.n, 3)),
      countdownOrSkip(left, [
        f64.store(p.acc, one(f64.load(p.acc), f64.promoteF32(f32.load(p.from)))),
        p.from.add(4),
        p.acc.add(8),
      ]),
    ];
  });
