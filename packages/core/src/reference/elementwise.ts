// Elementwise loops: fill, copy with cast, unary, binary, where. One table of scalar functions for
// numbers and one for int64's bigints.
import type { BinaryCode, RequiredKernels, UnaryCode, View } from "../backend.ts";
import type { DType } from "../dtype.ts";
import { isFloating, isHalf } from "../dtype.ts";
import { ArgumentError } from "../errors.ts";
import { cells, elements, type Value } from "./elements.ts";
import { igamma, igammac } from "./incomplete-gamma.ts";
import {
  besselI,
  digamma,
  erf,
  erfc,
  erfinv,
  lgamma,
  logaddexp,
  nextAfter,
  nextHalf,
  polygamma,
  sinc,
} from "./special.ts";

type Unary<V> = (x: V) => V | number | boolean;
type Binary<V> = (a: V, b: V) => V | number | boolean;

const SQRT_HALF = Math.SQRT1_2;
const GELU = Math.sqrt(2 / Math.PI);
const sigmoid = (x: number): number =>
  x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
const geluInner = (x: number): number => GELU * (x + 0.044715 * x ** 3);
/** Half to even, as PyTorch and IEEE 754. */
function roundEven(x: number): number {
  const r = Math.round(x);
  return Math.abs(x % 1) === 0.5 && r % 2 !== 0 ? r - 1 : r;
}
const relu = (x: number): number => (x > 0 || Number.isNaN(x) ? x : 0);

