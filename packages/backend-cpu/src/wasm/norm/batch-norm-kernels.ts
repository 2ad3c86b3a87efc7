// Batch normalisation. Planes of [N, C, …] are walked in the order of memory, with totals per channel in
// double precision; norm/batch-norm.ts hands over as many channels at a time as stay in the cache until the second
// look at them. Kernels for [N, C], where a channel is a lane, are in norm/batch-norm-lanes.ts.
import type { Activation } from "@tapegrad/core";
import { ACTIVATIONS } from "../activate.ts";
import {
  type Code,
  call,
  countdown,
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
  type Scope,
  v128,
} from "../assembler/assembler.ts";
import { lookAtPlanes } from "./look-at-planes.ts";
import {
  CHANNELS,
  type D,
  type F,
  inTurns,
  isSmall,
  type Look,
  orConstant,
  storeNext,
  zeroed,
} from "./planes.ts";
import { eachStretch, Total } from "./runs.ts";

type V = Expr<"v128">;
type Pointers<K extends string> = { readonly [P in K]: IntLocal };

/**
 * x · scale + shift, with shift = bias − mean · scale. The gradient does the same to know where the activation lets it
 * through.
 */
export const affine = (relaxed: boolean): ((x: V, scale: V, shift: V) => V) => multiplyAdd(relaxed);

export const CENTRES = { ...CHANNELS, x: "i32", to: "i32", sums: "i32", run: "i32" } as const;

/**
 * centres(…CENTRES): the mean of n elements of each plane of `images` images, per channel, as a float near the mean of
 * the channel. `sums` and `run` are as moments() has them.
 */
const centresKernel = (size: number): Func =>
  func("centres", CENTRES, (f, p) => {
    const sum = new Total(f);
    const mean = (value: Expr<"f64">): Code =>
      storeNext(p.to, f32.demoteF64(f64.div(value, f64.convertI32U(i32.mul(p.images, p.n)))));
    return isSmall(size)
      ? [
          zeroed(f, p.channels, [p.sums]),
          lookAtPlanes(
            f,
            p,
            size,
            [
              {
                planes: [p.x],
                constants: [],
                sums: [[p.sums, sum]],
                four: ({ load, k, counted }) => sum.add(k, (s) => f32x4.add(s, counted(load(0)))),
              },
            ],
            p.run,
          ),
          countdown(p.channels, [mean(f64.load(p.sums)), p.sums.add(8)]),
        ]
      : countdownOrSkip(p.channels, [
          sum.clear(),
          eachStretch(f, p.images, p.n, [{ from: p.x, step: p.imageStep }], {
            begin: sum.begin(),
            vector: ([q], offset, k) =>
              sum.add(k, (s) => f32x4.add(s, v128.load(q as IntLocal, offset))),
            single: ([q]) => sum.addSingle(f32.load(q as IntLocal)),
            end: sum.end(),
          }),
          mean(sum.value()),
          p.x.add(p.planeStep),
        ]);
  });

/**
 * bias − mean · scale. From the mean as a float, which is what the gradient knows; in double precision, so that no more is
 * lost than the float has lost.
 */
export const shiftFrom = (bias: Expr<"f32">, mean: Expr<"f32">, scale: Expr<"f32">): Expr<"f32"> =>
  f32.demoteF64(
    f64.sub(f64.promoteF32(bias), f64.mul(f64.promoteF32(mean), f64.promoteF32(scale))),
  );

/** Σ(x − c) and Σ(x − c)² of planes, added to doubles per channel. */
function momentsLook(
  f: Scope,
  relaxed: boolean,
  p: Pointers<"x" | "centres" | "sums" | "squares">,
  parts: 2 | 4,
): Look {
  const fma = multiplyAdd(relaxed);
  const [sum, square] = [new Total(f, parts), new Total(f, parts)];
  const [c, d] = [f.local("v128"), f.local("v128")];
  return {
    planes: [p.x],
    constants: [[p.centres, c]],
    sums: [
      [p.sums, sum],
      [p.squares, square],
    ],
    four: ({ load, k, counted }) => [
      d.set(counted(f32x4.sub(load(0), c))),
      sum.add(k, (s) => f32x4.add(s, d)),
      square.add(k, (s) => fma(d, d, s)),
    ],
  };
}

/** y = activation(x·scale + shift) */
function normaliseLook(
  f: Scope,
  activation: Activation,
  relaxed: boolean,
  p: Pointers<"x" | "y" | "scale" | "shift">,
): Look {
  const [scale, shift] = f.locals("v128", 2) as [Local<"v128">, Local<"v128">];
  return {
    planes: [p.x, p.y],
    constants: [
      [p.scale, scale],
      [p.shift, shift],
    ],
    sums: [],
    four: ({ load, store, meet }) => [
      meet(1),
      store(1, ACTIVATIONS[activation](affine(relaxed)(load(0), scale, shift))),
    ],
  };
}

