// Functions that Math lacks, to double precision.
import type { HalfDType } from "../dtype.ts";
import { halfBits, halfValue } from "../half.ts";

/**
 * The error function: its Maclaurin series for small |x|, and for larger ones the continued fraction of
 * erfc (Abramowitz & Stegun 7.1.5 and 7.1.14).
 */
export function erf(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a >= 2.5) return Math.sign(x) * (1 - erfcTail(a));
  let term = x;
  let sum = x;
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    const part = term / (2 * n + 1);
    sum += part;
    if (Math.abs(part) < 1e-17 * Math.abs(sum)) break;
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** erfc of a ≥ 1 by its continued fraction. */
function erfcTail(a: number): number {
  const depth = a < 2.5 ? 200 : 60;
  let fraction = 0;
  for (let n = depth; n >= 1; n--) fraction = n / 2 / (a + fraction);
  return Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction);
}

/** 1 − erf x without cancellation: the tail keeps its digits until it underflows. */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (x < 1) return 1 - erf(x);
  return x > 27 ? 0 : erfcTail(x);
}

/**
 * The inverse of erf: Giles' approximation of its central part and tail as the start
 * (https://people.maths.ox.ac.uk/gilesm/files/gems_erfinv.pdf, the single-precision one), then Newton's
 * method with Halley's correction; on the tail of erfc, where erf has run out of digits.
 */
export function erfinv(y: number): number {
  if (!(y > -1 && y < 1)) return Math.abs(y) === 1 ? y * Infinity : Number.NaN;
  let w = -Math.log((1 - y) * (1 + y));
  const central = w < 5;
  w = central ? w - 2.5 : Math.sqrt(w) - 3;
  let x = (central ? CENTRAL : TAIL).reduce((p, c) => c + p * w, 0) * y;
  for (let k = 0; k < 3; k++) {
    const error =
      Math.abs(y) < 0.5 ? erf(x) - y : Math.sign(y) * (1 - Math.abs(y) - erfc(Math.abs(x)));
    const slope = (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x);
    if (slope === 0) break;
    const step = error / slope;
    x -= step / (1 + x * step);
  }
  return x;
}
const CENTRAL = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503,
  -0.00417768164, 0.246640727, 1.50140941,
];
const TAIL = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613,
  0.00943887047, 1.00167406, 2.83297682,
];

// Γ by Lanczos' approximation with g = 7 and n = 9: Godfrey's coefficients,
// http://www.numericana.com/answer/info/godfrey.htm.
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
  -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
  1.5056327351493116e-7,
];

/** log |Γ(x)|; ∞ at 0 and the negative whole numbers. */
export function lgamma(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (!Number.isFinite(x)) return Infinity;
  if (x <= 0 && Number.isInteger(x)) return Infinity;
  // Γ(x) Γ(1 − x) = π / sin πx
  if (x < 0.5) return Math.log(Math.PI / Math.abs(sinPi(x))) - lgamma(1 - x);
  // Stirling's series, where Lanczos' sum would cancel; next to the zeros at 1 and 2 the series of Γ's own.
  if (x > 12) return stirling(x);
  if (Math.abs(x - 1) < 0.2) return nearOne(x - 1);
  if (Math.abs(x - 2) < 0.2) return nearOne(x - 2) + Math.log1p(x - 2);
  let sum = LANCZOS[0] as number;
  for (let i = 1; i < LANCZOS.length; i++) sum += (LANCZOS[i] as number) / (x - 1 + i);
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

const stirling = (x: number): number =>
  (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + stirlingTail(x);
/** log Γ(x) − (x − ½) log x + x − ½ log 2π, for x > 12. */
export function stirlingTail(x: number): number {
  const r = 1 / (x * x);
  return (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r / 1188)))) / x;
}

/** log Γ(1 + e) = −γ e + Σ ζ(k) (−e)^k / k (Abramowitz & Stegun 6.1.33, without its 1/x terms). */
function nearOne(e: number): number {
  let sum = -EULER * e;
  let power = e;
  for (let k = 2; k < 28; k++) {
    power *= -e;
    sum += (-zeta(k, 1) * power) / k;
  }
  return sum;
}
const EULER = 0.5772156649015329;

/** sin πx, exact at whole and half numbers. */
function sinPi(x: number): number {
  const r = x - 2 * Math.round(x / 2);
  return Math.abs(r) <= 0.5 ? Math.sin(Math.PI * r) : Math.sin(Math.PI * (Math.sign(r) - r));
}

/** sin(πx) / (πx), 1 at 0. */
export function sinc(x: number): number {
  if (x === 0) return 1;
  const t = Math.PI * x;
  return Math.sin(t) / t;
}

/**
 * The derivative of log Γ: recurrence up to 10, then the asymptotic series (Abramowitz & Stegun 6.3.5,
 * 6.3.7, 6.3.18). −∞ at +0, ∞ at −0, NaN at the negative whole numbers, as PyTorch.
 */
