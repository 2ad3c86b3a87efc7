// gpujs/pool/adaptive/5,4,2,3
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_x_dims : vec4<u32>,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_x : array<f32>;
@group(0) @binding(2) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
fn get_user_x(z : i32, y : i32, x : i32) -> f32 {
  return user_x[params.user_x_dims.w + u32(x + i32(params.user_x_dims.x) * (y + i32(params.user_x_dims.y) * z))];
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
fn fn_idiv(user_a : i32, user_b : i32) -> i32 {
return fn_ifix(user_a, user_b, fn_irefine(user_a, user_b, fn_iguess(user_a, user_b)));
}
@compute @workgroup_size(8, 8, 1)
fn main(@builtin(global_invocation_id) group_gid : vec3<u32>) {
  let gid = group_gid + vec3<u32>(0u, 0u, params.dispatchWidth);
  threadGid = gid;
  if (gid.x >= params.outputX || gid.y >= params.outputY || gid.z >= params.outputZ) { return; }
  let data_index : i32 = i32(gid.x + params.outputX * (gid.y + params.outputY * gid.z));
var user_top : f32 = f32(fn_idiv((i32(threadGid.y)*5), 2));
var user_bottom : f32 = f32(fn_idiv(((((i32(threadGid.y)+1)*5)+2)-1), 2));
var user_left : f32 = f32(fn_idiv((i32(threadGid.x)*4), 3));
var user_right : f32 = f32(fn_idiv(((((i32(threadGid.x)+1)*4)+3)-1), 3));
var user_sum : f32 = 0.0;
for (var user_h : i32 = 0;(user_h<5);user_h++){
if (((f32(user_h)>=user_top)&&(f32(user_h)<user_bottom))){
for (var user_w : i32 = 0;(user_w<4);user_w++){
if (((f32(user_w)>=user_left)&&(f32(user_w)<user_right))){
user_sum+=get_user_x(i32(i32(threadGid.z)), i32(user_h), i32(user_w));}
}
}
}

result[data_index] = (user_sum/((user_bottom-user_top)*(user_right-user_left)));return;
}

// gpujs/pool/avg/4,6,2,3,2,2,2,2,0,0,1,1,1
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_x_dims : vec4<u32>,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_x : array<f32>;
@group(0) @binding(2) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
fn get_user_x(z : i32, y : i32, x : i32) -> f32 {
  return user_x[params.user_x_dims.w + u32(x + i32(params.user_x_dims.x) * (y + i32(params.user_x_dims.y) * z))];
}
@compute @workgroup_size(8, 8, 1)
fn main(@builtin(global_invocation_id) group_gid : vec3<u32>) {
  let gid = group_gid + vec3<u32>(0u, 0u, params.dispatchWidth);
  threadGid = gid;
  if (gid.x >= params.outputX || gid.y >= params.outputY || gid.z >= params.outputZ) { return; }
  let data_index : i32 = i32(gid.x + params.outputX * (gid.y + params.outputY * gid.z));
var user_down : f32 = (min(f32((((i32(threadGid.y)*2)-0)+2)), f32((4+0)))-f32(((i32(threadGid.y)*2)-0)));
if ((1==0)){
user_down=(min(f32((((i32(threadGid.y)*2)-0)+2)), f32(4.0))-max(f32(((i32(threadGid.y)*2)-0)), 0.0));}

var user_across : f32 = (min(f32((((i32(threadGid.x)*2)-0)+2)), f32((6+0)))-f32(((i32(threadGid.x)*2)-0)));
if ((1==0)){
user_across=(min(f32((((i32(threadGid.x)*2)-0)+2)), f32(6.0))-max(f32(((i32(threadGid.x)*2)-0)), 0.0));}

var user_sum : f32 = 0.0;
for (var user_kh : i32 = 0;(user_kh<2);user_kh++){
var user_ih : f32 = f32((((i32(threadGid.y)*2)+user_kh)-0));if (((user_ih>=0.0)&&(user_ih<f32(4.0)))){
for (var user_kw : i32 = 0;(user_kw<2);user_kw++){
var user_iw : f32 = f32((((i32(threadGid.x)*2)+user_kw)-0));if (((user_iw>=0.0)&&(user_iw<f32(6.0)))){
user_sum+=get_user_x(i32(i32(threadGid.z)), i32(user_ih), i32(user_iw));}
}
}
}

result[data_index] = (user_sum/(user_down*user_across));return;
}

// gpujs/pool/avgGrad/4,6,3,4,2,2,2,2,1,1,1,1,1
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_x_dims : vec4<u32>,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_x : array<f32>;
@group(0) @binding(2) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
fn get_user_x(z : i32, y : i32, x : i32) -> f32 {
  return user_x[params.user_x_dims.w + u32(x + i32(params.user_x_dims.x) * (y + i32(params.user_x_dims.y) * z))];
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
fn fn_idiv(user_a : i32, user_b : i32) -> i32 {
return fn_ifix(user_a, user_b, fn_irefine(user_a, user_b, fn_iguess(user_a, user_b)));
}
@compute @workgroup_size(8, 8, 1)
fn main(@builtin(global_invocation_id) group_gid : vec3<u32>) {
  let gid = group_gid + vec3<u32>(0u, 0u, params.dispatchWidth);
  threadGid = gid;
  if (gid.x >= params.outputX || gid.y >= params.outputY || gid.z >= params.outputZ) { return; }
  let data_index : i32 = i32(gid.x + params.outputX * (gid.y + params.outputY * gid.z));
var user_sum : f32 = 0.0;
for (var user_kh : i32 = 0;(user_kh<2);user_kh++){
var user_th : f32 = f32(((i32(threadGid.y)+1)-user_kh));var user_oh : f32 = f32(fn_idiv(i32(max(user_th, 0.0)), 2));if ((((user_th>=0.0)&&((user_oh*f32(2.0))==user_th))&&(user_oh<f32(3.0)))){
for (var user_kw : i32 = 0;(user_kw<2);user_kw++){
var user_tw : f32 = f32(((i32(threadGid.x)+1)-user_kw));var user_ow : f32 = f32(fn_idiv(i32(max(user_tw, 0.0)), 2));if ((((user_tw>=0.0)&&((user_ow*f32(2.0))==user_tw))&&(user_ow<f32(4.0)))){
var user_down : f32 = (min((((user_oh*f32(2.0))-f32(1.0))+f32(2.0)), f32((4+1)))-((user_oh*f32(2.0))-f32(1.0)));if ((1==0)){
user_down=(min((((user_oh*f32(2.0))-f32(1.0))+f32(2.0)), f32(4.0))-max(((user_oh*f32(2.0))-f32(1.0)), 0.0));}
var user_across : f32 = (min((((user_ow*f32(2.0))-f32(1.0))+f32(2.0)), f32((6+1)))-((user_ow*f32(2.0))-f32(1.0)));if ((1==0)){
user_across=(min((((user_ow*f32(2.0))-f32(1.0))+f32(2.0)), f32(6.0))-max(((user_ow*f32(2.0))-f32(1.0)), 0.0));}
user_sum+=(get_user_x(i32(i32(threadGid.z)), i32(user_oh), i32(user_ow))/(user_down*user_across));}
}
}
}

result[data_index] = user_sum;return;
}

// gpujs/pool/max/4,6,2,3,3,3,2,2,1,1,1,1
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_x_dims : vec4<u32>,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_x : array<f32>;
@group(0) @binding(2) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
fn get_user_x(z : i32, y : i32, x : i32) -> f32 {
  return user_x[params.user_x_dims.w + u32(x + i32(params.user_x_dims.x) * (y + i32(params.user_x_dims.y) * z))];
}
@compute @workgroup_size(8, 8, 1)
fn main(@builtin(global_invocation_id) group_gid : vec3<u32>) {
  let gid = group_gid + vec3<u32>(0u, 0u, params.dispatchWidth);
  threadGid = gid;
  if (gid.x >= params.outputX || gid.y >= params.outputY || gid.z >= params.outputZ) { return; }
  let data_index : i32 = i32(gid.x + params.outputX * (gid.y + params.outputY * gid.z));
var user_best : f32 = (-3.4e+38);
var user_at : f32 = 0.0;
var user_found : f32 = 0.0;
for (var user_kh : i32 = 0;(user_kh<3);user_kh++){
var user_ih : f32 = f32((((i32(threadGid.y)*2)+(user_kh*1))-1));if (((user_ih>=0.0)&&(user_ih<f32(4.0)))){
for (var user_kw : i32 = 0;(user_kw<3);user_kw++){
var user_iw : f32 = f32((((i32(threadGid.x)*2)+(user_kw*1))-1));if (((user_iw>=0.0)&&(user_iw<f32(6.0)))){
var user_v : f32 = get_user_x(i32(i32(threadGid.z)), i32(user_ih), i32(user_iw));if (((user_found<0.5)||(user_v>user_best))){
user_best=user_v;user_at=((user_ih*f32(6.0))+user_iw);user_found=1.0;}
}
}
}
}

result[data_index] = user_best;return;
}

// gpujs/pool/planeGather
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_x_dims : vec4<u32>,
  user_places_dims : vec4<u32>,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_x : array<f32>;
@group(0) @binding(2) var<storage, read> user_places : array<f32>;
@group(0) @binding(3) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
fn get_user_x(z : i32, y : i32, x : i32) -> f32 {
  return user_x[params.user_x_dims.w + u32(x + i32(params.user_x_dims.x) * (y + i32(params.user_x_dims.y) * z))];
}
fn get_user_places(z : i32, y : i32, x : i32) -> f32 {
  return user_places[params.user_places_dims.w + u32(x + i32(params.user_places_dims.x) * (y + i32(params.user_places_dims.y) * z))];
}
@compute @workgroup_size(8, 8, 1)
fn main(@builtin(global_invocation_id) group_gid : vec3<u32>) {
  let gid = group_gid + vec3<u32>(0u, 0u, params.dispatchWidth);
  threadGid = gid;
  if (gid.x >= params.outputX || gid.y >= params.outputY || gid.z >= params.outputZ) { return; }
  let data_index : i32 = i32(gid.x + params.outputX * (gid.y + params.outputY * gid.z));
result[data_index] = get_user_x(0, i32(i32(threadGid.y)), i32(get_user_places(0, i32(i32(threadGid.y)), i32(i32(threadGid.x)))));return;
}

// gpujs/pool/planeScatter
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_g_dims : vec4<u32>,
  user_places_dims : vec4<u32>,
  user_size : i32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_g : array<f32>;
@group(0) @binding(2) var<storage, read> user_places : array<f32>;
@group(0) @binding(3) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
const LOOP_MAX : i32 = 2147483647;
fn get_user_g(z : i32, y : i32, x : i32) -> f32 {
  return user_g[params.user_g_dims.w + u32(x + i32(params.user_g_dims.x) * (y + i32(params.user_g_dims.y) * z))];
}
fn get_user_places(z : i32, y : i32, x : i32) -> f32 {
  return user_places[params.user_places_dims.w + u32(x + i32(params.user_places_dims.x) * (y + i32(params.user_places_dims.y) * z))];
}
@compute @workgroup_size(8, 8, 1)
fn main(@builtin(global_invocation_id) group_gid : vec3<u32>) {
  let gid = group_gid + vec3<u32>(0u, 0u, params.dispatchWidth);
  threadGid = gid;
  if (gid.x >= params.outputX || gid.y >= params.outputY || gid.z >= params.outputZ) { return; }
  let data_index : i32 = i32(gid.x + params.outputX * (gid.y + params.outputY * gid.z));
var user_sum : f32 = 0.0;
var user_j : i32 = 0;
for (var safeI : i32 = 0;safeI<LOOP_MAX;safeI++){
if (!((user_j<params.user_size))) { break; }
if ((get_user_places(0, i32(i32(threadGid.y)), i32(user_j))==f32(i32(threadGid.x)))){
user_sum+=get_user_g(0, i32(i32(threadGid.y)), i32(user_j));}

user_j++;}

result[data_index] = user_sum;return;
}

// wgsl/pool/adaptive/2
struct Params {
  count : u32,
  width : u32,
  ox : u32,
  h0 : i32,
  q0 : i32,
  h1 : i32,
  q1 : i32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  var rest = i32(i);
  let y1 = rest % p.q1; rest = rest / p.q1;
  let y0 = rest % p.q0; rest = rest / p.q0;
  var sum = 0.0;
  for (var i0 = y0 * p.h0 / p.q0; i0 < ((y0 + 1) * p.h0 + p.q0 - 1) / p.q0; i0++) { 
for (var i1 = y1 * p.h1 / p.q1; i1 < ((y1 + 1) * p.h1 + p.q1 - 1) / p.q1; i1++) { 
sum += x[p.ox + u32(((rest) * p.h0 + i0) * p.h1 + i1)]; } }
  y[i] = sum / (f32(((y0 + 1) * p.h0 + p.q0 - 1) / p.q0 - y0 * p.h0 / p.q0) * f32(((y1 + 1) * p.h1 + p.q1 - 1) / p.q1 - y1 * p.h1 / p.q1));
}

// wgsl/pool/avg/2
struct Params {
  count : u32,
  width : u32,
  ox : u32,
  padded : i32,
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
@group(0) @binding(2) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  var rest = i32(i);
  let y1 = rest % p.q1; rest = rest / p.q1;
  let y0 = rest % p.q0; rest = rest / p.q0;
  var sum = 0.0;
  for (var i0 = 0; i0 < p.k0; i0++) { let x0 = y0 * p.s0 + i0 * p.d0 - p.p0; if (x0 < 0 || x0 >= p.h0) { continue; }
for (var i1 = 0; i1 < p.k1; i1++) { let x1 = y1 * p.s1 + i1 * p.d1 - p.p1; if (x1 < 0 || x1 >= p.h1) { continue; }
sum += x[p.ox + u32(((rest) * p.h0 + x0) * p.h1 + x1)]; } }
  y[i] = sum / (f32(select(min(min(y0 * p.s0 - p.p0 + p.k0, p.h0 + p.p0), p.h0) - max(y0 * p.s0 - p.p0, 0), min(y0 * p.s0 - p.p0 + p.k0, p.h0 + p.p0) - (y0 * p.s0 - p.p0), p.padded == 1)) * f32(select(min(min(y1 * p.s1 - p.p1 + p.k1, p.h1 + p.p1), p.h1) - max(y1 * p.s1 - p.p1, 0), min(y1 * p.s1 - p.p1 + p.k1, p.h1 + p.p1) - (y1 * p.s1 - p.p1), p.padded == 1)));
}

// wgsl/pool/avgGrad/2
struct Params {
  count : u32,
  width : u32,
  og : u32,
  padded : i32,
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
@group(0) @binding(1) var<storage, read> g : array<f32>;
@group(0) @binding(2) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  var rest = i32(i);
  let x1 = rest % p.h1; rest = rest / p.h1;
  let x0 = rest % p.h0; rest = rest / p.h0;
  var sum = 0.0;
  for (var i0 = 0; i0 < p.k0; i0++) { let t0 = x0 + p.p0 - i0; let o0 = t0 / p.s0; if (t0 < 0 || o0 * p.s0 != t0 || o0 >= p.q0) { continue; }
for (var i1 = 0; i1 < p.k1; i1++) { let t1 = x1 + p.p1 - i1; let o1 = t1 / p.s1; if (t1 < 0 || o1 * p.s1 != t1 || o1 >= p.q1) { continue; }
sum += g[p.og + u32(((rest) * p.q0 + o0) * p.q1 + o1)] / (f32(select(min(min(o0 * p.s0 - p.p0 + p.k0, p.h0 + p.p0), p.h0) - max(o0 * p.s0 - p.p0, 0), min(o0 * p.s0 - p.p0 + p.k0, p.h0 + p.p0) - (o0 * p.s0 - p.p0), p.padded == 1)) * f32(select(min(min(o1 * p.s1 - p.p1 + p.k1, p.h1 + p.p1), p.h1) - max(o1 * p.s1 - p.p1, 0), min(o1 * p.s1 - p.p1 + p.k1, p.h1 + p.p1) - (o1 * p.s1 - p.p1), p.padded == 1))); } }
  y[i] = sum;
}

// wgsl/pool/max/2
struct Params {
  count : u32,
  width : u32,
  ox : u32,
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
@group(0) @binding(2) var<storage, read_write> y : array<f32>;
var<private> INFINITY_BITS : u32 = 0x7f800000u;
fn infinity() -> f32 { return bitcast<f32>(INFINITY_BITS); }
fn is_nan(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  var rest = i32(i);
  let y1 = rest % p.q1; rest = rest / p.q1;
  let y0 = rest % p.q0; rest = rest / p.q0;
  let plane = rest * p.h0 * p.h1;
  var best = -infinity();
  var at = 0;
  var found = false;
  for (var i0 = 0; i0 < p.k0; i0++) { let x0 = y0 * p.s0 + i0 * p.d0 - p.p0; if (x0 < 0 || x0 >= p.h0) { continue; }
for (var i1 = 0; i1 < p.k1; i1++) { let x1 = y1 * p.s1 + i1 * p.d1 - p.p1; if (x1 < 0 || x1 >= p.h1) { continue; }
let here = ((0) * p.h0 + x0) * p.h1 + x1;
    let v = x[p.ox + u32(plane + here)];
    if (!found) { at = here; found = true; }
    if (v > best || is_nan(v)) { best = v; at = here; } } }
  y[i] = best;
}

// wgsl/pool/max/2/indices
struct Params {
  count : u32,
  width : u32,
  ox : u32,
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
@group(0) @binding(2) var<storage, read_write> y : array<f32>;
@group(0) @binding(3) var<storage, read_write> at_out : array<i32>;
var<private> INFINITY_BITS : u32 = 0x7f800000u;
fn infinity() -> f32 { return bitcast<f32>(INFINITY_BITS); }
fn is_nan(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  var rest = i32(i);
  let y1 = rest % p.q1; rest = rest / p.q1;
  let y0 = rest % p.q0; rest = rest / p.q0;
  let plane = rest * p.h0 * p.h1;
  var best = -infinity();
  var at = 0;
  var found = false;
  for (var i0 = 0; i0 < p.k0; i0++) { let x0 = y0 * p.s0 + i0 * p.d0 - p.p0; if (x0 < 0 || x0 >= p.h0) { continue; }
for (var i1 = 0; i1 < p.k1; i1++) { let x1 = y1 * p.s1 + i1 * p.d1 - p.p1; if (x1 < 0 || x1 >= p.h1) { continue; }
let here = ((0) * p.h0 + x0) * p.h1 + x1;
    let v = x[p.ox + u32(plane + here)];
    if (!found) { at = here; found = true; }
    if (v > best || is_nan(v)) { best = v; at = here; } } }
  y[i] = best;
  at_out[i] = at;
}

// wgsl/pool/planeGather
struct Params {
  count : u32,
  width : u32,
  ox : u32,
  oi : u32,
  large : u32,
  small : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read> places : array<i32>;
@group(0) @binding(3) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  y[i] = x[p.ox + i / p.small * p.large + u32(places[p.oi + i])];
}

// wgsl/pool/planeScatter
struct Params {
  count : u32,
  width : u32,
  og : u32,
  oi : u32,
  large : u32,
  small : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> g : array<f32>;
@group(0) @binding(2) var<storage, read> places : array<i32>;
@group(0) @binding(3) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let to = i * p.large;
  for (var j = 0u; j < p.large; j++) { y[to + j] = 0.0; }
  for (var j = 0u; j < p.small; j++) {
    let at = to + u32(places[p.oi + i * p.small + j]);
    y[at] = y[at] + g[p.og + i * p.small + j];
  }
}