export const MOMENTS = {
  ...CHANNELS,
  x: "i32",
  centres: "i32",
  sums: "i32",
  squares: "i32",
  run: "i32",
} as const;

/**
 * moments(…MOMENTS): Σ(x − c) and Σ(x − c)² of each channel, as doubles. With c the mean of
 * m elements of the channel one look is enough: however the values lie, (c − mean)² is at most count / m times
 * the variance, and in practice far less than the variance.
 */
const momentsKernel = (size: number, relaxed: boolean): Func =>
  func("moments", MOMENTS, (f, p) => [
    zeroed(f, p.channels, [p.sums, p.squares]),
    lookAtPlanes(f, p, size, [momentsLook(f, relaxed, p, 4)], p.run),
  ]);

/**
 * statistics(channels, slices, sliceStep, count, centres, sums, squares, weight?, bias?, mean, variance, rstd, scale,
 * shift, eps): what the moments of `count` elements each say. They come in slices, which are added up in
 * order. scale = weight · rstd and shift = bias − mean · scale, or what stands for them.
 */
export const statisticsKernel = (): Func => {
  const params = {
    channels: "i32",
    slices: "i32",
    sliceStep: "i32",
    count: "i32",
    centres: "i32",
    sums: "i32",
    squares: "i32",
    weight: "i32",
    bias: "i32",
    mean: "i32",
    variance: "i32",
    rstd: "i32",
    scale: "i32",
    shift: "i32",
    eps: "f64",
  } as const;
  return func("statistics", params, (f, p) => {
    const [mean, variance] = [f.local("f64"), f.local("f64")] as [D, D];
    const count = f.local("f64");
    const [w, r, m] = f.locals("f32", 3) as [F, F, F];
    const [slice, s, q] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
    return [
      count.set(f64.convertI32U(p.count)),
      countdownOrSkip(p.channels, [
        mean.set(f64.const(0)),
        variance.set(f64.const(0)),
        s.set(p.sums),
        q.set(p.squares),
        slice.set(p.slices),
        countdownOrSkip(slice, [
          mean.set(f64.add(mean, f64.load(s))),
          variance.set(f64.add(variance, f64.load(q))),
          s.add(p.sliceStep),
          q.add(p.sliceStep),
        ]),
        mean.set(f64.div(mean, count)),
        variance.set(f64.sub(f64.div(variance, count), f64.mul(mean, mean))),
        variance.set(f64.max(variance, f64.const(0))),
        mean.set(f64.add(mean, f64.promoteF32(f32.load(p.centres)))),
        m.set(f32.demoteF64(mean)),
        storeNext(p.mean, m),
        storeNext(p.variance, f32.demoteF64(variance)),
        r.set(f32.demoteF64(inverseRoot(variance, p.eps))),
        storeNext(p.rstd, r),
        orConstant(w, p.weight, 1),
        r.set(f32.mul(w, r)),
        storeNext(p.scale, r),
        orConstant(w, p.bias, 0),
        storeNext(p.shift, shiftFrom(w, m, r)),
        p.centres.add(4),
        p.sums.add(8),
        p.squares.add(8),
      ]),
    ];
  });
};

const inverseRoot = (variance: Expr<"f64">, eps: Expr<"f64">): Expr<"f64"> =>
  f64.div(f64.const(1), f64.sqrt(f64.add(variance, eps)));

/** given(channels, mean, variance, weight?, bias?, scale, shift, eps): as statistics(), where these are known. */
export const givenKernel = (): Func => {
  const params = {
    channels: "i32",
    mean: "i32",
    variance: "i32",
    weight: "i32",
    bias: "i32",
    scale: "i32",
    shift: "i32",
    eps: "f64",
  } as const;
  return func("given", params, (f, p) => {
    const [w, scale] = f.locals("f32", 2) as [F, F];
    return countdownOrSkip(p.channels, [
      orConstant(w, p.weight, 1),
      scale.set(
        f32.demoteF64(
          f64.mul(f64.promoteF32(w), inverseRoot(f64.promoteF32(f32.load(p.variance)), p.eps)),
        ),
      ),
      storeNext(p.scale, scale),
      orConstant(w, p.bias, 0),
      storeNext(p.shift, shiftFrom(w, f32.load(p.mean), scale)),
      p.mean.add(4),
      p.variance.add(4),
    ]);
  });
};

/** running(channels, to, from, keep, share): to = keep · to + share · from, in double precision. */
export const runningKernel = (): Func =>
  func(
    "running",
    { channels: "i32", to: "i32", from: "i32", keep: "f64", share: "f64" },
    (_, p) => {
      const part = (at: IntLocal, factor: Expr<"f64">) =>
        f64.mul(f64.promoteF32(f32.load(at)), factor);
      return countdownOrSkip(p.channels, [
        storeNext(p.to, f32.demoteF64(f64.add(part(p.to, p.keep), part(p.from, p.share)))),
        p.from.add(4),
      ]);
    },
  );

