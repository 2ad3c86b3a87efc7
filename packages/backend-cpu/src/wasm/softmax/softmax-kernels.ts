// softmax, logSoftmax and their gradients along the last dim, where a line is a stretch of memory; softmax/columns.ts
// has the other dims. Sums end in double precision.
import {
  type Code,
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
  select,
  touch,
  v128,
  when,
} from "../assembler/assembler.ts";
import { vectorMath } from "../elementwise/math.ts";
import { eachStretch, Total } from "../norm/runs.ts";
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
export const softmaxRows = (code: SoftmaxCode, relaxed: boolean): Func =>
  func("row", PARAMS, (f, p) => {
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
