// The kernels of optim/optim.ts. Each walks a run of the row that a table describes:
//
//   run(entry, skip, count, …)   entry: address of [size, address in list 0, address in list 1, …] of a tensor,
//                                the entries of the next tensors behind it
//
// `skip` elements of the first tensor are left out, `count` elements are taken. Products and sums are rounded
// one by one (no fused multiply-add, in either kind of SIMD): the work is bound by memory, and so a step has
// the bits of the ops that its formula is made of.
import {
  type Code,
  countdown,
  countdownOrSkip,
  doWhile,
  type Expr,
  type Func,
  f32x4,
  f64,
  f64x2,
  func,
  type IntLocal,
  i32,
  type Local,
  type Scope,
  select,
  v128,
  when,
} from "../assembler/assembler.ts";

type V = Expr<"v128">;
type Vector = Local<"v128">;
const { add, sub, mul, div } = f32x4;

interface Spec {
  /** Lists of tensors in the table, and those that are stored back. */
  readonly lists: number;
  readonly writes: readonly number[];
  readonly scalars: readonly string[];
  /** Changes the values of the lists, four elements (or one, in lane 0). */
  change(values: readonly Vector[], scalars: Readonly<Record<string, Vector>>, f: Scope): Code;
}

interface RunParams {
  readonly entry: IntLocal;
  readonly skip: IntLocal;
  readonly count: IntLocal;
}

/** Walks the tensors of a run; `part` handles the `left` elements of one from the addresses `at` on. */
function overTensors(
  f: Scope,
  p: RunParams,
  lists: number,
  part: (at: readonly IntLocal[], size: IntLocal) => Code,
): Code {
  const at = f.locals("i32", lists);
  const size = f.local("i32");
  return doWhile(
    [
      size.set(i32.sub(i32.load(p.entry), p.skip)),
      size.set(select(size, p.count, i32.ltU(size, p.count))),
      p.count.set(i32.sub(p.count, size)),
      at.map((address, k) =>
        address.set(i32.add(i32.load(p.entry, 4 + 4 * k), i32.shl(p.skip, 2))),
      ),
      part(at, size),
      p.entry.add(4 * (lists + 1)),
      p.skip.set(i32.const(0)),
    ],
    i32.ne(p.count, 0),
  );
}

/** Offsets of the vectors in 64 bytes, which a round of the main loops takes. */
const LINE = [0, 16, 32, 48];

function changeKernel(spec: Spec): Func {
  const params: Record<string, "i32" | "f32"> = { entry: "i32", skip: "i32", count: "i32" };
  for (const name of spec.scalars) params[name] = "f32";
  return func("run", params, (f, p) => {
    const values = f.locals("v128", spec.lists);
    const scalars = Object.fromEntries(spec.scalars.map((name) => [name, f.local("v128")]));
    const left = f.local("i32");
    const change = spec.change(values, scalars, f);
    const four = (at: readonly IntLocal[], offset: number): Code => [
      values.map((value, k) => value.set(v128.load(at[k] as IntLocal, offset))),
      change,
      spec.writes.map((k) => v128.store(at[k] as IntLocal, values[k] as Vector, offset)),
    ];
    const move = (at: readonly IntLocal[], bytes: number) =>
      at.map((address) => address.add(bytes));
    const one = (at: readonly IntLocal[]): Code => [
      values.map((value, k) => value.set(v128.load32Lane(at[k] as IntLocal, value, 0))),
      change,
      spec.writes.map((k) => v128.store32Lane(at[k] as IntLocal, values[k] as Vector, 0)),
      move(at, 4),
    ];
    return [
      spec.scalars.map((name) =>
        (scalars[name] as Vector).set(f32x4.splat(p[name] as unknown as Expr<"f32">)),
      ),
      overTensors(f, p as unknown as RunParams, spec.lists, (at, size) => [
        left.set(i32.shrU(size, 4)),
        countdownOrSkip(left, [LINE.map((offset) => four(at, offset)), move(at, 64)]),
        left.set(i32.and(i32.shrU(size, 2), 3)),
        countdownOrSkip(left, [four(at, 0), move(at, 16)]),
        left.set(i32.and(size, 3)),
        countdownOrSkip(left, one(at)),
      ]),
    ];
  });
}

export interface SGDForm {
  readonly maximize: boolean;
  readonly decay: boolean;
  readonly buffer: "none" | "first" | "momentum";
  readonly nesterov: boolean;
}

