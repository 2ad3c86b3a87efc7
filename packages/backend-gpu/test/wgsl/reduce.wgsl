// gpujs/reduce/sum/1,1
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_x_dims : vec4<u32>,
  user_s0 : i32,
  user_m0 : i32,
  user_t0 : i32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_x : array<f32>;
@group(0) @binding(2) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
const LOOP_MAX : i32 = 2147483647;
fn get_user_x(z : i32, y : i32, x : i32) -> f32 {
  return user_x[params.user_x_dims.w + u32(x + i32(params.user_x_dims.x) * (y + i32(params.user_x_dims.y) * z))];
}
fn fn_at1(user_i : i32, user_s0 : i32) -> i32 {
return (user_i*user_s0);
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_sum : f32 = 0.0;
var user_i0 : i32 = 0;
for (var safeI : i32 = 0;safeI<LOOP_MAX;safeI++){
if (!((user_i0<params.user_m0))) { break; }
user_sum+=get_user_x(0, 0, i32((fn_at1(i32(threadGid.x), params.user_s0)+(user_i0*params.user_t0))));
user_i0++;}

result[data_index] = user_sum;return;
}

// gpujs/reduce/sum/1,2
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_x_dims : vec4<u32>,
  user_s0 : i32,
  user_m0 : i32,
  user_m1 : i32,
  user_t0 : i32,
  user_t1 : i32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_x : array<f32>;
@group(0) @binding(2) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
const LOOP_MAX : i32 = 2147483647;
fn get_user_x(z : i32, y : i32, x : i32) -> f32 {
  return user_x[params.user_x_dims.w + u32(x + i32(params.user_x_dims.x) * (y + i32(params.user_x_dims.y) * z))];
}
fn fn_at1(user_i : i32, user_s0 : i32) -> i32 {
return (user_i*user_s0);
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_sum : f32 = 0.0;
var user_i0 : i32 = 0;
for (var safeI2 : i32 = 0;safeI2<LOOP_MAX;safeI2++){
if (!((user_i0<params.user_m0))) { break; }
var user_i1 : i32 = 0;
for (var safeI : i32 = 0;safeI<LOOP_MAX;safeI++){
if (!((user_i1<params.user_m1))) { break; }
user_sum+=get_user_x(0, 0, i32(((fn_at1(i32(threadGid.x), params.user_s0)+(user_i0*params.user_t0))+(user_i1*params.user_t1))));
user_i1++;}

user_i0++;}

result[data_index] = user_sum;return;
}

// wgsl/reduce/max/f32,f32/1,1/group
struct Params {
  count : u32,
  width : u32,
  ox : u32,
  oy : u32,
  length : u32,
  parts : u32,
  ks0 : u32,
  rs0 : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> in0 : array<f32>;
@group(0) @binding(2) var<storage, read_write> y : array<f32>;
var<private> INFINITY_BITS : u32 = 0x7f800000u;
fn infinity() -> f32 { return bitcast<f32>(INFINITY_BITS); }
fn is_nan(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn larger(a : f32, b : f32) -> f32 {
  if (is_nan(a)) { return a; }
  if (is_nan(b)) { return b; }
  return max(a, b);
}
var<workgroup> shared_sum : array<f32, 128>;
@compute @workgroup_size(128, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let item = wid.x + wid.y * p.width;
  if (item >= p.count) { return; }
  let line = item / p.parts;
  let first = p.ox + line * p.ks0;
  let part = (p.length + p.parts - 1u) / p.parts;
  let begin = item % p.parts * part;
  var sum = -infinity();
  for (var j = begin + lane; j < min(begin + part, p.length); j += 128u) {
    let x = in0[first + j * p.rs0];
    let a = sum; let b = x;
    sum = larger(a, b);
  }
  shared_sum[lane] = sum;
  for (var half = 64u; half > 0u; half = half / 2u) {
    workgroupBarrier();
    if (lane < half) {
      let a = shared_sum[lane]; let b = shared_sum[lane + half];
      shared_sum[lane] = larger(a, b);
    }
  }
  if (lane == 0u) { sum = shared_sum[0]; y[p.oy + item] = sum; }
}
