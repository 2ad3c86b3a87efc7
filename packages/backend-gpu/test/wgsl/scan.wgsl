// wgsl/scan/before/logsumexp/f32
struct Params {
  count : u32,
  width : u32,
  chunks : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read_write> y : array<f32>;
var<private> NAN_BITS : u32 = 0x7fc00000u;
var<private> INFINITY_BITS : u32 = 0x7f800000u;
fn nan() -> f32 { return bitcast<f32>(NAN_BITS); }
fn infinity() -> f32 { return bitcast<f32>(INFINITY_BITS); }
fn is_nan(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn is_inf(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u; }
fn larger(a : f32, b : f32) -> f32 {
  if (is_nan(a)) { return a; }
  if (is_nan(b)) { return b; }
  return max(a, b);
}
fn log1p(x : f32) -> f32 {
  if (abs(x) < 0.1) {
    let s = x / (2.0 + x);
    let t = s * s;
    return 2.0 * s * (1.0 + t * (1.0 / 3.0 + t * (0.2 + t / 7.0)));
  }
  return ln(1.0 + x);
}
fn ln(x : f32) -> f32 {
  if (is_nan(x) || x < 0.0) { return nan(); }
  if (x == 0.0) { return -infinity(); }
  if (is_inf(x)) { return x; }
  return log(x);
}
fn logaddexp(a : f32, b : f32) -> f32 {
  if (a == b) { return a + 0.6931471805599453; }
  return larger(a, b) + log1p(exp(-abs(a - b)));
}
fn join(a : f32, b : f32) -> f32 {
  if (is_inf(a) && a < 0.0) { return b; }
  if (is_inf(b) && b < 0.0) { return a; }
  return logaddexp(a, b);
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  var total = -infinity();
  for (var c = 0u; c < p.chunks; c++) {
    let at = c * p.count + i;
    y[at] = total;
    total = join(total, x[at]);
  }
}

// wgsl/scan/fold/logsumexp/f32
struct Params {
  count : u32,
  width : u32,
  n : u32,
  inner : u32,
  lines : u32,
  chunk : u32,
  o : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read_write> y : array<f32>;
var<private> NAN_BITS : u32 = 0x7fc00000u;
var<private> INFINITY_BITS : u32 = 0x7f800000u;
fn nan() -> f32 { return bitcast<f32>(NAN_BITS); }
fn infinity() -> f32 { return bitcast<f32>(INFINITY_BITS); }
fn is_nan(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn is_inf(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u; }
fn larger(a : f32, b : f32) -> f32 {
  if (is_nan(a)) { return a; }
  if (is_nan(b)) { return b; }
  return max(a, b);
}
fn log1p(x : f32) -> f32 {
  if (abs(x) < 0.1) {
    let s = x / (2.0 + x);
    let t = s * s;
    return 2.0 * s * (1.0 + t * (1.0 / 3.0 + t * (0.2 + t / 7.0)));
  }
  return ln(1.0 + x);
}
fn ln(x : f32) -> f32 {
  if (is_nan(x) || x < 0.0) { return nan(); }
  if (x == 0.0) { return -infinity(); }
  if (is_inf(x)) { return x; }
  return log(x);
}
fn logaddexp(a : f32, b : f32) -> f32 {
  if (a == b) { return a + 0.6931471805599453; }
  return larger(a, b) + log1p(exp(-abs(a - b)));
}
fn join(a : f32, b : f32) -> f32 {
  if (is_inf(a) && a < 0.0) { return b; }
  if (is_inf(b) && b < 0.0) { return a; }
  return logaddexp(a, b);
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let line = i % p.lines;
  var total = -infinity();
  let first = i / p.lines * p.chunk;
  for (var k = first; k < min(first + p.chunk, p.n); k++) {
    let at = (line / p.inner * p.n + k) * p.inner + line % p.inner;
    total = join(total, x[p.o + at]);
  }
  y[i] = total;
}

// wgsl/scan/run/logsumexp/f32/from
struct Params {
  count : u32,
  width : u32,
  n : u32,
  inner : u32,
  lines : u32,
  chunk : u32,
  o : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read> before : array<f32>;
@group(0) @binding(3) var<storage, read_write> y : array<f32>;
var<private> NAN_BITS : u32 = 0x7fc00000u;
var<private> INFINITY_BITS : u32 = 0x7f800000u;
fn nan() -> f32 { return bitcast<f32>(NAN_BITS); }
fn infinity() -> f32 { return bitcast<f32>(INFINITY_BITS); }
fn is_nan(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn is_inf(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u; }
fn larger(a : f32, b : f32) -> f32 {
  if (is_nan(a)) { return a; }
  if (is_nan(b)) { return b; }
  return max(a, b);
}
fn log1p(x : f32) -> f32 {
  if (abs(x) < 0.1) {
    let s = x / (2.0 + x);
    let t = s * s;
    return 2.0 * s * (1.0 + t * (1.0 / 3.0 + t * (0.2 + t / 7.0)));
  }
  return ln(1.0 + x);
}
fn ln(x : f32) -> f32 {
  if (is_nan(x) || x < 0.0) { return nan(); }
  if (x == 0.0) { return -infinity(); }
  if (is_inf(x)) { return x; }
  return log(x);
}
fn logaddexp(a : f32, b : f32) -> f32 {
  if (a == b) { return a + 0.6931471805599453; }
  return larger(a, b) + log1p(exp(-abs(a - b)));
}
fn join(a : f32, b : f32) -> f32 {
  if (is_inf(a) && a < 0.0) { return b; }
  if (is_inf(b) && b < 0.0) { return a; }
  return logaddexp(a, b);
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let line = i % p.lines;
  var total = before[i];
  let first = i / p.lines * p.chunk;
  for (var k = first; k < min(first + p.chunk, p.n); k++) {
    let at = (line / p.inner * p.n + k) * p.inner + line % p.inner;
    total = join(total, x[p.o + at]);
    y[at] = total;
  }
}

// wgsl/scan/run/sum/f32
struct Params {
  count : u32,
  width : u32,
  n : u32,
  inner : u32,
  lines : u32,
  chunk : u32,
  o : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read_write> y : array<f32>;
fn join(a : f32, b : f32) -> f32 { return a + b; }
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let line = i % p.lines;
  var total = f32(0);
  let first = i / p.lines * p.chunk;
  for (var k = first; k < min(first + p.chunk, p.n); k++) {
    let at = (line / p.inner * p.n + k) * p.inner + line % p.inner;
    total = join(total, x[p.o + at]);
    y[at] = total;
  }
}