export const NORMALISE = {
  ...CHANNELS,
  x: "i32",
  y: "i32",
  scale: "i32",
  shift: "i32",
} as const;

/** normalise(…NORMALISE): y = activation(x·scale + shift). */
const normaliseKernel = (size: number, activation: Activation, relaxed: boolean): Func =>
  func("normalise", NORMALISE, (f, p) =>
    lookAtPlanes(f, p, size, [normaliseLook(f, activation, relaxed, p)]),
  );

/** both(…NORMALISE, next, centres, sums, squares, run): normalise() of channels, and moments() of as many at `next`. */
const bothKernel = (size: number, activation: Activation, relaxed: boolean): Func =>
  func(
    "both",
    { ...NORMALISE, next: "i32", centres: "i32", sums: "i32", squares: "i32", run: "i32" },
    (f, p) => [
      zeroed(f, p.channels, [p.sums, p.squares]),
      lookAtPlanes(
        f,
        p,
        size,
        [momentsLook(f, relaxed, { ...p, x: p.next }, 2), normaliseLook(f, activation, relaxed, p)],
        p.run,
      ),
    ],
  );

/**
 * forward(…CHANNELS, step, centreImages, centreSize, count, x, y, centres, sums, squares, weight?, bias?, mean, variance,
 * rstd, scale, shift, run, eps): all of the above for `step` channels at a time, so that x is in a near cache when it
 * is looked at again.
 */
function forwardKernel({ centres, moments, statistics, normalise, both }: ForwardSteps): Func {
  const params = {
    ...CHANNELS,
    step: "i32",
    centreImages: "i32",
    centreSize: "i32",
    count: "i32",
    x: "i32",
    y: "i32",
    centres: "i32",
    sums: "i32",
    squares: "i32",
    weight: "i32",
    bias: "i32",
    mean: "i32",
    variance: "i32",
    rstd: "i32",
    scale: "i32",
    shift: "i32",
    run: "i32",
    eps: "f64",
  } as const;
  return func("forward", params, (f, p) => {
    const { images, n, planeStep, imageStep, x, y, sums, squares, mean, scale, shift } = p;
    const floats = [p.centres, p.weight, p.bias, mean, p.variance, p.rstd, scale, shift];
    const centre = (size: IntLocal): Code =>
      call(
        centres,
        ...[p.centreImages, size, p.centreSize, planeStep, imageStep, x, p.centres, sums, p.run],
      );
    const summary = (size: IntLocal): Code =>
      call(
        statistics,
        ...[size, 1, 0, p.count, p.centres, sums, squares, p.weight, p.bias],
        ...[mean, p.variance, p.rstd, scale, shift, p.eps],
      );
    const sizes = (size: IntLocal) => [images, size, n, planeStep, imageStep];
    const measured = [x, p.centres, sums, squares, p.run];
    /** What normalise() is told of the channels before. */
    const before = (size: IntLocal) => [
      ...[x, y].map((q) => i32.sub(q, i32.mul(size, planeStep))),
      ...[scale, shift].map((q) => i32.sub(q, i32.shl(size, 2))),
    ];
    return inTurns(
      f,
      p.channels,
      p.step,
      [
        ...[x, y].map((q) => [q, planeStep] as const),
        ...[sums, squares].map((q) => [q, 8] as const),
        ...floats.map((q) => [q, 4] as const),
      ],
      {
        measure: (size) => [
          centre(size),
          call(moments, ...sizes(size), ...measured),
          summary(size),
        ],
        make: (size) => call(normalise, ...sizes(size), ...before(size)),
        ...(both && {
          both: (size: IntLocal) => [
            centre(size),
            call(both, ...sizes(size), ...before(size), ...measured),
            summary(size),
          ],
        }),
      },
    );
  });
}

interface ForwardSteps {
  readonly centres: Func;
  readonly moments: Func;
  readonly statistics: Func;
  readonly normalise: Func;
  /** Where groups of channels follow each other: normalise() of one and moments() of the next. */
  readonly both?: Func;
}
/** The steps and forward(), which is made of them. */
export const forwardFuncs = (steps: ForwardSteps): Func[] => [
  ...Object.values(steps),
  forwardKernel(steps),
];

/** What both layouts (planes here, lanes there) give under these names. */
export type BatchNormKernels = "centres" | "moments" | "statistics" | "normalise" | "forward";
export const batchNormFuncs = (size: number, activation: Activation, relaxed: boolean): Func[] =>
  forwardFuncs({
    centres: centresKernel(size),
    moments: momentsKernel(size, relaxed),
    statistics: statisticsKernel(),
    normalise: normaliseKernel(size, activation, relaxed),
    both: bothKernel(size, activation, relaxed),
  });
