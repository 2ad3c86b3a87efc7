// gpujs/scalar/mul/1
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_a_dims : vec4<u32>,
  user_as0 : i32,
  user_k : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_a : array<f32>;
@group(0) @binding(2) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
fn get_user_a(z : i32, y : i32, x : i32) -> f32 {
  return user_a[params.user_a_dims.w + u32(x + i32(params.user_a_dims.x) * (y + i32(params.user_a_dims.y) * z))];
}
fn fn_at1(user_i : i32, user_s0 : i32) -> i32 {
return (user_i*user_s0);
}
fn fn_apply(user_a : f32, user_b : f32) -> f32 {
return (user_a*user_b);
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
result[data_index] = fn_apply(get_user_a(0, 0, i32(fn_at1(i32(threadGid.x), params.user_as0))), params.user_k);return;
}

// wgsl/scalar/pow(f32,)f32/1
struct Params {
  count : u32,
  width : u32,
  o0 : u32,
  o1 : u32,
  s0_0 : u32,
  s1_0 : u32,
  k : f32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> in0 : array<f32>;
@group(0) @binding(2) var<storage, read_write> y : array<f32>;
var<private> NAN_BITS : u32 = 0x7fc00000u;
var<private> INFINITY_BITS : u32 = 0x7f800000u;
fn nan() -> f32 { return bitcast<f32>(NAN_BITS); }
fn infinity() -> f32 { return bitcast<f32>(INFINITY_BITS); }
fn is_nan(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn is_inf(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u; }
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
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  var at_0 = p.o0;
  var at_1 = p.o1;
  at_0 += i * p.s0_0;
  at_1 += i * p.s1_0;
  let x0 = in0[at_0];
  y[at_1] = power(x0, p.k);
}
