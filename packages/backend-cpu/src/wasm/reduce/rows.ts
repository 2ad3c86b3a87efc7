// Folds of rows: elements side by side, one result a row.
//
//   row(rows, n, x, xRow, acc)    acc[r] ∘= x[r, 0] ∘ x[r, 1] ∘ …      doubles, any n
//   fourRows(rows, n, x, xRow, y) y[r] = x[r, 0] ∘ x[r, 1] ∘ …         floats, 1 ≤ n ≤ 128
import {
  type Code,
  countdown,
  countdownOrSkip,
  type Expr,
  type Func,
  f32,
  f32x4,
  f64,
  f64x2,
  func,
  type IntLocal,
  i32,
  type Local,
  select,
  v128,
  when,
} from "../assembler/assembler.ts";
import { type Fold, foldOnto, highPair, lowPair, PARAMS, splat } from "./parts.ts";

type V = Expr<"v128">;
type Lane = Local<"v128">;
type Four<T> = [T, T, T, T];

/** Floats that are folded in single precision, 16 lanes wide: 2 ** RUN_BITS. */
const RUN_BITS = 7;
/** Rows of fourRows() are not longer. */
export const SHORT_ROW = 2 ** RUN_BITS;
const RUN_BYTES = 4 << RUN_BITS;
/**
 * From so many floats on a row is read at two places at once, in its first and in its second half. Memory is fetched ahead
 * page by page (4 KiB), and each page has to be noticed first: with two of them on the way the wait is half as long.
 */
const TWO_PLACES = 4096;

export function rowFold(how: Fold): Func {
  const { four, two, start } = how;
  return func("row", PARAMS, (f, p) => {
    const names = f.locals("i32", 5);
    const [from, far, skip, left, count] = names;
    if (!from || !far || !skip || !left || !count) return [];
    const sums = f.locals("v128", 4) as Four<Lane>;
    const [s0, s1, s2, s3] = sums;
    const [pair, totals] = f.locals("v128", 2) as [Lane, Lane];
    const held = f.locals("v128", 2) as [Lane, Lane];
    /** A vector of each place, onto a sum. */
    const fold = (s: Lane, places: readonly IntLocal[], offset = 0): Code => {
      const loads = places.map((at) => v128.load(at, offset));
      const [before, result] = foldOnto(how, s, loads, held);
      return [before, s.set(result)];
    };
    const lines = (...places: readonly IntLocal[]): Code => [
      sums.map((s, i) => fold(s, places, i * 16)),
      places.map((at) => at.add(64)),
    ];
    const begin = sums.map((s) => s.set(splat(start)));
    /** The lanes of all sums, onto two doubles. */
    const end: Code = [
      s2.set(four(s2, s3)),
      s0.set(four(four(s0, s1), s2)),
      pair.set(highPair(s0)),
      totals.set(two(two(totals, lowPair(s0)), pair)),
    ];
    const doubles = f64x2.splat(f64.const(start));
    const runs: Code = [
      // Either the halves of the row, or those of each run.
      when(
        i32.ltU(p.n, TWO_PLACES),
        [skip.set(RUN_BYTES / 2), far.set(i32.add(p.x, RUN_BYTES / 2))],
        [skip.set(0), far.set(i32.add(p.x, i32.mul(left, RUN_BYTES / 2)))],
      ),
      countdown(left, [
        begin,
        count.set(RUN_BYTES / 128),
        countdown(count, lines(from, far)),
        from.add(skip),
        far.add(skip),
        end,
      ]),
      from.set(i32.add(p.x, i32.mul(i32.shrU(p.n, RUN_BITS), RUN_BYTES))),
    ];
    const rest: Code = [
      begin,
      count.set(i32.shrU(left, 4)),
      countdownOrSkip(count, lines(from)),
      count.set(i32.and(i32.shrU(left, 2), 3)),
      countdownOrSkip(count, [fold(s0, [from]), from.add(16)]),
      count.set(i32.and(left, 3)),
      countdownOrSkip(count, [
        s1.set(four(s1, v128.load32Lane(from, splat(start), 0))),
        from.add(4),
      ]),
      end,
    ];
    return countdown(p.rows, [
      from.set(p.x),
      totals.set(v128.load64Lane(p.acc, doubles, 0)),
      left.set(i32.shrU(p.n, RUN_BITS)),
      when(left, runs),
      left.set(i32.and(p.n, SHORT_ROW - 1)),
      when(left, rest),
      pair.set(f32x4.shuffle(totals, totals, [2, 3, 2, 3])),
      v128.store64Lane(p.acc, two(totals, pair), 0),
      p.acc.add(8),
      p.x.add(p.xRow),
    ]);
  });
}

