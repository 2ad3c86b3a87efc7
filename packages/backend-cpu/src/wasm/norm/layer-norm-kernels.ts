// Layer normalisation. A row is one stretch of memory. Its statistics take one look at it, around the mean of its first
// elements: that is near enough for the squares not to cancel. The result takes a second look, from the first cache,
// while the next row is on its way.
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
  sumLanes,
  v128,
  when,
} from "../assembler/assembler.ts";
import { type D, type F, fmaSingle, storeNext } from "./planes.ts";
import { type Meet, rowsInTurns, type Share } from "./row-turns.ts";
import { fromPairs, highPair, lowPair, Total } from "./runs.ts";

type V = Expr<"v128">;
type Lane = Local<"v128">;

/** Vectors of a row whose mean is near that of the row; powers of two. Where it is shorter, its first element is. */
const NEAR = 16;
const FEW = 4;

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
    const [sum, squares] = [new Total(f), new Total(f)];
    const [mean, variance, share] = f.locals("f64", 3) as [D, D, D];
    const [c, r, shift, e] = f.locals("f32", 4) as [F, F, F, F];
    const [near, sv, rv, d] = f.locals("v128", 4) as [Lane, Lane, Lane, Lane];
    const [ahead, rowBytes] = f.locals("i32", 2) as [IntLocal, IntLocal];
    /** The mean of so many vectors, in c. Side by side: the row waits for it. */
    const meanOf = (vectors: number): Code => {
      const level = (terms: readonly V[]): V =>
        terms.length === 1
          ? (terms[0] as V)
          : f32x4.add(
              level(terms.slice(0, terms.length / 2)),
              level(terms.slice(terms.length / 2)),
            );
      const loads = Array.from({ length: vectors }, (_, i) => v128.load(ahead, i * 16));
      return [near.set(level(loads)), c.set(f32.mul(f32.const(0.25 / vectors), sumLanes(near, d)))];
    };
    /** The mean of the first few elements, in c and near. */
    const centre: Code = [
      when(
        i32.geU(p.n, 4 * NEAR),
        meanOf(NEAR),
        when(i32.geU(p.n, 4 * FEW), meanOf(FEW), c.set(f32.load(ahead))),
      ),
      near.set(f32x4.splat(c)),
    ];
    const measure: Share = {
      streams: [ahead],
      body: {
        begin: [sum.begin(), squares.begin()],
        vector: ([q], offset, k) => [
          d.set(f32x4.sub(v128.load(q as IntLocal, offset), near)),
          sum.add(k, (s) => f32x4.add(s, d)),
          squares.add(k, (s) => fma(d, d, s)),
        ],
        single: ([q]) => [
          e.set(f32.sub(f32.load(q as IntLocal), c)),
          sum.addSingle(e),
          squares.addSingle(f32.mul(e, e)),
        ],
        end: [sum.end(), squares.end()],
      },
    };
    const statistics: Code = [
      mean.set(f64.mul(sum.value(), share)),
      variance.set(f64.sub(f64.mul(squares.value(), share), f64.mul(mean, mean))),
      variance.set(f64.max(variance, f64.const(0))),
      mean.set(f64.add(mean, f64.promoteF32(c))),
      r.set(f32.demoteF64(f64.div(f64.const(1), f64.sqrt(f64.add(variance, p.eps))))),
      when(p.mean, storeNext(p.mean, f32.demoteF64(mean))),
      when(p.rstd, storeNext(p.rstd, r)),
      shift.set(f32.neg(f32.demoteF64(f64.mul(mean, f64.promoteF32(r))))),
      sv.set(f32x4.splat(shift)),
      rv.set(f32x4.splat(r)),
    ];
    const make = (meet: Meet): Share => ({
      streams: [p.x, p.y, p.weight, p.bias],
      body: {
        vector: ([xp, yp, wp, bp], offset) => {
          const normal = fma(v128.load(xp as IntLocal, offset), rv, sv);
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
          return [meet(yp, offset), v128.store(yp as IntLocal, y, offset)];
        },
        single: ([xp, yp, wp, bp]) => {
          const normal = fmaSingle(f32.load(xp as IntLocal), r, shift);
          const scaled = hasWeight ? f32.mul(normal, f32.load(wp as IntLocal)) : normal;
          const y = hasBias ? f32.add(scaled, f32.load(bp as IntLocal)) : scaled;
          return f32.store(yp as IntLocal, y);
        },
      },
    });
    return [
      rowBytes.set(i32.shl(p.n, 2)),
      ahead.set(p.x),
      share.set(f64.div(f64.const(1), f64.convertI32U(p.n))),
      rowsInTurns(f, p, rowBytes, {
        before: [centre, sum.clear(), squares.clear()],
        measure,
        after: statistics,
        make,
        next: ahead.add(rowBytes),
        done: [p.x.add(rowBytes), p.y.add(rowBytes)],
      }),
    ];
  });
}

/** Rows whose weights' gradients are summed in single precision. */
const RUN = 16;

