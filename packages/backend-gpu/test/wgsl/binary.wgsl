// gpujs/binary/add/2
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_a_dims : vec4<u32>,
  user_b_dims : vec4<u32>,
  user_n1 : i32,
  user_as0 : i32,
  user_as1 : i32,
  user_bs0 : i32,
  user_bs1 : i32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_a : array<f32>;
@group(0) @binding(2) var<storage, read> user_b : array<f32>;
@group(0) @binding(3) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
fn get_user_a(z : i32, y : i32, x : i32) -> f32 {
  return user_a[params.user_a_dims.w + u32(x + i32(params.user_a_dims.x) * (y + i32(params.user_a_dims.y) * z))];
}
fn get_user_b(z : i32, y : i32, x : i32) -> f32 {
  return user_b[params.user_b_dims.w + u32(x + i32(params.user_b_dims.x) * (y + i32(params.user_b_dims.y) * z))];
}
fn fn_idiv(user_a : i32, user_b : i32) -> i32 {
return fn_ifix(user_a, user_b, fn_irefine(user_a, user_b, fn_iguess(user_a, user_b)));
}
fn fn_imod(user_a : i32, user_b : i32) -> i32 {
return (user_a-(user_b*fn_idiv(user_a, user_b)));
}
fn fn_iguess(user_a : i32, user_b : i32) -> i32 {
return i32(floor((f32(user_a)/f32(user_b))));
}
fn fn_irefine(user_a : i32, user_b : i32, user_q : i32) -> i32 {
return (user_q+fn_iguess((user_a-(user_q*user_b)), user_b));
}
fn fn_ifix(user_a : i32, user_b : i32, user_q : i32) -> i32 {
if (((user_a-(user_q*user_b))<0)){
return (user_q-1);}

if (((user_a-(user_q*user_b))>=user_b)){
return (user_q+1);}

return user_q;
}
fn fn_at2(user_i : i32, user_n1 : i32, user_s0 : i32, user_s1 : i32) -> i32 {
return ((fn_idiv(user_i, user_n1)*user_s0)+(fn_imod(user_i, user_n1)*user_s1));
}
fn fn_apply(user_a : f32, user_b : f32) -> f32 {
return (user_a+user_b);
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
result[data_index] = fn_apply(get_user_a(0, 0, i32(fn_at2(i32(threadGid.x), params.user_n1, params.user_as0, params.user_as1))), get_user_b(0, 0, i32(fn_at2(i32(threadGid.x), params.user_n1, params.user_bs0, params.user_bs1))));return;
}

// gpujs/binary/sub/4
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_a_dims : vec4<u32>,
  user_b_dims : vec4<u32>,
  user_n1 : i32,
  user_n2 : i32,
  user_n3 : i32,
  user_as0 : i32,
  user_as1 : i32,
  user_as2 : i32,
  user_as3 : i32,
  user_bs0 : i32,
  user_bs1 : i32,
  user_bs2 : i32,
  user_bs3 : i32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_a : array<f32>;
