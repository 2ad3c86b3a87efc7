// gpujs/matmul/1
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_a_dims : vec4<u32>,
  user_b_dims : vec4<u32>,
  user_k : i32,
  user_ar : i32,
  user_ac : i32,
  user_as0 : i32,
  user_br : i32,
  user_bc : i32,
  user_bs0 : i32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_a : array<f32>;
@group(0) @binding(2) var<storage, read> user_b : array<f32>;
@group(0) @binding(3) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
const LOOP_MAX : i32 = 2147483647;
fn get_user_a(z : i32, y : i32, x : i32) -> f32 {
  return user_a[params.user_a_dims.w + u32(x + i32(params.user_a_dims.x) * (y + i32(params.user_a_dims.y) * z))];
}
fn get_user_b(z : i32, y : i32, x : i32) -> f32 {
  return user_b[params.user_b_dims.w + u32(x + i32(params.user_b_dims.x) * (y + i32(params.user_b_dims.y) * z))];
}
fn fn_at1(user_i : i32, user_s0 : i32) -> i32 {
return (user_i*user_s0);
}
@compute @workgroup_size(8, 8, 1)
fn main(@builtin(global_invocation_id) group_gid : vec3<u32>) {
  let gid = group_gid + vec3<u32>(0u, 0u, params.dispatchWidth);
  threadGid = gid;
  if (gid.x >= params.outputX || gid.y >= params.outputY || gid.z >= params.outputZ) { return; }
  let data_index : i32 = i32(gid.x + params.outputX * (gid.y + params.outputY * gid.z));
var user_sum : f32 = 0.0;
var user_i : i32 = 0;
for (var safeI : i32 = 0;safeI<LOOP_MAX;safeI++){
if (!((user_i<params.user_k))) { break; }
user_sum+=(get_user_a(0, 0, i32(((fn_at1(i32(threadGid.z), params.user_as0)+(i32(threadGid.y)*params.user_ar))+(user_i*params.user_ac))))*get_user_b(0, 0, i32(((fn_at1(i32(threadGid.z), params.user_bs0)+(user_i*params.user_br))+(i32(threadGid.x)*params.user_bc)))));
user_i++;}

result[data_index] = user_sum;return;
}
