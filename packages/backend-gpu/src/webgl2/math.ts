// Scalar functions for WebGL2, in gpu.js: beside those that WebGPU has from gpu.js too, questions (1 or 0) and what is
// hand-written there. Integers are floats.
import type { BinaryCode, UnaryCode } from "@tapegrad/core";
import { BINARY_JS, UNARY_JS } from "../kernels/math-gpujs.ts";
import type { HelperFunction } from "../program/gpu-js.ts";
import { numberFunction } from "../program/integers.ts";

const question = (name: string, text: string): string =>
  `function ${name}(a, b) { if (${text}) { return 1.0; } return 0.0; }`;

export const GL_MATH: readonly HelperFunction[] = [
  question("eqOf", "a === b"),
  question("ltOf", "a < b"),
  question("leOf", "a <= b"),
  question("andOf", "a !== 0.0 && b !== 0.0"),
  question("orOf", "a !== 0.0 || b !== 0.0"),
  "function choose(c, a, b) { if (c !== 0.0) { return a; } return b; }",
  "function signOf(x) { if (x > 0.0) { return 1.0; } if (x < 0.0) { return -1.0; } return x; }",
  "function truncOf(x) { if (x < 0.0) { return Math.ceil(x); } return Math.floor(x); }",
  // Half to even.
  "function evenOf(x, f) { if (x - f < 0.5) { return f; } if (x - f > 0.5) { return f + 1.0; } return 2.0 * Math.floor(0.5 * f + 0.5); }",
  "function roundOf(x) { return evenOf(x, Math.floor(x)); }",
  "function largerOf(a, b) { if (a > b) { return a; } return b; }",
  "function smallerOf(a, b) { if (a < b) { return a; } return b; }",
  "function log1pOf(x) { if (Math.abs(x) < 0.01) { return x * (1.0 - x * (0.5 - x * (0.33333333 - x * (0.25 - 0.2 * x)))); } return Math.log(1.0 + x); }",
  "function expm1Of(x) { if (Math.abs(x) < 0.1) { return x * (1.0 + x * (0.5 + x * (0.16666667 + x * (0.04166667 + x * (0.00833333 + x * 0.00138889))))); } return Math.exp(x) - 1.0; }",
  "function softplusOf(x) { return largerOf(x, 0.0) + log1pOf(Math.exp(-Math.abs(x))); }",
  // Sine and cosine: shaders promise three digits. Quarter turns are taken off in three steps, then a series.
  "function quarters(x) { return Math.floor(x * 0.6366197723675814 + 0.5); }",
  "function withoutTurns(x, n) { return ((x - n * 1.5703125) - n * 0.0004837512969970703) - n * 0.00000007549789948768648; }",
  "function sineSeries(r, s) { return r + r * s * (-0.16666667 + s * (0.008333333 + s * (-0.00019841270 + s * 0.0000027557319))); }",
  "function cosineSeries(s) { return 1.0 + s * (-0.5 + s * (0.041666667 + s * (-0.0013888889 + s * (0.000024801587 - s * 0.00000027557319)))); }",
  "function turned(r, k) { if (k < 0.5) { return sineSeries(r, r * r); } if (k < 1.5) { return cosineSeries(r * r); } if (k < 2.5) { return -sineSeries(r, r * r); } return -cosineSeries(r * r); }",
  "function sineAfter(x, n, k) { return turned(withoutTurns(x, n), k - 4.0 * Math.floor(0.25 * k)); }",
  "function sinOf(x) { return sineAfter(x, quarters(x), quarters(x)); }",
  "function cosOf(x) { return sineAfter(x, quarters(x), quarters(x) + 1.0); }",
  "function wholePower(a, b) { if (b - 2.0 * Math.floor(0.5 * b) === 1.0) { return -Math.pow(-a, b); } return Math.pow(-a, b); }",
  "function powOf(a, b) { if (b === 0.0) { return 1.0; } if (b === 1.0) { return a; } if (b === 2.0) { return a * a; } if (b === 3.0) { return a * a * a; } if (a < 0.0 && b === Math.floor(b)) { return wholePower(a, b); } return Math.pow(a, b); }",
  "function fmodOf(a, b) { return a - b * truncOf(a / b); }",
  "function remainderOf(a, b) { return a - b * Math.floor(a / b); }",
  "function byteOf(x) { return x - 256.0 * Math.floor(x / 256.0); }",
  "function normalOf(x) { return Math.exp(-0.5 * x * x) * 0.3989422804014327; }",
  "function hardswishSlope(b) { if (b <= -3.0) { return 0.0; } if (b >= 3.0) { return 1.0; } return b / 3.0 + 0.5; }",
  "function geluTanhSlope(b, t) { return 0.5 * (1.0 + t) + 0.5 * b * (1.0 - t * t) * 0.7978845608028654 * (1.0 + 0.134145 * b * b); }",
].map(numberFunction);

export const GL_UNARY: Readonly<Partial<Record<UnaryCode, string>>> = {
  ...UNARY_JS,
  sign: "signOf(x)",
  trunc: "truncOf(x)",
  round: "roundOf(x)",
  expm1: "expm1Of(x)",
  log: "Math.log(x)",
  log1p: "log1pOf(x)",
  log2: "Math.log(x) * 1.4426950408889634",
  log10: "Math.log(x) * 0.4342944819032518",
  exp2: "Math.exp(x * 0.6931471805599453)",
  sin: "sinOf(x)",
  cos: "cosOf(x)",
  tan: "sinOf(x) / cosOf(x)",
  asin: "Math.asin(x)",
  acos: "Math.acos(x)",
  atan: "Math.atan(x)",
  relu6: "clamp6(x)",
  softplus: "softplusOf(x)",
  logicalNot: "eqOf(x, 0.0)",
};

export const GL_BINARY: Readonly<Partial<Record<BinaryCode, string>>> = {
  ...BINARY_JS,
  pow: "powOf(a, b)",
  rpow: "powOf(b, a)",
  maximum: "largerOf(a, b)",
  minimum: "smallerOf(a, b)",
  fmod: "fmodOf(a, b)",
  remainder: "remainderOf(a, b)",
  floorDivide: "Math.floor(a / b)",
  truncDivide: "truncOf(a / b)",
  eq: "eqOf(a, b)",
  ne: "1.0 - eqOf(a, b)",
  lt: "ltOf(a, b)",
  le: "leOf(a, b)",
  gt: "ltOf(b, a)",
  ge: "leOf(b, a)",
  logicalAnd: "andOf(a, b)",
  logicalOr: "orOf(a, b)",
  logicalXor: "1.0 - eqOf(eqOf(a, 0.0), eqOf(b, 0.0))",
  hypot: "Math.sqrt(a * a + b * b)",
  geluGrad: "a * (0.5 * (1.0 + erfOf(b * 0.7071067811865476)) + b * normalOf(b))",
  geluTanhGrad: "a * geluTanhSlope(b, tanhOf(geluInner(b)))",
  hardswishGrad: "a * hardswishSlope(b)",
};
