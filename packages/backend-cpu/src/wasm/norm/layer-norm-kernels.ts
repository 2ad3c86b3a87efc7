// Layer normalisation. A row is one stretch of memory; its statistics take two looks at it (the mean, then
// the squares around it) while it lies in the first-level cache.
import {
  type Code,
  countdownOrSkip,
  type Expr,
  type Func,
  f32,
  f32x4,
  f64,
  f64x2,
  fillZero,
  func,
  type IntLocal,
  i32,
  type Local,
  multiplyAdd,
  type Scope,
  v128,
  when,
} from "../assembler/assembler.ts";
import { type D, type F, fmaSingle, storeNext } from "./planes.ts";
import { eachStretch, fromPairs, highPair, lowPair, type Stream, Total } from "./runs.ts";

type V = Expr<"v128">;

/** Code that reads x twice and leaves mean and biased variance in two locals. */
function statistics(
  f: Scope,
  relaxed: boolean,
  n: IntLocal,
  x: Stream,
  mean: D,
  variance: D,
): Code {
  const fma = multiplyAdd(relaxed);
  const [sum, squares] = [new Total(f), new Total(f)];
  const [count, around] = [f.local("f64"), f.local("f32")];
  const centre = f.local("v128");
  const [d, e] = [f.local("v128"), f.local("f32")];
  return [
    count.set(f64.convertI32U(n)),
    sum.clear(),
    eachStretch(f, 1, n, [x], {
      begin: sum.begin(),
      vector: ([p], offset, k) => sum.add(k, (s) => f32x4.add(s, v128.load(p as IntLocal, offset))),
      single: ([p]) => sum.addSingle(f32.load(p as IntLocal)),
      end: sum.end(),
    }),
    mean.set(f64.div(sum.value(), count)),
    around.set(f32.demoteF64(mean)),
    centre.set(f32x4.splat(around)),
    squares.clear(),
    eachStretch(f, 1, n, [x], {
      begin: squares.begin(),
      vector: ([p], offset, k) => [
        d.set(f32x4.sub(v128.load(p as IntLocal, offset), centre)),
        squares.add(k, (s) => fma(d, d, s)),
      ],
      single: ([p]) => [
        e.set(f32.sub(f32.load(p as IntLocal), around)),
        squares.addSingle(f32.mul(e, e)),
      ],
      end: squares.end(),
    }),
    // Around the mean as rounded to single: E(x − m)² = variance + (mean − m)².
    variance.set(f64.sub(mean, f64.promoteF32(around))),
    variance.set(f64.sub(f64.div(squares.value(), count), f64.mul(variance, variance))),
    // The mean itself goes on as rounded, as it is stored.
    mean.set(f64.promoteF32(around)),
  ];
}

/** layerNorm(rows, n, x, y, weight, bias, mean?, rstd?, eps); which of weight and bias there are is part of the kernel. */
export function layerNormKernel(relaxed: boolean, hasWeight: boolean, hasBias: boolean): Func {
  const params = {
    rows: "i32",
    n: "i32",
    x: "i32",
    y: "i32",
    weight: "i32",
    bias: "i32",
    mean: "i32",
    rstd: "i32",
    eps: "f64",
  } as const;
  const fma = multiplyAdd(relaxed);
  return func("layerNorm", params, (f, p) => {
    const [mean, variance] = f.locals("f64", 2) as [D, D];
    const [m, r] = f.locals("f32", 2) as [F, F];
    const [mv, rv] = f.locals("v128", 2) as [Local<"v128">, Local<"v128">];
    const streams = [p.x, p.y, p.weight, p.bias].map((from): Stream => ({ from, step: 0 }));
    const rowBytes = i32.shl(p.n, 2);
    return countdownOrSkip(p.rows, [
      statistics(f, relaxed, p.n, streams[0] as Stream, mean, variance),
      m.set(f32.demoteF64(mean)),
      r.set(f32.demoteF64(f64.div(f64.const(1), f64.sqrt(f64.add(variance, p.eps))))),
      when(p.mean, storeNext(p.mean, m)),
      when(p.rstd, storeNext(p.rstd, r)),
      mv.set(f32x4.splat(m)),
      rv.set(f32x4.splat(r)),
      eachStretch(f, 1, p.n, streams, {
        vector: ([xp, yp, wp, bp], offset) => {
          const normal = f32x4.mul(f32x4.sub(v128.load(xp as IntLocal, offset), mv), rv);
          const w = v128.load(wp as IntLocal, offset);
          const b = v128.load(bp as IntLocal, offset);
          const y: V =
            hasWeight && hasBias
              ? fma(normal, w, b)
              : hasWeight
                ? f32x4.mul(normal, w)
                : hasBias
                  ? f32x4.add(normal, b)
                  : normal;
          return v128.store(yp as IntLocal, y, offset);
        },
        single: ([xp, yp, wp, bp]) => {
          const normal = f32.mul(f32.sub(f32.load(xp as IntLocal), m), r);
          const scaled = hasWeight ? f32.mul(normal, f32.load(wp as IntLocal)) : normal;
          const y = hasBias ? f32.add(scaled, f32.load(bp as IntLocal)) : scaled;
          return f32.store(yp as IntLocal, y);
        },
      }),
      p.x.add(rowBytes),
      p.y.add(rowBytes),
    ]);
  });
}