@group(0) @binding(2) var<storage, read> user_b : array<f32>;
@group(0) @binding(3) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
fn get_user_a(z : i32, y : i32, x : i32) -> f32 {
  return user_a[params.user_a_dims.w + u32(x + i32(params.user_a_dims.x) * (y + i32(params.user_a_dims.y) * z))];
}
fn get_user_b(z : i32, y : i32, x : i32) -> f32 {
  return user_b[params.user_b_dims.w + u32(x + i32(params.user_b_dims.x) * (y + i32(params.user_b_dims.y) * z))];
}
fn fn_imod(user_a : i32, user_b : i32) -> i32 {
return (user_a-(user_b*fn_idiv(user_a, user_b)));
}
fn fn_idiv(user_a : i32, user_b : i32) -> i32 {
return fn_ifix(user_a, user_b, fn_irefine(user_a, user_b, fn_iguess(user_a, user_b)));
}
fn fn_iguess(user_a : i32, user_b : i32) -> i32 {
return i32(floor((f32(user_a)/f32(user_b))));
}
fn fn_irefine(user_a : i32, user_b : i32, user_q : i32) -> i32 {
return (user_q+fn_iguess((user_a-(user_q*user_b)), user_b));
}
fn fn_ifix(user_a : i32, user_b : i32, user_q : i32) -> i32 {
if (((user_a-(user_q*user_b))<0)){
return (user_q-1);}

if (((user_a-(user_q*user_b))>=user_b)){
return (user_q+1);}

return user_q;
}
fn fn_at2(user_i : i32, user_n1 : i32, user_s0 : i32, user_s1 : i32) -> i32 {
return ((fn_idiv(user_i, user_n1)*user_s0)+(fn_imod(user_i, user_n1)*user_s1));
}
fn fn_at3(user_i : i32, user_n1 : i32, user_n2 : i32, user_s0 : i32, user_s1 : i32, user_s2 : i32) -> i32 {
return (fn_at2(fn_idiv(user_i, user_n2), user_n1, user_s0, user_s1)+(fn_imod(user_i, user_n2)*user_s2));
}
fn fn_at4(user_i : i32, user_n1 : i32, user_n2 : i32, user_n3 : i32, user_s0 : i32, user_s1 : i32, user_s2 : i32, user_s3 : i32) -> i32 {
return (fn_at3(fn_idiv(user_i, user_n3), user_n1, user_n2, user_s0, user_s1, user_s2)+(fn_imod(user_i, user_n3)*user_s3));
}
fn fn_apply(user_a : f32, user_b : f32) -> f32 {
return (user_a-user_b);
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
result[data_index] = fn_apply(get_user_a(0, 0, i32(fn_at4(i32(threadGid.x), params.user_n1, params.user_n2, params.user_n3, params.user_as0, params.user_as1, params.user_as2, params.user_as3))), get_user_b(0, 0, i32(fn_at4(i32(threadGid.x), params.user_n1, params.user_n2, params.user_n3, params.user_bs0, params.user_bs1, params.user_bs2, params.user_bs3))));return;
}

// wgsl/binary/add(y,f32,)f32/1
struct Params {
  count : u32,
  width : u32,
  o0 : u32,
  o1 : u32,
  o2 : u32,
  s0_0 : u32,
  s1_0 : u32,
  s2_0 : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> in1 : array<f32>;
@group(0) @binding(2) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  var at_0 = p.o0;
  var at_1 = p.o1;
  var at_2 = p.o2;
  at_0 += i * p.s0_0;
  at_1 += i * p.s1_0;
  at_2 += i * p.s2_0;
  let x0 = y[at_0];
  let x1 = in1[at_1];
  y[at_2] = x0 + x1;
}

// wgsl/binary/maximum(f32,f32,)f32/1
struct Params {
  count : u32,
  width : u32,
  o0 : u32,
  o1 : u32,
  o2 : u32,
  s0_0 : u32,
  s1_0 : u32,
  s2_0 : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> in0 : array<f32>;
@group(0) @binding(2) var<storage, read> in1 : array<f32>;
@group(0) @binding(3) var<storage, read_write> y : array<f32>;
fn is_nan(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn larger(a : f32, b : f32) -> f32 {
  if (is_nan(a)) { return a; }
  if (is_nan(b)) { return b; }
  return max(a, b);
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  var at_0 = p.o0;
  var at_1 = p.o1;
  var at_2 = p.o2;
  at_0 += i * p.s0_0;
  at_1 += i * p.s1_0;
  at_2 += i * p.s2_0;
  let x0 = in0[at_0];
  let x1 = in1[at_1];
  y[at_2] = larger(x0, x1);
}

// wgsl/binary/mul(i32,i32,)i32/1
struct Params {
  count : u32,
  width : u32,
  o0 : u32,
  o1 : u32,
  o2 : u32,
  s0_0 : u32,
  s1_0 : u32,
  s2_0 : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> in0 : array<i32>;
@group(0) @binding(2) var<storage, read> in1 : array<i32>;
@group(0) @binding(3) var<storage, read_write> y : array<i32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  var at_0 = p.o0;
  var at_1 = p.o1;
  var at_2 = p.o2;
  at_0 += i * p.s0_0;
  at_1 += i * p.s1_0;
  at_2 += i * p.s2_0;
  let x0 = in0[at_0];
  let x1 = in1[at_1];
  y[at_2] = x0 * x1;
}
