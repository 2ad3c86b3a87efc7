// Folds of few numbers into many results: rows of at most 128 elements, four of them at a time, and columns of
// a few rows with their results in registers. Parameters as in reduce/kernels.ts.
import {
  type Code,
  call,
  countdown,
  countdownOrSkip,
  type Expr,
  type Func,
  f32,
  f32x4,
  f64,
  func,
  type IntLocal,
  i32,
  type Local,
  v128,
  when,
} from "../assembler/assembler.ts";
import { type Fold, highPair, lowPair, PARAMS } from "./parts.ts";

type V = Expr<"v128">;
type Lane = Local<"v128">;
type Four<T> = [T, T, T, T];

/** acc[0 … 3] ∘= the lanes of v. */
const addLanes = ({ two }: Fold, acc: IntLocal, v: Lane): Code => [
  v128.store(acc, two(v128.load(acc), lowPair(v))),
  v128.store(acc, two(v128.load(acc, 16), highPair(v)), 16),
];

/**
 * row for 1 ≤ n ≤ 128: a vector per row whose lanes are folded by a transposition, the last n % 4 of four rows in
 * the lanes of one vector. `row` does what is left of the rows.
 */
export function fourRows(fold: Fold, row: Func): Func {
  const { four, start } = fold;
  return func("fourRows", PARAMS, (f, p) => {
    const at = f.locals("i32", 4) as Four<IntLocal>;
    const sums = f.locals("v128", 4) as Four<Lane>;
    const [rest, left, count] = [f.local("v128"), f.local("i32"), f.local("i32")];
    const low = (a: V, b: V): V => f32x4.shuffle(a, b, [0, 4, 1, 5]);
    const high = (a: V, b: V): V => f32x4.shuffle(a, b, [2, 6, 3, 7]);
    const t = f.locals("v128", 4) as Four<Lane>;
    const [s0, s1, s2, s3] = sums;
    const none = v128.constF32([start, start, start, start]);
    const v = f.local("v128");
    return [
      left.set(i32.shrU(p.rows, 2)),
      countdownOrSkip(left, [
        at.map((q, i) => q.set(i === 0 ? p.x : i32.add(at[i - 1] as IntLocal, p.xRow))),
        p.x.set(i32.add(at[3], p.xRow)),
        sums.map((s) => s.set(none)),
        rest.set(none),
        count.set(i32.shrU(p.n, 2)),
        countdownOrSkip(
          count,
          sums.map((s, i) => [s.set(four(s, v128.load(at[i] as IntLocal))), at[i]?.add(16) ?? []]),
        ),
        count.set(i32.and(p.n, 3)),
        countdownOrSkip(count, [
          v.set(v128.load32Splat(at[0])),
          [1, 2, 3].map((i) => v.set(v128.load32Lane(at[i] as IntLocal, v, i))),
          at.map((q) => q.add(4)),
          rest.set(four(rest, v)),
        ]),
        when(i32.gtU(p.n, 3), [
          t[0].set(low(s0, s2)),
          t[1].set(high(s0, s2)),
          t[2].set(low(s1, s3)),
          t[3].set(high(s1, s3)),
          s0.set(low(t[0], t[2])),
          s1.set(high(t[0], t[2])),
          s2.set(low(t[1], t[3])),
          s3.set(high(t[1], t[3])),
          rest.set(four(four(four(s0, s1), four(s2, s3)), rest)),
        ]),
        addLanes(fold, p.acc, rest),
        p.acc.add(32),
      ]),
      left.set(i32.and(p.rows, 3)),
      when(left, call(row, left, p.n, p.x, p.xRow, p.acc)),
    ];
  });
}

/**
 * column for few rows: eight results at a time stay in registers from the first row to the last. In double
 * precision throughout, but for maxima, which lose nothing in single.
 */
export function fewRows(name: string, fold: Fold): Func {
  const { four, two, one, start, blind } = fold;
  return func(name, PARAMS, (f, p) => {
    const [at, left, count] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
    const sums = f.locals("v128", 4) as Four<Lane>;
    const v = f.local("v128");
    const total = f.local("f64");
    const none = v128.constF32([start, start, start, start]);
    const [s0, s1] = sums;
    const inSingle: Code = [
      [s0, s1].map((s) => s.set(none)),
      count.set(p.rows),
      countdown(count, [
        [s0, s1].map((s, i) => s.set(four(s, v128.load(at, i * 16)))),
        at.add(p.xRow),
      ]),
      addLanes(fold, p.acc, s0),
      p.acc.add(32),
      addLanes(fold, p.acc, s1),
      p.acc.add(32),
    ];
    const inDouble: Code = [
      sums.map((s, i) => s.set(v128.load(p.acc, i * 16))),
      count.set(p.rows),
      countdown(count, [
        [0, 2].map((k) => {
          const [low, high] = [sums[k] as Lane, sums[k + 1] as Lane];
          return [
            v.set(v128.load(at, k * 8)),
            low.set(two(low, lowPair(v))),
            high.set(two(high, highPair(v))),
          ];
        }),
        at.add(p.xRow),
      ]),
      sums.map((s, i) => v128.store(p.acc, s, i * 16)),
      p.acc.add(64),
    ];
    return [
      left.set(i32.shrU(p.n, 3)),
      countdownOrSkip(left, [at.set(p.x), blind ? inSingle : inDouble, p.x.add(32)]),
      left.set(i32.and(p.n, 7)),
      countdownOrSkip(left, [
        at.set(p.x),
        total.set(f64.load(p.acc)),
        count.set(p.rows),
        countdown(count, [total.set(one(total, f64.promoteF32(f32.load(at)))), at.add(p.xRow)]),
        f64.store(p.acc, total),
        p.acc.add(8),
        p.x.add(4),
      ]),
    ];
  });
}