/**
 * layerNormGrad(rows, n, g, x, dx, weight, mean, rstd, sums): `sums` becomes 2 n doubles, Σg·x̂ and Σg of these rows: four
 * of the one beside four of the other, for narrow(). With h = g·weight, T = Σh, S = Σh·(x − mean) of a row:
 *   dx = rstd·h + b·(x − mean) + c,   b = −rstd³·S/n,   c = −rstd·T/n
 */
export function layerNormGradKernel(relaxed: boolean, hasWeight: boolean): Func {
  const params = {
    rows: "i32",
    n: "i32",
    g: "i32",
    x: "i32",
    dx: "i32",
    weight: "i32",
    mean: "i32",
    rstd: "i32",
    sums: "i32",
  } as const;
  const fma = multiplyAdd(relaxed);
  return func("layerNormGrad", params, (f, p) => {
    const [total, moment] = [new Total(f), new Total(f)];
    const [m, r, b, c, h, d] = f.locals("f32", 6) as [F, F, F, F, F, F];
    const [factor, wide] = f.locals("f64", 2) as [D, D];
    const [mv, rv, bv, cv, hv, dv, gv] = f.locals("v128", 7) as Local<"v128">[];
    const to = f.local("i32");
    if (!mv || !rv || !bv || !cv || !hv || !dv || !gv) return [];
    const [g, x, dx, weight] = [p.g, p.x, p.dx, p.weight].map(
      (from): Stream => ({ from, step: 0 }),
    );
    const inputs = [g, x, weight] as Stream[];
    const rowBytes = i32.shl(p.n, 2);
    const weighted = (gp: IntLocal, wp: IntLocal, offset: number): V =>
      hasWeight ? f32x4.mul(v128.load(gp, offset), v128.load(wp, offset)) : v128.load(gp, offset);
    const weightedSingle = (gp: IntLocal, wp: IntLocal): Expr<"f32"> =>
      hasWeight ? f32.mul(f32.load(gp), f32.load(wp)) : f32.load(gp);
    /** Adds four floats to four doubles. */
    const collect = (value: Local<"v128">, at: number): Code => [
      v128.store(to, f64x2.add(v128.load(to, at), lowPair(value)), at),
      v128.store(to, f64x2.add(v128.load(to, at + 16), highPair(value)), at + 16),
    ];
    const rows = countdownOrSkip(p.rows, [
      m.set(f32.load(p.mean)),
      r.set(f32.load(p.rstd)),
      mv.set(f32x4.splat(m)),
      rv.set(f32x4.splat(r)),
      total.clear(),
      moment.clear(),
      eachStretch(f, 1, p.n, inputs, {
        begin: [total.begin(), moment.begin()],
        vector: ([gp, xp, wp], offset, k) => [
          hv.set(weighted(gp as IntLocal, wp as IntLocal, offset)),
          total.add(k, (sum) => f32x4.add(sum, hv)),
          moment.add(k, (sum) => fma(hv, f32x4.sub(v128.load(xp as IntLocal, offset), mv), sum)),
        ],
        single: ([gp, xp, wp]) => [
          h.set(weightedSingle(gp as IntLocal, wp as IntLocal)),
          total.addSingle(h),
          moment.addSingle(f32.mul(h, f32.sub(f32.load(xp as IntLocal), m))),
        ],
        end: [total.end(), moment.end()],
      }),
      wide.set(f64.promoteF32(r)),
      factor.set(f64.div(wide, f64.convertI32U(p.n))),
      b.set(f32.neg(f32.demoteF64(f64.mul(f64.mul(factor, moment.value()), f64.mul(wide, wide))))),
      c.set(f32.neg(f32.demoteF64(f64.mul(factor, total.value())))),
      bv.set(f32x4.splat(b)),
      cv.set(f32x4.splat(c)),
      to.set(p.sums),
      eachStretch(f, 1, p.n, [...inputs, dx as Stream], {
        vector: ([gp, xp, wp, dxp], offset) => [
          dv.set(f32x4.sub(v128.load(xp as IntLocal, offset), mv)),
          v128.store(
            dxp as IntLocal,
            fma(weighted(gp as IntLocal, wp as IntLocal, offset), rv, fma(dv, bv, cv)),
            offset,
          ),
          gv.set(v128.load(gp as IntLocal, offset)),
          dv.set(f32x4.mul(f32x4.mul(gv, dv), rv)),
          collect(dv, 0),
          collect(gv, 32),
          to.add(64),
        ],
        single: ([gp, xp, wp, dxp]) => [
          d.set(f32.sub(f32.load(xp as IntLocal), m)),
          h.set(f32.load(gp as IntLocal)),
          f32.store(
            dxp as IntLocal,
            fmaSingle(weightedSingle(gp as IntLocal, wp as IntLocal), r, fmaSingle(d, b, c)),
          ),
          f64.store(to, f64.add(f64.load(to), f64.promoteF32(f32.mul(f32.mul(h, d), r)))),
          f64.store(to, f64.add(f64.load(to, 8), f64.promoteF32(h)), 8),
          to.add(16),
        ],
      }),
      p.mean.add(4),
      p.rstd.add(4),
      p.g.add(rowBytes),
      p.x.add(rowBytes),
      p.dx.add(rowBytes),
    ]);
    return [fillZero(p.sums, i32.shl(p.n, 4)), rows];
  });
}

