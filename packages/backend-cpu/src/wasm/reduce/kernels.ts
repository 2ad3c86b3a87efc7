// The kernels of reductions. Partial results are doubles: runs of at most 128 floats of a row, or 8 of a column (64 of a
// short one), are folded in single precision, what comes out is added up in double. So a sum of a million numbers is nearly
// as good as one in float64, at the speed of memory, and always in the same order. See reduce/rows.ts, columns.ts, and
//
//   start(n, acc, value)          acc[j] = value
//   finish(n, acc, y, yStep)      y[j] = acc[j]
//   all(n, x, y, acc)             y[0] = x[0] ∘ x[1] ∘ …, n ≥ 1
import {
  call,
  countdownOrSkip,
  type Func,
  f32,
  f64,
  f64x2,
  func,
  i32,
  select,
  v128,
  when,
} from "../assembler/assembler.ts";
import { fromPairs } from "../norm/runs.ts";
import { columnFold, someRows, widenKernel } from "./columns.ts";
import { combineKernel, foldKernel, type Loops } from "./fold.ts";
import { FOLDS, type Fold, type FoldCode } from "./parts.ts";
import { fourRows, prodRow, rowFold } from "./rows.ts";

export { FOLDS, type FoldCode } from "./parts.ts";

const startKernel = (): Func =>
  func("start", { n: "i32", acc: "i32", value: "f64" }, (f, p) => {
    const left = f.local("i32");
    return [
      left.set(i32.shrU(p.n, 1)),
      countdownOrSkip(left, [v128.store(p.acc, f64x2.splat(p.value)), p.acc.add(16)]),
      when(i32.and(p.n, 1), f64.store(p.acc, p.value)),
    ];
  });
const finishKernel = (): Func =>
  func("finish", { n: "i32", acc: "i32", y: "i32", yStep: "i32" }, (f, p) => {
    const fours = f.local("i32");
    return [
      // Four at a time where they lie side by side.
      fours.set(select(i32.shrU(p.n, 2), i32.const(0), i32.eq(p.yStep, 4))),
      p.n.set(i32.sub(p.n, i32.shl(fours, 2))),
      countdownOrSkip(fours, [
        v128.store(p.y, fromPairs(v128.load(p.acc), v128.load(p.acc, 16))),
        p.acc.add(32),
        p.y.add(16),
      ]),
      countdownOrSkip(p.n, [
        f32.store(p.y, f32.demoteF64(f64.load(p.acc))),
        p.acc.add(8),
        p.y.add(p.yStep),
      ]),
    ];
  });

const allKernel = (row: Func, { start }: Fold): Func =>
  func("all", { n: "i32", x: "i32", y: "i32", acc: "i32" }, (_, p) => [
    f64.store(p.acc, f64.const(start)),
    call(row, 1, p.n, p.x, 0, p.acc),
    f32.store(p.y, f32.demoteF64(f64.load(p.acc))),
  ]);

export type FoldKernels =
  | "row"
  | "column"
  | "start"
  | "finish"
  | "all"
  | "fold"
  | "combine"
  | SingleKernels;
/** Products have none. */
type SingleKernels = "fourRows" | "someRows" | "widen";

export function foldKernels(code: FoldCode): Func[] {
  const how = FOLDS[code];
  const ends = { start: startKernel(), finish: finishKernel() };
  if (how.precise) {
    const loops = { row: prodRow(), column: columnFold(how), ...ends };
    return [...Object.values(loops), ...whole(loops, how)];
  }
  const single = { fourRows: fourRows(how), someRows: someRows(how), widen: widenKernel(how) };
  const loops = { row: rowFold(how), column: columnFold(how), ...ends };
  return [...Object.values(loops), ...Object.values(single), ...whole({ ...loops, single }, how)];
}

const whole = (loops: Loops, how: Fold): Func[] => [
  allKernel(loops.row, how),
  foldKernel(loops, how),
  combineKernel(how),
];