export function digamma(x: number): number {
  if (x === 0) return Object.is(x, -0) ? Infinity : -Infinity;
  if (x < 0) {
    if (Number.isInteger(x)) return Number.NaN;
    return digamma(1 - x) - Math.PI / Math.tan(Math.PI * (x - Math.trunc(x)));
  }
  let t = x;
  let sum = 0;
  while (t < 10) {
    sum -= 1 / t;
    t += 1;
  }
  const r = 1 / (t * t);
  const tail =
    r *
    (1 / 12 - r * (1 / 120 - r * (1 / 252 - r * (1 / 240 - r * (1 / 132 - (r * 691) / 32760)))));
  return sum + Math.log(t) - 0.5 / t - tail;
}

/**
 * Hurwitz' zeta function Σ (q + k)^−s, s > 1, by the sum of Euler and Maclaurin (DLMF 25.11.5: 10 terms, then
 * 12 corrections with Bernoulli's numbers, as Cephes' zeta.c).
 */
export function zeta(s: number, q: number): number {
  if (q <= 0 && Number.isInteger(q)) return Infinity;
  let sum = 0;
  let a = q;
  for (let k = 0; k < 10 || a <= 9; k++) {
    sum += a ** -s;
    a += 1;
  }
  sum += a ** (1 - s) / (s - 1) + 0.5 * a ** -s;
  let factor = s * a ** (-s - 1);
  for (let k = 0; k < BERNOULLI.length; k++) {
    sum += factor * (BERNOULLI[k] as number);
    factor *= ((s + 2 * k + 1) * (s + 2 * k + 2)) / (a * a);
  }
  return sum;
}
/** B(2k) / (2k)!. */
const BERNOULLI = [
  1 / 12,
  -1 / 720,
  1 / 30240,
  -1 / 1209600,
  1 / 47900160,
  -691 / 1307674368000,
  1 / 74724249600,
  -3617 / 10670622842880000,
  43867 / 5109094217170944000,
];

/** The n-th derivative of digamma, (−1)^(n+1) n! ζ(n + 1, x) (DLMF 5.15.2, 25.11.12). */
export function polygamma(n: number, x: number): number {
  if (n === 0) return digamma(x);
  let factorial = 1;
  for (let k = 2; k <= n; k++) factorial *= k;
  return (n % 2 === 0 ? -1 : 1) * factorial * zeta(n + 1, x);
}

/** log(e^a + e^b) without overflow. */
export function logaddexp(a: number, b: number): number {
  if (a === b) return a + Math.LN2; // infinite ones too
  const top = Math.max(a, b);
  return top + Math.log1p(Math.exp(-Math.abs(a - b)));
}

/**
 * The modified Bessel functions of the first kind, of order 0 and 1: their power series (DLMF 10.25.2) up to 30, where
 * all terms are positive; beyond it e^x / √(2πx) times Hankel's series (DLMF 10.40.1).
 */
export function besselI(order: 0 | 1, x: number): number {
  const a = Math.abs(x);
  const sign = order === 1 ? Math.sign(x) : 1;
  if (a > 30) {
    let term = 1;
    let sum = 1;
    for (let k = 1; k < 20; k++) {
      term *= -(4 * order * order - (2 * k - 1) ** 2) / (8 * k * a);
      sum += term;
    }
    // In halves: e^x itself overflows before the quotient does.
    const half = Math.exp(a / 2);
    return ((sign * half * sum) / Math.sqrt(2 * Math.PI * a)) * half;
  }
  const quarter = (a * a) / 4;
  let term = order === 0 ? 1 : a / 2;
  let sum = term;
  for (let k = 1; k < 80 && term > 1e-17 * sum; k++) {
    term *= quarter / (k * (k + order));
    sum += term;
  }
  return sign * sum;
}

/** As whole numbers, the patterns of floats of one sign are in order of their size: `step` goes to a neighbour. */
const towards =
  (step: (a: number, by: 1 | -1) => number) =>
  (a: number, b: number): number => {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number.NaN;
    if (a === b) return b;
    if (a === 0) return Math.sign(b) * step(0, 1);
    return step(a, a < b === a > 0 ? 1 : -1);
  };

/** The next number after a towards b among those that fit into `bits`, 32 or 64. */
export function nextAfter(bits: 32 | 64): (a: number, b: number) => number {
  const floats = bits === 32 ? new Float32Array(1) : new Float64Array(1);
  const words = bits === 32 ? new Uint32Array(floats.buffer) : new BigUint64Array(floats.buffer);
  return towards((a, by) => {
    floats[0] = a;
    if (words instanceof Uint32Array) words[0] = (words[0] as number) + by;
    else words[0] = (words[0] as bigint) + BigInt(by);
    return floats[0] as number;
  });
}
/** The same of 16-bit floats. */
export const nextHalf = (dtype: HalfDType): ((a: number, b: number) => number) =>
  towards((a, by) => halfValue(dtype, halfBits(dtype, a) + by));