/** Lists: parameter, gradient, buffer. */
export function sgdKernel({ maximize, decay, buffer, nesterov }: SGDForm): Func {
  return changeKernel({
    lists: buffer === "none" ? 2 : 3,
    writes: buffer === "none" ? [0] : [0, 2],
    scalars: ["weightDecay", "momentum", "fresh", "rate"],
    change(values, scalars) {
      const [p, g, v] = values as [Vector, Vector, Vector];
      const { weightDecay, momentum, fresh, rate } = scalars as Record<string, Vector> & {
        [K in "weightDecay" | "momentum" | "fresh" | "rate"]: Vector;
      };
      return [
        maximize ? g.set(f32x4.neg(g)) : [],
        decay ? g.set(add(mul(p, weightDecay), g)) : [],
        buffer === "first" ? v.set(g) : [],
        buffer === "momentum" ? v.set(add(mul(v, momentum), mul(g, fresh))) : [],
        buffer === "none" ? [] : g.set(nesterov ? add(mul(v, momentum), g) : v),
        p.set(add(p, mul(g, rate))),
      ];
    },
  });
}

export interface AdamForm {
  readonly maximize: boolean;
  readonly decay: "none" | "gradient" | "shrink";
  readonly amsgrad: boolean;
}

const ADAM = ["decay", "newMean", "beta2", "newSquare", "correction", "eps", "rate"] as const;

/** Lists: parameter, gradient, mean, mean of squares, the largest of these. */
export function adamKernel({ maximize, decay, amsgrad }: AdamForm): Func {
  return changeKernel({
    lists: amsgrad ? 5 : 4,
    writes: amsgrad ? [0, 2, 3, 4] : [0, 2, 3],
    scalars: ADAM,
    change(values, scalars) {
      const [p, g, m, s, x] = values as [Vector, Vector, Vector, Vector, Vector];
      const k = scalars as { readonly [K in (typeof ADAM)[number]]: Vector };
      const most = amsgrad ? x : s;
      return [
        maximize ? g.set(f32x4.neg(g)) : [],
        decay === "gradient" ? g.set(add(mul(p, k.decay), g)) : [],
        decay === "shrink" ? p.set(mul(p, k.decay)) : [],
        m.set(add(m, mul(sub(g, m), k.newMean))),
        s.set(add(mul(s, k.beta2), mul(mul(g, g), k.newSquare))),
        amsgrad ? x.set(f32x4.max(x, s)) : [],
        // g has served: it becomes the step.
        g.set(div(m, add(div(f32x4.sqrt(most), k.correction), k.eps))),
        p.set(add(p, mul(g, k.rate))),
      ];
    },
  });
}

/** x ← x · factor. */
export const scaleKernel = (): Func =>
  changeKernel({
    lists: 1,
    writes: [0],
    scalars: ["factor"],
    change: ([x], { factor }) => (x as Vector).set(mul(x as Vector, factor as Vector)),
  });

/** Rounds of 64 bytes that are added in single precision before they join the total, which is a double. */
const CHUNK = 64;

/** run(entry, skip, count, y): Σ |x|, Σ x² or max |x| of the run, a double at y. */
export function powerKernel(power: 1 | 2 | "max"): Func {
  return func("run", { entry: "i32", skip: "i32", count: "i32", y: "i32" }, (f, p) => {
    const total = f.local("f64");
    const sums = f.locals("v128", LINE.length);
    const [sum, sum1, sum2, sum3] = sums as [Vector, Vector, Vector, Vector];
    const value = f.local("v128");
    const [left, chunk] = f.locals("i32", 2) as [IntLocal, IntLocal];
    const of = (x: V): V => (power === 2 ? mul(x, x) : f32x4.abs(x));
    const [join, both, one] =
      power === "max" ? [f32x4.max, f64x2.max, f64.max] : [add, f64x2.add, f64.add];
    const take = (to: Vector, x: V): Code => [value.set(x), to.set(join(to, of(value)))];
    /** The lanes of all sums join the total. */
    const collect: Code = [
      sum.set(join(join(sum, sum1), join(sum2, sum3))),
      value.set(
        both(
          f64x2.promoteLowF32x4(sum),
          f64x2.promoteLowF32x4(f32x4.shuffle(sum, sum, [2, 3, 2, 3])),
        ),
      ),
      total.set(one(total, one(f64x2.extractLane(value, 0), f64x2.extractLane(value, 1)))),
      sums.map((s) => s.set(v128.zero())),
    ];
    return [
      overTensors(f, p, 1, ([x], size) => {
        const at = x as IntLocal;
        const round: Code = [
          LINE.map((offset, k) => take(sums[k] as Vector, v128.load(at, offset))),
          at.add(64),
        ];
        return [
          left.set(i32.shrU(size, 4)),
          when(
            left,
            doWhile(
              [
                chunk.set(select(left, i32.const(CHUNK), i32.ltU(left, CHUNK))),
                left.set(i32.sub(left, chunk)),
                countdown(chunk, round),
                collect,
              ],
              i32.ne(left, 0),
            ),
          ),
          left.set(i32.and(i32.shrU(size, 2), 3)),
          countdownOrSkip(left, [take(sum, v128.load(at)), at.add(16)]),
          left.set(i32.and(size, 3)),
          countdownOrSkip(left, [take(sum, v128.load32Zero(at)), at.add(4)]),
          collect,
        ];
      }),
      f64.store(p.y, total),
    ];
  });
}