export const UNARY: Readonly<Record<UnaryCode, Unary<number>>> = {
  neg: (x) => -x,
  abs: Math.abs,
  sign: (x) => (Number.isNaN(x) ? 0 : Math.sign(x)),
  square: (x) => x * x,
  sqrt: Math.sqrt,
  rsqrt: (x) => 1 / Math.sqrt(x),
  reciprocal: (x) => 1 / x,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  log2: Math.log2,
  log10: Math.log10,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  erf,
  sigmoid,
  // PyTorch's threshold of 20: beyond it the linear function is exact enough.
  softplus: (x) => (x > 20 ? x : Math.log1p(Math.exp(x))),
  relu,
  relu6: (x) => Math.min(relu(x), 6),
  gelu: (x) => 0.5 * x * (1 + erf(x * SQRT_HALF)),
  geluTanh: (x) => 0.5 * x * (1 + Math.tanh(geluInner(x))),
  silu: (x) => x * sigmoid(x),
  hardswish: (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
  hardsigmoid: (x) => Math.min(Math.max(x + 3, 0), 6) / 6,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundEven,
  trunc: Math.trunc,
  logicalNot: (x) => x === 0, // not !x: NaN is true
  isnan: Number.isNaN,
  isinf: (x) => x === Infinity || x === -Infinity,
  isfinite: Number.isFinite,
  exp2: (x) => 2 ** x,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  erfc,
  erfinv,
  lgamma,
  digamma,
  sinc,
  i0: (x) => besselI(0, x),
  i1: (x) => besselI(1, x),
  signbit: (x) => x < 0 || Object.is(x, -0),
  bitwiseNot: (x) => ~x,
};

/** Division's remainder with the sign of the divisor (Python's %). */
function remainder(a: number, b: number): number {
  const r = a % b;
  return r !== 0 && r < 0 !== b < 0 ? r + b : r;
}

/** The quotient rounded down, from the exact remainder as Python's //, so that 1 // 0.1 is 9. */
function floorDivide(a: number, b: number): number {
  if (b === 0) return a / b;
  const r = a % b;
  let quotient = (a - r) / b;
  if (r !== 0 && r < 0 !== b < 0) quotient -= 1;
  if (quotient === 0) return a < 0 !== b < 0 ? -0 : 0;
  const floored = Math.floor(quotient);
  return quotient - floored > 0.5 ? floored + 1 : floored;
}
/** IEEE's: 1 for any power of 1, for any number to 0, and for (−1)^±∞, where ** has NaN. */
const power = (a: number, b: number): number =>
  a === 1 || b === 0 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b;
const greatestDivisor = (a: number, b: number): number =>
  b === 0 ? Math.abs(a) : greatestDivisor(b, a % b);
/** Shifts of int32 by 32 and more leave nothing, as in PyTorch; JS would take the count modulo 32. */
const shiftLeft = (a: number, b: number): number => (b < 0 || b > 31 ? 0 : a << b);
const shiftRight = (a: number, b: number): number => a >> (b < 0 || b > 31 ? 31 : b);

export const BINARY: Readonly<Record<BinaryCode, Binary<number>>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  rsub: (a, b) => b - a,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  rdiv: (a, b) => b / a,
  pow: power,
  rpow: (a, b) => power(b, a),
  maximum: Math.max,
  minimum: Math.min,
  fmod: (a, b) => a % b,
  remainder,
  atan2: Math.atan2,
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
  logicalAnd: (a, b) => a !== 0 && b !== 0,
  logicalOr: (a, b) => a !== 0 || b !== 0,
  logicalXor: (a, b) => (a !== 0) !== (b !== 0),
  floorDivide,
  truncDivide: (a, b) => Math.trunc(a / b),
  hypot: Math.hypot,
  copysign: (a, b) => (b < 0 || Object.is(b, -0) ? -Math.abs(a) : Math.abs(a)),
  logaddexp: (a, b) => logaddexp(a, b),
  logaddexp2: (a, b) => logaddexp(a * Math.LN2, b * Math.LN2) / Math.LN2,
  xlogy: (a, b) => (Number.isNaN(b) ? b : a === 0 ? 0 : a * Math.log(b)),
  igamma,
  igammac,
  fmax: (a, b) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.max(a, b)),
  fmin: (a, b) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.min(a, b)),
  heaviside: (a, b) => (a === 0 ? b : a > 0 ? 1 : 0),
  nextafter: nextAfter(64),
  gcd: greatestDivisor,
  lcm: (a, b) => (a === 0 || b === 0 ? 0 : Math.abs((a / greatestDivisor(a, b)) * b)),
  bitwiseAnd: (a, b) => a & b,
  bitwiseOr: (a, b) => a | b,
  bitwiseXor: (a, b) => a ^ b,
  bitwiseLeftShift: shiftLeft,
  bitwiseRightShift: shiftRight,
  polygamma: (x, n) => polygamma(n, x),
  // Of NaN the slope is 1, as PyTorch's.
  reluGrad: (g, x) => (x <= 0 ? 0 : g),
  relu6Grad: (g, x) => (x <= 0 || x >= 6 ? 0 : g),
  // d/dx x·Φ(x) = Φ(x) + x·φ(x)
  geluGrad: (g, x) =>
    g * (0.5 * (1 + erf(x * SQRT_HALF)) + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI)),
  geluTanhGrad(g, x) {
    const t = Math.tanh(geluInner(x));
    return g * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * GELU * (1 + 3 * 0.044715 * x * x));
  },
  siluGrad(g, x) {
    const s = sigmoid(x);
    return g * s * (1 + x * (1 - s));
  },
  hardswishGrad: (g, x) => (x <= -3 ? 0 : x >= 3 ? g : (g * (2 * x + 3)) / 6),
  hardsigmoidGrad: (g, x) => (x > -3 && x < 3 ? g / 6 : 0),
  sigmoidGrad: (g, y) => g * y * (1 - y),
  tanhGrad: (g, y) => g * (1 - y * y),
};

/** Of float32, whose next number is another one. */
export const BINARY_F32: typeof BINARY = { ...BINARY, nextafter: nextAfter(32) };

