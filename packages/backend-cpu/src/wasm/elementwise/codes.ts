// What each unary and binary code does to four floats; those that are missing run as elementwise/js-loops.ts.
// Questions answer with masks (all ones: yes), which are stored as bool bytes.
import type { BinaryCode, UnaryCode } from "@tapegrad/core";
import { type Expr, f32x4, v128 } from "../assembler/assembler.ts";
import { splat, type VectorMath } from "./math.ts";
import { fmod, pow, remainder } from "./math-power.ts";
import { acos, asin, atan, atan2, cos, cosh, sin, sinh, tan } from "./math-trig.ts";

type V = Expr<"v128">;
export type Unary = (m: VectorMath, x: V) => V;
export type Binary = (m: VectorMath, a: V, b: V) => V;

const ZERO = splat(0);
const ONE = splat(1);
const isTrue = (x: V): V => f32x4.ne(x, ZERO); // NaN is true
const { add, sub, mul, div } = f32x4;

// pmin and pmax keep their first argument when it is NaN.
const relu6 = (x: V): V => f32x4.pmin(f32x4.pmax(x, ZERO), splat(6));
const sixth = (x: V): V => mul(x, splat(1 / 6));

export const UNARY: Readonly<Partial<Record<UnaryCode, Unary>>> = {
  neg: (_, x) => f32x4.neg(x),
  abs: (_, x) => f32x4.abs(x),
  sign: (_, x) => sub(v128.and(f32x4.gt(x, ZERO), ONE), v128.and(f32x4.lt(x, ZERO), ONE)),
  square: (_, x) => mul(x, x),
  sqrt: (_, x) => f32x4.sqrt(x),
  rsqrt: (_, x) => div(ONE, f32x4.sqrt(x)),
  reciprocal: (_, x) => div(ONE, x),
  exp: (m, x) => m.exp(x),
  expm1: (m, x) => m.expm1(x),
  log: (m, x) => m.log(x),
  log1p: (m, x) => m.log1p(x),
  log2: (m, x) => m.log2(x),
  log10: (m, x) => m.log10(x),
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  sinh,
  cosh,
  tanh: (m, x) => m.tanh(x),
  erf: (m, x) => m.erf(x),
  sigmoid: (m, x) => m.sigmoid(x),
  softplus: (m, x) => m.softplus(x),
  relu: (_, x) => f32x4.pmax(x, ZERO),
  relu6: (_, x) => relu6(x),
  gelu: (m, x) => m.gelu(x),
  geluTanh: (m, x) => m.geluTanh(x),
  silu: (m, x) => m.silu(x),
  hardswish: (_, x) => mul(x, sixth(relu6(add(x, splat(3))))),
  hardsigmoid: (_, x) => sixth(relu6(add(x, splat(3)))),
  floor: (_, x) => f32x4.floor(x),
  ceil: (_, x) => f32x4.ceil(x),
  round: (_, x) => f32x4.nearest(x),
  trunc: (_, x) => f32x4.trunc(x),
  logicalNot: (_, x) => f32x4.eq(x, ZERO),
  isnan: (_, x) => f32x4.ne(x, x),
  isinf: (_, x) => f32x4.eq(f32x4.abs(x), splat(Infinity)),
  isfinite: (_, x) => f32x4.lt(f32x4.abs(x), splat(Infinity)),
};

/** Shorter code with the same bits for |x| < `within`: where all of 16 elements are, which is looked at. */
export interface Quick {
  readonly within: number;
  readonly op: Unary;
}
export const QUICK: Readonly<Partial<Record<UnaryCode, Quick>>> = {
  exp: { within: 87, op: (m, x) => m.expWithin(x) },
  sigmoid: { within: 87, op: (m, x) => m.sigmoid(x, m.expWithin) },
  silu: { within: 87, op: (m, x) => m.silu(x, m.expWithin) },
};

