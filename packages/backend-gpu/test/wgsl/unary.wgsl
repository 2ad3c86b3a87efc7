// gpujs/unary/exp/1
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_a_dims : vec4<u32>,
  user_as0 : i32,
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
fn fn_apply(user_x : f32) -> f32 {
if ((bitcast<u32>(user_x) & 0x7fffffffu) > 0x7f800000u) { return user_x; }
return exp(user_x);
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
result[data_index] = fn_apply(get_user_a(0, 0, i32(fn_at1(i32(threadGid.x), params.user_as0))));return;
}

// gpujs/unary/gelu/2
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_a_dims : vec4<u32>,
  user_n1 : i32,
  user_as0 : i32,
  user_as1 : i32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_a : array<f32>;
@group(0) @binding(2) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
fn get_user_a(z : i32, y : i32, x : i32) -> f32 {
  return user_a[params.user_a_dims.w + u32(x + i32(params.user_a_dims.x) * (y + i32(params.user_a_dims.y) * z))];
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
fn fn_erfBottom(user_t : f32) -> f32 {
return ((-0.0142647390514189)+(user_t*((-0.00737332916720468)+(user_t*((-0.00168282697438203)+(user_t*((-0.000213374055278905)-(user_t*0.0000145660718464996))))))));
}
fn fn_erfTop(user_x : f32, user_t : f32) -> f32 {
return (user_x*((-0.0160960333262415)+(user_t*((-0.00295459980854025)+(user_t*((-0.000734990630326855)+(user_t*((-0.0000569250639462346)+(user_t*((-0.00000210102402082508)+(user_t*(2.77068142495902e-8-(user_t*2.72614225801306e-10)))))))))))));
}
fn fn_erfInside(user_x : f32) -> f32 {
return (fn_erfTop(user_x, (user_x*user_x))/fn_erfBottom((user_x*user_x)));
}
fn fn_erfOf(user_x : f32) -> f32 {
if ((user_x>4.0)){
return 1.0;}

if ((user_x<(-4.0))){
return (-1.0);}

return fn_erfInside(user_x);
}
fn fn_apply(user_x : f32) -> f32 {
if ((bitcast<u32>(user_x) & 0x7fffffffu) > 0x7f800000u) { return user_x; }
return ((0.5*user_x)*(1.0+fn_erfOf((user_x*0.7071067811865476))));
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
result[data_index] = fn_apply(get_user_a(0, 0, i32(fn_at2(i32(threadGid.x), params.user_n1, params.user_as0, params.user_as1))));return;
}

// wgsl/unary/isnan(f32,)u32/1
struct Params {
  count : u32,
  width : u32,
  o0 : u32,
  o1 : u32,
  s0_0 : u32,
  s1_0 : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> in0 : array<f32>;
@group(0) @binding(2) var<storage, read_write> y : array<u32>;
fn is_nan(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn truth(x : bool) -> u32 { return select(0u, 1u, x); }
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
  y[at_1] = truth(is_nan(x0));
}