// int64. What is missing here is promoted to a float dtype by its op.
const UNARY64: Partial<Record<UnaryCode, Unary<bigint>>> = {
  neg: (x) => -x,
  abs: (x) => (x < 0n ? -x : x),
  sign: (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n),
  square: (x) => x * x,
  relu: (x) => (x > 0n ? x : 0n),
  relu6: (x) => (x < 0n ? 0n : x > 6n ? 6n : x),
  floor: (x) => x,
  ceil: (x) => x,
  round: (x) => x,
  trunc: (x) => x,
  logicalNot: (x) => !x,
  isnan: () => false,
  isinf: () => false,
  isfinite: () => true,
  signbit: (x) => x < 0n,
  bitwiseNot: (x) => ~x,
};
/** Integer powers wrap; a negative exponent leaves 1, −1 or 0. */
function power64(a: bigint, b: bigint): bigint {
  if (b >= 0n) return a ** b;
  return a === 1n ? 1n : a === -1n ? (b % 2n === 0n ? 1n : -1n) : 0n;
}
const NO_DIVISION = "an integer cannot be divided by zero; use floats";
function divisor(op: string, b: bigint): bigint {
  if (b === 0n) throw new ArgumentError(op, NO_DIVISION);
  return b;
}
function greatestDivisor64(a: bigint, b: bigint): bigint {
  if (b !== 0n) return greatestDivisor64(b, a % b);
  return a < 0n ? -a : a;
}
const BINARY64: Partial<Record<BinaryCode, Binary<bigint>>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  rsub: (a, b) => b - a,
  mul: (a, b) => a * b,
  pow: power64,
  rpow: (a, b) => power64(b, a),
  // biome-ignore lint/complexity/useMathMinMax: Math has none for bigints
  maximum: (a, b) => (a > b ? a : b),
  // biome-ignore lint/complexity/useMathMinMax: Math has none for bigints
  minimum: (a, b) => (a < b ? a : b),
  fmod: (a, b) => a % divisor("fmod", b),
  remainder(a, b) {
    const r = a % divisor("remainder", b);
    return r !== 0n && r < 0n !== b < 0n ? r + b : r;
  },
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
  logicalAnd: (a, b) => Boolean(a) && Boolean(b),
  logicalOr: (a, b) => Boolean(a) || Boolean(b),
  logicalXor: (a, b) => Boolean(a) !== Boolean(b),
  floorDivide(a, b) {
    const r = a % divisor("floorDivide", b);
    return r !== 0n && r < 0n !== b < 0n ? a / b - 1n : a / b;
  },
  truncDivide: (a, b) => a / divisor("div", b),
  // biome-ignore lint/complexity/useMathMinMax: Math has none for bigints
  fmax: (a, b) => (a > b ? a : b),
  // biome-ignore lint/complexity/useMathMinMax: Math has none for bigints
  fmin: (a, b) => (a < b ? a : b),
  heaviside: (a, b) => (a === 0n ? b : a < 0n ? 0n : 1n),
  gcd: greatestDivisor64,
  lcm(a, b) {
    if (a === 0n || b === 0n) return 0n;
    const product = (a / greatestDivisor64(a, b)) * b;
    return product < 0n ? -product : product;
  },
  bitwiseAnd: (a, b) => a & b,
  bitwiseOr: (a, b) => a | b,
  bitwiseXor: (a, b) => a ^ b,
  bitwiseLeftShift: (a, b) => (b < 0n || b > 63n ? 0n : BigInt.asIntN(64, a << b)),
  bitwiseRightShift: (a, b) => a >> (b < 0n || b > 63n ? 63n : b),
  reluGrad: (g, x) => (x <= 0n ? 0n : g),
};

function unaryFor(code: UnaryCode, dtype: DType): Unary<Value> | undefined {
  // As in binaryFor: a square of two int32 wraps.
  if (dtype === "int32" && code === "square") {
    return ((x: number) => Math.imul(x, x)) as unknown as Unary<Value>;
  }
  if (dtype === "bool" && code === "bitwiseNot") return UNARY.logicalNot as unknown as Unary<Value>;
  return (dtype === "int64" ? UNARY64[code] : UNARY[code]) as Unary<Value> | undefined;
}

