// The gradients of batch normalisation: one look at g and x for two totals per channel, one for dx. Where an
// activation follows, g counts where its input x·scale + shift lets it through; that is computed anew. Where both looks
// follow each other closely the first leaves in dx what counts of g, for the second to start from.
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
import { affine, shiftFrom } from "./batch-norm-kernels.ts";
import { lookAtPlanes } from "./look-at-planes.ts";
import {
  CHANNELS,
  type D,
  type F,
  inTurns,
  type Look,
  orConstant,
  storeNext,
  zeroed,
} from "./planes.ts";
import { Total } from "./runs.ts";

type V = Expr<"v128">;
type Lane = Local<"v128">;

/** (g, x, scale, shift) → 0 where the activation has no slope, else g (of NaN too). */
export function gate(
  f: Scope,
  activation: Activation,
  relaxed: boolean,
): (g: V, x: V, scale: V, shift: V) => V {
  const z = f.local("v128");
  const flat: Readonly<Record<Exclude<Activation, "none">, (input: V) => V>> = {
    relu: (input) => f32x4.le(input, v128.zero()),
    relu6: (input) =>
      v128.or(f32x4.le(z.tee(input), v128.zero()), f32x4.ge(z, f32x4.splat(f32.const(6)))),
  };
  return (g, x, scale, shift) =>
    activation === "none" ? g : v128.andnot(g, flat[activation](affine(relaxed)(x, scale, shift)));
}

/** known(channels, mean, rstd, weight?, bias?, scale, shift): scale and shift as in the forward. */
export const knownKernel = (): Func => {
  const params = {
    channels: "i32",
    mean: "i32",
    rstd: "i32",
    weight: "i32",
    bias: "i32",
    scale: "i32",
    shift: "i32",
  } as const;
  return func("known", params, (f, p) => {
    const [w, scale] = f.locals("f32", 2) as [F, F];
    return countdownOrSkip(p.channels, [
      orConstant(w, p.weight, 1),
      scale.set(f32.mul(w, f32.load(p.rstd))),
      storeNext(p.scale, scale),
      orConstant(w, p.bias, 0),
      storeNext(p.shift, shiftFrom(w, f32.load(p.mean), scale)),
      p.mean.add(4),
      p.rstd.add(4),
    ]);
  });
};

export const PRODUCTS = {
  g: "i32",
  x: "i32",
  dx: "i32",
  mean: "i32",
  scale: "i32",
  shift: "i32",
  totals: "i32",
  products: "i32",
  run: "i32",
} as const;
type Pointers<K extends string> = { readonly [P in K]: IntLocal };

/** How kernels of the gradient differ. */
interface Form {
  /** The plane, where it is a constant, else 0. */
  readonly size: number;
  readonly activation: Activation;
  readonly relaxed: boolean;
  /** g is one float per plane (that of a mean over planes, say); they lie densely. */
  readonly flat: boolean;
  /** The first look leaves in dx the g that counts, the second finds it there. */
  readonly kept: boolean;
}

/** Σg and Σg·(x − mean) of planes, added to doubles per channel. */
function productsLook(
  f: Scope,
  { activation, relaxed, flat, kept }: Form,
  p: Pointers<keyof typeof PRODUCTS>,
  parts: 2 | 4,
): Look {
  const fma = multiplyAdd(relaxed);
  const [total, product] = [new Total(f, parts), new Total(f, parts)];
  const [m, s, b, x, g, same] = f.locals("v128", 6) as [Lane, Lane, Lane, Lane, Lane, Lane];
  const gated = gate(f, activation, relaxed);
  const planes = [...(flat ? [] : [p.g]), p.x, ...(kept ? [p.dx] : [])];
  const first = flat ? 0 : 1;
  return {
    planes,
    ...(flat && { flat: [p.g, same] as const }),
    constants: [
      [p.mean, m],
      [p.scale, s],
      [p.shift, b],
    ],
    sums: [
      [p.totals, total],
      [p.products, product],
    ],
    four: ({ load, store, meet, k, counted }) => [
      kept ? meet(first + 1) : [],
      x.set(load(first)),
      g.set(gated(flat ? same : load(0), x, s, b)),
      kept ? store(first + 1, g) : [],
      g.set(counted(g)),
      total.add(k, (sum) => f32x4.add(sum, g)),
      product.add(k, (sum) => fma(g, f32x4.sub(x, m), sum)),
    ],
  };
}

/** products(…CHANNELS, …PRODUCTS): T = Σg and S = Σg·(x − mean) of each channel, doubles. */
const productsKernel = (name: string, form: Form): Func =>
  func(name, { ...CHANNELS, ...PRODUCTS }, (f, p) => [
    zeroed(f, p.channels, [p.totals, p.products]),
    lookAtPlanes(f, p, form.size, [productsLook(f, form, p, 4)], p.run),
  ]);

/**
 * factors(channels, slices, sliceStep, count, totals, products, mean, scale, rstd, dweight, dbias, b, c): from T and S of
 * `count` elements, which come in slices and are added up in order,
 *   dbias = T,   dweight = S·rstd,   dx = scale·g + b·x + c,
 *   b = −scale·rstd²·S/count,   c = −scale·T/count − b·mean
 */
