// Scalar functions in WGSL. Shaders may be compiled as if there were no NaN or infinity, so what depends on them asks
// their bits; and WGSL refuses constants that are either, so these are made at run time.
import type { BinaryCode, UnaryCode } from "@tapegrad/core";
import {
  SPECIAL,
  SPECIAL_BINARY_F32,
  SPECIAL_BINARY_INT,
  SPECIAL_UNARY_F32,
  SPECIAL_UNARY_INT,
} from "./math-special-wgsl.ts";

const MATH = `
var<private> NAN_BITS : u32 = 0x7fc00000u;
var<private> INFINITY_BITS : u32 = 0x7f800000u;
fn nan() -> f32 { return bitcast<f32>(NAN_BITS); }
fn infinity() -> f32 { return bitcast<f32>(INFINITY_BITS); }
fn is_nan(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn is_inf(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u; }
fn is_true(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) != 0u; }
fn larger(a : f32, b : f32) -> f32 {
  if (is_nan(a)) { return a; }
  if (is_nan(b)) { return b; }
  return max(a, b);
}
fn smaller(a : f32, b : f32) -> f32 {
  if (is_nan(a)) { return a; }
  if (is_nan(b)) { return b; }
  return min(a, b);
}
fn expm1(x : f32) -> f32 {
  if (abs(x) < 0.35) {
    return x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0 * (1.0 + x / 6.0)))));
  }
  return exp(x) - 1.0;
}
fn log1p(x : f32) -> f32 {
  if (abs(x) < 0.1) {
    let s = x / (2.0 + x);
    let t = s * s;
    return 2.0 * s * (1.0 + t * (1.0 / 3.0 + t * (0.2 + t / 7.0)));
  }
  return ln(1.0 + x);
}
fn tanh_safe(x : f32) -> f32 {
  if (x > 15.0) { return 1.0; }
  if (x < -15.0) { return -1.0; }
  if (abs(x) < 0.2) {
    let t = x * x;
    return x * (1.0 + t * (-1.0 / 3.0 + t * (2.0 / 15.0 + t * (-17.0 / 315.0))));
  }
  return tanh(x);
}
fn sinh_safe(x : f32) -> f32 {
  if (abs(x) < 0.3) {
    let t = x * x;
    return x * (1.0 + t / 6.0 * (1.0 + t / 20.0 * (1.0 + t / 42.0)));
  }
  return 0.5 * (exp(x) - exp(-x));
}
// The built-in one is finite for 0 and infinity on some devices, and for numbers below 0.
fn ln(x : f32) -> f32 {
  if (is_nan(x) || x < 0.0) { return nan(); }
  if (x == 0.0) { return -infinity(); }
  if (is_inf(x)) { return x; }
  return log(x);
}
// The built-in functions may lose a NaN.
fn keep_nan(x : f32, y : f32) -> f32 { return select(y, x, is_nan(x)); }
fn exp_kept(x : f32) -> f32 { return keep_nan(x, exp(x)); }
fn sigmoid(x : f32) -> f32 { return 1.0 / (1.0 + exp(-x)); }
// Rational in x², |x| ≤ 4, as in Eigen and XLA: 3 ulp.
fn erf(v : f32) -> f32 {
  if (is_nan(v)) { return v; }
  let x = clamp(v, -4.0, 4.0);
  let t = x * x;
  let a = x * (-1.60960333262415e-02 + t * (-2.95459980854025e-03 + t * (-7.34990630326855e-04 + t * (-5.69250639462346e-05 +
    t * (-2.10102402082508e-06 + t * (2.77068142495902e-08 + t * -2.72614225801306e-10))))));
  let b = -1.42647390514189e-02 + t * (-7.37332916720468e-03 + t * (-1.68282697438203e-03 + t * (-2.13374055278905e-04 +
    t * -1.45660718464996e-05)));
  return a / b;
}
fn softplus(x : f32) -> f32 {
  if (x > 20.0) { return x; }
  return log1p(exp(x));
}
fn relu(x : f32) -> f32 { return select(x, 0.0, x < 0.0); }
fn relu6(x : f32) -> f32 { return select(relu(x), 6.0, x > 6.0); }
fn gelu_inner(x : f32) -> f32 { return 0.7978845608028654 * (x + 0.044715 * x * x * x); }
fn sign_of(x : f32) -> f32 { return select(select(0.0, -1.0, x < 0.0), 1.0, x > 0.0); }
// The built-in one is finite where it should not be for 0 and infinities, on some devices.
fn power(a : f32, b : f32) -> f32 {
  if (b == 0.0 || a == 1.0) { return 1.0; }
  if (b == 1.0) { return a; }
  if (is_nan(a) || is_nan(b)) { return nan(); }
  if (b == 2.0) { return a * a; }
  if (b == 0.5 && a > 0.0) { return sqrt(a); }
  let base = abs(a);
  let whole = floor(b) == b;
  var r = pow(base, b);
  if (base == 0.0 || is_inf(base) || is_inf(b)) {
    r = select(0.0, infinity(), (base > 1.0) == (b > 0.0));
    if (base == 1.0) { r = 1.0; }
  } else if (a < 0.0 && !whole) { return nan(); }
  // From 2^24 on all are even.
  let odd = whole && abs(b) < 16777216.0 && abs(b) - 2.0 * floor(abs(b) / 2.0) == 1.0;
  return select(r, -r, odd && (bitcast<u32>(a) >> 31u) == 1u);
}
fn fmod(a : f32, b : f32) -> f32 {
  if (b == 0.0 || is_inf(a) || is_nan(a) || is_nan(b)) { return nan(); }
  if (is_inf(b)) { return a; }
  return a % b;
}
fn remainder(a : f32, b : f32) -> f32 {
  let r = fmod(a, b);
  return select(r, r + b, r != 0.0 && (r < 0.0) != (b < 0.0));
}
fn remainder_i(a : i32, b : i32) -> i32 {
  if (b == 0) { return 0; }
  let r = a % b;
  return select(r, r + b, r != 0 && (r < 0) != (b < 0));
}
fn power_i(a : i32, b : i32) -> i32 {
  if (b < 0) {
    if (a == 1) { return 1; }
    if (a == -1) { return select(-1, 1, (b & 1) == 0); }
    return 0;
  }
  var result = 1;
  var base = a;
  var n = b;
  while (n > 0) {
    if ((n & 1) == 1) { result = result * base; }
    base = base * base;
    n = n >> 1u;
  }
  return result;
}
fn gelu_tanh_grad(a : f32, b : f32) -> f32 {
  if (abs(b) > 20.0) { return a * select(0.0, 1.0, b > 0.0); } // the cube would overflow
  let t = tanh_safe(gelu_inner(b));
  return a * (0.5 * (1.0 + t) + 0.5 * b * (1.0 - t * t) * 0.7978845608028654 * (1.0 + 0.134145 * b * b));
}
fn truth(x : bool) -> u32 { return select(0u, 1u, x); }
`;