function binaryFor(code: BinaryCode, dtype: DType): Binary<Value> | undefined {
  if (dtype === "int64") return BINARY64[code] as Binary<Value> | undefined;
  // A product of two int32 may pass 2^53; imul keeps the low 32 bits, as integer hardware does.
  if (dtype === "int32" && code === "mul") return Math.imul as unknown as Binary<Value>;
  // Integers have no infinity to stand for a division by zero.
  if (!isFloating(dtype) && (code === "floorDivide" || code === "truncDivide")) {
    const name = code === "floorDivide" ? code : "div";
    const divide = BINARY[code];
    return ((a: number, b: number) => {
      if (b === 0) throw new ArgumentError(name, NO_DIVISION);
      return divide(a, b);
    }) as unknown as Binary<Value>;
  }
  // Powers of int32 and uint8 wrap; beyond 2^53 a float has lost the low bits that stay.
  if (code === "pow" || code === "rpow") {
    if (dtype === "int32" || dtype === "uint8") {
      const power = BINARY64[code] as Binary<bigint>;
      return ((a: number, b: number) =>
        Number(
          BigInt.asIntN(32, power(BigInt(a), BigInt(b)) as bigint),
        )) as unknown as Binary<Value>;
    }
  }
  if (code === "nextafter" && isHalf(dtype)) return nextHalf(dtype) as unknown as Binary<Value>;
  return (dtype === "float32" ? BINARY_F32 : BINARY)[code] as unknown as Binary<Value>;
}

/** A number as a value of the dtype: float → integer truncates, anything → bool asks for ≠ 0. */
export function castTo(dtype: DType): (v: Value | boolean) => Value {
  if (dtype === "int64") {
    return (v) => {
      if (typeof v === "bigint") return v;
      const n = Math.trunc(Number(v));
      return Number.isFinite(n) ? BigInt(n) : 0n;
    };
  }
  if (isFloating(dtype)) return Number;
  if (dtype === "bool") return (v) => (Number(v) !== 0 ? 1 : 0); // NaN is true
  return (v) => (typeof v === "bigint" ? Number(BigInt.asIntN(32, v)) : Math.trunc(Number(v)));
}

const LOOP = "loop";

export const elementwiseKernels: Pick<
  RequiredKernels,
  "fill" | "copy" | "unary" | "binary" | "binaryScalar" | "where"
> = {
  fill(y, value) {
    const to = elements(y);
    const v = castTo(y.dtype)(value);
    for (let i = 0; i < to.size; i++) to.set(i, v);
    return LOOP;
  },
  copy(x, y) {
    const same = x.dtype === y.dtype;
    const from = same ? cells(x) : elements(x);
    const to = same ? cells(y) : elements(y);
    if (same) for (let i = 0; i < to.size; i++) to.set(i, from.get(i));
    else {
      const cast = castTo(y.dtype);
      for (let i = 0; i < to.size; i++) to.set(i, cast(from.get(i)));
    }
    return LOOP;
  },
  unary(code, x, y) {
    const f = unaryFor(code, x.dtype);
    if (f === undefined) return undefined;
    const from = elements(x);
    const to = elements(y);
    for (let i = 0; i < to.size; i++) to.set(i, f(from.get(i)) as Value);
    return LOOP;
  },
  binary(code, a, b, y) {
    const f = binaryFor(code, a.dtype);
    if (f === undefined) return undefined;
    const p = elements(a, y.shape);
    const q = elements(b, y.shape);
    const to = elements(y);
    for (let i = 0; i < to.size; i++) to.set(i, f(p.get(i), q.get(i)) as Value);
    return LOOP;
  },
  binaryScalar(code, x, scalar, y) {
    const f = binaryFor(code, x.dtype);
    if (f === undefined) return undefined;
    const from = elements(x);
    const to = elements(y);
    const s = x.dtype === "int64" ? BigInt(scalar) : Number(scalar);
    for (let i = 0; i < to.size; i++) to.set(i, f(from.get(i), s) as Value);
    return LOOP;
  },
  where(cond: View, a: View, b: View, y: View) {
    const c = elements(cond, y.shape);
    const p = cells(a, y.shape);
    const q = cells(b, y.shape);
    const to = cells(y);
    for (let i = 0; i < to.size; i++) to.set(i, c.get(i) ? p.get(i) : q.get(i));
    return LOOP;
  },
};
