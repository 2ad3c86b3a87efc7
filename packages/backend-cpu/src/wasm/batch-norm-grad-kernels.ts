// The gradients of batch normalisation: one look at g and x for two totals per channel, one for dx.
import {
  countdownOrSkip,
  type Func,
  f32,
  f32x4,
  f64,
  func,
  type IntLocal,
  type Local,
  multiplyAdd,
  v128,
} from "./assembler.ts";
import { CHANNELS, type D, eachPlane, type F, fmaSingle, orConstant, storeNext } from "./planes.ts";
import { eachStretch, Total } from "./runs.ts";

/** products(…CHANNELS, g, x, mean, totals, products): adds T = Σg and S = Σg·(x − mean) of each channel to doubles. */
function productsKernel(relaxed: boolean): Func {
  const params = {
    ...CHANNELS,
    g: "i32",
    x: "i32",
    mean: "i32",
    totals: "i32",
    products: "i32",
  } as const;
  const fma = multiplyAdd(relaxed);
  return func("products", params, (f, p) => {
    const [total, product] = [new Total(f), new Total(f)];
    const [meanAt, totalAt, productAt] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
    const [m, e] = [f.local("f32"), f.local("f32")] as [F, F];
    const [mv, gv] = [f.local("v128"), f.local("v128")];
    return eachPlane(
      f,
      p,
      [p.g, p.x],
      [
        [p.mean, 4, meanAt],
        [p.totals, 8, totalAt],
        [p.products, 8, productAt],
      ],
      [
        m.set(f32.load(meanAt)),
        mv.set(f32x4.splat(m)),
        total.clear(),
        product.clear(),
        eachStretch(
          f,
          1,
          p.plane,
          [
            { from: p.g, step: 0 },
            { from: p.x, step: 0 },
          ],
          {
            begin: [total.begin(), product.begin()],
            vector: ([gp, xp], offset, k) => [
              gv.set(v128.load(gp as IntLocal, offset)),
              total.add(k, (sum) => f32x4.add(sum, gv)),
              product.add(k, (sum) =>
                fma(gv, f32x4.sub(v128.load(xp as IntLocal, offset), mv), sum),
              ),
            ],
            single: ([gp, xp]) => [
              e.set(f32.load(gp as IntLocal)),
              total.addSingle(e),
              product.addSingle(f32.mul(e, f32.sub(f32.load(xp as IntLocal), m))),
            ],
            end: [total.end(), product.end()],
          },
        ),
        f64.store(totalAt, f64.add(f64.load(totalAt), total.value())),
        f64.store(productAt, f64.add(f64.load(productAt), product.value())),
      ],
    );
  });
}

/**
 * factors(channels, count, totals, products, weight?, rstd, dweight, dbias, abc): from T and S of `count` elements
 *   dbias = T,   dweight = S·rstd,   dx = a·g + b·(x − mean) + c,
 *   a = weight·rstd,   b = −a·rstd²·S/count,   c = −a·T/count
 * and a, b, c side by side in `abc`.
 */
const factorsKernel = (): Func => {
  const params = {
    channels: "i32",
    count: "i32",
    totals: "i32",
    products: "i32",
    weight: "i32",
    rstd: "i32",
    dweight: "i32",
    dbias: "i32",
    abc: "i32",
  } as const;
  return func("factors", params, (f, p) => {
    const [t, s, r, a] = f.locals("f64", 4) as [D, D, D, D];
    const w = f.local("f32");
    const count = f.local("f64");
    return [
      count.set(f64.convertI32U(p.count)),
      countdownOrSkip(p.channels, [
        t.set(f64.load(p.totals)),
        s.set(f64.load(p.products)),
        r.set(f64.promoteF32(f32.load(p.rstd))),
        storeNext(p.dbias, f32.demoteF64(t)),
        storeNext(p.dweight, f32.demoteF64(f64.mul(s, r))),
        orConstant(w, p.weight, 1),
        a.set(f64.mul(r, f64.promoteF32(w))),
        storeNext(p.abc, f32.demoteF64(a)),
        a.set(f64.div(a, count)),
        storeNext(p.abc, f32.neg(f32.demoteF64(f64.mul(f64.mul(a, s), f64.mul(r, r))))),
        storeNext(p.abc, f32.neg(f32.demoteF64(f64.mul(a, t)))),
        p.totals.add(8),
        p.products.add(8),
        p.rstd.add(4),
      ]),
    ];
  });
};

/** combine(…CHANNELS, g, x, dx, mean, abc): dx = a·g + b·(x − mean) + c. */
function combineKernel(relaxed: boolean): Func {
  const params = { ...CHANNELS, g: "i32", x: "i32", dx: "i32", mean: "i32", abc: "i32" } as const;
  const fma = multiplyAdd(relaxed);
  return func("combine", params, (f, p) => {
    const [meanAt, abcAt] = f.locals("i32", 2) as [IntLocal, IntLocal];
    const [m, a, b, c, d] = f.locals("f32", 5) as [F, F, F, F, F];
    const [mv, av, bv, cv] = f.locals("v128", 4) as Local<"v128">[];
    if (!mv || !av || !bv || !cv) return [];
    return eachPlane(
      f,
      p,
      [p.g, p.x, p.dx],
      [
        [p.mean, 4, meanAt],
        [p.abc, 12, abcAt],
      ],
      [
        m.set(f32.load(meanAt)),
        a.set(f32.load(abcAt)),
        b.set(f32.load(abcAt, 4)),
        c.set(f32.load(abcAt, 8)),
        mv.set(f32x4.splat(m)),
        av.set(f32x4.splat(a)),
        bv.set(f32x4.splat(b)),
        cv.set(f32x4.splat(c)),
        eachStretch(
          f,
          1,
          p.plane,
          [p.g, p.x, p.dx].map((from) => ({ from, step: 0 })),
          {
            vector: ([gp, xp, to], offset) =>
              v128.store(
                to as IntLocal,
                fma(
                  v128.load(gp as IntLocal, offset),
                  av,
                  fma(f32x4.sub(v128.load(xp as IntLocal, offset), mv), bv, cv),
                ),
                offset,
              ),
            single: ([gp, xp, to]) => [
              d.set(f32.sub(f32.load(xp as IntLocal), m)),
              f32.store(to as IntLocal, fmaSingle(f32.load(gp as IntLocal), a, fmaSingle(d, b, c))),
            ],
          },
        ),
      ],
    );
  });
}

export type BatchNormGradKernels = "products" | "factors" | "combine";
export const batchNormGradFuncs = (relaxed: boolean): Func[] => [
  productsKernel(relaxed),
  factorsKernel(),
  combineKernel(relaxed),
];
