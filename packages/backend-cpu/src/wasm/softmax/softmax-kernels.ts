// softmax, logSoftmax and their gradients. Along the last dim a line is a stretch of memory; along another
// dim four lines lie side by side and each lane of a vector follows one. Sums are made in double precision.
import {
  type Code,
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
  touch,
  v128,
  when,
} from "../assembler/assembler.ts";
import { splat, vectorMath } from "../elementwise/math.ts";
import { eachStretch, fromPairs, highPair, lowPair, Total } from "../norm/runs.ts";
import { Extremes } from "./extremes.ts";

type V = Expr<"v128">;
type Lane = Local<"v128">;
type F = Local<"f32">;
type Pointer = IntLocal;

export type SoftmaxCode = "softmax" | "logSoftmax" | "softmaxGrad" | "logSoftmaxGrad";

/** What a line is made of: a is x or g, b is y (gradients), out the result. */
const PARAMS = { lines: "i32", n: "i32", a: "i32", b: "i32", out: "i32" } as const;

const single = (x: V): Expr<"f32"> => f32x4.extractLane(x, 0);
const one = (p: Pointer): V => v128.load32Splat(p);

/** row(lines, n, a, b, out): lines of n elements side by side. */
function rowKernel(code: SoftmaxCode, relaxed: boolean): Func {
  return func("row", PARAMS, (f, p) => {
    const { expDown: exp, expNear, log } = vectorMath(f, relaxed);
    const total = new Total(f, 2);
    const extremes = new Extremes(f);
    const [max, e] = f.locals("v128", 2) as [Lane, Lane];
    const s: F = f.local("f32");
    const sv = f.local("v128");
    const [a, b, out] = [p.a, p.b, p.out].map((from) => ({ from, step: 0 })) as [
      { from: Pointer; step: number },
      { from: Pointer; step: number },
      { from: Pointer; step: number },
    ];
    const load = (q: Pointer | undefined, offset: number): V => v128.load(q as Pointer, offset);
    /** The next line is met while this one is computed with; behind the last it is the last. */
    const [ahead, bytes] = [f.local("i32"), f.local("i32")];
    const next = { from: i32.add(p.a, ahead), step: 0 };
    const meet = (offset: number, ...at: (Pointer | undefined)[]): Code =>
      offset === 0 ? at.map((q) => touch(i32.add(q as Pointer, ahead))) : [];

    /** Of the first line; each line does it for the one that follows. */
    const firstExtremes: Code = [
      extremes.begin(),
      eachStretch(f, 1, p.n, [a], {
        vector: ([q], offset, k) => extremes.take(k, load(q, offset)),
        single: ([q]) => extremes.take(0, one(q as Pointer)),
      }),
      extremes.settle(),
    ];
    /** Sums exp(a − max), which is kept in out if asked for. */
    const sumExp = (keep: boolean): Code => {
      const pass = (grown: (x: V) => V): Code =>
        eachStretch(f, 1, p.n, [a, out], {
          begin: total.begin(),
          vector: ([q, to], offset, k) => [
            keep ? meet(offset, q, to) : meet(offset, q),
            e.set(grown(f32x4.sub(load(q, offset), max))),
            keep ? v128.store(to as Pointer, e, offset) : [],
            total.add(k, (sum) => f32x4.add(sum, e)),
          ],
          single: ([q, to]) => [
            e.set(grown(f32x4.sub(one(q as Pointer), max))),
            keep ? f32.store(to as Pointer, single(e)) : [],
            total.addSingle(single(e)),
          ],
          end: total.end(),
        });
      return [
        total.clear(),
        max.set(extremes.max),
        when(v128.anyTrue(extremes.isFar), pass(exp), pass(expNear)),
      ];
    };
    const bodies: Record<SoftmaxCode, () => Code> = {
      softmax: () => [
        sumExp(true),
        s.set(f32.demoteF64(f64.div(f64.const(1), total.value()))),
        sv.set(f32x4.splat(s)),
        extremes.begin(),
        eachStretch(f, 1, p.n, [out, next], {
          vector: ([to, q], offset, k) => [
            v128.store(to as Pointer, f32x4.mul(load(to, offset), sv), offset),
            extremes.take(k, load(q, offset)),
          ],
          single: ([to, q]) => [
            f32.store(to as Pointer, f32.mul(f32.load(to as Pointer), s)),
            extremes.take(0, one(q as Pointer)),
          ],
        }),
        extremes.settle(),
      ],
      logSoftmax: () => [
        sumExp(false),
        e.set(f32x4.splat(f32.demoteF64(total.value()))),
        sv.set(log(e)),
        s.set(single(sv)),
        extremes.begin(),
        eachStretch(f, 1, p.n, [a, out, next], {
          vector: ([q, to, r], offset, k) => [
            meet(offset, to),
            v128.store(to as Pointer, f32x4.sub(f32x4.sub(load(q, offset), max), sv), offset),
            extremes.take(k, load(r, offset)),
          ],
          single: ([q, to, r]) => [
            f32.store(to as Pointer, f32.sub(f32.sub(f32.load(q as Pointer), single(max)), s)),
            extremes.take(0, one(r as Pointer)),
          ],
        }),
        extremes.settle(),
      ],
      softmaxGrad: () => [
        total.clear(),
        eachStretch(f, 1, p.n, [a, b], {
          begin: total.begin(),
          vector: ([g, y], offset, k) =>
            total.add(k, (sum) => f32x4.add(sum, f32x4.mul(load(g, offset), load(y, offset)))),
          single: ([g, y]) =>
            total.addSingle(f32.mul(f32.load(g as Pointer), f32.load(y as Pointer))),
          end: total.end(),
        }),
        s.set(f32.demoteF64(total.value())),
        sv.set(f32x4.splat(s)),
        eachStretch(f, 1, p.n, [a, b, out], {
          vector: ([g, y, to], offset) => [
            meet(offset, to),
            v128.store(
              to as Pointer,
              f32x4.mul(load(y, offset), f32x4.sub(load(g, offset), sv)),
              offset,
            ),
          ],
          single: ([g, y, to]) =>
            f32.store(
              to as Pointer,
              f32.mul(f32.load(y as Pointer), f32.sub(f32.load(g as Pointer), s)),
            ),
        }),
      ],
      logSoftmaxGrad: () => [
        total.clear(),
        eachStretch(f, 1, p.n, [a], {
          begin: total.begin(),
          vector: ([g], offset, k) => total.add(k, (sum) => f32x4.add(sum, load(g, offset))),
          single: ([g]) => total.addSingle(f32.load(g as Pointer)),
          end: total.end(),
        }),
        sv.set(f32x4.splat(f32.demoteF64(total.value()))),
        eachStretch(f, 1, p.n, [a, b, out], {
          vector: ([g, y, to], offset) => [
            meet(offset, g, y, to),
            e.set(exp(load(y, offset))),
            v128.store(to as Pointer, f32x4.sub(load(g, offset), f32x4.mul(e, sv)), offset),
          ],
          single: ([g, y, to]) => [
            e.set(exp(one(y as Pointer))),
            e.set(f32x4.sub(one(g as Pointer), f32x4.mul(e, sv))),
            f32.store(to as Pointer, single(e)),
          ],
        }),
      ],
    };
    return [
      bytes.set(i32.shl(p.n, 2)),
      code.endsWith("Grad") ? [] : when(p.lines, firstExtremes),
      countdownOrSkip(p.lines, [
        ahead.set(select(bytes, i32.const(0), i32.gtU(p.lines, 1))),
        bodies[code](),
        p.a.add(bytes),
        p.b.add(bytes),
        p.out.add(bytes),
      ]),
    ];
  });
}