export const BINARY: Readonly<Partial<Record<BinaryCode, Binary>>> = {
  add: (_, a, b) => add(a, b),
  sub: (_, a, b) => sub(a, b),
  rsub: (_, a, b) => sub(b, a),
  mul: (_, a, b) => mul(a, b),
  div: (_, a, b) => div(a, b),
  rdiv: (_, a, b) => div(b, a),
  pow,
  rpow: (m, a, b) => pow(m, b, a),
  fmod,
  remainder,
  atan2,
  maximum: (_, a, b) => f32x4.max(a, b),
  minimum: (_, a, b) => f32x4.min(a, b),
  eq: (_, a, b) => f32x4.eq(a, b),
  ne: (_, a, b) => f32x4.ne(a, b),
  lt: (_, a, b) => f32x4.lt(a, b),
  le: (_, a, b) => f32x4.le(a, b),
  gt: (_, a, b) => f32x4.gt(a, b),
  ge: (_, a, b) => f32x4.ge(a, b),
  logicalAnd: (_, a, b) => v128.and(isTrue(a), isTrue(b)),
  logicalOr: (_, a, b) => v128.or(isTrue(a), isTrue(b)),
  logicalXor: (_, a, b) => v128.xor(isTrue(a), isTrue(b)),
  // Of NaN the slope is 1: it is neither below nor above.
  reluGrad: (_, g, x) => v128.andnot(g, f32x4.le(x, ZERO)),
  relu6Grad: (_, g, x) => v128.andnot(g, v128.or(f32x4.le(x, ZERO), f32x4.ge(x, splat(6)))),
  geluGrad: (m, g, x) => m.geluGrad(g, x),
  geluTanhGrad: (m, g, x) => m.geluTanhGrad(g, x),
  siluGrad: (m, g, x) => m.siluGrad(g, x),
  hardswishGrad: (m, g, x) =>
    v128.andnot(
      v128.bitselect(g, mul(g, m.fma(x, splat(1 / 3), splat(0.5))), f32x4.ge(x, splat(3))),
      f32x4.le(x, splat(-3)),
    ),
  hardsigmoidGrad: (_, g, x) =>
    v128.and(sixth(g), v128.and(f32x4.gt(x, splat(-3)), f32x4.lt(x, splat(3)))),
  sigmoidGrad: (_, g, y) => mul(mul(g, y), sub(ONE, y)),
  tanhGrad: (_, g, y) => mul(g, sub(ONE, mul(y, y))),
};

/** Codes whose results are bools. */
export const QUESTIONS: ReadonlySet<string> = new Set<UnaryCode | BinaryCode>([
  "logicalNot",
  "isnan",
  "isinf",
  "isfinite",
  "eq",
  "ne",
  "lt",
  "le",
  "gt",
  "ge",
  "logicalAnd",
  "logicalOr",
  "logicalXor",
]);

/** x to a constant power, where that is a product or a root. As PyTorch, which roots for ½ and −½. */
export const POWERS: ReadonlyMap<number, Unary> = new Map<number, Unary>([
  [2, (_, x) => mul(x, x)],
  [3, (_, x) => mul(mul(x, x), x)],
  [0.5, (_, x) => f32x4.sqrt(x)],
  [-0.5, (_, x) => div(ONE, f32x4.sqrt(x))],
  [-1, (_, x) => div(ONE, x)],
  [-2, (_, x) => div(ONE, mul(x, x))],
]);

/** Nanoseconds of one thread for one element, beside those for memory; 0 where memory is all that counts. */
const NANOSECONDS: Readonly<Partial<Record<string, number>>> = {
  exp: 0.7,
  expm1: 0.8,
  log: 0.8,
  log1p: 1.1,
  log2: 0.8,
  log10: 0.8,
  sin: 1.3,
  cos: 1.3,
  tan: 1.5,
  asin: 1,
  acos: 1,
  atan: 1.5,
  atan2: 2,
  sinh: 2,
  cosh: 1.5,
  pow: 4,
  rpow: 4,
  fmod: 3,
  remainder: 3,
  tanh: 1.1,
  erf: 1.6,
  sigmoid: 0.9,
  softplus: 2,
  gelu: 2,
  geluGrad: 2,
  geluTanh: 1.2,
  geluTanhGrad: 1.4,
  silu: 0.9,
  siluGrad: 1,
};
export const nanoseconds = (code: string): number => NANOSECONDS[code] ?? 0;
