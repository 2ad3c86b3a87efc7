// Special functions in WGSL, and trigonometry to float32's precision: WGSL promises sin and cos to 2^-11 alone.
// Methods and sources are those of core's reference/special.ts, shortened to what float32 holds.

export const SPECIAL = `
// x − q·π/2 in three parts (Cody and Waite); good up to |x| = 10^5, beyond it the built-in ones.
fn quarter_rest(x : f32, q : f32) -> f32 { return ((x - q * 1.5703125) - q * 0.0004837512969970703) - q * 7.549789954891882e-8; }
fn sin_near(r : f32) -> f32 {
  let t = r * r;
  return r + r * t * (-0.16666667 + t * (0.0083333310 + t * (-0.00019840874 + t * 2.7525562e-6)));
}
fn cos_near(r : f32) -> f32 {
  let t = r * r;
  return 1.0 + t * (-0.5 + t * (0.041666668 + t * (-0.0013888889 + t * (2.4801587e-5 - t * 2.755732e-7))));
}
fn quarter_turns(r : f32, q : i32) -> f32 {
  let v = select(sin_near(r), cos_near(r), (q & 1) == 1);
  return select(v, -v, (q & 2) == 2);
}
fn sin_exact(x : f32) -> f32 {
  if (!(abs(x) < 100000.0)) { return sin(x); }
  let q = round(x * 0.6366197723675814);
  return quarter_turns(quarter_rest(x, q), i32(q));
}
fn cos_exact(x : f32) -> f32 {
  if (!(abs(x) < 100000.0)) { return cos(x); }
  let q = round(x * 0.6366197723675814);
  return quarter_turns(quarter_rest(x, q), i32(q) + 1);
}
fn sin_pi(x : f32) -> f32 {
  let r = x - 2.0 * round(x / 2.0);
  return sin_near(3.141592653589793 * select(sign_of(r) - r, r, abs(r) <= 0.5));
}
fn sinc(x : f32) -> f32 {
  if (x == 0.0) { return 1.0; }
  return sin_exact(3.141592653589793 * x) / (3.141592653589793 * x);
}
fn asinh_exact(x : f32) -> f32 {
  let a = abs(x);
  if (a > 1e9) { return sign_of(x) * (ln(a) + 0.6931471805599453); } // its square would overflow
  return sign_of(x) * log1p(a + a * a / (1.0 + sqrt(a * a + 1.0)));
}
fn acosh_exact(x : f32) -> f32 {
  if (x < 1.0) { return nan(); }
  if (x > 1e9) { return ln(x) + 0.6931471805599453; }
  let t = x - 1.0;
  return log1p(t + sqrt(2.0 * t + t * t));
}
fn atanh_exact(x : f32) -> f32 {
  if (abs(x) > 1.0) { return nan(); }
  if (abs(x) == 1.0) { return x * infinity(); }
  return 0.5 * log1p(2.0 * x / (1.0 - x));
}
// Numerical Recipes' rational fit, to 1.2e-7 of itself.
fn erfc_tail(z : f32) -> f32 {
  let t = 1.0 / (1.0 + 0.5 * z);
  return t * exp(-z * z - 1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806 +
    t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277)))))))));
}
fn erfc(x : f32) -> f32 {
  if (is_nan(x)) { return x; }
  if (x < 0.5) { return 1.0 - erf(x); }
  return erfc_tail(x);
}
fn erfinv(y : f32) -> f32 {
  if (abs(y) == 1.0) { return y * infinity(); }
  if (!(abs(y) < 1.0)) { return nan(); }
  var w = -ln((1.0 - y) * (1.0 + y));
  if (w < 5.0) {
    w = w - 2.5;
    return y * (1.50140941 + w * (0.246640727 + w * (-0.00417768164 + w * (-0.00125372503 + w * (0.00021858087 +
      w * (-4.39150654e-6 + w * (-3.5233877e-6 + w * (3.43273939e-7 + w * 2.81022636e-8))))))));
  }
  w = sqrt(w) - 3.0;
  return y * (2.83297682 + w * (1.00167406 + w * (0.00943887047 + w * (-0.0076224613 + w * (0.00573950773 +
    w * (-0.00367342844 + w * (0.00134934322 + w * (0.000100950558 - w * 0.000200214257))))))));
}
// log Γ of x ≥ 0.5: next to its zeros at 1 and 2 a series, else Stirling's, after x was raised to 7.
fn lgamma_near_one(e : f32) -> f32 {
  return e * (-0.5772156649 + e * (0.8224670334 + e * (-0.4006856344 + e * (0.2705808084 + e * (-0.2073855510 +
    e * (0.1695571770 + e * (-0.1440498967 + e * (0.1255096695 - e * 0.1113342659))))))));
}
fn lgamma_right(v : f32) -> f32 {
  if (abs(v - 1.0) < 0.2) { return lgamma_near_one(v - 1.0); }
  if (abs(v - 2.0) < 0.2) { return lgamma_near_one(v - 2.0) + log1p(v - 2.0); }
  var x = v;
  var product = 1.0;
  while (x < 7.0) { product = product * x; x = x + 1.0; }
  let r = 1.0 / (x * x);
  let tail = (1.0 / 12.0 - r * (1.0 / 360.0 - r * (1.0 / 1260.0 - r / 1680.0))) / x;
  return (x - 0.5) * ln(x) - x + 0.9189385332046727 + tail - ln(product);
}
fn lgamma(x : f32) -> f32 {
  if (is_nan(x)) { return x; }
  if (is_inf(x) || (x <= 0.0 && floor(x) == x)) { return infinity(); }
  if (x < 0.5) { return ln(3.141592653589793 / abs(sin_pi(x))) - lgamma_right(1.0 - x); }
  return lgamma_right(x);
}
fn digamma_right(v : f32) -> f32 {
  var x = v;
  var sum = 0.0;
  while (x < 6.0) { sum = sum - 1.0 / x; x = x + 1.0; }
  let r = 1.0 / (x * x);
  return sum + ln(x) - 0.5 / x - r * (1.0 / 12.0 - r * (1.0 / 120.0 - r * (1.0 / 252.0 - r / 240.0)));
}
fn digamma(x : f32) -> f32 {
  if (x == 0.0) { return select(-infinity(), infinity(), (bitcast<u32>(x) >> 31u) == 1u); }
  if (x < 0.0) {
    if (floor(x) == x) { return nan(); }
    let t = 3.141592653589793 * (x - trunc(x));
    return digamma_right(1.0 - x) - 3.141592653589793 * cos_exact(t) / sin_exact(t);
  }
  return digamma_right(x);
}
fn hurwitz(s : f32, q : f32) -> f32 {
  if (q <= 0.0 && floor(q) == q) { return infinity(); }
  var sum = 0.0;
  var a = q;
  for (var k = 0; k < 8 || (a <= 7.0 && k < 10000); k++) { sum = sum + power(a, -s); a = a + 1.0; }
  sum = sum + power(a, 1.0 - s) / (s - 1.0) + 0.5 * power(a, -s);
  var factor = s * power(a, -s - 1.0);
  let r = 1.0 / (a * a);
  sum = sum + factor / 12.0;
  factor = factor * (s + 1.0) * (s + 2.0) * r;
  sum = sum - factor / 720.0;
  factor = factor * (s + 3.0) * (s + 4.0) * r;
  sum = sum + factor / 30240.0;
  factor = factor * (s + 5.0) * (s + 6.0) * r;
  return sum - factor / 1209600.0;
}
fn polygamma(x : f32, n : f32) -> f32 {
  if (n == 0.0) { return digamma(x); }
  var factorial = 1.0;
  for (var k = 2.0; k <= n; k = k + 1.0) { factorial = factorial * k; }
  return select(factorial, -factorial, n - 2.0 * floor(n / 2.0) == 0.0) * hurwitz(n + 1.0, x);
}
fn floor_divide(a : f32, b : f32) -> f32 {
  if (b == 0.0) { return a / b; }
  let r = fmod(a, b);
  var quotient = (a - r) / b;
  if (r != 0.0 && (r < 0.0) != (b < 0.0)) { quotient = quotient - 1.0; }
  if (quotient == 0.0) { return quotient; }
  let floored = floor(quotient);
  return select(floored, floored + 1.0, quotient - floored > 0.5);
}
fn floor_divide_i(a : i32, b : i32) -> i32 {
  if (b == 0) { return 0; }
  let q = a / b;
  return select(q, q - 1, q * b != a && (a < 0) != (b < 0));
}
fn hypot(a : f32, b : f32) -> f32 {
  if (is_inf(a) || is_inf(b)) { return infinity(); }
  if (is_nan(a) || is_nan(b)) { return nan(); }
  let top = max(abs(a), abs(b));
  if (top == 0.0) { return 0.0; }
  let s = a / top;
  let t = b / top;
  return top * sqrt(s * s + t * t);
}
fn copysign(a : f32, b : f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(a) & 0x7fffffffu) | (bitcast<u32>(b) & 0x80000000u));
}
fn logaddexp(a : f32, b : f32) -> f32 {
  if (a == b) { return a + 0.6931471805599453; }
  return larger(a, b) + log1p(exp(-abs(a - b)));
}
fn xlogy(a : f32, b : f32) -> f32 {
  if (is_nan(b)) { return b; }
  if (a == 0.0) { return 0.0; }
  return a * ln(b);
}
// x^a e^−x / Γ(a); near a large a by Stirling's formula, in which its large terms have cancelled.
fn gamma_density(a : f32, x : f32) -> f32 {
  let d = (x - a) / a;
  if (a <= 12.0 || abs(d) > 0.5) { return exp(a * ln(x) - x - lgamma(a)); }
  let tail = (0.083333333 - 0.0027777778 / (a * a)) / a;
  return sqrt(a * 0.15915494) * exp(a * (log1p(d) - d) - tail);
}
// As core's igamma: the lower series below a + 1, the upper continued fraction above; lower and upper in one.
fn incomplete_gamma(a : f32, x : f32) -> vec2<f32> {
  if (is_nan(a) || is_nan(x) || a < 0.0 || x < 0.0) { return vec2<f32>(nan(), nan()); }
  if (a == 0.0) { return select(vec2<f32>(nan(), nan()), vec2<f32>(1.0, 0.0), x > 0.0); }
  if (x == 0.0) { return vec2<f32>(0.0, 1.0); }
  if (is_inf(a)) { return select(vec2<f32>(0.0, 1.0), vec2<f32>(nan(), nan()), is_inf(x)); }
  if (is_inf(x)) { return vec2<f32>(1.0, 0.0); }
  let scale = gamma_density(a, x);
  if (x < a + 1.0) {
    var term = 1.0 / a;
    var sum = term;
    for (var n = 1.0; n < 2000.0 && term > 1e-8 * sum; n = n + 1.0) {
      term = term * x / (a + n);
      sum = sum + term;
    }
    return vec2<f32>(sum * scale, 1.0 - sum * scale);
  }
  var b = x + 1.0 - a;
  var c = 1e30;
  var d = 1.0 / b;
  var fraction = d;
  for (var n = 1.0; n < 2000.0; n = n + 1.0) {
    let numerator = -n * (n - a);
    b = b + 2.0;
    d = numerator * d + b;
    c = b + numerator / c;
    d = 1.0 / select(d, 1e-30, abs(d) < 1e-30);
    c = select(c, 1e-30, abs(c) < 1e-30);
    fraction = fraction * d * c;
    if (abs(d * c - 1.0) < 1e-7) { break; }
  }
  return vec2<f32>(1.0 - fraction * scale, fraction * scale);
}
fn fmax(a : f32, b : f32) -> f32 { return select(select(max(a, b), a, is_nan(b)), b, is_nan(a)); }
fn fmin(a : f32, b : f32) -> f32 { return select(select(min(a, b), a, is_nan(b)), b, is_nan(a)); }
fn heaviside(a : f32, b : f32) -> f32 { return select(select(0.0, 1.0, a > 0.0), b, a == 0.0); }
fn gcd(p : i32, q : i32) -> i32 {
  var a = abs(p);
  var b = abs(q);
  while (b != 0) {
    let r = a % b;
    a = b;
    b = r;
  }
  return a;
}
fn lcm(a : i32, b : i32) -> i32 {
  if (a == 0 || b == 0) { return 0; }
  return abs(a / gcd(a, b) * b);
}
// By the signs of zeros too, which the built-in one does not see on all devices.
fn atan2_exact(a : f32, b : f32) -> f32 {
  if (is_nan(a) || is_nan(b)) { return nan(); }
  let back = bitcast<u32>(b) >= 0x80000000u;
  var angle = select(0.0, 3.141592653589793, back);
  if (is_inf(a) && is_inf(b)) { angle = select(0.7853981633974483, 2.356194490192345, back); }
  else if (a != 0.0 && !is_inf(b)) { angle = atan2(abs(a), b); }
  return select(angle, -angle, bitcast<u32>(a) >= 0x80000000u);
}
fn shift_left(a : i32, b : i32) -> i32 {
  if (b < 0 || b > 31) { return 0; }
  return a << u32(b);
}
fn shift_right(a : i32, b : i32) -> i32 { return a >> select(u32(b), 31u, b < 0 || b > 31); }
// The modified Bessel functions, as core's besselI: the power series, and Hankel's beyond it.
fn bessel_i(order : f32, x : f32) -> f32 {
  if (is_nan(x)) { return x; }
  let a = abs(x);
  let sign = select(1.0, sign_of(x), order == 1.0);
  if (a > 30.0) {
    var term = 1.0;
    var total = 1.0;
    for (var k = 1.0; k < 12.0; k += 1.0) {
      term = -term * (4.0 * order * order - (2.0 * k - 1.0) * (2.0 * k - 1.0)) / (8.0 * k * a);
      total += term;
    }
    let half = exp(0.5 * a);
    return sign * half * total / sqrt(6.283185307179586 * a) * half;
  }
  let quarter = 0.25 * a * a;
  var term = select(1.0, 0.5 * a, order == 1.0);
  var total = term;
  for (var k = 1.0; k < 80.0 && term > 1e-9 * total; k += 1.0) {
    term = term * quarter / (k * (k + order));
    total += term;
  }
  return sign * total;
}
// By the words: floats of one sign are in the order of their words.
fn next_after(a : f32, b : f32) -> f32 {
  if (is_nan(a) || is_nan(b)) { return nan(); }
  let word = bitcast<u32>(a);
  let other = bitcast<u32>(b);
  let zero = (word & 0x7fffffffu) == 0u;
  if (word == other || (zero && (other & 0x7fffffffu) == 0u)) { return b; }
  if (zero) { return bitcast<f32>((other & 0x80000000u) | 1u); }
  // As whole numbers with a sign they are in order, the smallest of all too.
  let x = select(i32(word), -i32(word & 0x7fffffffu), word >= 0x80000000u);
  let y = select(i32(other), -i32(other & 0x7fffffffu), other >= 0x80000000u);
  return bitcast<f32>(select(word - 1u, word + 1u, (x < y) == (word < 0x80000000u)));
}
`;

