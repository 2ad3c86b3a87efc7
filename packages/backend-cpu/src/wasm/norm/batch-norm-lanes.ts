// Batch normalisation of [N, C]: a channel is a lane. Four channels stand side by side, and rows are read in the
// order of memory, a few at a time where they are summed. C ≥ 4: a rest of one to three channels is the last
// four once more, masked where they are summed.
import type { Activation } from "@tapegrad/core";
import { ACTIVATIONS } from "../activate.ts";
import {
  type Code,
  countdownOrSkip,
  doWhile,
  type Expr,
  type Func,
  f32,
  f32x4,
  f64x2,
  fillZero,
  func,
  type IntLocal,
  i32,
  i32x4,
  type Local,
  multiplyAdd,
  type Scope,
  select,
  v128,
  when,
} from "../assembler/assembler.ts";
import {
  backwardFuncs,
  COMBINE,
  factorsKernel,
  gate,
  knownKernel,
  PRODUCTS,
} from "./batch-norm-grad-kernels.ts";
import {
  affine,
  CENTRES,
  forwardFuncs,
  MOMENTS,
  NORMALISE,
  statisticsKernel,
} from "./batch-norm-kernels.ts";
import { CHANNELS } from "./planes.ts";
import { highPair, lowPair } from "./runs.ts";

type V = Expr<"v128">;
type Lane = Local<"v128">;

/**
 * Rows whose sums are made in single precision, and that are read side by side. Where something is written rows
 * go one by one: rows of a power of two would make loads wait for stores 4 KiB before them.
 */
const ROWS = 8;

/** Writes `body` for each group of four channels; `at` is its offset in bytes of an array of floats. */
function eachGroup(f: Scope, channels: IntLocal, body: (at: IntLocal, mask: Lane) => Code): Code {
  const [at, left, rest] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
  const mask = f.local("v128");
  return [
    mask.set(v128.constI32([-1, -1, -1, -1])),
    at.set(0),
    left.set(i32.shrU(channels, 2)),
    countdownOrSkip(left, [body(at, mask), at.add(16)]),
    rest.set(i32.and(channels, 3)),
    when(rest, [
      mask.set(i32x4.gtS(v128.constI32([0, 1, 2, 3]), i32x4.splat(i32.sub(3, rest)))),
      at.set(i32.shl(i32.sub(channels, 4), 2)),
      body(at, mask),
    ]),
  ];
}

/** `body` for blocks of at most `most` rows; `count` says how many, the pointers move on by themselves. */
function eachBlock(
  f: Scope,
  rows: IntLocal,
  most: number,
  rowStep: IntLocal,
  pointers: readonly IntLocal[],
  body: (count: IntLocal) => Code,
): Code {
  const [left, count] = f.locals("i32", 2) as [IntLocal, IntLocal];
  return [
    left.set(rows),
    doWhile(
      [
        count.set(select(left, i32.const(most), i32.ltU(left, most))),
        left.set(i32.sub(left, count)),
        body(count),
        pointers.map((q) => q.add(i32.mul(count, rowStep))),
      ],
      left,
    ),
  ];
}

/** Adds four floats to the doubles of their channels, from the byte offset `at` of floats on. */
const collect = (array: IntLocal, at: IntLocal, value: Lane, to: IntLocal): Code => [
  to.set(i32.add(array, i32.shl(at, 1))),
  v128.store(to, f64x2.add(v128.load(to), lowPair(value))),
  v128.store(to, f64x2.add(v128.load(to, 16), highPair(value)), 16),
];

const zeroed = (array: IntLocal, channels: IntLocal): Code => fillZero(array, i32.shl(channels, 3));

/** centres(…CENTRES): the means of so many rows. */
const centresLanes = (): Func =>
  func("centres", CENTRES, (f, p) => {
    const [q, left] = [f.local("i32"), f.local("i32")];
    const [sum, share] = [f.local("v128"), f.local("v128")];
    return [
      share.set(f32x4.splat(f32.div(f32.const(1), f32.convertI32U(p.images)))),
      eachGroup(f, p.channels, (at) => [
        q.set(i32.add(p.x, at)),
        sum.set(v128.zero()),
        left.set(p.images),
        countdownOrSkip(left, [sum.set(f32x4.add(sum, v128.load(q))), q.add(p.imageStep)]),
        v128.store(i32.add(p.to, at), f32x4.mul(sum, share)),
      ]),
    ];
  });

