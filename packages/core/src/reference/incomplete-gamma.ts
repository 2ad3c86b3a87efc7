// The incomplete gamma functions, which Math lacks: the series of the lower one below a + 1, the continued fraction of
// the upper one above it (DLMF 8.7.1, 8.9.2).
import { lgamma, stirlingTail } from "./special.ts";

const EPSILON = 1e-17;
/** Both converge in about the root of a many steps. */
const STEPS = 100_000;

/** x^a e^−x / Γ(a); near a large a by Stirling's formula, in which its large terms have cancelled. */
function scale(a: number, x: number): number {
  const d = (x - a) / a;
  if (a <= 12 || Math.abs(d) > 0.5) return Math.exp(a * Math.log(x) - x - lgamma(a));
  return Math.sqrt(a / (2 * Math.PI)) * Math.exp(a * (Math.log1p(d) - d) - stirlingTail(a));
}

function lower(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < STEPS && term > EPSILON * sum; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum * scale(a, x);
}

/** By Lentz's method, whose start at 0 becomes the tiniest number. */
function upper(a: number, x: number): number {
  const tiny = 1e-300;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < STEPS; n++) {
    const numerator = -n * (n - a);
    b += 2;
    d = numerator * d + b;
    c = b + numerator / c;
    d = 1 / (Math.abs(d) < tiny ? tiny : d);
    c = Math.abs(c) < tiny ? tiny : c;
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return fraction * scale(a, x);
}

/** What is known without computing: [P, Q], or undefined. */
function plain(a: number, x: number): readonly [number, number] | undefined {
  if (!(a >= 0) || !(x >= 0)) return [Number.NaN, Number.NaN];
  if (a === 0) return x > 0 ? [1, 0] : [Number.NaN, Number.NaN];
  if (x === 0) return [0, 1];
  if (a === Infinity) return x === Infinity ? [Number.NaN, Number.NaN] : [0, 1];
  return x === Infinity ? [1, 0] : undefined;
}

/** P(a, x) = γ(a, x) / Γ(a) */
export function igamma(a: number, x: number): number {
  return plain(a, x)?.[0] ?? (x < a + 1 ? lower(a, x) : 1 - upper(a, x));
}
/** Q(a, x) = 1 − P(a, x) */
export function igammac(a: number, x: number): number {
  return plain(a, x)?.[1] ?? (x < a + 1 ? 1 - lower(a, x) : upper(a, x));
}