/** Of x, an f32. */
export const SPECIAL_UNARY_F32 = {
  exp2: "exp2(x)",
  sin: "sin_exact(x)",
  cos: "cos_exact(x)",
  tan: "sin_exact(x) / cos_exact(x)",
  asinh: "asinh_exact(x)",
  acosh: "acosh_exact(x)",
  atanh: "atanh_exact(x)",
  erfc: "erfc(x)",
  erfinv: "erfinv(x)",
  lgamma: "lgamma(x)",
  digamma: "digamma(x)",
  sinc: "sinc(x)",
  signbit: "bitcast<u32>(x) >> 31u",
} as const;

/** Of x, an integer of type T. */
export const SPECIAL_UNARY_INT = {
  signbit: "truth(x < T(0))",
  bitwiseNot: "~x",
} as const;

/** Of a and b, both f32. */
export const SPECIAL_BINARY_F32 = {
  floorDivide: "floor_divide(a, b)",
  truncDivide: "trunc(a / b)",
  hypot: "hypot(a, b)",
  copysign: "copysign(a, b)",
  logaddexp: "logaddexp(a, b)",
  logaddexp2: "logaddexp(a * 0.6931471805599453, b * 0.6931471805599453) * 1.4426950408889634",
  xlogy: "xlogy(a, b)",
  igamma: "incomplete_gamma(a, b)[0]",
  igammac: "incomplete_gamma(a, b)[1]",
  fmax: "fmax(a, b)",
  fmin: "fmin(a, b)",
  heaviside: "heaviside(a, b)",
  polygamma: "polygamma(a, b)",
} as const;

/** Of two integers of type T. */
export const SPECIAL_BINARY_INT = {
  floorDivide: "T(floor_divide_i(i32(a), i32(b)))",
  truncDivide: "select(a / b, T(0), b == T(0))",
  fmax: "max(a, b)",
  fmin: "min(a, b)",
  heaviside: "select(select(T(0), T(1), a > T(0)), b, a == T(0))",
  gcd: "T(gcd(i32(a), i32(b)))",
  lcm: "T(lcm(i32(a), i32(b)))",
  bitwiseAnd: "a & b",
  bitwiseOr: "a | b",
  bitwiseXor: "a ^ b",
  bitwiseLeftShift: "T(shift_left(i32(a), i32(b)))",
  bitwiseRightShift: "T(shift_right(i32(a), i32(b)))",
} as const;