/** Each definition of the texts by its name. */
const DEFINITIONS = new Map(
  (MATH + SPECIAL).split(/\n(?=fn |var|\/\/)/).flatMap((text) => {
    const name = /^(?:fn|var<private>) (\w+)/m.exec(text)?.[1];
    return name === undefined ? [] : [[name, text.trim()] as const];
  }),
);

/** The definitions that a body needs, and what they need in turn: for the head of a kernel. */
export function mathFor(body: string): string {
  const needed = new Set<string>();
  const visit = (text: string): void => {
    for (const [word] of text.matchAll(/\b[A-Za-z_]\w*/g)) {
      const definition = DEFINITIONS.get(word);
      if (definition === undefined || needed.has(word)) continue;
      needed.add(word);
      visit(definition);
    }
  };
  visit(body);
  return [...DEFINITIONS]
    .filter(([name]) => needed.has(name))
    .map(([, text]) => text)
    .join("\n");
}

type Table<C extends string> = Readonly<Partial<Record<C, string>>>;

/** Of `x`, an f32. Those that answer a question give u32. */
export const UNARY_F32: Table<UnaryCode> = {
  i0: "bessel_i(0.0, x)",
  i1: "bessel_i(1.0, x)",
  neg: "-x",
  abs: "abs(x)",
  sign: "sign_of(x)",
  square: "x * x",
  sqrt: "sqrt(x)",
  rsqrt: "inverseSqrt(x)",
  reciprocal: "1.0 / x",
  exp: "exp(x)",
  expm1: "expm1(x)",
  log: "ln(x)",
  log1p: "log1p(x)",
  log2: "ln(x) * 1.4426950408889634",
  log10: "ln(x) * 0.4342944819032518",
  asin: "asin(x)",
  acos: "acos(x)",
  atan: "atan(x)",
  sinh: "sinh_safe(x)",
  cosh: "cosh(x)",
  tanh: "tanh_safe(x)",
  erf: "erf(x)",
  sigmoid: "sigmoid(x)",
  softplus: "softplus(x)",
  relu: "relu(x)",
  relu6: "relu6(x)",
  gelu: "0.5 * x * (1.0 + erf(x * 0.7071067811865476))",
  geluTanh: "0.5 * x * (1.0 + tanh_safe(gelu_inner(x)))",
  silu: "x * sigmoid(x)",
  hardswish: "x * clamp(x + 3.0, 0.0, 6.0) / 6.0",
  hardsigmoid: "clamp(x + 3.0, 0.0, 6.0) / 6.0",
  floor: "floor(x)",
  ceil: "ceil(x)",
  round: "round(x)",
  trunc: "trunc(x)",
  logicalNot: "truth(!is_true(x))",
  isnan: "truth(is_nan(x))",
  isinf: "truth(is_inf(x))",
  isfinite: "truth(!is_nan(x) && !is_inf(x))",
  ...SPECIAL_UNARY_F32,
};

