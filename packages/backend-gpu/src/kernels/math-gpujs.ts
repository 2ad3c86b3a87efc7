// Scalar functions as gpu.js takes them, for float32 to float32. It has no NaN to compare with and no bits, so what
// depends on these (maximum, isnan, …) is hand-written alone; so are the logarithms, and sin and cos, which devices have to 2^-11 only. Every function is called by its code's name.
import type { BinaryCode, UnaryCode } from "@tapegrad/core";
import type { HelperFunction } from "../program/gpu-js.ts";
import { numberFunction } from "../program/integers.ts";

/** What the expressions below call. gpu.js writes out those that are used. */
export const GPUJS_MATH: readonly HelperFunction[] = [
  "function sigmoidOf(x) { return 1 / (1 + Math.exp(-x)); }",
  "function tanhOf(x) { if (x > 15) { return 1; } if (x < -15) { return -1; } if (Math.abs(x) < 0.2) { return x * (1 + x * x * (-1 / 3 + x * x * (2 / 15 - x * x * 17 / 315))); } return Math.tanh(x); }",
  "function reluOf(x) { if (x < 0) { return 0; } return x; }",
  "function clamp6(x) { return Math.min(Math.max(x, 0), 6); }",
  "function erfTop(x, t) { return x * (-0.0160960333262415 + t * (-0.00295459980854025 + t * (-0.000734990630326855 + t * (-0.0000569250639462346 + t * (-0.00000210102402082508 + t * (0.0000000277068142495902 - t * 0.000000000272614225801306)))))); }",
  "function erfBottom(t) { return -0.0142647390514189 + t * (-0.00737332916720468 + t * (-0.00168282697438203 + t * (-0.000213374055278905 - t * 0.0000145660718464996))); }",
  "function erfInside(x) { return erfTop(x, x * x) / erfBottom(x * x); }",
  "function erfOf(x) { if (x > 4) { return 1; } if (x < -4) { return -1; } return erfInside(x); }",
  "function geluInner(x) { return 0.7978845608028654 * (x + 0.044715 * x * x * x); }",
].map(numberFunction);

type Table<C extends string> = Readonly<Partial<Record<C, string>>>;

/** Of x. */
export const UNARY_JS: Table<UnaryCode> = {
  neg: "-x",
  abs: "Math.abs(x)",
  square: "x * x",
  sqrt: "Math.sqrt(x)",
  rsqrt: "1 / Math.sqrt(x)",
  reciprocal: "1 / x",
  exp: "Math.exp(x)",
  tanh: "tanhOf(x)",
  erf: "erfOf(x)",
  sigmoid: "sigmoidOf(x)",
  relu: "reluOf(x)",
  gelu: "0.5 * x * (1 + erfOf(x * 0.7071067811865476))",
  geluTanh: "0.5 * x * (1 + tanhOf(geluInner(x)))",
  silu: "x * sigmoidOf(x)",
  hardswish: "x * clamp6(x + 3) / 6",
  hardsigmoid: "clamp6(x + 3) / 6",
  floor: "Math.floor(x)",
  ceil: "Math.ceil(x)",
};

/** Of a and b. */
export const BINARY_JS: Table<BinaryCode> = {
  add: "a + b",
  sub: "a - b",
  rsub: "b - a",
  mul: "a * b",
  div: "a / b",
  rdiv: "b / a",
  siluGrad: "a * sigmoidOf(b) * (1 + b * (1 - sigmoidOf(b)))",
  sigmoidGrad: "a * b * (1 - b)",
  tanhGrad: "a * (1 - b * b)",
  reluGrad: "above0(a, b)",
  relu6Grad: "upTo6(a, b)",
  hardsigmoidGrad: "between(a / 6, b, -3, 3)",
};

export const GPUJS_GRADIENTS: readonly HelperFunction[] = [
  "function above0(a, b) { if (b <= 0) { return 0; } return a; }",
  "function upTo6(a, b) { if (b <= 0) { return 0; } if (b >= 6) { return 0; } return a; }",
  "function between(a, b, low, high) { if (b > low) { if (b < high) { return a; } } return 0; }",
].map(numberFunction);
