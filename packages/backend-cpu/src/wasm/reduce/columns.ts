// Folds of columns: rows of elements side by side, folded into one row of results.
//
//   someRows(rows, n, x, xRow, y)  y[j] = x[0, j] ∘ x[1, j] ∘ …      floats, 1 ≤ rows ≤ SOME_ROWS
//   column(rows, n, x, xRow, acc)  acc[j] ∘= x[0, j] ∘ x[1, j] ∘ …   doubles, any number of rows
//
// Rows are read four at a time from their beginning to their end, and what comes out is added to a row of results that stays
// in the first-level cache: memory is read in long stretches, at four places at once.
import {
  type Code,
  call,
  countdown,
  countdownOrSkip,
  doWhile,
  type Expr,
  type Func,
  f32,
  f64,
  func,
  type IntLocal,
  i32,
  type Local,
  select,
  v128,
  when,
} from "../assembler/assembler.ts";
import { CHUNK, type Fold, foldOnto, highPair, lowPair, PARAMS, splat } from "./parts.ts";

type V = Expr<"v128">;
type Lane = Local<"v128">;
type Four<T> = [T, T, T, T];

/** Rows that are folded in single precision. */
export const SOME_ROWS = 32;

export function someRows(how: Fold): Func {
  const { four, start } = how;
  const params = { rows: "i32", n: "i32", x: "i32", xRow: "i32", y: "i32" } as const;
  return func("someRows", params, (f, p) => {
    const at = f.locals("i32", 4) as Four<IntLocal>;
    const [to, left, fours] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
    const held = f.locals("v128", 4) as Four<Lane>;
    /** y ∘= the next rows, or y = where nothing is there yet. */
    const pass = (rows: 1 | 4, more: boolean): Code => {
      const all = at.slice(0, rows);
      /** 0 + −0 is 0: a sum begins with 0, and is not −0 where all elements are. */
      const begun = (v: V): V => (start === 0 ? four(v, splat(0)) : v);
      const fold = (
        load: (q: IntLocal, offset?: number) => V,
        store: (q: IntLocal, value: V, offset?: number) => Code,
        offset = 0,
      ): Code => {
        const loads = all.map((q) => load(q, offset));
        const kept = more ? load(to, offset) : undefined;
        const [before, result] = foldOnto(how, kept, loads, held);
        return [before, store(to, more ? result : begun(result), offset)];
      };
      const along = (count: Expr<"i32">, body: Code, bytes: number): Code => [
        left.set(count),
        countdownOrSkip(left, [body, to.add(bytes), all.map((q) => q.add(bytes))]),
      ];
      const vectors = (count: number): Code =>
        [0, 16, 32, 48].slice(0, count).map((k) => fold(v128.load, v128.store, k));
      const store32: typeof v128.store = (q, value) => v128.store32Lane(q, value, 0);
      return [
        all.map((q, i) => q.set(i === 0 ? p.x : i32.add(all[i - 1] as IntLocal, p.xRow))),
        p.x.set(i32.add(all[rows - 1] as IntLocal, p.xRow)),
        to.set(p.y),
        along(i32.shrU(p.n, 4), vectors(4), 64),
        along(i32.and(i32.shrU(p.n, 2), 3), vectors(1), 16),
        along(i32.and(p.n, 3), fold(v128.load32Zero, store32), 4),
      ];
    };
    return [
      fours.set(i32.shrU(p.rows, 2)),
      when(
        fours,
        [
          pass(4, false),
          fours.set(i32.sub(fours, 1)),
          countdownOrSkip(fours, pass(4, true)),
          p.rows.set(i32.and(p.rows, 3)),
        ],
        [pass(1, false), p.rows.set(i32.sub(p.rows, 1))],
      ),
      countdownOrSkip(p.rows, pass(1, true)),
    ];
  });
}

/** `widen` adds floats to doubles; there is room for CHUNK floats behind those at acc. */
export const columnFold = (some: Func, widen: Func): Func =>
  func("column", PARAMS, (f, p) => {
    const [run, sums] = f.locals("i32", 2) as [IntLocal, IntLocal];
    return [
      sums.set(i32.add(p.acc, CHUNK * 8)),
      doWhile(
        [
          run.set(select(p.rows, i32.const(SOME_ROWS), i32.ltU(p.rows, SOME_ROWS))),
          p.rows.set(i32.sub(p.rows, run)),
          call(some, run, p.n, p.x, p.xRow, sums),
          call(widen, p.n, sums, p.acc),
          p.x.add(i32.mul(run, p.xRow)),
        ],
        p.rows,
      ),
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

/** column for products, which may overflow in single precision: four columns at a time, all rows. */
export const prodColumn = ({ two, one }: Fold): Func =>
  func("column", PARAMS, (f, p) => {
    const [at, left, count] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
    const [low, high, v] = f.locals("v128", 3) as [Lane, Lane, Lane];
    const total = f.local("f64");
    const columns = (number: Expr<"i32">, body: Code, bytes: number): Code => [
      count.set(number),
      countdownOrSkip(count, [at.set(p.x), left.set(p.rows), body, p.x.add(bytes)]),
    ];
    return [
      columns(
        i32.shrU(p.n, 2),
        [
          low.set(v128.load(p.acc)),
          high.set(v128.load(p.acc, 16)),
          countdown(left, [
            v.set(v128.load(at)),
            low.set(two(low, lowPair(v))),
            high.set(two(high, highPair(v))),
            at.add(p.xRow),
          ]),
          v128.store(p.acc, low),
          v128.store(p.acc, high, 16),
          p.acc.add(32),
        ],
        16,
      ),
      columns(
        i32.and(p.n, 3),
        [
          total.set(f64.load(p.acc)),
          countdown(left, [total.set(one(total, f64.promoteF32(f32.load(at)))), at.add(p.xRow)]),
          f64.store(p.acc, total),
          p.acc.add(8),
        ],
        4,
      ),
    ];
  });