/** Of an i32, or a u32 (uint8, bool). `T` stands for the type. */
export const UNARY_INT: Table<UnaryCode> = {
  neg: "T(0) - x",
  abs: "abs(x)",
  sign: "select(select(T(0), T(0) - T(1), x < T(0)), T(1), x > T(0))",
  square: "x * x",
  relu: "max(x, T(0))",
  relu6: "clamp(x, T(0), T(6))",
  floor: "x",
  ceil: "x",
  round: "x",
  trunc: "x",
  logicalNot: "truth(x == T(0))",
  isnan: "0u",
  isinf: "0u",
  isfinite: "1u",
  ...SPECIAL_UNARY_INT,
};

const comparisons: Table<BinaryCode> = {
  eq: "truth(a == b)",
  ne: "truth(a != b)",
  lt: "truth(a < b)",
  le: "truth(a <= b)",
  gt: "truth(a > b)",
  ge: "truth(a >= b)",
};

/** Of `a` and `b`, both f32. */
export const BINARY_F32: Table<BinaryCode> = {
  add: "a + b",
  sub: "a - b",
  rsub: "b - a",
  mul: "a * b",
  div: "a / b",
  rdiv: "b / a",
  pow: "power(a, b)",
  rpow: "power(b, a)",
  maximum: "larger(a, b)",
  minimum: "smaller(a, b)",
  fmod: "fmod(a, b)",
  remainder: "remainder(a, b)",
  atan2: "atan2_exact(a, b)",
  nextafter: "next_after(a, b)",
  ...comparisons,
  ne: "truth(!(a == b))",
  logicalAnd: "truth(is_true(a) && is_true(b))",
  logicalOr: "truth(is_true(a) || is_true(b))",
  logicalXor: "truth(is_true(a) != is_true(b))",
  reluGrad: "select(a, 0.0, b <= 0.0)",
  relu6Grad: "select(a, 0.0, b <= 0.0 || b >= 6.0)",
  geluGrad:
    "a * (0.5 * (1.0 + erf(b * 0.7071067811865476)) + b * exp(-0.5 * b * b) * 0.3989422804014327)",
  geluTanhGrad: "gelu_tanh_grad(a, b)",
  siluGrad: "a * sigmoid(b) * (1.0 + b * (1.0 - sigmoid(b)))",
  hardswishGrad: "select(select(a * (2.0 * b + 3.0) / 6.0, a, b >= 3.0), 0.0, b <= -3.0)",
  hardsigmoidGrad: "select(0.0, a / 6.0, b > -3.0 && b < 3.0)",
  sigmoidGrad: "a * b * (1.0 - b)",
  tanhGrad: "a * (1.0 - b * b)",
  ...SPECIAL_BINARY_F32,
};

/** Of two i32 or two u32. */
export const BINARY_INT: Table<BinaryCode> = {
  add: "a + b",
  sub: "a - b",
  rsub: "b - a",
  mul: "a * b",
  pow: "T(power_i(i32(a), i32(b)))",
  rpow: "T(power_i(i32(b), i32(a)))",
  maximum: "max(a, b)",
  minimum: "min(a, b)",
  fmod: "select(a % b, T(0), b == T(0))",
  remainder: "T(remainder_i(i32(a), i32(b)))",
  ...comparisons,
  logicalAnd: "truth(a != T(0) && b != T(0))",
  logicalOr: "truth(a != T(0) || b != T(0))",
  logicalXor: "truth((a != T(0)) != (b != T(0)))",
  reluGrad: "select(a, T(0), b <= T(0))",
  ...SPECIAL_BINARY_INT,
};