/**
 * column(lines, n, a, b, out, step): `lines` lines side by side, n elements each, `step` bytes apart. Sixteen
 * at a time, a cache line; then four; the rest one by one, in the lanes of a vector all the same.
 */
function columnKernel(code: SoftmaxCode, relaxed: boolean): Func {
  return func("column", { ...PARAMS, step: "i32" }, (f, p) => {
    const { expDown: exp, log } = vectorMath(f, relaxed);
    const e = f.local("v128");
    const [maxima, lows, highs] = [0, 1, 2].map(() => f.locals("v128", 4)) as [
      Lane[],
      Lane[],
      Lane[],
    ];
    const [q, r, to, left, groups] = f.locals("i32", 5) as [
      Pointer,
      Pointer,
      Pointer,
      Pointer,
      Pointer,
    ];
    /** What is done to the v-th of a few vectors side by side. */
    interface Side {
      readonly offset: number;
      readonly max: Lane;
      readonly low: Lane;
      readonly high: Lane;
    }
    const group = (vectors: 1 | 4, lanes: 1 | 4): Code => {
      const sides = Array.from({ length: vectors }, (_, v) => ({
        offset: v * 16,
        max: maxima[v] as Lane,
        low: lows[v] as Lane,
        high: highs[v] as Lane,
      }));
      const each = (body: (side: Side) => Code): Code => sides.map(body);
      const load = (at: Pointer, { offset }: Side): V =>
        lanes === 4 ? v128.load(at, offset) : one(at);
      const store = (value: V, { offset }: Side): Code =>
        lanes === 4 ? v128.store(to, value, offset) : f32.store(to, single(value));
      const along = (body: (side: Side) => Code): Code => [
        q.set(p.a),
        r.set(p.b),
        to.set(p.out),
        left.set(p.n),
        countdownOrSkip(left, [each(body), q.add(p.step), r.add(p.step), to.add(p.step)]),
      ];
      const clear = each(({ low, high }) => [low.set(v128.zero()), high.set(v128.zero())]);
      const add = ({ low, high }: Side): Code => [
        low.set(f64x2.add(low, lowPair(e))),
        high.set(f64x2.add(high, highPair(e))),
      ];
      /** The sums as floats, in `low`. */
      const narrow = each(({ low, high }) => low.set(fromPairs(low, high)));
      const findMax: Code = [
        each(({ max }) => max.set(splat(-Infinity))),
        along((s) => s.max.set(f32x4.pmax(s.max, load(q, s)))),
      ];
      const sumExp = (keep: boolean): Code => [
        clear,
        along((s) => [e.set(exp(f32x4.sub(load(q, s), s.max))), keep ? store(e, s) : [], add(s)]),
        narrow,
      ];
      const bodies: Record<SoftmaxCode, () => Code> = {
        softmax: () => [
          findMax,
          sumExp(true),
          along((s) => [e.set(f32x4.div(load(to, s), s.low)), store(e, s)]),
        ],
        logSoftmax: () => [
          findMax,
          sumExp(false),
          each(({ low }) => [e.set(low), low.set(log(e))]),
          along((s) => [e.set(f32x4.sub(f32x4.sub(load(q, s), s.max), s.low)), store(e, s)]),
        ],
        softmaxGrad: () => [
          clear,
          along((s) => [e.set(f32x4.mul(load(q, s), load(r, s))), add(s)]),
          narrow,
          along((s) => [e.set(f32x4.mul(load(r, s), f32x4.sub(load(q, s), s.low))), store(e, s)]),
        ],
        logSoftmaxGrad: () => [
          clear,
          along((s) => [e.set(load(q, s)), add(s)]),
          narrow,
          along((s) => [
            e.set(exp(load(r, s))),
            e.set(f32x4.sub(load(q, s), f32x4.mul(e, s.low))),
            store(e, s),
          ]),
        ],
      };
      const bytes = vectors * lanes * 4;
      return [bodies[code](), p.a.add(bytes), p.b.add(bytes), p.out.add(bytes)];
    };
    return [
      groups.set(i32.shrU(p.lines, 4)),
      countdownOrSkip(groups, group(4, 4)),
      groups.set(i32.and(i32.shrU(p.lines, 2), 3)),
      countdownOrSkip(groups, group(1, 4)),
      groups.set(i32.and(p.lines, 3)),
      countdownOrSkip(groups, group(1, 1)),
    ];
  });
}

export const softmaxFuncs = (code: SoftmaxCode, relaxed: boolean): Func[] => [
  rowKernel(code, relaxed),
  columnKernel(code, relaxed),
];
