// Partial sums of weight gradients added up, always in the same order.
import {
  type Code,
  countdown,
  countdownOrSkip,
  type Func,
  f32,
  f32x4,
  func,
  type I32,
  type IntLocal,
  i32,
  type Scope,
  sumLanes,
  v128,
} from "../../assembler/assembler.ts";

/** The four partial sums of each of `count` taps at `sums`, added up, at `to`; moves both on. */
export function reduceSums(f: Scope, count: I32, sums: IntLocal, to: IntLocal): Code {
  const [left, scratch] = [f.local("i32"), f.local("v128")];
  return [
    left.set(count),
    countdownOrSkip(left, [
      f32.store(to, sumLanes(v128.load(sums), scratch)),
      sums.add(16),
      to.add(4),
    ]),
  ];
}

/**
 * addRows(rows, row, count, from, to): `count` floats, each the sum of `rows` that lie `row` bytes apart, in
 * that order.
 */
export const addRows = (): Func =>
  func(
    "addRows",
    { rows: "i32", row: "i32", count: "i32", from: "i32", to: "i32" },
    (f, { rows, row, count, from, to }) => {
      const [turns, left, at] = [f.local("i32"), f.local("i32"), f.local("i32")];
      const [sum, sums] = [f.local("f32"), f.local("v128")];
      const each = (bytes: number, zero: Code, add: Code, store: Code): Code =>
        countdownOrSkip(turns, [
          zero,
          left.set(rows),
          at.set(from),
          countdown(left, [add, at.add(row)]),
          store,
          from.add(bytes),
          to.add(bytes),
        ]);
      return [
        turns.set(i32.shrU(count, 2)),
        each(
          16,
          sums.set(v128.zero()),
          sums.set(f32x4.add(sums, v128.load(at))),
          v128.store(to, sums),
        ),
        turns.set(i32.and(count, 3)),
        each(4, sum.set(f32.const(0)), sum.set(f32.add(sum, f32.load(at))), f32.store(to, sum)),
      ];
    },
  );
