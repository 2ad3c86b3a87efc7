// The inner loops of reductions. Partial results are doubles: runs of at most 128 floats (4 vectors wide)
// are folded in single precision, what comes out is added up in double. So a sum of a million numbers is
// nearly as good as one in float64, at the speed of memory, and always in the same order.
//
//   row(rows, n, x, xRow, acc)    acc[r] ∘= x[r, 0] ∘ x[r, 1] ∘ …      elements side by side
//   column(rows, n, x, xRow, acc) acc[j] ∘= x[0, j] ∘ x[1, j] ∘ …
//   start(n, acc, value)          acc[j] = value
//   finish(n, acc, y, yStep)      y[j] = acc[j]
import {
  type Code,
  countdown,
  countdownOrSkip,
  doWhile,
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
import { fromPairs } from "../norm/runs.ts";
import { combineKernel, foldKernel } from "./fold.ts";
import { FOLDS, type Fold, type FoldCode, highPair, lowPair, PARAMS, splat } from "./parts.ts";
import { fewRows, fourRows } from "./short.ts";

export { FOLDS, type FoldCode } from "./parts.ts";

type V = Expr<"v128">;

const RUN = 128;

function rowFold({ four, two, one, start, blind }: Fold): Func {
  return func("row", PARAMS, (f, p) => {
    const [from, left, run, count] = [0, 1, 2, 3].map(() => f.local("i32"));
    if (!from || !left || !run || !count) return [];
    const sums = f.locals("v128", 4) as [
      Local<"v128">,
      Local<"v128">,
      Local<"v128">,
      Local<"v128">,
    ];
    const total = f.local("f64");
    const [s0, s1, s2, s3] = sums;
    const [pair, v, nan] = f.locals("v128", 3) as [Local<"v128">, Local<"v128">, Local<"v128">];
    const fold = (s: Local<"v128">, offset = 0): Code =>
      blind === undefined
        ? s.set(four(s, v128.load(from, offset)))
        : [
            v.set(v128.load(from, offset)),
            s.set(blind(s, v)),
            nan.set(v128.or(nan, f32x4.ne(v, v))),
          ];
    return countdown(p.rows, [
      from.set(p.x),
      left.set(p.n),
      total.set(f64.load(p.acc)),
      blind === undefined ? [] : nan.set(v128.zero()),
      doWhile(
        [
          run.set(select(left, i32.const(RUN), i32.ltU(left, RUN))),
          left.set(i32.sub(left, run)),
          sums.map((s) => s.set(splat(start))),
          count.set(i32.shrU(run, 4)),
          countdownOrSkip(count, [sums.map((s, i) => fold(s, i * 16)), from.add(64)]),
          count.set(i32.and(i32.shrU(run, 2), 3)),
          countdownOrSkip(count, [fold(s0), from.add(16)]),
          count.set(i32.and(run, 3)),
          countdownOrSkip(count, [
            total.set(one(total, f64.promoteF32(f32.load(from)))),
            from.add(4),
          ]),
          s0.set(four(four(s0, s1), four(s2, s3))),
          blind === undefined ? [] : s0.set(v128.or(s0, nan)),
          pair.set(two(lowPair(s0), highPair(s0))),
          total.set(one(total, one(f64x2.extractLane(pair, 0), f64x2.extractLane(pair, 1)))),
        ],
        i32.ne(left, 0),
      ),
      f64.store(p.acc, total),
      p.acc.add(8),
      p.x.add(p.xRow),
    ]);
  });
}

function columnFold({ four, two, one }: Fold): Func {
  return func("column", PARAMS, (f, p) => {
    const [r1, r2, r3, at, acc, left] = [0, 1, 2, 3, 4, 5].map(() => f.local("i32"));
    if (!r1 || !r2 || !r3 || !at || !acc || !left) return [];
    const v = f.local("v128");
    const s = f.local("f32");
    /** Adds `value` (of `at` and its rows) to four partial results, `single` to one. */
    const along = (value: V, single: Expr<"f32">, all: readonly IntLocal[]): Code => {
      return [
        acc.set(p.acc),
        left.set(i32.shrU(p.n, 2)),
        countdownOrSkip(left, [
          v.set(value),
          v128.store(acc, two(v128.load(acc), lowPair(v))),
          v128.store(acc, two(v128.load(acc, 16), highPair(v)), 16),
          acc.add(32),
          all.map((q) => q.add(16)),
        ]),
        left.set(i32.and(p.n, 3)),
        countdownOrSkip(left, [
          s.set(single),
          f64.store(acc, one(f64.load(acc), f64.promoteF32(s))),
          acc.add(8),
          all.map((q) => q.add(4)),
        ]),
      ];
    };
    const [fours, ones] = [f.local("i32"), f.local("i32")];
    const lane0 = (x: V): Expr<"f32"> => f32x4.extractLane(x, 0);
    const fold4 = (load: (q: IntLocal) => V): V =>
      four(four(load(at), load(r1)), four(load(r2), load(r3)));
    return [
      fours.set(i32.shrU(p.rows, 2)),
      countdownOrSkip(fours, [
        at.set(p.x),
        r1.set(i32.add(p.x, p.xRow)),
        r2.set(i32.add(r1, p.xRow)),
        r3.set(i32.add(r2, p.xRow)),
        p.x.set(i32.add(r3, p.xRow)),
        along(
          fold4((q) => v128.load(q)),
          lane0(fold4((q) => v128.load32Splat(q))),
          [at, r1, r2, r3],
        ),
      ]),
      ones.set(i32.and(p.rows, 3)),
      countdownOrSkip(ones, [
        at.set(p.x),
        p.x.add(p.xRow),
        along(v128.load(at), f32.load(at), [at]),
      ]),
    ];
  });
}

/** row for products: every factor in double precision. */
const prodRow = (): Func =>
  func("row", PARAMS, (f, p) => {
    const [from, left] = f.locals("i32", 2) as [IntLocal, IntLocal];
    type Lane = Local<"v128">;
    const products = f.locals("v128", 4) as [Lane, Lane, Lane, Lane];
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

export type FoldKernels = "row" | "column" | "start" | "finish" | "fold" | "combine";

export function foldKernels(code: FoldCode): Func[] {
  const how = FOLDS[code];
  const row = code === "prod" ? prodRow() : rowFold(how);
  const column = code === "prod" ? fewRows("column", how, true) : columnFold(how);
  const loops = {
    row,
    column,
    fourRows: code === "prod" ? row : fourRows(how, row),
    fewRows: fewRows("fewRows", how, code === "prod"),
    start: startKernel(),
    finish: finishKernel(),
  };
  return [...new Set(Object.values(loops)), foldKernel(loops, how), combineKernel(how)];
}