export const factorsKernel = (): Func => {
  const params = {
    channels: "i32",
    slices: "i32",
    sliceStep: "i32",
    count: "i32",
    totals: "i32",
    products: "i32",
    mean: "i32",
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
    const b = f.local("f32");
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
        b.set(f32.neg(f32.demoteF64(f64.mul(f64.mul(a, s), f64.mul(r, r))))),
        storeNext(p.b, b),
        storeNext(
          p.c,
          f32.neg(
            f32.demoteF64(
              f64.add(f64.mul(a, t), f64.mul(f64.promoteF32(b), f64.promoteF32(f32.load(p.mean)))),
            ),
          ),
        ),
        p.totals.add(8),
        p.products.add(8),
        p.mean.add(4),
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
  scale: "i32",
  shift: "i32",
  b: "i32",
  c: "i32",
} as const;

/** dx = scale·g + b·x + c */
function combineLook(
  f: Scope,
  { activation, relaxed, flat, kept }: Form,
  p: Pointers<keyof typeof COMBINE>,
): Look {
  const fma = multiplyAdd(relaxed);
  const [s, b, c, shift, x, g, d, same] = f.locals("v128", 8) as [
    Lane,
    Lane,
    Lane,
    Lane,
    Lane,
    Lane,
    Lane,
    Lane,
  ];
  const gated = gate(f, kept ? "none" : activation, relaxed);
  const everywhere = flat && !kept;
  const first = flat || kept ? 0 : 1;
  return {
    planes: [...(flat || kept ? [] : [p.g]), p.x, p.dx],
    ...(everywhere && { flat: [p.g, same] as const }),
    constants: [[p.scale, s], [p.b, b], [p.c, c], ...(kept ? [] : [[p.shift, shift] as const])],
    sums: [],
    four: ({ load, store, meet, counted }) => [
      kept ? [] : meet(first + 1),
      g.set(everywhere ? same : load(kept ? 1 : 0)),
      x.set(load(first)),
      d.set(fma(gated(g, x, s, shift), s, fma(x, b, c))),
      // What is made of g already stays: it lies there no more.
      store(first + 1, kept ? counted(d, g) : d),
    ],
  };
}

/** combine(…CHANNELS, …COMBINE) */
const combineKernel = (name: string, form: Form): Func =>
  func(name, { ...CHANNELS, ...COMBINE }, (f, p) =>
    lookAtPlanes(f, p, form.size, [combineLook(f, form, p)]),
  );

/** both(…CHANNELS, …COMBINE, …PRODUCTS): combine() of channels, and products() of as many others. */
function bothKernel(form: Form): Func {
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
      lookAtPlanes(f, p, form.size, [productsLook(f, form, q, 2), combineLook(f, form, p)], q.run),
    ];
  });
}

/**
 * backward(…CHANNELS, step, count, g, x, dx, mean, rstd, weight?, bias?, scale, shift, totals, products, dweight, dbias,
 * b, c, run): all of the above for `step` channels at a time.
 */
function backwardKernel(steps: BackwardSteps, flat: boolean): Func {
  const { known, products, factors, combine, productsKept, combineKept, both } = steps;
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
    run: "i32",
  } as const;
  return func("backward", params, (f, p) => {
    const { images, n, planeStep, imageStep, g, x, dx, mean, rstd, scale, shift } = p;
    const gStep = flat ? 4 : planeStep;
    const floats = [mean, rstd, p.weight, p.bias, scale, shift, p.dweight, p.dbias, p.b, p.c];
    const sizes = (size: IntLocal) => [images, size, n, planeStep, imageStep];
    const measured = [g, x, dx, mean, scale, shift, p.totals, p.products, p.run];
    /** What combine() is told of the channels before. */
    const before = (size: IntLocal) => [
      i32.sub(g, i32.mul(size, gStep)),
      ...[x, dx].map((q) => i32.sub(q, i32.mul(size, planeStep))),
      ...[scale, shift, p.b, p.c].map((q) => i32.sub(q, i32.shl(size, 2))),
    ];
    const prepare = (size: IntLocal): Code =>
      call(known, size, mean, rstd, p.weight, p.bias, scale, shift);
    const summary = (size: IntLocal): Code =>
      call(
        factors,
        ...[size, 1, 0, p.count, p.totals, p.products, mean, scale, rstd],
        ...[p.dweight, p.dbias, p.b, p.c],
      );
    return inTurns(
      f,
      p.channels,
      p.step,
      [
        [g, gStep],
        ...[x, dx].map((q) => [q, planeStep] as const),
        ...[p.totals, p.products].map((q) => [q, 8] as const),
        ...floats.map((q) => [q, 4] as const),
      ],
      {
        measure: (size) => [
          prepare(size),
          call(productsKept ?? products, ...sizes(size), ...measured),
          summary(size),
        ],
        make: (size) => call(combineKept ?? combine, ...sizes(size), ...before(size)),
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
  /** Where there is something to keep in dx: products() that does, combine() that finds it there. */
  readonly productsKept?: Func;
  readonly combineKept?: Func;
  /** Where groups of channels follow each other: combine() of one and products() of the next. */
  readonly both?: Func;
}
/** The steps and backward(), which is made of them. */
export const backwardFuncs = (steps: BackwardSteps, flat = false): Func[] => [
  ...Object.values(steps),
  backwardKernel(steps, flat),
];

/** What both layouts (planes here, lanes in norm/batch-norm-lanes.ts) give under these names. */
export type BatchNormGradKernels = "known" | "products" | "factors" | "combine" | "backward";
export function batchNormGradFuncs(
  size: number,
  flat: boolean,
  activation: Activation,
  relaxed: boolean,
): Func[] {
  const form = { size, flat, activation, relaxed, kept: false };
  const keeping = { ...form, kept: true };
  const keeps = activation !== "none";
  const steps = {
    known: knownKernel(),
    products: productsKernel("products", form),
    factors: factorsKernel(),
    combine: combineKernel("combine", form),
    ...(keeps && {
      productsKept: productsKernel("productsKept", keeping),
      combineKept: combineKernel("combineKept", keeping),
    }),
    both: bothKernel(keeps ? keeping : form),
  };
  return backwardFuncs(steps, flat);
}
