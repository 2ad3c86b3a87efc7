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
  log1p: "log1pOf(x)",
  log10: "Math.log(x) * 0.4342944819032518",
  exp2: "Math.exp(x * 0.6931471805599453)",
  sin: "Math.sin(x)",
  cos: "Math.cos(x)",
  tan: "Math.tan(x)",
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
