// gpujs/conv/3,2,1,1,1,1,1,1/4,6,2/6x9>6x10/biasnone
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_x_dims : vec4<u32>,
  user_w_dims : vec4<u32>,
  user_bias_dims : vec4<u32>,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_x : array<f32>;
@group(0) @binding(2) var<storage, read> user_w : array<f32>;
@group(0) @binding(3) var<storage, read> user_bias : array<f32>;
@group(0) @binding(4) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
fn get_user_x(z : i32, y : i32, x : i32) -> f32 {
  return user_x[params.user_x_dims.w + u32(x + i32(params.user_x_dims.x) * (y + i32(params.user_x_dims.y) * z))];
}
fn get_user_w(z : i32, y : i32, x : i32) -> f32 {
  return user_w[params.user_w_dims.w + u32(x + i32(params.user_w_dims.x) * (y + i32(params.user_w_dims.y) * z))];
}
fn get_user_bias(z : i32, y : i32, x : i32) -> f32 {
  return user_bias[params.user_bias_dims.w + u32(x + i32(params.user_bias_dims.x) * (y + i32(params.user_bias_dims.y) * z))];
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
fn fn_imod(user_a : i32, user_b : i32) -> i32 {
return (user_a-(user_b*fn_idiv(user_a, user_b)));
}
@compute @workgroup_size(8, 8, 1)
fn main(@builtin(global_invocation_id) group_gid : vec3<u32>) {
  let gid = group_gid + vec3<u32>(0u, 0u, params.dispatchWidth);
  threadGid = gid;
  if (gid.x >= params.outputX || gid.y >= params.outputY || gid.z >= params.outputZ) { return; }
  let data_index : i32 = i32(gid.x + params.outputX * (gid.y + params.outputY * gid.z));
var user_o : f32 = f32(fn_imod(i32(threadGid.z), 6));
var user_first : f32 = f32(((fn_idiv(i32(threadGid.z), 6)*4)+(fn_idiv(fn_imod(i32(threadGid.z), 6), 3)*2)));
var user_sum : f32 = get_user_bias(0, 0, i32(fn_imod(i32(threadGid.z), 6)));
for (var user_c : i32 = 0;(user_c<2);user_c++){
for (var user_kh : i32 = 0;(user_kh<3);user_kh++){
var user_ih : f32 = f32((((i32(threadGid.y)*1)+(user_kh*1))-1));if (((user_ih>=0.0)&&(user_ih<f32(6.0)))){
for (var user_kw : i32 = 0;(user_kw<2);user_kw++){
var user_iw : f32 = f32((((i32(threadGid.x)*1)+(user_kw*1))-1));if (((user_iw>=0.0)&&(user_iw<f32(9.0)))){
user_sum+=(get_user_x(i32((user_first+f32(user_c))), i32(user_ih), i32(user_iw))*get_user_w(i32(((user_o*f32(2.0))+f32(user_c))), i32(user_kh), i32(user_kw)));}
}
}
}
}

result[data_index] = user_sum;return;
}

// gpujs/convInputGrad/3,2,1,1,1,1,1,1/4,6,2/6x9>6x10
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_g_dims : vec4<u32>,
  user_w_dims : vec4<u32>,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_g : array<f32>;
@group(0) @binding(2) var<storage, read> user_w : array<f32>;
@group(0) @binding(3) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
fn get_user_g(z : i32, y : i32, x : i32) -> f32 {
  return user_g[params.user_g_dims.w + u32(x + i32(params.user_g_dims.x) * (y + i32(params.user_g_dims.y) * z))];
}
fn get_user_w(z : i32, y : i32, x : i32) -> f32 {
  return user_w[params.user_w_dims.w + u32(x + i32(params.user_w_dims.x) * (y + i32(params.user_w_dims.y) * z))];
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
fn fn_imod(user_a : i32, user_b : i32) -> i32 {
return (user_a-(user_b*fn_idiv(user_a, user_b)));
}
@compute @workgroup_size(8, 8, 1)
fn main(@builtin(global_invocation_id) group_gid : vec3<u32>) {
  let gid = group_gid + vec3<u32>(0u, 0u, params.dispatchWidth);
  threadGid = gid;
  if (gid.x >= params.outputX || gid.y >= params.outputY || gid.z >= params.outputZ) { return; }
  let data_index : i32 = i32(gid.x + params.outputX * (gid.y + params.outputY * gid.z));
var user_c : f32 = f32(fn_imod(fn_imod(i32(threadGid.z), 4), 2));
var user_first : f32 = f32((fn_idiv(fn_imod(i32(threadGid.z), 4), 2)*3));
var user_plane : f32 = f32(((fn_idiv(i32(threadGid.z), 4)*6)+(fn_idiv(fn_imod(i32(threadGid.z), 4), 2)*3)));
var user_sum : f32 = 0.0;
for (var user_o : i32 = 0;(user_o<3);user_o++){
for (var user_kh : i32 = 0;(user_kh<3);user_kh++){
var user_th : f32 = f32(((i32(threadGid.y)+1)-(user_kh*1)));var user_oh : f32 = f32(fn_idiv(i32(max(user_th, 0.0)), 1));if ((((user_th>=0.0)&&((user_oh*f32(1.0))==user_th))&&(user_oh<f32(6.0)))){
for (var user_kw : i32 = 0;(user_kw<2);user_kw++){
var user_tw : f32 = f32(((i32(threadGid.x)+1)-(user_kw*1)));var user_ow : f32 = f32(fn_idiv(i32(max(user_tw, 0.0)), 1));if ((((user_tw>=0.0)&&((user_ow*f32(1.0))==user_tw))&&(user_ow<f32(10.0)))){
user_sum+=(get_user_g(i32((user_plane+f32(user_o))), i32(user_oh), i32(user_ow))*get_user_w(i32((((user_first+f32(user_o))*f32(2.0))+user_c)), i32(user_kh), i32(user_kw)));}
}
}
}
}

result[data_index] = user_sum;return;
}

// gpujs/convWeightGrad/3,2,1,1,1,1,1,1/4,6,2/6x9>6x10/1
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_x_dims : vec4<u32>,
  user_g_dims : vec4<u32>,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_x : array<f32>;
@group(0) @binding(2) var<storage, read> user_g : array<f32>;
@group(0) @binding(3) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
fn get_user_x(z : i32, y : i32, x : i32) -> f32 {
  return user_x[params.user_x_dims.w + u32(x + i32(params.user_x_dims.x) * (y + i32(params.user_x_dims.y) * z))];
}
fn get_user_g(z : i32, y : i32, x : i32) -> f32 {
  return user_g[params.user_g_dims.w + u32(x + i32(params.user_g_dims.x) * (y + i32(params.user_g_dims.y) * z))];
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
@compute @workgroup_size(8, 8, 1)
fn main(@builtin(global_invocation_id) group_gid : vec3<u32>) {
  let gid = group_gid + vec3<u32>(0u, 0u, params.dispatchWidth);
  threadGid = gid;
  if (gid.x >= params.outputX || gid.y >= params.outputY || gid.z >= params.outputZ) { return; }
  let data_index : i32 = i32(gid.x + params.outputX * (gid.y + params.outputY * gid.z));
var user_kh : f32 = f32(fn_idiv(i32(threadGid.x), 2));
var user_kw : f32 = f32(fn_imod(i32(threadGid.x), 2));
var user_image : f32 = f32(fn_idiv(i32(threadGid.z), 6));
var user_o : f32 = f32(fn_imod(i32(threadGid.z), 6));
var user_c : f32 = f32(((fn_idiv(fn_imod(i32(threadGid.z), 6), 3)*2)+i32(threadGid.y)));
var user_sum : f32 = 0.0;
for (var user_n : i32 = 0;(user_n<1);user_n++){
for (var user_oh : i32 = 0;(user_oh<6);user_oh++){
var user_ih : f32 = ((f32((user_oh*1))+(user_kh*f32(1.0)))-f32(1.0));if (((user_ih>=0.0)&&(user_ih<f32(6.0)))){
for (var user_ow : i32 = 0;(user_ow<10);user_ow++){
var user_iw : f32 = ((f32((user_ow*1))+(user_kw*f32(1.0)))-f32(1.0));if (((user_iw>=0.0)&&(user_iw<f32(9.0)))){
user_sum+=(get_user_x(i32((((user_image+f32(user_n))*f32(4.0))+user_c)), i32(user_ih), i32(user_iw))*get_user_g(i32((((user_image+f32(user_n))*f32(6.0))+user_o)), i32(user_oh), i32(user_ow)));}
}
}
}
}

result[data_index] = user_sum;return;
}

// gpujs/convWeightGrad/images
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_sums_dims : vec4<u32>,
  user_n : i32,
  user_size : i32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_sums : array<f32>;
@group(0) @binding(2) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
const LOOP_MAX : i32 = 2147483647;
fn get_user_sums(z : i32, y : i32, x : i32) -> f32 {
  return user_sums[params.user_sums_dims.w + u32(x + i32(params.user_sums_dims.x) * (y + i32(params.user_sums_dims.y) * z))];
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_sum : f32 = 0.0;
var user_i : i32 = 0;
for (var safeI : i32 = 0;safeI<LOOP_MAX;safeI++){
if (!((user_i<params.user_n))) { break; }
user_sum+=get_user_sums(0, 0, i32(((user_i*params.user_size)+i32(threadGid.x))));
user_i++;}

result[data_index] = user_sum;return;
}

// wgsl/conv/forward/2/biasnone
struct Params {
  count : u32,
  width : u32,
  ox : u32,
  ow : u32,
  ob : u32,
  n : i32,
  c : i32,
  o : i32,
  cg : i32,
  og : i32,
  h0 : i32,
  q0 : i32,
  k0 : i32,
  s0 : i32,
  p0 : i32,
  d0 : i32,
  h1 : i32,
  q1 : i32,
  k1 : i32,
  s1 : i32,
  p1 : i32,
  d1 : i32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read> w : array<f32>;
@group(0) @binding(3) var<storage, read> bias : array<f32>;
@group(0) @binding(4) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  var rest = i32(i);
  let y1 = rest % p.q1; rest = rest / p.q1;
  let y0 = rest % p.q0; rest = rest / p.q0;
  let o = rest % p.o; let n = rest / p.o; let first = o / p.og * p.cg;
  var sum = bias[p.ob + u32(o)];
  for (var c = 0; c < p.cg; c++) { for (var i0 = 0; i0 < p.k0; i0++) { let x0 = y0 * p.s0 + i0 * p.d0 - p.p0; if (x0 < 0 || x0 >= p.h0) { continue; }
for (var i1 = 0; i1 < p.k1; i1++) { let x1 = y1 * p.s1 + i1 * p.d1 - p.p1; if (x1 < 0 || x1 >= p.h1) { continue; }
sum += x[p.ox + u32(((n * p.c + first + c) * p.h0 + x0) * p.h1 + x1)] * w[p.ow + u32(((o * p.cg + c) * p.k0 + i0) * p.k1 + i1)]; } } }
  let v = sum;
  y[i] = v;
}

// wgsl/conv/forward/3/biasnone
struct Params {
  count : u32,
  width : u32,
  ox : u32,
  ow : u32,
  ob : u32,
  n : i32,
  c : i32,
  o : i32,
  cg : i32,
  og : i32,
  h0 : i32,
  q0 : i32,
  k0 : i32,
  s0 : i32,
  p0 : i32,
  d0 : i32,
  h1 : i32,
  q1 : i32,
  k1 : i32,
  s1 : i32,
  p1 : i32,
  d1 : i32,
  h2 : i32,
  q2 : i32,
  k2 : i32,
  s2 : i32,
  p2 : i32,
  d2 : i32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read> w : array<f32>;
@group(0) @binding(3) var<storage, read> bias : array<f32>;
@group(0) @binding(4) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  var rest = i32(i);
  let y2 = rest % p.q2; rest = rest / p.q2;
  let y1 = rest % p.q1; rest = rest / p.q1;
  let y0 = rest % p.q0; rest = rest / p.q0;
  let o = rest % p.o; let n = rest / p.o; let first = o / p.og * p.cg;
  var sum = bias[p.ob + u32(o)];
  for (var c = 0; c < p.cg; c++) { for (var i0 = 0; i0 < p.k0; i0++) { let x0 = y0 * p.s0 + i0 * p.d0 - p.p0; if (x0 < 0 || x0 >= p.h0) { continue; }
for (var i1 = 0; i1 < p.k1; i1++) { let x1 = y1 * p.s1 + i1 * p.d1 - p.p1; if (x1 < 0 || x1 >= p.h1) { continue; }
for (var i2 = 0; i2 < p.k2; i2++) { let x2 = y2 * p.s2 + i2 * p.d2 - p.p2; if (x2 < 0 || x2 >= p.h2) { continue; }
sum += x[p.ox + u32((((n * p.c + first + c) * p.h0 + x0) * p.h1 + x1) * p.h2 + x2)] * w[p.ow + u32((((o * p.cg + c) * p.k0 + i0) * p.k1 + i1) * p.k2 + i2)]; } } } }
  let v = sum;
  y[i] = v;
}

// wgsl/conv/inputGrad/2/none
struct Params {
  count : u32,
  width : u32,
  ox : u32,
  ow : u32,
  ob : u32,
  n : i32,
  c : i32,
  o : i32,
  cg : i32,
  og : i32,
  h0 : i32,
  q0 : i32,
  k0 : i32,
  s0 : i32,
  p0 : i32,
  d0 : i32,
  h1 : i32,
  q1 : i32,
  k1 : i32,
  s1 : i32,
  p1 : i32,
  d1 : i32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read> w : array<f32>;
@group(0) @binding(3) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  var rest = i32(i);
  let x1 = rest % p.h1; rest = rest / p.h1;
  let x0 = rest % p.h0; rest = rest / p.h0;
  let c = rest % p.c; let n = rest / p.c; let group = c / p.cg;
  var sum = 0.0;
  for (var m = 0; m < p.og; m++) { let o = group * p.og + m; for (var i0 = 0; i0 < p.k0; i0++) { let t0 = x0 + p.p0 - i0 * p.d0; let y0 = t0 / p.s0; if (t0 < 0 || y0 * p.s0 != t0 || y0 >= p.q0) { continue; }
for (var i1 = 0; i1 < p.k1; i1++) { let t1 = x1 + p.p1 - i1 * p.d1; let y1 = t1 / p.s1; if (t1 < 0 || y1 * p.s1 != t1 || y1 >= p.q1) { continue; }
sum += x[p.ox + u32(((n * p.o + o) * p.q0 + y0) * p.q1 + y1)] * w[p.ow + u32(((o * p.cg + c % p.cg) * p.k0 + i0) * p.k1 + i1)]; } } }
  y[i] = sum;
}

// wgsl/conv/inputGrad/3/none
struct Params {
  count : u32,
  width : u32,
  ox : u32,
  ow : u32,
  ob : u32,
  n : i32,
  c : i32,
  o : i32,
  cg : i32,
  og : i32,
  h0 : i32,
  q0 : i32,
  k0 : i32,
  s0 : i32,
  p0 : i32,
  d0 : i32,
  h1 : i32,
  q1 : i32,
  k1 : i32,
  s1 : i32,
  p1 : i32,
  d1 : i32,
  h2 : i32,
  q2 : i32,
  k2 : i32,
  s2 : i32,
  p2 : i32,
  d2 : i32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read> w : array<f32>;
@group(0) @binding(3) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  var rest = i32(i);
  let x2 = rest % p.h2; rest = rest / p.h2;
  let x1 = rest % p.h1; rest = rest / p.h1;
  let x0 = rest % p.h0; rest = rest / p.h0;
  let c = rest % p.c; let n = rest / p.c; let group = c / p.cg;
  var sum = 0.0;
  for (var m = 0; m < p.og; m++) { let o = group * p.og + m; for (var i0 = 0; i0 < p.k0; i0++) { let t0 = x0 + p.p0 - i0 * p.d0; let y0 = t0 / p.s0; if (t0 < 0 || y0 * p.s0 != t0 || y0 >= p.q0) { continue; }
for (var i1 = 0; i1 < p.k1; i1++) { let t1 = x1 + p.p1 - i1 * p.d1; let y1 = t1 / p.s1; if (t1 < 0 || y1 * p.s1 != t1 || y1 >= p.q1) { continue; }
for (var i2 = 0; i2 < p.k2; i2++) { let t2 = x2 + p.p2 - i2 * p.d2; let y2 = t2 / p.s2; if (t2 < 0 || y2 * p.s2 != t2 || y2 >= p.q2) { continue; }
sum += x[p.ox + u32((((n * p.o + o) * p.q0 + y0) * p.q1 + y1) * p.q2 + y2)] * w[p.ow + u32((((o * p.cg + c % p.cg) * p.k0 + i0) * p.k1 + i1) * p.k2 + i2)]; } } } }
  y[i] = sum;
}

// wgsl/conv/weightGrad/2/none
struct Params {
  count : u32,
  width : u32,
  ox : u32,
  ow : u32,
  ob : u32,
  n : i32,
  c : i32,
  o : i32,
  cg : i32,
  og : i32,
  h0 : i32,
  q0 : i32,
  k0 : i32,
  s0 : i32,
  p0 : i32,
  d0 : i32,
  h1 : i32,
  q1 : i32,
  k1 : i32,
  s1 : i32,
  p1 : i32,
  d1 : i32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read> w : array<f32>;
@group(0) @binding(3) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  var rest = i32(i);
  let k1 = rest % p.k1; rest = rest / p.k1;
  let k0 = rest % p.k0; rest = rest / p.k0;
  let c = rest % p.cg; let o = rest / p.cg;
  var sum = 0.0;
  for (var n = 0; n < p.n; n++) { for (var i0 = 0; i0 < p.q0; i0++) { let x0 = i0 * p.s0 + k0 * p.d0 - p.p0; if (x0 < 0 || x0 >= p.h0) { continue; }
for (var i1 = 0; i1 < p.q1; i1++) { let x1 = i1 * p.s1 + k1 * p.d1 - p.p1; if (x1 < 0 || x1 >= p.h1) { continue; }
sum += x[p.ox + u32(((n * p.o + o) * p.q0 + i0) * p.q1 + i1)] * w[p.ow + u32(((n * p.c + o / p.og * p.cg + c) * p.h0 + x0) * p.h1 + x1)]; } } }
  y[i] = sum;
}

// wgsl/conv/weightGrad/3/none
struct Params {
  count : u32,
  width : u32,
  ox : u32,
  ow : u32,
  ob : u32,
  n : i32,
  c : i32,
  o : i32,
  cg : i32,
  og : i32,
  h0 : i32,
  q0 : i32,
  k0 : i32,
  s0 : i32,
  p0 : i32,
  d0 : i32,
  h1 : i32,
  q1 : i32,
  k1 : i32,
  s1 : i32,
  p1 : i32,
  d1 : i32,
  h2 : i32,
  q2 : i32,
  k2 : i32,
  s2 : i32,
  p2 : i32,
  d2 : i32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read> w : array<f32>;
@group(0) @binding(3) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  var rest = i32(i);
  let k2 = rest % p.k2; rest = rest / p.k2;
  let k1 = rest % p.k1; rest = rest / p.k1;
  let k0 = rest % p.k0; rest = rest / p.k0;
  let c = rest % p.cg; let o = rest / p.cg;
  var sum = 0.0;
  for (var n = 0; n < p.n; n++) { for (var i0 = 0; i0 < p.q0; i0++) { let x0 = i0 * p.s0 + k0 * p.d0 - p.p0; if (x0 < 0 || x0 >= p.h0) { continue; }
for (var i1 = 0; i1 < p.q1; i1++) { let x1 = i1 * p.s1 + k1 * p.d1 - p.p1; if (x1 < 0 || x1 >= p.h1) { continue; }
for (var i2 = 0; i2 < p.q2; i2++) { let x2 = i2 * p.s2 + k2 * p.d2 - p.p2; if (x2 < 0 || x2 >= p.h2) { continue; }
sum += x[p.ox + u32((((n * p.o + o) * p.q0 + i0) * p.q1 + i1) * p.q2 + i2)] * w[p.ow + u32((((n * p.c + o / p.og * p.cg + c) * p.h0 + x0) * p.h1 + x1) * p.h2 + x2)]; } } } }
  y[i] = sum;
}
