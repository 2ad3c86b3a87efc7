// Partial sums of weight gradients added up, always in the same order.
import { countdown, type Func, f32, func, sumLanes, v128 } from "../../assembler/assembler.ts";

/** reduceSums(count, sums, to): the four partial sums of each of `count` taps added up. */
export const reduceSums = (): Func =>
  func("reduceSums", { count: "i32", sums: "i32", to: "i32" }, (f, { count, sums, to }) => {
    const scratch = f.local("v128");
    return countdown(count, [
      f32.store(to, sumLanes(v128.load(sums), scratch)),
      sums.add(16),
      to.add(4),
    ]);
  });

/**
 * addRows(rows, row, count, from, to): `count` floats, each the sum of `rows` that lie `row` bytes apart, in
 * that order.
 */
export const addRows = (): Func =>
  func(
    "addRows",
    { rows: "i32", row: "i32", count: "i32", from: "i32", to: "i32" },
    (f, { rows, row, count, from, to }) => {
      const [left, at, sum] = [f.local("i32"), f.local("i32"), f.local("f32")];
      return countdown(count, [
        sum.set(f32.const(0)),
        left.set(rows),
        at.set(from),
        countdown(left, [sum.set(f32.add(sum, f32.load(at))), at.add(row)]),
        f32.store(to, sum),
        from.add(4),
        to.add(4),
      ]);
    },
  );