/**
 * narrow(n, slices, sliceStep, from, dw, db): what layerNormGrad collected, added up over slices of the rows, as
 * floats.
 */
export const narrowKernel = (): Func => {
  const params = {
    n: "i32",
    slices: "i32",
    sliceStep: "i32",
    from: "i32",
    dw: "i32",
    db: "i32",
  } as const;
  return func("narrow", params, (f, p) => {
    const [left, slice, at] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
    const sums = f.locals("v128", 4);
    const [w, b] = [f.local("f64"), f.local("f64")];
    const eachSlice = (body: Code): Code => [
      at.set(p.from),
      slice.set(p.slices),
      countdownOrSkip(slice, [body, at.add(p.sliceStep)]),
    ];
    const pair = (i: number): V => fromPairs(sums[i] as V, sums[i + 1] as V);
    return [
      left.set(i32.shrU(p.n, 2)),
      countdownOrSkip(left, [
        sums.map((sum) => sum.set(v128.zero())),
        eachSlice(sums.map((sum, i) => sum.set(f64x2.add(sum, v128.load(at, i * 16))))),
        v128.store(p.dw, pair(0)),
        v128.store(p.db, pair(2)),
        p.from.add(64),
        p.dw.add(16),
        p.db.add(16),
      ]),
      left.set(i32.and(p.n, 3)),
      countdownOrSkip(left, [
        w.set(f64.const(0)),
        b.set(f64.const(0)),
        eachSlice([w.set(f64.add(w, f64.load(at))), b.set(f64.add(b, f64.load(at, 8)))]),
        storeNext(p.dw, f32.demoteF64(w)),
        storeNext(p.db, f32.demoteF64(b)),
        p.from.add(16),
      ]),
    ];
  });
};
