// Exact integers for kernels in gpu.js, which divides in float32 and keeps local variables there: exact below 2^24
// alone. Only arguments and results of functions with declared types stay 32-bit integers. So the steps of a division
// are functions, and indices are computed by nesting them, never by way of a local variable.
//
// Division: the quotient in float32 is off by at most 2^-21 of itself; what is left over is computed in integers
// (products that pass 2^31 wrap, and wrap back in the difference), divided again, off by at most one, and corrected.
import type { HelperFunction } from "./gpu-js.ts";

/** A function of integers with an integer result. */
export function integerFunction(source: string): HelperFunction {
  const args =
    /\(([^)]*)\)/
      .exec(source)?.[1]
      ?.split(",")
      .map((a) => a.trim()) ?? [];
  const argumentTypes = Object.fromEntries(args.map((a) => [a, "Integer" as const]));
  return { source, settings: { argumentTypes, returnType: "Integer" } };
}

/** A function of numbers with a number as its result. */
export function numberFunction(source: string): HelperFunction {
  const args =
    /\(([^)]*)\)/
      .exec(source)?.[1]
      ?.split(",")
      .map((a) => a.trim()) ?? [];
  const argumentTypes = Object.fromEntries(args.map((a) => [a, "Number" as const]));
  return { source, settings: { argumentTypes, returnType: "Number" } };
}

/** idiv, imod and their parts, for 0 ≤ a < 2^31 and 1 ≤ b < 2^31; at1 … at6: see indexCall. */
export const INTEGER_FUNCTIONS: readonly HelperFunction[] = [
  "function iguess(a, b) { return Math.floor(a / b); }",
  "function irefine(a, b, q) { return q + iguess(a - q * b, b); }",
  "function ifix(a, b, q) { if (a - q * b < 0) { return q - 1; } if (a - q * b >= b) { return q + 1; } return q; }",
  "function idiv(a, b) { return ifix(a, b, irefine(a, b, iguess(a, b))); }",
  "function imod(a, b) { return a - b * idiv(a, b); }",
  "function at1(i, s0) { return i * s0; }",
  "function at2(i, n1, s0, s1) { return idiv(i, n1) * s0 + imod(i, n1) * s1; }",
  "function at3(i, n1, n2, s0, s1, s2) { return at2(idiv(i, n2), n1, s0, s1) + imod(i, n2) * s2; }",
  "function at4(i, n1, n2, n3, s0, s1, s2, s3) { return at3(idiv(i, n3), n1, n2, s0, s1, s2) + imod(i, n3) * s3; }",
  "function at5(i, n1, n2, n3, n4, s0, s1, s2, s3, s4) { return at4(idiv(i, n4), n1, n2, n3, s0, s1, s2, s3) + imod(i, n4) * s4; }",
  "function at6(i, n1, n2, n3, n4, n5, s0, s1, s2, s3, s4, s5) { return at5(idiv(i, n5), n1, n2, n3, n4, s0, s1, s2, s3, s4) + imod(i, n5) * s5; }",
].map(integerFunction);

/**
 * The place of element `i` of a strided view, as an expression: the sizes are the scalars n1 … (the outermost is not
 * needed), the strides `${prefix}0` ….
 */
export function indexCall(i: string, rank: number, prefix: string): string {
  const sizes = Array.from({ length: rank - 1 }, (_, d) => `n${d + 1}`);
  const strides = Array.from({ length: rank }, (_, d) => `${prefix}${d}`);
  return `at${rank}(${[i, ...sizes, ...strides].join(", ")})`;
}
