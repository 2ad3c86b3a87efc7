// Folds of few numbers into many results: rows of at most 128 elements, four of them at a time, and columns of
// rows that are few, or lie in the cache together, with their results in registers. Parameters as in reduce/kernels.ts.
import {
  type Code,
  call,
  countdown,
  countdownOrSkip,
  doWhile,
  type Expr,
  type Func,
  f32,
  f32x4,
  f64,
  func,
  type IntLocal,
  i32,
  type Local,
  select,
  v128,
  when,
} from "../assembler/assembler.ts";
import { type Fold, highPair, lowPair, PARAMS } from "./parts.ts";

type V = Expr<"v128">;
type Lane = Local<"v128">;
type Four<T> = [T, T, T, T];

/** acc[0 … 3] ∘= the lanes of v, `offset` bytes on. */
const addLanes = ({ two }: Fold, acc: IntLocal, v: Lane, offset = 0): Code => [
  v128.store(acc, two(v128.load(acc, offset), lowPair(v)), offset),
  v128.store(acc, two(v128.load(acc, offset + 16), highPair(v)), offset + 16),
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

/** Rows whose columns are folded in single precision. */
const RUN = 32;

/**
 * column for rows that lie in the first-level cache together, or are few: sixteen results at a time, a line of memory, stay
 * in registers from the first row to the last. Runs of rows are folded in single precision; products, which may overflow
 * there, in double.
 */
export function fewRows(name: string, fold: Fold, precise = false): Func {
  const { four, two, one, start } = fold;
  return func(name, PARAMS, (f, p) => {
    const [at, left, run, count] = f.locals("i32", 4) as Four<IntLocal>;
    const sums = f.locals("v128", 4) as Four<Lane>;
    const v = f.local("v128");
    const total = f.local("f64");
    const none = v128.constF32([start, start, start, start]);
    const inSingle = (vectors: 1 | 4): Code => {
      const some = sums.slice(0, vectors);
      return [
        left.set(p.rows),
        doWhile(
          [
            run.set(select(left, i32.const(RUN), i32.ltU(left, RUN))),
            left.set(i32.sub(left, run)),
            some.map((s) => s.set(none)),
            countdown(run, [
              some.map((s, i) => s.set(four(s, v128.load(at, i * 16)))),
              at.add(p.xRow),
            ]),
            some.map((s, i) => addLanes(fold, p.acc, s, i * 32)),
          ],
          left,
        ),
        p.acc.add(vectors * 32),
      ];
    };
    const [low, high] = sums;
    const inDouble: Code = [
      low.set(v128.load(p.acc)),
      high.set(v128.load(p.acc, 16)),
      left.set(p.rows),
      countdown(left, [
        v.set(v128.load(at)),
        low.set(two(low, lowPair(v))),
        high.set(two(high, highPair(v))),
        at.add(p.xRow),
      ]),
      v128.store(p.acc, low),
      v128.store(p.acc, high, 16),
      p.acc.add(32),
    ];
    const columns = (number: Expr<"i32">, body: Code, bytes: number): Code => [
      count.set(number),
      countdownOrSkip(count, [at.set(p.x), body, p.x.add(bytes)]),
    ];
    return [
      precise
        ? columns(i32.shrU(p.n, 2), inDouble, 16)
        : [
            columns(i32.shrU(p.n, 4), inSingle(4), 64),
            columns(i32.and(i32.shrU(p.n, 2), 3), inSingle(1), 16),
          ],
      columns(
        i32.and(p.n, 3),
        [
          total.set(f64.load(p.acc)),
          left.set(p.rows),
          countdown(left, [total.set(one(total, f64.promoteF32(f32.load(at)))), at.add(p.xRow)]),
          f64.store(p.acc, total),
          p.acc.add(8),
        ],
        4,
      ),
    ];
  });
}
