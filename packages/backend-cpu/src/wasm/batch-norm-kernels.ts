// Batch normalisation. Planes of [N, C, …] are walked in the order of memory, with totals per channel in
// double precision; norm.ts hands over as many channels at a time as stay in the cache until the second look
// at them.
import {
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
  multiplyAdd,
  v128,
  when,
} from "./assembler.ts";
import { CHANNELS, type D, eachPlane, type F, fmaSingle, orConstant, storeNext } from "./planes.ts";
import { eachStretch, Total } from "./runs.ts";

/** centres(channels, plane, x, to): the means of `channels` planes, side by side, as floats. */
const centresKernel = (): Func =>
  func("centres", { channels: "i32", plane: "i32", x: "i32", to: "i32" }, (f, p) => {
    const sum = new Total(f);
    return countdownOrSkip(p.channels, [
      sum.clear(),
      eachStretch(f, 1, p.plane, [{ from: p.x, step: 0 }], {
        begin: sum.begin(),
        vector: ([q], offset, k) =>
          sum.add(k, (s) => f32x4.add(s, v128.load(q as IntLocal, offset))),
        single: ([q]) => sum.addSingle(f32.load(q as IntLocal)),
        end: sum.end(),
      }),
      storeNext(p.to, f32.demoteF64(f64.div(sum.value(), f64.convertI32U(p.plane)))),
      p.x.add(i32.shl(p.plane, 2)),
    ]);
  });

/**
 * moments(…CHANNELS, x, centres, sums, squares): adds Σ(x − c) and Σ(x − c)² of each channel to doubles. With c the
 * mean of the channel's first plane one look is enough: however the values lie, (c − mean)² is at most
 * `images` times the variance, and in practice far less than the variance.
 */
function momentsKernel(relaxed: boolean): Func {
  const params = { ...CHANNELS, x: "i32", centres: "i32", sums: "i32", squares: "i32" } as const;
  const fma = multiplyAdd(relaxed);
  return func("moments", params, (f, p) => {
    const [sum, square] = [new Total(f), new Total(f)];
    const [centreAt, sumAt, squareAt] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
    const [c, e] = [f.local("f32"), f.local("f32")] as [F, F];
    const [cv, d] = [f.local("v128"), f.local("v128")];
    return eachPlane(
      f,
      p,
      [p.x],
      [
        [p.centres, 4, centreAt],
        [p.sums, 8, sumAt],
        [p.squares, 8, squareAt],
      ],
      [
        c.set(f32.load(centreAt)),
        cv.set(f32x4.splat(c)),
        sum.clear(),
        square.clear(),
        eachStretch(f, 1, p.plane, [{ from: p.x, step: 0 }], {
          begin: [sum.begin(), square.begin()],
          vector: ([q], offset, k) => [
            d.set(f32x4.sub(v128.load(q as IntLocal, offset), cv)),
            sum.add(k, (s) => f32x4.add(s, d)),
            square.add(k, (s) => fma(d, d, s)),
          ],
          single: ([q]) => [
            e.set(f32.sub(f32.load(q as IntLocal), c)),
            sum.addSingle(e),
            square.addSingle(f32.mul(e, e)),
          ],
          end: [sum.end(), square.end()],
        }),
        f64.store(sumAt, f64.add(f64.load(sumAt), sum.value())),
        f64.store(squareAt, f64.add(f64.load(squareAt), square.value())),
      ],
    );
  });
}

/**
 * statistics(channels, count, centres, sums, squares, mean, variance, rstd?, eps): what the moments of `count`
 * elements each say. Pointers of what is not wanted are 0.
 */
