// The gradients of batch normalisation: one look at g and x for two totals per channel, one for dx. Where an
// activation follows, g counts where its input (x − mean)·scale + shift lets it through; that is computed anew.
import type { Activation } from "@tapegrad/core";
import {
  type Code,
  call,
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
import { affine } from "./batch-norm-kernels.ts";
import {
  CHANNELS,
  type D,
  inTurns,
  type Look,
  lookAtPlanes,
  orConstant,
  storeNext,
  zeroed,
} from "./planes.ts";
import { Total } from "./runs.ts";

type V = Expr<"v128">;
type Lane = Local<"v128">;

/** (g, x − mean, scale, shift) → 0 where the activation has no slope, else g (of NaN too). */
export function gate(
  f: Scope,
  activation: Activation,
  relaxed: boolean,
): (g: V, centred: V, scale: V, shift: V) => V {
  const z = f.local("v128");
  const flat: Readonly<Record<Exclude<Activation, "none">, (input: V) => V>> = {
    relu: (input) => f32x4.le(input, v128.zero()),
    relu6: (input) =>
      v128.or(f32x4.le(z.tee(input), v128.zero()), f32x4.ge(z, f32x4.splat(f32.const(6)))),
  };
  return (g, centred, scale, shift) =>
    activation === "none"
      ? g
      : v128.andnot(g, flat[activation](affine(relaxed)(centred, scale, shift)));
}

/** known(channels, rstd, weight?, bias?, scale, shift): scale = weight · rstd as in the forward, shift = bias. */
export const knownKernel = (): Func => {
  const params = {
    channels: "i32",
    rstd: "i32",
    weight: "i32",
    bias: "i32",
    scale: "i32",
    shift: "i32",
  } as const;
  return func("known", params, (f, p) => {
    const w = f.local("f32");
    return countdownOrSkip(p.channels, [
      orConstant(w, p.weight, 1),
      storeNext(p.scale, f32.mul(w, f32.load(p.rstd))),
      orConstant(w, p.bias, 0),
      storeNext(p.shift, w),
      p.rstd.add(4),
    ]);
  });
};

export const PRODUCTS = {
  g: "i32",
  x: "i32",
  mean: "i32",
  scale: "i32",
  shift: "i32",
  totals: "i32",
  products: "i32",
} as const;
type Pointers<K extends string> = { readonly [P in K]: IntLocal };

/** Σg and Σg·(x − mean) of planes, added to doubles per channel. */
function productsLook(
  f: Scope,
  activation: Activation,
  relaxed: boolean,
  p: Pointers<keyof typeof PRODUCTS>,
  parts: 2 | 4,
): Look {
  const fma = multiplyAdd(relaxed);
  const [total, product] = [new Total(f, parts), new Total(f, parts)];
  const [meanAt, scaleAt, shiftAt, totalAt, productAt] = f.locals("i32", 5) as [
    IntLocal,
    IntLocal,
    IntLocal,
    IntLocal,
    IntLocal,
  ];
  const [m, s, b, d, g] = f.locals("v128", 5) as [Lane, Lane, Lane, Lane, Lane];
  const gated = gate(f, activation, relaxed);
  return {
    planes: [p.g, p.x],
    perChannel: [
      [p.mean, 4, meanAt],
      [p.scale, 4, scaleAt],
      [p.shift, 4, shiftAt],
      [p.totals, 8, totalAt],
      [p.products, 8, productAt],
    ],
    before: [
      m.set(v128.load32Splat(meanAt)),
      s.set(v128.load32Splat(scaleAt)),
      b.set(v128.load32Splat(shiftAt)),
      total.clear(),
      product.clear(),
    ],
    elements: {
      begin: [total.begin(), product.begin()],
      four: ({ load, k, counted }) => [
        d.set(f32x4.sub(load(1), m)),
        g.set(counted(gated(load(0), d, s, b))),
        total.add(k, (sum) => f32x4.add(sum, g)),
        product.add(k, (sum) => fma(g, d, sum)),
      ],
      end: [total.end(), product.end()],
    },
    after: [
      f64.store(totalAt, f64.add(f64.load(totalAt), total.pairs())),
      f64.store(productAt, f64.add(f64.load(productAt), product.pairs())),
    ],
  };
}

/** products(…CHANNELS, …PRODUCTS): T = Σg and S = Σg·(x − mean) of each channel, doubles. */
const productsKernel = (size: number, activation: Activation, relaxed: boolean): Func =>
  func("products", { ...CHANNELS, ...PRODUCTS }, (f, p) => [
    zeroed(f, p.channels, [p.totals, p.products]),
    lookAtPlanes(f, p, size, [productsLook(f, activation, relaxed, p, 4)]),
  ]);

/**
 * factors(channels, slices, sliceStep, count, totals, products, scale, rstd, dweight, dbias, b, c): from T and S of `count`
 * elements, which come in slices and are added up in order,
 *   dbias = T,   dweight = S·rstd,   dx = scale·g + b·(x − mean) + c,
 *   b = −scale·rstd²·S/count,   c = −scale·T/count
 */
export const factorsKernel = (): Func => {
  const params = {
    channels: "i32",
    slices: "i32",
    sliceStep: "i32",
    count: "i32",
    totals: "i32",
    products: "i32",
    scale: "i32",
    rstd: "i32",
    dweight: "i32",
    dbias: "i32",
    b: "i32",
    c: "i32",
  } as const;
  return func("factors", params, (f, p) => {
    const [t, s, r, a] = f.locals("f64", 4) as [D, D, D, D];
    const count = f.local("f64");
    const [slice, from, other] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
    return [
      count.set(f64.convertI32U(p.count)),
      countdownOrSkip(p.channels, [
        t.set(f64.const(0)),
        s.set(f64.const(0)),
        from.set(p.totals),
        other.set(p.products),
        slice.set(p.slices),
        countdownOrSkip(slice, [
          t.set(f64.add(t, f64.load(from))),
          s.set(f64.add(s, f64.load(other))),
          from.add(p.sliceStep),
          other.add(p.sliceStep),
        ]),
        r.set(f64.promoteF32(f32.load(p.rstd))),
        storeNext(p.dbias, f32.demoteF64(t)),
        storeNext(p.dweight, f32.demoteF64(f64.mul(s, r))),
        a.set(f64.div(f64.promoteF32(f32.load(p.scale)), count)),
        storeNext(p.b, f32.neg(f32.demoteF64(f64.mul(f64.mul(a, s), f64.mul(r, r))))),
        storeNext(p.c, f32.neg(f32.demoteF64(f64.mul(a, t)))),
        p.totals.add(8),
        p.products.add(8),
        p.rstd.add(4),
        p.scale.add(4),
      ]),
    ];
  });
};

export const COMBINE = {
  g: "i32",
  x: "i32",
  dx: "i32",
  mean: "i32",
  scale: "i32",
  shift: "i32",
  b: "i32",
  c: "i32",
} as const;

/** dx = scale·g + b·(x − mean) + c */
function combineLook(
  f: Scope,
  activation: Activation,
  relaxed: boolean,
  p: Pointers<keyof typeof COMBINE>,
): Look {
  const fma = multiplyAdd(relaxed);
  const arrays = [p.mean, p.scale, p.shift, p.b, p.c];
  const at = f.locals("i32", arrays.length) as IntLocal[];
  const [m, s, shift, b, c, d] = f.locals("v128", 6) as [Lane, Lane, Lane, Lane, Lane, Lane];
  const gated = gate(f, activation, relaxed);
  return {
    planes: [p.g, p.x, p.dx],
    perChannel: arrays.map((array, i) => [array, 4, at[i] as IntLocal]),
    before: [m, s, shift, b, c].map((lane, i) => lane.set(v128.load32Splat(at[i] as IntLocal))),
    elements: {
      four: ({ load, store, meet }) => [
        meet(2),
        d.set(f32x4.sub(load(1), m)),
        store(2, fma(gated(load(0), d, s, shift), s, fma(d, b, c))),
      ],
    },
  };
}

/** combine(…CHANNELS, …COMBINE) */
const combineKernel = (size: number, activation: Activation, relaxed: boolean): Func =>
  func("combine", { ...CHANNELS, ...COMBINE }, (f, p) =>
    lookAtPlanes(f, p, size, [combineLook(f, activation, relaxed, p)]),
  );

/** both(…CHANNELS, …COMBINE, …PRODUCTS): combine() of channels, and products() of as many others. */
function bothKernel(size: number, activation: Activation, relaxed: boolean): Func {
  const next = Object.fromEntries(Object.keys(PRODUCTS).map((key) => [`${key}Next`, "i32"]));
  const params: Record<string, "i32"> = {
    ...CHANNELS,
    ...COMBINE,
    ...(next as Record<string, "i32">),
  };
  return func("both", params, (f, all) => {
    const p = all as unknown as Pointers<keyof typeof CHANNELS | keyof typeof COMBINE>;
    const q = Object.fromEntries(
      Object.keys(PRODUCTS).map((key) => [key, all[`${key}Next`] as IntLocal]),
    ) as Pointers<keyof typeof PRODUCTS>;
    return [
      zeroed(f, p.channels, [q.totals, q.products]),
      lookAtPlanes(f, p, size, [
        productsLook(f, activation, relaxed, q, 2),
        combineLook(f, activation, relaxed, p),
      ]),
    ];
  });
}

/**
 * backward(…CHANNELS, step, count, g, x, dx, mean, rstd, weight?, bias?, scale, shift, totals, products, dweight, dbias,
 * b, c): all of the above for `step` channels at a time.
 */
function backwardKernel({ known, products, factors, combine, both }: BackwardSteps): Func {
  const params = {
    ...CHANNELS,
    step: "i32",
    count: "i32",
    g: "i32",
    x: "i32",
    dx: "i32",
    mean: "i32",
    rstd: "i32",
    weight: "i32",
    bias: "i32",
    scale: "i32",
    shift: "i32",
    totals: "i32",
    products: "i32",
    dweight: "i32",
    dbias: "i32",
    b: "i32",
    c: "i32",
  } as const;
  return func("backward", params, (f, p) => {
    const { images, n, planeStep, imageStep, g, x, dx, mean, rstd, scale, shift } = p;
    const floats = [mean, rstd, p.weight, p.bias, scale, shift, p.dweight, p.dbias, p.b, p.c];
    const sizes = (size: IntLocal) => [images, size, n, planeStep, imageStep];
    const measured = [g, x, mean, scale, shift, p.totals, p.products];
    /** What combine() is told of the channels before. */
    const before = (size: IntLocal) => [
      ...[g, x, dx].map((q) => i32.sub(q, i32.mul(size, planeStep))),
      ...[mean, scale, shift, p.b, p.c].map((q) => i32.sub(q, i32.shl(size, 2))),
    ];
    const prepare = (size: IntLocal): Code =>
      call(known, size, rstd, p.weight, p.bias, scale, shift);
    const summary = (size: IntLocal): Code =>
      call(
        factors,
        ...[size, 1, 0, p.count, p.totals, p.products, scale, rstd],
        ...[p.dweight, p.dbias, p.b, p.c],
      );
    return inTurns(
      f,
      p.channels,
      p.step,
      [
        ...[g, x, dx].map((q) => [q, planeStep] as const),
        ...[p.totals, p.products].map((q) => [q, 8] as const),
        ...floats.map((q) => [q, 4] as const),
      ],
      {
        measure: (size) => [
          prepare(size),
          call(products, ...sizes(size), ...measured),
          summary(size),
        ],
        make: (size) => call(combine, ...sizes(size), ...before(size)),
        ...(both && {
          both: (size: IntLocal) => [
            prepare(size),
            call(both, ...sizes(size), ...before(size), ...measured),
            summary(size),
          ],
        }),
      },
    );
  });
}

interface BackwardSteps {
  readonly known: Func;
  readonly products: Func;
  readonly factors: Func;
  readonly combine: Func;
  /** Where groups of channels follow each other: combine() of one and products() of the next. */
  readonly both?: Func;
}
/** The steps and backward(), which is made of them. */
export const backwardFuncs = (steps: BackwardSteps): Func[] => [
  ...Object.values(steps),
  backwardKernel(steps),
];

/** What both layouts (planes here, lanes in norm/batch-norm-lanes.ts) give under these names. */
export type BatchNormGradKernels = "known" | "products" | "factors" | "combine" | "backward";
export const batchNormGradFuncs = (
  size: number,
  activation: Activation,
  relaxed: boolean,
): Func[] =>
  backwardFuncs({
    known: knownKernel(),
    products: productsKernel(size, activation, relaxed),
    factors: factorsKernel(),
    combine: combineKernel(size, activation, relaxed),
    both: bothKernel(size, activation, relaxed),
  });