/** row for products: every factor in double precision. */
export const prodRow = (): Func =>
  func("row", PARAMS, (f, p) => {
    const [from, left] = f.locals("i32", 2) as [IntLocal, IntLocal];
    const products = f.locals("v128", 4) as Four<Lane>;
    const total = f.local("f64");
    const v = f.local("v128");
    return countdown(p.rows, [
      from.set(p.x),
      total.set(f64.load(p.acc)),
      products.map((q) => q.set(f64x2.splat(f64.const(1)))),
      left.set(i32.shrU(p.n, 3)),
      countdownOrSkip(left, [
        [0, 2].map((k) => {
          const [low, high] = [products[k] as Lane, products[k + 1] as Lane];
          return [
            v.set(v128.load(from, k * 8)),
            low.set(f64x2.mul(low, lowPair(v))),
            high.set(f64x2.mul(high, highPair(v))),
          ];
        }),
        from.add(32),
      ]),
      left.set(i32.and(p.n, 7)),
      countdownOrSkip(left, [
        total.set(f64.mul(total, f64.promoteF32(f32.load(from)))),
        from.add(4),
      ]),
      v.set(f64x2.mul(f64x2.mul(products[0], products[1]), f64x2.mul(products[2], products[3]))),
      f64.store(p.acc, f64.mul(total, f64.mul(f64x2.extractLane(v, 0), f64x2.extractLane(v, 1)))),
      p.acc.add(8),
      p.x.add(p.xRow),
    ]);
  });

/**
 * Four rows at a time: a vector per row whose lanes are folded by a transposition, the last n % 4 of each row in the lanes of
 * one vector. Of the last rows, if there are fewer than four, one is read several times.
 */
export function fourRows(how: Fold): Func {
  const { four, start } = how;
  const params = { rows: "i32", n: "i32", x: "i32", xRow: "i32", y: "i32" } as const;
  return func("fourRows", params, (f, p) => {
    const at = f.locals("i32", 4) as Four<IntLocal>;
    const sums = f.locals("v128", 4) as Four<Lane>;
    const [rest, v, w] = f.locals("v128", 3) as [Lane, Lane, Lane];
    const [left, count] = f.locals("i32", 2) as [IntLocal, IntLocal];
    const low = (a: V, b: V): V => f32x4.shuffle(a, b, [0, 4, 1, 5]);
    const high = (a: V, b: V): V => f32x4.shuffle(a, b, [2, 6, 3, 7]);
    const t = f.locals("v128", 4) as Four<Lane>;
    const [s0, s1, s2, s3] = sums;
    const add = (vectors: 1 | 2): Code =>
      sums.map((s, i) => {
        const q = at[i] as IntLocal;
        const loads = [0, 16].slice(0, vectors).map((k) => v128.load(q, k));
        const [before, result] = foldOnto(how, s, loads, [v, w]);
        return [before, s.set(result), q.add(vectors * 16)];
      });
    /** The results of the rows at `at`, in the lanes of `rest`. */
    const fold: Code = [
      rest.set(splat(start)),
      when(i32.gtU(p.n, 3), [
        sums.map((s) => s.set(splat(start))),
        count.set(i32.shrU(p.n, 3)),
        countdownOrSkip(count, add(2)),
        when(i32.and(p.n, 4), add(1)),
        t[0].set(low(s0, s2)),
        t[1].set(high(s0, s2)),
        t[2].set(low(s1, s3)),
        t[3].set(high(s1, s3)),
        s0.set(low(t[0], t[2])),
        s1.set(high(t[0], t[2])),
        s2.set(low(t[1], t[3])),
        s3.set(high(t[1], t[3])),
        s2.set(four(s2, s3)),
        rest.set(four(four(s0, s1), s2)),
      ]),
      count.set(i32.and(p.n, 3)),
      countdownOrSkip(count, [
        v.set(v128.load32Splat(at[0])),
        [1, 2, 3].map((i) => v.set(v128.load32Lane(at[i] as IntLocal, v, i))),
        at.map((q) => q.add(4)),
        rest.set(four(rest, v)),
      ]),
    ];
    return [
      left.set(i32.shrU(p.rows, 2)),
      countdownOrSkip(left, [
        at.map((q, i) => q.set(i === 0 ? p.x : i32.add(at[i - 1] as IntLocal, p.xRow))),
        p.x.set(i32.add(at[3], p.xRow)),
        fold,
        v128.store(p.y, rest),
        p.y.add(16),
      ]),
      left.set(i32.and(p.rows, 3)),
      when(left, [
        at.map((q, i) => {
          if (i === 0) return q.set(p.x);
          const before = at[i - 1] as IntLocal;
          return q.set(select(i32.add(before, p.xRow), before, i32.gtU(left, i)));
        }),
        fold,
        [0, 1, 2].map((i) => when(i32.gtU(left, i), v128.store32Lane(p.y, rest, i, i * 4))),
      ]),
    ];
  });
}