function momentsLanes(relaxed: boolean): Func {
  const fma = multiplyAdd(relaxed);
  return func("moments", MOMENTS, (f, p) => {
    const [q, left, to] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
    const [c, d, s, square] = f.locals("v128", 4) as [Lane, Lane, Lane, Lane];
    return [
      zeroed(p.sums, p.channels),
      zeroed(p.squares, p.channels),
      eachBlock(f, p.images, ROWS, p.imageStep, [p.x], (count) =>
        eachGroup(f, p.channels, (at, mask) => [
          q.set(i32.add(p.x, at)),
          c.set(v128.load(i32.add(p.centres, at))),
          s.set(v128.zero()),
          square.set(v128.zero()),
          left.set(count),
          countdownOrSkip(left, [
            d.set(f32x4.sub(v128.load(q), c)),
            s.set(f32x4.add(s, d)),
            square.set(fma(d, d, square)),
            q.add(p.imageStep),
          ]),
          s.set(v128.and(s, mask)),
          square.set(v128.and(square, mask)),
          collect(p.sums, at, s, to),
          collect(p.squares, at, square, to),
        ]),
      ),
    ];
  });
}

function normaliseLanes(activation: Activation, relaxed: boolean): Func {
  return func("normalise", NORMALISE, (f, p) =>
    eachBlock(f, p.images, 1, p.imageStep, [p.x, p.y], () =>
      eachGroup(f, p.channels, (at) => {
        const here = (array: IntLocal): V => v128.load(i32.add(array, at));
        const z = affine(relaxed)(here(p.x), here(p.scale), here(p.shift));
        return v128.store(i32.add(p.y, at), ACTIVATIONS[activation](z));
      }),
    ),
  );
}

function productsLanes(activation: Activation, relaxed: boolean): Func {
  const fma = multiplyAdd(relaxed);
  return func("products", { ...CHANNELS, ...PRODUCTS }, (f, p) => {
    const [q, r, left, to] = f.locals("i32", 4) as [IntLocal, IntLocal, IntLocal, IntLocal];
    const [m, s, b, d, g, total, product] = f.locals("v128", 7) as [
      Lane,
      Lane,
      Lane,
      Lane,
      Lane,
      Lane,
      Lane,
    ];
    const gated = gate(f, activation, relaxed);
    return [
      zeroed(p.totals, p.channels),
      zeroed(p.products, p.channels),
      eachBlock(f, p.images, ROWS, p.imageStep, [p.g, p.x], (count) =>
        eachGroup(f, p.channels, (at, mask) => [
          m.set(v128.load(i32.add(p.mean, at))),
          s.set(v128.load(i32.add(p.scale, at))),
          b.set(v128.load(i32.add(p.shift, at))),
          q.set(i32.add(p.g, at)),
          r.set(i32.add(p.x, at)),
          total.set(v128.zero()),
          product.set(v128.zero()),
          left.set(count),
          countdownOrSkip(left, [
            d.set(v128.load(r)),
            g.set(gated(v128.load(q), d, s, b)),
            d.set(f32x4.sub(d, m)),
            total.set(f32x4.add(total, g)),
            product.set(fma(g, d, product)),
            q.add(p.imageStep),
            r.add(p.imageStep),
          ]),
          total.set(v128.and(total, mask)),
          product.set(v128.and(product, mask)),
          collect(p.totals, at, total, to),
          collect(p.products, at, product, to),
        ]),
      ),
    ];
  });
}

function combineLanes(activation: Activation, relaxed: boolean): Func {
  const fma = multiplyAdd(relaxed);
  return func("combine", { ...CHANNELS, ...COMBINE }, (f, p) => {
    const [s, d] = f.locals("v128", 2) as [Lane, Lane];
    const gated = gate(f, activation, relaxed);
    return eachBlock(f, p.images, 1, p.imageStep, [p.g, p.x, p.dx], () =>
      eachGroup(f, p.channels, (at) => {
        const here = (array: IntLocal): V => v128.load(i32.add(array, at));
        return [
          s.set(here(p.scale)),
          d.set(here(p.x)),
          v128.store(
            i32.add(p.dx, at),
            fma(gated(here(p.g), d, s, here(p.shift)), s, fma(d, here(p.b), here(p.c))),
          ),
        ];
      }),
    );
  });
}

/** The names and arguments of batchNormFuncs(); n and planeStep say nothing. */
export const batchNormLanes = (activation: Activation, relaxed: boolean): Func[] =>
  forwardFuncs({
    centres: centresLanes(),
    moments: momentsLanes(relaxed),
    statistics: statisticsKernel(),
    normalise: normaliseLanes(activation, relaxed),
  });

/** The names and arguments of batchNormGradFuncs(); n and planeStep say nothing. */
export const batchNormGradLanes = (activation: Activation, relaxed: boolean): Func[] =>
  backwardFuncs({
    known: knownKernel(),
    products: productsLanes(activation, relaxed),
    factors: factorsKernel(),
    combine: combineLanes(activation, relaxed),
  });