/**
 * layerNormGrad(rows, n, g, x, dx, weight, mean, rstd, sums, run): `sums` becomes 2 n doubles, Σg·x̂ and Σg of these rows:
 * four of the one beside four of the other, for narrow(). `run` has room for as many floats: the same of the last few
 * rows. With h = g·weight, T = Σh, S = Σh·(x − mean) of a row:
 *   dx = rstd·h + b·(x − mean) + c,   b = −rstd³·S/n,   c = −rstd·T/n,   x̂ = rstd·(x − mean)
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
    run: "i32",
  } as const;
  const fma = multiplyAdd(relaxed);
  return func("layerNormGrad", params, (f, p) => {
    const [total, moment] = [new Total(f, 2), new Total(f, 2)];
    const [m, nextMean, r, b, c, h, d] = f.locals("f32", 7) as [F, F, F, F, F, F, F];
    const [factor, wide] = f.locals("f64", 2) as [D, D];
    const [mv, nextMv, rv, bv, cv, hv, dv, gv] = f.locals("v128", 8) as [
      Lane,
      Lane,
      Lane,
      Lane,
      Lane,
      Lane,
      Lane,
      Lane,
    ];
    const [gNext, xNext, rowBytes, summed, left, from, to] = f.locals("i32", 7) as [
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
    ];
    const weighted = (gp: IntLocal, wp: IntLocal, offset: number): V =>
      hasWeight ? f32x4.mul(v128.load(gp, offset), v128.load(wp, offset)) : v128.load(gp, offset);
    const weightedSingle = (gp: IntLocal, wp: IntLocal): Expr<"f32"> =>
      hasWeight ? f32.mul(f32.load(gp), f32.load(wp)) : f32.load(gp);
    const measure: Share = {
      streams: [gNext, xNext, p.weight],
      body: {
        begin: [total.begin(), moment.begin()],
        vector: ([gp, xp, wp], offset, k) => [
          hv.set(weighted(gp as IntLocal, wp as IntLocal, offset)),
          total.add(k, (sum) => f32x4.add(sum, hv)),
          moment.add(k, (sum) =>
            fma(hv, f32x4.sub(v128.load(xp as IntLocal, offset), nextMv), sum),
          ),
        ],
        single: ([gp, xp, wp]) => [
          h.set(weightedSingle(gp as IntLocal, wp as IntLocal)),
          total.addSingle(h),
          moment.addSingle(f32.mul(h, f32.sub(f32.load(xp as IntLocal), nextMean))),
        ],
        end: [total.end(), moment.end()],
      },
    };
    const factors: Code = [
      m.set(nextMean),
      mv.set(nextMv),
      r.set(f32.load(p.rstd)),
      rv.set(f32x4.splat(r)),
      wide.set(f64.promoteF32(r)),
      factor.set(f64.div(wide, f64.convertI32U(p.n))),
      b.set(f32.neg(f32.demoteF64(f64.mul(f64.mul(factor, moment.value()), f64.mul(wide, wide))))),
      c.set(f32.neg(f32.demoteF64(f64.mul(factor, total.value())))),
      bv.set(f32x4.splat(b)),
      cv.set(f32x4.splat(c)),
    ];
    const make = (meet: Meet): Share => ({
      streams: [p.g, p.x, p.weight, p.dx],
      body: {
        vector: ([gp, xp, wp, dxp], offset) => [
          meet(dxp, offset),
          gv.set(v128.load(gp as IntLocal, offset)),
          v128.store(to, f32x4.add(v128.load(to, 16), gv), 16),
          gv.set(f32x4.mul(gv, rv)),
          dv.set(f32x4.sub(v128.load(xp as IntLocal, offset), mv)),
          v128.store(to, fma(gv, dv, v128.load(to))),
          dv.set(fma(dv, bv, cv)),
          v128.store(
            dxp as IntLocal,
            hasWeight ? fma(gv, v128.load(wp as IntLocal, offset), dv) : f32x4.add(gv, dv),
            offset,
          ),
          to.add(32),
        ],
        single: ([gp, xp, wp, dxp]) => [
          h.set(f32.load(gp as IntLocal)),
          f32.store(to, f32.add(f32.load(to, 4), h), 4),
          h.set(f32.mul(h, r)),
          d.set(f32.sub(f32.load(xp as IntLocal), m)),
          f32.store(to, fmaSingle(h, d, f32.load(to))),
          f32.store(
            dxp as IntLocal,
            f32.add(hasWeight ? f32.mul(h, f32.load(wp as IntLocal)) : h, fmaSingle(d, b, c)),
          ),
          to.add(8),
        ],
      },
    });
    const runBytes: Expr<"i32"> = i32.shl(p.n, 3);
    /** Adds what was summed of the last rows to the doubles, and begins anew. */
    const widen: Code = [
      left.set(i32.shrU(p.n, 1)),
      from.set(p.run),
      to.set(p.sums),
      countdownOrSkip(left, [
        hv.set(v128.load(from)),
        v128.store(to, f64x2.add(v128.load(to), lowPair(hv))),
        v128.store(to, f64x2.add(v128.load(to, 16), highPair(hv)), 16),
        from.add(16),
        to.add(32),
      ]),
      when(i32.and(p.n, 1), [
        hv.set(v128.load64Zero(from)),
        v128.store(to, f64x2.add(v128.load(to), lowPair(hv))),
      ]),
      fillZero(p.run, runBytes),
    ];
    const nextRow: Code = [
      nextMean.set(f32.load(p.mean)),
      nextMv.set(f32x4.splat(nextMean)),
      total.clear(),
      moment.clear(),
    ];
    return [
      rowBytes.set(i32.shl(p.n, 2)),
      gNext.set(p.g),
      xNext.set(p.x),
      fillZero(p.sums, i32.shl(p.n, 4)),
      fillZero(p.run, runBytes),
      rowsInTurns(f, p, rowBytes, {
        before: nextRow,
        measure,
        after: factors,
        make,
        begin: to.set(p.run),
        next: [[p.mean, p.rstd].map((q) => q.add(4)), [gNext, xNext].map((q) => q.add(rowBytes))],
        done: [
          [p.g, p.x, p.dx].map((q) => q.add(rowBytes)),
          summed.add(1),
          when(i32.eq(summed, RUN), [widen, summed.set(0)]),
        ],
      }),
      widen,
    ];
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