const statisticsKernel = (): Func => {
  const params = {
    channels: "i32",
    count: "i32",
    centres: "i32",
    sums: "i32",
    squares: "i32",
    mean: "i32",
    variance: "i32",
    rstd: "i32",
    eps: "f64",
  } as const;
  return func("statistics", params, (f, p) => {
    const [mean, variance] = [f.local("f64"), f.local("f64")] as [D, D];
    const count = f.local("f64");
    return [
      count.set(f64.convertI32U(p.count)),
      countdownOrSkip(p.channels, [
        mean.set(f64.div(f64.load(p.sums), count)),
        variance.set(f64.sub(f64.div(f64.load(p.squares), count), f64.mul(mean, mean))),
        variance.set(f64.max(variance, f64.const(0))),
        mean.set(f64.add(mean, f64.promoteF32(f32.load(p.centres)))),
        storeNext(p.mean, f32.demoteF64(mean)),
        storeNext(p.variance, f32.demoteF64(variance)),
        when(p.rstd, storeNext(p.rstd, f32.demoteF64(inverseRoot(variance, p.eps)))),
        p.centres.add(4),
        p.sums.add(8),
        p.squares.add(8),
      ]),
    ];
  });
};

const inverseRoot = (variance: Expr<"f64">, eps: Expr<"f64">): Expr<"f64"> =>
  f64.div(f64.const(1), f64.sqrt(f64.add(variance, eps)));

/** scales(channels, variance, weight?, scale, eps): scale = weight / sqrt(variance + eps). */
const scalesKernel = (): Func => {
  const params = {
    channels: "i32",
    variance: "i32",
    weight: "i32",
    scale: "i32",
    eps: "f64",
  } as const;
  return func("scales", params, (f, p) => {
    const w = f.local("f32");
    return countdownOrSkip(p.channels, [
      orConstant(w, p.weight, 1),
      storeNext(
        p.scale,
        f32.demoteF64(
          f64.mul(f64.promoteF32(w), inverseRoot(f64.promoteF32(f32.load(p.variance)), p.eps)),
        ),
      ),
      p.variance.add(4),
    ]);
  });
};

/** affine(…CHANNELS, x, y, mean, scale, bias?): y = (x − mean)·scale + bias. */
function affineKernel(relaxed: boolean): Func {
  const params = {
    ...CHANNELS,
    x: "i32",
    y: "i32",
    mean: "i32",
    scale: "i32",
    bias: "i32",
  } as const;
  const fma = multiplyAdd(relaxed);
  return func("affine", params, (f, p) => {
    const [meanAt, scaleAt, biasAt] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
    const [mean, scale, shift] = f.locals("f32", 3) as [F, F, F];
    const [m, s, b] = f.locals("v128", 3) as [Local<"v128">, Local<"v128">, Local<"v128">];
    return eachPlane(
      f,
      p,
      [p.x, p.y],
      [
        [p.mean, 4, meanAt],
        [p.scale, 4, scaleAt],
        [p.bias, 4, biasAt],
      ],
      [
        mean.set(f32.load(meanAt)),
        scale.set(f32.load(scaleAt)),
        when(p.bias, shift.set(f32.load(biasAt))),
        m.set(f32x4.splat(mean)),
        s.set(f32x4.splat(scale)),
        b.set(f32x4.splat(shift)),
        eachStretch(
          f,
          1,
          p.plane,
          [
            { from: p.x, step: 0 },
            { from: p.y, step: 0 },
          ],
          {
            vector: ([q, to], offset) =>
              v128.store(
                to as IntLocal,
                fma(f32x4.sub(v128.load(q as IntLocal, offset), m), s, b),
                offset,
              ),
            single: ([q, to]) =>
              f32.store(
                to as IntLocal,
                fmaSingle(f32.sub(f32.load(q as IntLocal), mean), scale, shift),
              ),
          },
        ),
      ],
    );
  });
}

export type BatchNormKernels = "centres" | "moments" | "statistics" | "scales" | "affine";
export const batchNormFuncs = (relaxed: boolean): Func[] => [
  centresKernel(),
  momentsKernel(relaxed),
  statisticsKernel(),
  scalesKernel(),
  affineKernel(relaxed),
];
