// gpujs/rows/batchNorm/wbrelu6/channel/out mean/row
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_totalu_uin_dims : vec4<u32>,
  user_n : i32,
  user_inner : i32,
  user_rows : i32,
  user_length : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_totalu_uin : array<f32>;
@group(0) @binding(2) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
fn get_user_totalu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_totalu_uin[params.user_totalu_uin_dims.w + u32(x + i32(params.user_totalu_uin_dims.x) * (y + i32(params.user_totalu_uin_dims.y) * z))];
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_count : f32 = params.user_length;
var user_total : f32 = get_user_totalu_uin(0, 0, i32(i32(threadGid.x)));
var user_mean : f32 = (user_total/user_count);
result[data_index] = user_mean;return;
}

// gpujs/rows/batchNorm/wbrelu6/channel/out variance/row
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_squaresu_uin_dims : vec4<u32>,
  user_n : i32,
  user_inner : i32,
  user_rows : i32,
  user_length : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_squaresu_uin : array<f32>;
@group(0) @binding(2) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
fn get_user_squaresu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_squaresu_uin[params.user_squaresu_uin_dims.w + u32(x + i32(params.user_squaresu_uin_dims.x) * (y + i32(params.user_squaresu_uin_dims.y) * z))];
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_count : f32 = params.user_length;
var user_squares : f32 = get_user_squaresu_uin(0, 0, i32(i32(threadGid.x)));
var user_variance : f32 = (user_squares/user_count);
result[data_index] = user_variance;return;
}

// gpujs/rows/batchNorm/wbrelu6/channel/squares/sum
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_xu_uin_dims : vec4<u32>,
  user_totalu_uin_dims : vec4<u32>,
  user_n : i32,
  user_inner : i32,
  user_rows : i32,
  user_length : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_xu_uin : array<f32>;
@group(0) @binding(2) var<storage, read> user_totalu_uin : array<f32>;
@group(0) @binding(3) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
const LOOP_MAX : i32 = 2147483647;
fn get_user_xu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_xu_uin[params.user_xu_uin_dims.w + u32(x + i32(params.user_xu_uin_dims.x) * (y + i32(params.user_xu_uin_dims.y) * z))];
}
fn get_user_totalu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_totalu_uin[params.user_totalu_uin_dims.w + u32(x + i32(params.user_totalu_uin_dims.x) * (y + i32(params.user_totalu_uin_dims.y) * z))];
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
fn fn_placeOf(user_row : i32, user_j : i32, user_n : i32, user_inner : i32, user_rows : i32) -> i32 {
return ((((fn_idiv(user_j, user_inner)*user_rows)+user_row)*user_inner)+fn_imod(user_j, user_inner));
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_count : f32 = params.user_length;
var user_total : f32 = get_user_totalu_uin(0, 0, i32(i32(threadGid.x)));
var user_mean : f32 = (user_total/user_count);
var user_result : f32 = 0.0;
var user_j : i32 = 0;
for (var safeI : i32 = 0;safeI<LOOP_MAX;safeI++){
if (!((user_j<params.user_n))) { break; }
var user_x : f32 = get_user_xu_uin(0, 0, i32(fn_placeOf(i32(threadGid.x), user_j, params.user_n, params.user_inner, params.user_rows)));user_result+=((user_x-user_mean)*(user_x-user_mean));
user_j++;}

result[data_index] = user_result;return;
}

// gpujs/rows/batchNorm/wbrelu6/channel/total/sum
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_xu_uin_dims : vec4<u32>,
  user_n : i32,
  user_inner : i32,
  user_rows : i32,
  user_length : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_xu_uin : array<f32>;
@group(0) @binding(2) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
const LOOP_MAX : i32 = 2147483647;
fn get_user_xu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_xu_uin[params.user_xu_uin_dims.w + u32(x + i32(params.user_xu_uin_dims.x) * (y + i32(params.user_xu_uin_dims.y) * z))];
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
fn fn_placeOf(user_row : i32, user_j : i32, user_n : i32, user_inner : i32, user_rows : i32) -> i32 {
return ((((fn_idiv(user_j, user_inner)*user_rows)+user_row)*user_inner)+fn_imod(user_j, user_inner));
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_result : f32 = 0.0;
var user_j : i32 = 0;
for (var safeI : i32 = 0;safeI<LOOP_MAX;safeI++){
if (!((user_j<params.user_n))) { break; }
var user_x : f32 = get_user_xu_uin(0, 0, i32(fn_placeOf(i32(threadGid.x), user_j, params.user_n, params.user_inner, params.user_rows)));user_result+=user_x;
user_j++;}

result[data_index] = user_result;return;
}

// gpujs/rows/batchNorm/wbrelu6/channel/y/element
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_xu_uin_dims : vec4<u32>,
  user_weightu_uin_dims : vec4<u32>,
  user_biasu_uin_dims : vec4<u32>,
  user_totalu_uin_dims : vec4<u32>,
  user_squaresu_uin_dims : vec4<u32>,
  user_n : i32,
  user_inner : i32,
  user_rows : i32,
  user_length : f32,
  user_eps : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_xu_uin : array<f32>;
@group(0) @binding(2) var<storage, read> user_weightu_uin : array<f32>;
@group(0) @binding(3) var<storage, read> user_biasu_uin : array<f32>;
@group(0) @binding(4) var<storage, read> user_totalu_uin : array<f32>;
@group(0) @binding(5) var<storage, read> user_squaresu_uin : array<f32>;
@group(0) @binding(6) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
fn get_user_xu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_xu_uin[params.user_xu_uin_dims.w + u32(x + i32(params.user_xu_uin_dims.x) * (y + i32(params.user_xu_uin_dims.y) * z))];
}
fn get_user_weightu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_weightu_uin[params.user_weightu_uin_dims.w + u32(x + i32(params.user_weightu_uin_dims.x) * (y + i32(params.user_weightu_uin_dims.y) * z))];
}
fn get_user_biasu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_biasu_uin[params.user_biasu_uin_dims.w + u32(x + i32(params.user_biasu_uin_dims.x) * (y + i32(params.user_biasu_uin_dims.y) * z))];
}
fn get_user_totalu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_totalu_uin[params.user_totalu_uin_dims.w + u32(x + i32(params.user_totalu_uin_dims.x) * (y + i32(params.user_totalu_uin_dims.y) * z))];
}
fn get_user_squaresu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_squaresu_uin[params.user_squaresu_uin_dims.w + u32(x + i32(params.user_squaresu_uin_dims.x) * (y + i32(params.user_squaresu_uin_dims.y) * z))];
}
fn fn_relu6(user_v : f32) -> f32 {
if ((user_v<0.0)){
return 0.0;}

if ((user_v>6.0)){
return 6.0;}

return user_v;
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
fn fn_rowOf(user_i : i32, user_n : i32, user_inner : i32, user_rows : i32) -> i32 {
return fn_imod(fn_idiv(user_i, user_inner), user_rows);
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_count : f32 = params.user_length;
var user_weight : f32 = get_user_weightu_uin(0, 0, i32(fn_rowOf(i32(threadGid.x), params.user_n, params.user_inner, params.user_rows)));
var user_bias : f32 = get_user_biasu_uin(0, 0, i32(fn_rowOf(i32(threadGid.x), params.user_n, params.user_inner, params.user_rows)));
var user_total : f32 = get_user_totalu_uin(0, 0, i32(fn_rowOf(i32(threadGid.x), params.user_n, params.user_inner, params.user_rows)));
var user_squares : f32 = get_user_squaresu_uin(0, 0, i32(fn_rowOf(i32(threadGid.x), params.user_n, params.user_inner, params.user_rows)));
var user_mean : f32 = (user_total/user_count);
var user_variance : f32 = (user_squares/user_count);
var user_rstd : f32 = (1.0/sqrt((user_variance+params.user_eps)));
var user_x : f32 = get_user_xu_uin(0, 0, i32(i32(threadGid.x)));
result[data_index] = fn_relu6(((((user_x-user_mean)*user_rstd)*user_weight)+user_bias));return;
}

// gpujs/rows/crossEntropy/smooth/dim/out loss/row
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_classNumberu_uin_dims : vec4<u32>,
  user_totalu_uin_dims : vec4<u32>,
  user_pickedu_uin_dims : vec4<u32>,
  user_restu_uin_dims : vec4<u32>,
  user_n : i32,
  user_inner : i32,
  user_rows : i32,
  user_length : f32,
  user_ignored : f32,
  user_smoothing : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_classNumberu_uin : array<f32>;
@group(0) @binding(2) var<storage, read> user_totalu_uin : array<f32>;
@group(0) @binding(3) var<storage, read> user_pickedu_uin : array<f32>;
@group(0) @binding(4) var<storage, read> user_restu_uin : array<f32>;
@group(0) @binding(5) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
fn get_user_classNumberu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_classNumberu_uin[params.user_classNumberu_uin_dims.w + u32(x + i32(params.user_classNumberu_uin_dims.x) * (y + i32(params.user_classNumberu_uin_dims.y) * z))];
}
fn get_user_totalu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_totalu_uin[params.user_totalu_uin_dims.w + u32(x + i32(params.user_totalu_uin_dims.x) * (y + i32(params.user_totalu_uin_dims.y) * z))];
}
fn get_user_pickedu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_pickedu_uin[params.user_pickedu_uin_dims.w + u32(x + i32(params.user_pickedu_uin_dims.x) * (y + i32(params.user_pickedu_uin_dims.y) * z))];
}
fn get_user_restu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_restu_uin[params.user_restu_uin_dims.w + u32(x + i32(params.user_restu_uin_dims.x) * (y + i32(params.user_restu_uin_dims.y) * z))];
}
fn fn_counted(user_target : f32, user_ignored : f32, user_v : f32) -> f32 {
if ((user_target==user_ignored)){
return 0.0;}

return user_v;
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_count : f32 = params.user_length;
var user_classNumber : f32 = get_user_classNumberu_uin(0, 0, i32(i32(threadGid.x)));
var user_total : f32 = get_user_totalu_uin(0, 0, i32(i32(threadGid.x)));
var user_picked : f32 = get_user_pickedu_uin(0, 0, i32(i32(threadGid.x)));
var user_rest : f32 = get_user_restu_uin(0, 0, i32(i32(threadGid.x)));
result[data_index] = fn_counted(user_classNumber, params.user_ignored, ((log(user_total)-((1.0-params.user_smoothing)*user_picked))-((params.user_smoothing*user_rest)/user_count)));return;
}

// gpujs/rows/crossEntropy/smooth/dim/picked/sum
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_xu_uin_dims : vec4<u32>,
  user_classNumberu_uin_dims : vec4<u32>,
  user_topu_uin_dims : vec4<u32>,
  user_n : i32,
  user_inner : i32,
  user_rows : i32,
  user_length : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_xu_uin : array<f32>;
@group(0) @binding(2) var<storage, read> user_classNumberu_uin : array<f32>;
@group(0) @binding(3) var<storage, read> user_topu_uin : array<f32>;
@group(0) @binding(4) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
const LOOP_MAX : i32 = 2147483647;
fn get_user_xu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_xu_uin[params.user_xu_uin_dims.w + u32(x + i32(params.user_xu_uin_dims.x) * (y + i32(params.user_xu_uin_dims.y) * z))];
}
fn get_user_classNumberu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_classNumberu_uin[params.user_classNumberu_uin_dims.w + u32(x + i32(params.user_classNumberu_uin_dims.x) * (y + i32(params.user_classNumberu_uin_dims.y) * z))];
}
fn get_user_topu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_topu_uin[params.user_topu_uin_dims.w + u32(x + i32(params.user_topu_uin_dims.x) * (y + i32(params.user_topu_uin_dims.y) * z))];
}
fn fn_pick(user_j : f32, user_target : f32, user_v : f32) -> f32 {
if ((user_j==user_target)){
return user_v;}

return 0.0;
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
fn fn_placeOf(user_row : i32, user_j : i32, user_n : i32, user_inner : i32, user_rows : i32) -> i32 {
return ((((fn_idiv(user_row, user_inner)*user_n)+user_j)*user_inner)+fn_imod(user_row, user_inner));
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_classNumber : f32 = get_user_classNumberu_uin(0, 0, i32(i32(threadGid.x)));
var user_top : f32 = get_user_topu_uin(0, 0, i32(i32(threadGid.x)));
var user_result : f32 = 0.0;
var user_j : i32 = 0;
for (var safeI : i32 = 0;safeI<LOOP_MAX;safeI++){
if (!((user_j<params.user_n))) { break; }
var user_x : f32 = get_user_xu_uin(0, 0, i32(fn_placeOf(i32(threadGid.x), user_j, params.user_n, params.user_inner, params.user_rows)));user_result+=fn_pick(f32(user_j), user_classNumber, (user_x-user_top));
user_j++;}

result[data_index] = user_result;return;
}

// gpujs/rows/crossEntropy/smooth/dim/rest/sum
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_xu_uin_dims : vec4<u32>,
  user_topu_uin_dims : vec4<u32>,
  user_n : i32,
  user_inner : i32,
  user_rows : i32,
  user_length : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_xu_uin : array<f32>;
@group(0) @binding(2) var<storage, read> user_topu_uin : array<f32>;
@group(0) @binding(3) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
const LOOP_MAX : i32 = 2147483647;
fn get_user_xu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_xu_uin[params.user_xu_uin_dims.w + u32(x + i32(params.user_xu_uin_dims.x) * (y + i32(params.user_xu_uin_dims.y) * z))];
}
fn get_user_topu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_topu_uin[params.user_topu_uin_dims.w + u32(x + i32(params.user_topu_uin_dims.x) * (y + i32(params.user_topu_uin_dims.y) * z))];
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
fn fn_placeOf(user_row : i32, user_j : i32, user_n : i32, user_inner : i32, user_rows : i32) -> i32 {
return ((((fn_idiv(user_row, user_inner)*user_n)+user_j)*user_inner)+fn_imod(user_row, user_inner));
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_top : f32 = get_user_topu_uin(0, 0, i32(i32(threadGid.x)));
var user_result : f32 = 0.0;
var user_j : i32 = 0;
for (var safeI : i32 = 0;safeI<LOOP_MAX;safeI++){
if (!((user_j<params.user_n))) { break; }
var user_x : f32 = get_user_xu_uin(0, 0, i32(fn_placeOf(i32(threadGid.x), user_j, params.user_n, params.user_inner, params.user_rows)));user_result+=(user_x-user_top);
user_j++;}

result[data_index] = user_result;return;
}

// gpujs/rows/crossEntropy/smooth/dim/top/max
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_xu_uin_dims : vec4<u32>,
  user_n : i32,
  user_inner : i32,
  user_rows : i32,
  user_length : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_xu_uin : array<f32>;
@group(0) @binding(2) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
const LOOP_MAX : i32 = 2147483647;
fn get_user_xu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_xu_uin[params.user_xu_uin_dims.w + u32(x + i32(params.user_xu_uin_dims.x) * (y + i32(params.user_xu_uin_dims.y) * z))];
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
fn fn_placeOf(user_row : i32, user_j : i32, user_n : i32, user_inner : i32, user_rows : i32) -> i32 {
return ((((fn_idiv(user_row, user_inner)*user_n)+user_j)*user_inner)+fn_imod(user_row, user_inner));
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_result : f32 = (-3.4e+38);
var user_j : i32 = 0;
for (var safeI : i32 = 0;safeI<LOOP_MAX;safeI++){
if (!((user_j<params.user_n))) { break; }
var user_x : f32 = get_user_xu_uin(0, 0, i32(fn_placeOf(i32(threadGid.x), user_j, params.user_n, params.user_inner, params.user_rows)));user_result=max(user_result, user_x);
user_j++;}

result[data_index] = user_result;return;
}

// gpujs/rows/crossEntropy/smooth/dim/total/sum
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_xu_uin_dims : vec4<u32>,
  user_topu_uin_dims : vec4<u32>,
  user_n : i32,
  user_inner : i32,
  user_rows : i32,
  user_length : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_xu_uin : array<f32>;
@group(0) @binding(2) var<storage, read> user_topu_uin : array<f32>;
@group(0) @binding(3) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
const LOOP_MAX : i32 = 2147483647;
fn get_user_xu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_xu_uin[params.user_xu_uin_dims.w + u32(x + i32(params.user_xu_uin_dims.x) * (y + i32(params.user_xu_uin_dims.y) * z))];
}
fn get_user_topu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_topu_uin[params.user_topu_uin_dims.w + u32(x + i32(params.user_topu_uin_dims.x) * (y + i32(params.user_topu_uin_dims.y) * z))];
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
fn fn_placeOf(user_row : i32, user_j : i32, user_n : i32, user_inner : i32, user_rows : i32) -> i32 {
return ((((fn_idiv(user_row, user_inner)*user_n)+user_j)*user_inner)+fn_imod(user_row, user_inner));
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_top : f32 = get_user_topu_uin(0, 0, i32(i32(threadGid.x)));
var user_result : f32 = 0.0;
var user_j : i32 = 0;
for (var safeI : i32 = 0;safeI<LOOP_MAX;safeI++){
if (!((user_j<params.user_n))) { break; }
var user_x : f32 = get_user_xu_uin(0, 0, i32(fn_placeOf(i32(threadGid.x), user_j, params.user_n, params.user_inner, params.user_rows)));user_result+=exp((user_x-user_top));
user_j++;}

result[data_index] = user_result;return;
}

// gpujs/rows/layerNorm/w/dim/squares/sum
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_xu_uin_dims : vec4<u32>,
  user_totalu_uin_dims : vec4<u32>,
  user_n : i32,
  user_inner : i32,
  user_rows : i32,
  user_length : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_xu_uin : array<f32>;
@group(0) @binding(2) var<storage, read> user_totalu_uin : array<f32>;
@group(0) @binding(3) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
const LOOP_MAX : i32 = 2147483647;
fn get_user_xu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_xu_uin[params.user_xu_uin_dims.w + u32(x + i32(params.user_xu_uin_dims.x) * (y + i32(params.user_xu_uin_dims.y) * z))];
}
fn get_user_totalu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_totalu_uin[params.user_totalu_uin_dims.w + u32(x + i32(params.user_totalu_uin_dims.x) * (y + i32(params.user_totalu_uin_dims.y) * z))];
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
fn fn_placeOf(user_row : i32, user_j : i32, user_n : i32, user_inner : i32, user_rows : i32) -> i32 {
return ((((fn_idiv(user_row, user_inner)*user_n)+user_j)*user_inner)+fn_imod(user_row, user_inner));
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_count : f32 = params.user_length;
var user_total : f32 = get_user_totalu_uin(0, 0, i32(i32(threadGid.x)));
var user_mean : f32 = (user_total/user_count);
var user_result : f32 = 0.0;
var user_j : i32 = 0;
for (var safeI : i32 = 0;safeI<LOOP_MAX;safeI++){
if (!((user_j<params.user_n))) { break; }
var user_x : f32 = get_user_xu_uin(0, 0, i32(fn_placeOf(i32(threadGid.x), user_j, params.user_n, params.user_inner, params.user_rows)));user_result+=((user_x-user_mean)*(user_x-user_mean));
user_j++;}

result[data_index] = user_result;return;
}

// gpujs/rows/layerNorm/w/dim/total/sum
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_xu_uin_dims : vec4<u32>,
  user_n : i32,
  user_inner : i32,
  user_rows : i32,
  user_length : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_xu_uin : array<f32>;
@group(0) @binding(2) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
const LOOP_MAX : i32 = 2147483647;
fn get_user_xu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_xu_uin[params.user_xu_uin_dims.w + u32(x + i32(params.user_xu_uin_dims.x) * (y + i32(params.user_xu_uin_dims.y) * z))];
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
fn fn_placeOf(user_row : i32, user_j : i32, user_n : i32, user_inner : i32, user_rows : i32) -> i32 {
return ((((fn_idiv(user_row, user_inner)*user_n)+user_j)*user_inner)+fn_imod(user_row, user_inner));
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_result : f32 = 0.0;
var user_j : i32 = 0;
for (var safeI : i32 = 0;safeI<LOOP_MAX;safeI++){
if (!((user_j<params.user_n))) { break; }
var user_x : f32 = get_user_xu_uin(0, 0, i32(fn_placeOf(i32(threadGid.x), user_j, params.user_n, params.user_inner, params.user_rows)));user_result+=user_x;
user_j++;}

result[data_index] = user_result;return;
}

// gpujs/rows/layerNorm/w/dim/y/element
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_xu_uin_dims : vec4<u32>,
  user_weightu_uin_dims : vec4<u32>,
  user_totalu_uin_dims : vec4<u32>,
  user_squaresu_uin_dims : vec4<u32>,
  user_n : i32,
  user_inner : i32,
  user_rows : i32,
  user_length : f32,
  user_eps : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_xu_uin : array<f32>;
@group(0) @binding(2) var<storage, read> user_weightu_uin : array<f32>;
@group(0) @binding(3) var<storage, read> user_totalu_uin : array<f32>;
@group(0) @binding(4) var<storage, read> user_squaresu_uin : array<f32>;
@group(0) @binding(5) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
fn get_user_xu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_xu_uin[params.user_xu_uin_dims.w + u32(x + i32(params.user_xu_uin_dims.x) * (y + i32(params.user_xu_uin_dims.y) * z))];
}
fn get_user_weightu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_weightu_uin[params.user_weightu_uin_dims.w + u32(x + i32(params.user_weightu_uin_dims.x) * (y + i32(params.user_weightu_uin_dims.y) * z))];
}
fn get_user_totalu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_totalu_uin[params.user_totalu_uin_dims.w + u32(x + i32(params.user_totalu_uin_dims.x) * (y + i32(params.user_totalu_uin_dims.y) * z))];
}
fn get_user_squaresu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_squaresu_uin[params.user_squaresu_uin_dims.w + u32(x + i32(params.user_squaresu_uin_dims.x) * (y + i32(params.user_squaresu_uin_dims.y) * z))];
}
fn fn_idiv(user_a : i32, user_b : i32) -> i32 {
return fn_ifix(user_a, user_b, fn_irefine(user_a, user_b, fn_iguess(user_a, user_b)));
}
fn fn_imod(user_a : i32, user_b : i32) -> i32 {
return (user_a-(user_b*fn_idiv(user_a, user_b)));
}
fn fn_columnOf(user_i : i32, user_n : i32, user_inner : i32) -> i32 {
return fn_imod(fn_idiv(user_i, user_inner), user_n);
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
fn fn_rowOf(user_i : i32, user_n : i32, user_inner : i32, user_rows : i32) -> i32 {
return ((fn_idiv(fn_idiv(user_i, user_inner), user_n)*user_inner)+fn_imod(user_i, user_inner));
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_count : f32 = params.user_length;
var user_total : f32 = get_user_totalu_uin(0, 0, i32(fn_rowOf(i32(threadGid.x), params.user_n, params.user_inner, params.user_rows)));
var user_squares : f32 = get_user_squaresu_uin(0, 0, i32(fn_rowOf(i32(threadGid.x), params.user_n, params.user_inner, params.user_rows)));
var user_mean : f32 = (user_total/user_count);
var user_variance : f32 = (user_squares/user_count);
var user_rstd : f32 = (1.0/sqrt((user_variance+params.user_eps)));
var user_x : f32 = get_user_xu_uin(0, 0, i32(i32(threadGid.x)));
var user_weight : f32 = get_user_weightu_uin(0, 0, i32(fn_columnOf(i32(threadGid.x), params.user_n, params.user_inner)));
result[data_index] = (((user_x-user_mean)*user_rstd)*user_weight);return;
}

// gpujs/rows/logSoftmax/dim/top/max
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_xu_uin_dims : vec4<u32>,
  user_n : i32,
  user_inner : i32,
  user_rows : i32,
  user_length : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_xu_uin : array<f32>;
@group(0) @binding(2) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
const LOOP_MAX : i32 = 2147483647;
fn get_user_xu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_xu_uin[params.user_xu_uin_dims.w + u32(x + i32(params.user_xu_uin_dims.x) * (y + i32(params.user_xu_uin_dims.y) * z))];
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
fn fn_placeOf(user_row : i32, user_j : i32, user_n : i32, user_inner : i32, user_rows : i32) -> i32 {
return ((((fn_idiv(user_row, user_inner)*user_n)+user_j)*user_inner)+fn_imod(user_row, user_inner));
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_result : f32 = (-3.4e+38);
var user_j : i32 = 0;
for (var safeI : i32 = 0;safeI<LOOP_MAX;safeI++){
if (!((user_j<params.user_n))) { break; }
var user_x : f32 = get_user_xu_uin(0, 0, i32(fn_placeOf(i32(threadGid.x), user_j, params.user_n, params.user_inner, params.user_rows)));user_result=max(user_result, user_x);
user_j++;}

result[data_index] = user_result;return;
}

// gpujs/rows/logSoftmax/dim/total/sum
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_xu_uin_dims : vec4<u32>,
  user_topu_uin_dims : vec4<u32>,
  user_n : i32,
  user_inner : i32,
  user_rows : i32,
  user_length : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_xu_uin : array<f32>;
@group(0) @binding(2) var<storage, read> user_topu_uin : array<f32>;
@group(0) @binding(3) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
const LOOP_MAX : i32 = 2147483647;
fn get_user_xu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_xu_uin[params.user_xu_uin_dims.w + u32(x + i32(params.user_xu_uin_dims.x) * (y + i32(params.user_xu_uin_dims.y) * z))];
}
fn get_user_topu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_topu_uin[params.user_topu_uin_dims.w + u32(x + i32(params.user_topu_uin_dims.x) * (y + i32(params.user_topu_uin_dims.y) * z))];
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
fn fn_placeOf(user_row : i32, user_j : i32, user_n : i32, user_inner : i32, user_rows : i32) -> i32 {
return ((((fn_idiv(user_row, user_inner)*user_n)+user_j)*user_inner)+fn_imod(user_row, user_inner));
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_top : f32 = get_user_topu_uin(0, 0, i32(i32(threadGid.x)));
var user_result : f32 = 0.0;
var user_j : i32 = 0;
for (var safeI : i32 = 0;safeI<LOOP_MAX;safeI++){
if (!((user_j<params.user_n))) { break; }
var user_x : f32 = get_user_xu_uin(0, 0, i32(fn_placeOf(i32(threadGid.x), user_j, params.user_n, params.user_inner, params.user_rows)));user_result+=exp((user_x-user_top));
user_j++;}

result[data_index] = user_result;return;
}

// gpujs/rows/logSoftmax/dim/y/element
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_xu_uin_dims : vec4<u32>,
  user_topu_uin_dims : vec4<u32>,
  user_totalu_uin_dims : vec4<u32>,
  user_n : i32,
  user_inner : i32,
  user_rows : i32,
  user_length : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_xu_uin : array<f32>;
@group(0) @binding(2) var<storage, read> user_topu_uin : array<f32>;
@group(0) @binding(3) var<storage, read> user_totalu_uin : array<f32>;
@group(0) @binding(4) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
fn get_user_xu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_xu_uin[params.user_xu_uin_dims.w + u32(x + i32(params.user_xu_uin_dims.x) * (y + i32(params.user_xu_uin_dims.y) * z))];
}
fn get_user_topu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_topu_uin[params.user_topu_uin_dims.w + u32(x + i32(params.user_topu_uin_dims.x) * (y + i32(params.user_topu_uin_dims.y) * z))];
}
fn get_user_totalu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_totalu_uin[params.user_totalu_uin_dims.w + u32(x + i32(params.user_totalu_uin_dims.x) * (y + i32(params.user_totalu_uin_dims.y) * z))];
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
fn fn_rowOf(user_i : i32, user_n : i32, user_inner : i32, user_rows : i32) -> i32 {
return ((fn_idiv(fn_idiv(user_i, user_inner), user_n)*user_inner)+fn_imod(user_i, user_inner));
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_top : f32 = get_user_topu_uin(0, 0, i32(fn_rowOf(i32(threadGid.x), params.user_n, params.user_inner, params.user_rows)));
var user_total : f32 = get_user_totalu_uin(0, 0, i32(fn_rowOf(i32(threadGid.x), params.user_n, params.user_inner, params.user_rows)));
var user_x : f32 = get_user_xu_uin(0, 0, i32(i32(threadGid.x)));
result[data_index] = ((user_x-user_top)-log(user_total));return;
}

// gpujs/rows/softmax/dim/top/max
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_xu_uin_dims : vec4<u32>,
  user_n : i32,
  user_inner : i32,
  user_rows : i32,
  user_length : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_xu_uin : array<f32>;
@group(0) @binding(2) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
const LOOP_MAX : i32 = 2147483647;
fn get_user_xu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_xu_uin[params.user_xu_uin_dims.w + u32(x + i32(params.user_xu_uin_dims.x) * (y + i32(params.user_xu_uin_dims.y) * z))];
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
fn fn_placeOf(user_row : i32, user_j : i32, user_n : i32, user_inner : i32, user_rows : i32) -> i32 {
return ((((fn_idiv(user_row, user_inner)*user_n)+user_j)*user_inner)+fn_imod(user_row, user_inner));
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_result : f32 = (-3.4e+38);
var user_j : i32 = 0;
for (var safeI : i32 = 0;safeI<LOOP_MAX;safeI++){
if (!((user_j<params.user_n))) { break; }
var user_x : f32 = get_user_xu_uin(0, 0, i32(fn_placeOf(i32(threadGid.x), user_j, params.user_n, params.user_inner, params.user_rows)));user_result=max(user_result, user_x);
user_j++;}

result[data_index] = user_result;return;
}

// gpujs/rows/softmax/dim/total/sum
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_xu_uin_dims : vec4<u32>,
  user_topu_uin_dims : vec4<u32>,
  user_n : i32,
  user_inner : i32,
  user_rows : i32,
  user_length : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_xu_uin : array<f32>;
@group(0) @binding(2) var<storage, read> user_topu_uin : array<f32>;
@group(0) @binding(3) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
const LOOP_MAX : i32 = 2147483647;
fn get_user_xu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_xu_uin[params.user_xu_uin_dims.w + u32(x + i32(params.user_xu_uin_dims.x) * (y + i32(params.user_xu_uin_dims.y) * z))];
}
fn get_user_topu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_topu_uin[params.user_topu_uin_dims.w + u32(x + i32(params.user_topu_uin_dims.x) * (y + i32(params.user_topu_uin_dims.y) * z))];
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
fn fn_placeOf(user_row : i32, user_j : i32, user_n : i32, user_inner : i32, user_rows : i32) -> i32 {
return ((((fn_idiv(user_row, user_inner)*user_n)+user_j)*user_inner)+fn_imod(user_row, user_inner));
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_top : f32 = get_user_topu_uin(0, 0, i32(i32(threadGid.x)));
var user_result : f32 = 0.0;
var user_j : i32 = 0;
for (var safeI : i32 = 0;safeI<LOOP_MAX;safeI++){
if (!((user_j<params.user_n))) { break; }
var user_x : f32 = get_user_xu_uin(0, 0, i32(fn_placeOf(i32(threadGid.x), user_j, params.user_n, params.user_inner, params.user_rows)));user_result+=exp((user_x-user_top));
user_j++;}

result[data_index] = user_result;return;
}

// gpujs/rows/softmax/dim/y/element
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_xu_uin_dims : vec4<u32>,
  user_topu_uin_dims : vec4<u32>,
  user_totalu_uin_dims : vec4<u32>,
  user_n : i32,
  user_inner : i32,
  user_rows : i32,
  user_length : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_xu_uin : array<f32>;
@group(0) @binding(2) var<storage, read> user_topu_uin : array<f32>;
@group(0) @binding(3) var<storage, read> user_totalu_uin : array<f32>;
@group(0) @binding(4) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
fn get_user_xu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_xu_uin[params.user_xu_uin_dims.w + u32(x + i32(params.user_xu_uin_dims.x) * (y + i32(params.user_xu_uin_dims.y) * z))];
}
fn get_user_topu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_topu_uin[params.user_topu_uin_dims.w + u32(x + i32(params.user_topu_uin_dims.x) * (y + i32(params.user_topu_uin_dims.y) * z))];
}
fn get_user_totalu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_totalu_uin[params.user_totalu_uin_dims.w + u32(x + i32(params.user_totalu_uin_dims.x) * (y + i32(params.user_totalu_uin_dims.y) * z))];
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
fn fn_rowOf(user_i : i32, user_n : i32, user_inner : i32, user_rows : i32) -> i32 {
return ((fn_idiv(fn_idiv(user_i, user_inner), user_n)*user_inner)+fn_imod(user_i, user_inner));
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_top : f32 = get_user_topu_uin(0, 0, i32(fn_rowOf(i32(threadGid.x), params.user_n, params.user_inner, params.user_rows)));
var user_total : f32 = get_user_totalu_uin(0, 0, i32(fn_rowOf(i32(threadGid.x), params.user_n, params.user_inner, params.user_rows)));
var user_x : f32 = get_user_xu_uin(0, 0, i32(i32(threadGid.x)));
result[data_index] = (exp((user_x-user_top))/user_total);return;
}

// wgsl/rows/batchNorm/wbrelu6/channel/row/mean,variance,y
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  inner : u32,
  o_x : u32,
  o_weight : u32,
  o_bias : u32,
  eps : f32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x_in : array<f32>;
@group(0) @binding(2) var<storage, read> weight_in : array<f32>;
@group(0) @binding(3) var<storage, read> bias_in : array<f32>;
@group(0) @binding(4) var<storage, read_write> mean_out : array<f32>;
@group(0) @binding(5) var<storage, read_write> variance_out : array<f32>;
@group(0) @binding(6) var<storage, read_write> y_out : array<f32>;
fn relu(x : f32) -> f32 { return select(x, 0.0, x < 0.0); }
fn relu6(x : f32) -> f32 { return select(relu(x), 6.0, x > 6.0); }

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let row = i;
  let count = f32(p.n);
  let weight = weight_in[p.o_weight + row];
  let bias = bias_in[p.o_bias + row];
  var total = 0.0;
  for (var j = 0u; j < p.n; j += 1u) {
    let at = (j / p.inner * p.rows + row) * p.inner + j % p.inner;
    let x = x_in[p.o_x + at];
    total = total + (x);
  }
  let mean = total / count;
  var squares = 0.0;
  for (var j = 0u; j < p.n; j += 1u) {
    let at = (j / p.inner * p.rows + row) * p.inner + j % p.inner;
    let x = x_in[p.o_x + at];
    squares = squares + ((x - mean) * (x - mean));
  }
  let variance = squares / count;
  let rstd = 1.0 / sqrt(variance + p.eps);
  mean_out[row] = mean; variance_out[row] = variance;
  for (var j = 0u; j < p.n; j += 1u) {
    let at = (j / p.inner * p.rows + row) * p.inner + j % p.inner;
    let x = x_in[p.o_x + at];
    y_out[at] = relu6((x - mean) * rstd * weight + bias);
  }
}

// wgsl/rows/crossEntropy/smooth/dim/row/loss
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  inner : u32,
  o_x : u32,
  o_classNumber : u32,
  ignored : f32,
  smoothing : f32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x_in : array<f32>;
@group(0) @binding(2) var<storage, read> classNumber_in : array<f32>;
@group(0) @binding(3) var<storage, read_write> loss_out : array<f32>;
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
fn ln(x : f32) -> f32 {
  if (is_nan(x) || x < 0.0) { return nan(); }
  if (x == 0.0) { return -infinity(); }
  if (is_inf(x)) { return x; }
  return log(x);
}
fn keep_nan(x : f32, y : f32) -> f32 { return select(y, x, is_nan(x)); }
fn exp_kept(x : f32) -> f32 { return keep_nan(x, exp(x)); }
fn pick(j : f32, target_at : f32, v : f32) -> f32 { return select(0.0, v, j == target_at); }
fn counted(target_at : f32, ignored : f32, v : f32) -> f32 { return select(v, 0.0, target_at == ignored); }
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let row = i;
  let count = f32(p.n);
  let classNumber = classNumber_in[p.o_classNumber + row];
  var top = -infinity();
  for (var j = 0u; j < p.n; j += 1u) {
    let at = (row / p.inner * p.n + j) * p.inner + row % p.inner;
    let x = x_in[p.o_x + at];
    top = larger(top, (x));
  }
  var total = 0.0;
  for (var j = 0u; j < p.n; j += 1u) {
    let at = (row / p.inner * p.n + j) * p.inner + row % p.inner;
    let x = x_in[p.o_x + at];
    total = total + (exp_kept(x - top));
  }
  var picked = 0.0;
  for (var j = 0u; j < p.n; j += 1u) {
    let at = (row / p.inner * p.n + j) * p.inner + row % p.inner;
    let x = x_in[p.o_x + at];
    picked = picked + (pick(f32(j), classNumber, x - top));
  }
  var rest = 0.0;
  for (var j = 0u; j < p.n; j += 1u) {
    let at = (row / p.inner * p.n + j) * p.inner + row % p.inner;
    let x = x_in[p.o_x + at];
    rest = rest + (x - top);
  }
  loss_out[row] = counted(classNumber, p.ignored, ln(total) - (1.0 - p.smoothing) * picked - p.smoothing * rest / count);
}

// wgsl/rows/layerNorm/w/dim/group/y
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  inner : u32,
  o_x : u32,
  o_weight : u32,
  eps : f32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x_in : array<f32>;
@group(0) @binding(2) var<storage, read> weight_in : array<f32>;
@group(0) @binding(3) var<storage, read_write> y_out : array<f32>;


var<workgroup> shared_part : array<f32, 128>;
@compute @workgroup_size(128, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let item = wid.x + wid.y * p.width;
  if (item >= p.count) { return; }
  let row = item;
  let count = f32(p.n);
  var total = 0.0;
  for (var j = lane; j < p.n; j += 128u) {
    let at = (row / p.inner * p.n + j) * p.inner + row % p.inner;
    let x = x_in[p.o_x + at];
    total = total + (x);
  }
  workgroupBarrier();
  shared_part[lane] = total;
  for (var half = 64u; half > 0u; half = half / 2u) {
    workgroupBarrier();
    if (lane < half) { shared_part[lane] = shared_part[lane] + shared_part[lane + half]; }
  }
  workgroupBarrier();
  total = shared_part[0];
  let mean = total / count;
  var squares = 0.0;
  for (var j = lane; j < p.n; j += 128u) {
    let at = (row / p.inner * p.n + j) * p.inner + row % p.inner;
    let x = x_in[p.o_x + at];
    squares = squares + ((x - mean) * (x - mean));
  }
  workgroupBarrier();
  shared_part[lane] = squares;
  for (var half = 64u; half > 0u; half = half / 2u) {
    workgroupBarrier();
    if (lane < half) { shared_part[lane] = shared_part[lane] + shared_part[lane + half]; }
  }
  workgroupBarrier();
  squares = shared_part[0];
  let variance = squares / count;
  let rstd = 1.0 / sqrt(variance + p.eps);
  for (var j = lane; j < p.n; j += 128u) {
    let at = (row / p.inner * p.n + j) * p.inner + row % p.inner;
    let x = x_in[p.o_x + at];
    let weight = weight_in[p.o_weight + j];
    y_out[at] = (x - mean) * rstd * weight;
  }
}

// wgsl/rows/logSoftmax/dim/group/y
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  inner : u32,
  o_x : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x_in : array<f32>;
@group(0) @binding(2) var<storage, read_write> y_out : array<f32>;
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
fn ln(x : f32) -> f32 {
  if (is_nan(x) || x < 0.0) { return nan(); }
  if (x == 0.0) { return -infinity(); }
  if (is_inf(x)) { return x; }
  return log(x);
}
fn keep_nan(x : f32, y : f32) -> f32 { return select(y, x, is_nan(x)); }
fn exp_kept(x : f32) -> f32 { return keep_nan(x, exp(x)); }

var<workgroup> shared_part : array<f32, 128>;
@compute @workgroup_size(128, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let item = wid.x + wid.y * p.width;
  if (item >= p.count) { return; }
  let row = item;
  let count = f32(p.n);
  var top = -infinity();
  for (var j = lane; j < p.n; j += 128u) {
    let at = (row / p.inner * p.n + j) * p.inner + row % p.inner;
    let x = x_in[p.o_x + at];
    top = larger(top, (x));
  }
  workgroupBarrier();
  shared_part[lane] = top;
  for (var half = 64u; half > 0u; half = half / 2u) {
    workgroupBarrier();
    if (lane < half) { shared_part[lane] = larger(shared_part[lane], shared_part[lane + half]); }
  }
  workgroupBarrier();
  top = shared_part[0];
  var total = 0.0;
  for (var j = lane; j < p.n; j += 128u) {
    let at = (row / p.inner * p.n + j) * p.inner + row % p.inner;
    let x = x_in[p.o_x + at];
    total = total + (exp_kept(x - top));
  }
  workgroupBarrier();
  shared_part[lane] = total;
  for (var half = 64u; half > 0u; half = half / 2u) {
    workgroupBarrier();
    if (lane < half) { shared_part[lane] = shared_part[lane] + shared_part[lane + half]; }
  }
  workgroupBarrier();
  total = shared_part[0];
  for (var j = lane; j < p.n; j += 128u) {
    let at = (row / p.inner * p.n + j) * p.inner + row % p.inner;
    let x = x_in[p.o_x + at];
    y_out[at] = x - top - ln(total);
  }
}

// wgsl/rows/parts/batchNorm/wbnone/0 channels
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  plane : u32,
  images : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> part_total : array<f32>;
@group(0) @binding(2) var<storage, read_write> whole_total : array<f32>;


@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let row = i;
  let count = f32(p.n);
  var sum_total = 0.0;
  for (var begin = 0u; begin < p.images; begin += 8u) {
    let end = min(begin + 8u, p.images);
    var chunk_total = 0.0;
    for (var k = begin; k < end; k++) { chunk_total = chunk_total + part_total[k * p.rows + row]; }
    sum_total = sum_total + chunk_total;
  }
  whole_total[row] = sum_total;
}

// wgsl/rows/parts/batchNorm/wbnone/0 planes
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  plane : u32,
  images : u32,
  o_x : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x_in : array<f32>;
@group(0) @binding(2) var<storage, read_write> part_total : array<f32>;


@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let row = i % p.rows;
  let count = f32(p.n);
  var sum_total = 0.0;
  let last = (i + 1u) * p.plane;
  for (var begin = i * p.plane; begin < last; begin += 64u) {
  let end = min(begin + 64u, last);
  var chunk_total = 0.0;
  var start = begin;
  for (; start + 3u < end; start += 4u) {
    var few_total = 0.0;
    { let at = start + 0u; let x = x_in[p.o_x + at]; few_total = few_total + (x); }
    { let at = start + 1u; let x = x_in[p.o_x + at]; few_total = few_total + (x); }
    { let at = start + 2u; let x = x_in[p.o_x + at]; few_total = few_total + (x); }
    { let at = start + 3u; let x = x_in[p.o_x + at]; few_total = few_total + (x); }
    chunk_total = chunk_total + few_total;
  }
  for (; start < end; start++) { var few_total = 0.0; { let at = start; let x = x_in[p.o_x + at]; few_total = few_total + (x); } chunk_total = chunk_total + few_total; }
  sum_total = sum_total + chunk_total;
  }
  part_total[i] = sum_total;
}

// wgsl/rows/parts/batchNorm/wbnone/1 channels
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  plane : u32,
  images : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> part_squares : array<f32>;
@group(0) @binding(2) var<storage, read_write> whole_squares : array<f32>;


@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let row = i;
  let count = f32(p.n);
  var sum_squares = 0.0;
  for (var begin = 0u; begin < p.images; begin += 8u) {
    let end = min(begin + 8u, p.images);
    var chunk_squares = 0.0;
    for (var k = begin; k < end; k++) { chunk_squares = chunk_squares + part_squares[k * p.rows + row]; }
    sum_squares = sum_squares + chunk_squares;
  }
  whole_squares[row] = sum_squares;
}

// wgsl/rows/parts/batchNorm/wbnone/1 planes
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  plane : u32,
  images : u32,
  o_x : u32,
  o_total : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x_in : array<f32>;
@group(0) @binding(2) var<storage, read> total_in : array<f32>;
@group(0) @binding(3) var<storage, read_write> part_squares : array<f32>;


@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let row = i % p.rows;
  let count = f32(p.n);
  let total = total_in[p.o_total + row];
  let mean = total / count;
  var sum_squares = 0.0;
  let last = (i + 1u) * p.plane;
  for (var begin = i * p.plane; begin < last; begin += 64u) {
  let end = min(begin + 64u, last);
  var chunk_squares = 0.0;
  var start = begin;
  for (; start + 3u < end; start += 4u) {
    var few_squares = 0.0;
    { let at = start + 0u; let x = x_in[p.o_x + at]; few_squares = few_squares + ((x - mean) * (x - mean)); }
    { let at = start + 1u; let x = x_in[p.o_x + at]; few_squares = few_squares + ((x - mean) * (x - mean)); }
    { let at = start + 2u; let x = x_in[p.o_x + at]; few_squares = few_squares + ((x - mean) * (x - mean)); }
    { let at = start + 3u; let x = x_in[p.o_x + at]; few_squares = few_squares + ((x - mean) * (x - mean)); }
    chunk_squares = chunk_squares + few_squares;
  }
  for (; start < end; start++) { var few_squares = 0.0; { let at = start; let x = x_in[p.o_x + at]; few_squares = few_squares + ((x - mean) * (x - mean)); } chunk_squares = chunk_squares + few_squares; }
  sum_squares = sum_squares + chunk_squares;
  }
  part_squares[i] = sum_squares;
}

// wgsl/rows/parts/batchNorm/wbnone/results mean,variance,rstd
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  plane : u32,
  images : u32,
  o_total : u32,
  o_squares : u32,
  eps : f32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> total_in : array<f32>;
@group(0) @binding(2) var<storage, read> squares_in : array<f32>;
@group(0) @binding(3) var<storage, read_write> out_mean : array<f32>;
@group(0) @binding(4) var<storage, read_write> out_variance : array<f32>;
@group(0) @binding(5) var<storage, read_write> out_rstd : array<f32>;


@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let row = i;
  let count = f32(p.n);
  let eps = p.eps;
  let total = total_in[p.o_total + row];
  let squares = squares_in[p.o_squares + row];
  let mean = total / count;
  let variance = squares / count;
  let rstd = 1.0 / sqrt(variance + eps);
  out_mean[row] = mean; out_variance[row] = variance; out_rstd[row] = rstd;
}

// wgsl/rows/parts/batchNorm/wbnone/y
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  plane : u32,
  images : u32,
  o_x : u32,
  o_weight : u32,
  o_bias : u32,
  o_total : u32,
  o_squares : u32,
  eps : f32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x_in : array<f32>;
@group(0) @binding(2) var<storage, read> weight_in : array<f32>;
@group(0) @binding(3) var<storage, read> bias_in : array<f32>;
@group(0) @binding(4) var<storage, read> total_in : array<f32>;
@group(0) @binding(5) var<storage, read> squares_in : array<f32>;
@group(0) @binding(6) var<storage, read_write> y_out : array<f32>;


@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let row = i % p.rows;
  let count = f32(p.n);
  let eps = p.eps;
  let weight = weight_in[p.o_weight + row];
  let bias = bias_in[p.o_bias + row];
  let total = total_in[p.o_total + row];
  let squares = squares_in[p.o_squares + row];
  let mean = total / count;
  let variance = squares / count;
  let rstd = 1.0 / sqrt(variance + eps);
  let end = (i + 1u) * p.plane;
  var start = i * p.plane;
  for (; start + 3u < end; start += 4u) {
    
    { let at = start + 0u; let x = x_in[p.o_x + at]; y_out[at] = (x - mean) * rstd * weight + bias; }
    { let at = start + 1u; let x = x_in[p.o_x + at]; y_out[at] = (x - mean) * rstd * weight + bias; }
    { let at = start + 2u; let x = x_in[p.o_x + at]; y_out[at] = (x - mean) * rstd * weight + bias; }
    { let at = start + 3u; let x = x_in[p.o_x + at]; y_out[at] = (x - mean) * rstd * weight + bias; }
    
  }
  for (; start < end; start++) {  { let at = start; let x = x_in[p.o_x + at]; y_out[at] = (x - mean) * rstd * weight + bias; }  }
}

// wgsl/rows/parts/batchNorm/wbrelu6/0 channels
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  plane : u32,
  images : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> part_total : array<f32>;
@group(0) @binding(2) var<storage, read_write> whole_total : array<f32>;


@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let row = i;
  let count = f32(p.n);
  var sum_total = 0.0;
  for (var begin = 0u; begin < p.images; begin += 8u) {
    let end = min(begin + 8u, p.images);
    var chunk_total = 0.0;
    for (var k = begin; k < end; k++) { chunk_total = chunk_total + part_total[k * p.rows + row]; }
    sum_total = sum_total + chunk_total;
  }
  whole_total[row] = sum_total;
}

// wgsl/rows/parts/batchNorm/wbrelu6/0 planes
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  plane : u32,
  images : u32,
  o_x : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x_in : array<f32>;
@group(0) @binding(2) var<storage, read_write> part_total : array<f32>;


@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let row = i % p.rows;
  let count = f32(p.n);
  var sum_total = 0.0;
  let last = (i + 1u) * p.plane;
  for (var begin = i * p.plane; begin < last; begin += 64u) {
  let end = min(begin + 64u, last);
  var chunk_total = 0.0;
  var start = begin;
  for (; start + 3u < end; start += 4u) {
    var few_total = 0.0;
    { let at = start + 0u; let x = x_in[p.o_x + at]; few_total = few_total + (x); }
    { let at = start + 1u; let x = x_in[p.o_x + at]; few_total = few_total + (x); }
    { let at = start + 2u; let x = x_in[p.o_x + at]; few_total = few_total + (x); }
    { let at = start + 3u; let x = x_in[p.o_x + at]; few_total = few_total + (x); }
    chunk_total = chunk_total + few_total;
  }
  for (; start < end; start++) { var few_total = 0.0; { let at = start; let x = x_in[p.o_x + at]; few_total = few_total + (x); } chunk_total = chunk_total + few_total; }
  sum_total = sum_total + chunk_total;
  }
  part_total[i] = sum_total;
}

// wgsl/rows/parts/batchNorm/wbrelu6/0 planes by groups
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  plane : u32,
  images : u32,
  o_x : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x_in : array<f32>;
@group(0) @binding(2) var<storage, read_write> part_total : array<f32>;


var<workgroup> shared_total : array<f32, 64>;
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let item = wid.x + wid.y * p.width;
  if (item >= p.count) { return; }
  let i = item;
  let row = i % p.rows;
  let count = f32(p.n);
  var sum_total = 0.0;
  for (var at = i * p.plane + lane; at < (i + 1u) * p.plane; at += 64u) { let x = x_in[p.o_x + at]; sum_total = sum_total + (x); }
  shared_total[lane] = sum_total;
  for (var half = 32u; half > 0u; half = half / 2u) {
    workgroupBarrier();
    if (lane < half) { shared_total[lane] = shared_total[lane] + shared_total[lane + half]; }
  }
  if (lane == 0u) { part_total[i] = shared_total[0]; }
}

// wgsl/rows/parts/batchNorm/wbrelu6/1 channels
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  plane : u32,
  images : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> part_squares : array<f32>;
@group(0) @binding(2) var<storage, read_write> whole_squares : array<f32>;


@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let row = i;
  let count = f32(p.n);
  var sum_squares = 0.0;
  for (var begin = 0u; begin < p.images; begin += 8u) {
    let end = min(begin + 8u, p.images);
    var chunk_squares = 0.0;
    for (var k = begin; k < end; k++) { chunk_squares = chunk_squares + part_squares[k * p.rows + row]; }
    sum_squares = sum_squares + chunk_squares;
  }
  whole_squares[row] = sum_squares;
}

// wgsl/rows/parts/batchNorm/wbrelu6/1 planes
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  plane : u32,
  images : u32,
  o_x : u32,
  o_total : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x_in : array<f32>;
@group(0) @binding(2) var<storage, read> total_in : array<f32>;
@group(0) @binding(3) var<storage, read_write> part_squares : array<f32>;


@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let row = i % p.rows;
  let count = f32(p.n);
  let total = total_in[p.o_total + row];
  let mean = total / count;
  var sum_squares = 0.0;
  let last = (i + 1u) * p.plane;
  for (var begin = i * p.plane; begin < last; begin += 64u) {
  let end = min(begin + 64u, last);
  var chunk_squares = 0.0;
  var start = begin;
  for (; start + 3u < end; start += 4u) {
    var few_squares = 0.0;
    { let at = start + 0u; let x = x_in[p.o_x + at]; few_squares = few_squares + ((x - mean) * (x - mean)); }
    { let at = start + 1u; let x = x_in[p.o_x + at]; few_squares = few_squares + ((x - mean) * (x - mean)); }
    { let at = start + 2u; let x = x_in[p.o_x + at]; few_squares = few_squares + ((x - mean) * (x - mean)); }
    { let at = start + 3u; let x = x_in[p.o_x + at]; few_squares = few_squares + ((x - mean) * (x - mean)); }
    chunk_squares = chunk_squares + few_squares;
  }
  for (; start < end; start++) { var few_squares = 0.0; { let at = start; let x = x_in[p.o_x + at]; few_squares = few_squares + ((x - mean) * (x - mean)); } chunk_squares = chunk_squares + few_squares; }
  sum_squares = sum_squares + chunk_squares;
  }
  part_squares[i] = sum_squares;
}

// wgsl/rows/parts/batchNorm/wbrelu6/1 planes by groups
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  plane : u32,
  images : u32,
  o_x : u32,
  o_total : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x_in : array<f32>;
@group(0) @binding(2) var<storage, read> total_in : array<f32>;
@group(0) @binding(3) var<storage, read_write> part_squares : array<f32>;


var<workgroup> shared_squares : array<f32, 64>;
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let item = wid.x + wid.y * p.width;
  if (item >= p.count) { return; }
  let i = item;
  let row = i % p.rows;
  let count = f32(p.n);
  let total = total_in[p.o_total + row];
  let mean = total / count;
  var sum_squares = 0.0;
  for (var at = i * p.plane + lane; at < (i + 1u) * p.plane; at += 64u) { let x = x_in[p.o_x + at]; sum_squares = sum_squares + ((x - mean) * (x - mean)); }
  shared_squares[lane] = sum_squares;
  for (var half = 32u; half > 0u; half = half / 2u) {
    workgroupBarrier();
    if (lane < half) { shared_squares[lane] = shared_squares[lane] + shared_squares[lane + half]; }
  }
  if (lane == 0u) { part_squares[i] = shared_squares[0]; }
}

// wgsl/rows/parts/batchNorm/wbrelu6/results mean,variance
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  plane : u32,
  images : u32,
  o_total : u32,
  o_squares : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> total_in : array<f32>;
@group(0) @binding(2) var<storage, read> squares_in : array<f32>;
@group(0) @binding(3) var<storage, read_write> out_mean : array<f32>;
@group(0) @binding(4) var<storage, read_write> out_variance : array<f32>;


@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let row = i;
  let count = f32(p.n);
  let total = total_in[p.o_total + row];
  let squares = squares_in[p.o_squares + row];
  let mean = total / count;
  let variance = squares / count;
  out_mean[row] = mean; out_variance[row] = variance;
}

// wgsl/rows/parts/batchNorm/wbrelu6/y
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  plane : u32,
  images : u32,
  o_x : u32,
  o_weight : u32,
  o_bias : u32,
  o_total : u32,
  o_squares : u32,
  eps : f32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x_in : array<f32>;
@group(0) @binding(2) var<storage, read> weight_in : array<f32>;
@group(0) @binding(3) var<storage, read> bias_in : array<f32>;
@group(0) @binding(4) var<storage, read> total_in : array<f32>;
@group(0) @binding(5) var<storage, read> squares_in : array<f32>;
@group(0) @binding(6) var<storage, read_write> y_out : array<f32>;
fn relu(x : f32) -> f32 { return select(x, 0.0, x < 0.0); }
fn relu6(x : f32) -> f32 { return select(relu(x), 6.0, x > 6.0); }

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let row = i % p.rows;
  let count = f32(p.n);
  let eps = p.eps;
  let weight = weight_in[p.o_weight + row];
  let bias = bias_in[p.o_bias + row];
  let total = total_in[p.o_total + row];
  let squares = squares_in[p.o_squares + row];
  let mean = total / count;
  let variance = squares / count;
  let rstd = 1.0 / sqrt(variance + eps);
  let end = (i + 1u) * p.plane;
  var start = i * p.plane;
  for (; start + 3u < end; start += 4u) {
    
    { let at = start + 0u; let x = x_in[p.o_x + at]; y_out[at] = relu6((x - mean) * rstd * weight + bias); }
    { let at = start + 1u; let x = x_in[p.o_x + at]; y_out[at] = relu6((x - mean) * rstd * weight + bias); }
    { let at = start + 2u; let x = x_in[p.o_x + at]; y_out[at] = relu6((x - mean) * rstd * weight + bias); }
    { let at = start + 3u; let x = x_in[p.o_x + at]; y_out[at] = relu6((x - mean) * rstd * weight + bias); }
    
  }
  for (; start < end; start++) {  { let at = start; let x = x_in[p.o_x + at]; y_out[at] = relu6((x - mean) * rstd * weight + bias); }  }
}

// wgsl/rows/parts/batchNorm/wbrelu6/y by elements
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  plane : u32,
  images : u32,
  o_x : u32,
  o_weight : u32,
  o_bias : u32,
  o_total : u32,
  o_squares : u32,
  eps : f32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x_in : array<f32>;
@group(0) @binding(2) var<storage, read> weight_in : array<f32>;
@group(0) @binding(3) var<storage, read> bias_in : array<f32>;
@group(0) @binding(4) var<storage, read> total_in : array<f32>;
@group(0) @binding(5) var<storage, read> squares_in : array<f32>;
@group(0) @binding(6) var<storage, read_write> y_out : array<f32>;
fn relu(x : f32) -> f32 { return select(x, 0.0, x < 0.0); }
fn relu6(x : f32) -> f32 { return select(relu(x), 6.0, x > 6.0); }

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let row = i / p.plane % p.rows;
  let count = f32(p.n);
  let eps = p.eps;
  let weight = weight_in[p.o_weight + row];
  let bias = bias_in[p.o_bias + row];
  let total = total_in[p.o_total + row];
  let squares = squares_in[p.o_squares + row];
  let mean = total / count;
  let variance = squares / count;
  let rstd = 1.0 / sqrt(variance + eps);
  let at = i; let x = x_in[p.o_x + at]; y_out[at] = relu6((x - mean) * rstd * weight + bias);
}

// wgsl/rows/parts/batchNormGrad/wnone/0 channels
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  plane : u32,
  images : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> part_total : array<f32>;
@group(0) @binding(2) var<storage, read> part_moment : array<f32>;
@group(0) @binding(3) var<storage, read_write> whole_total : array<f32>;
@group(0) @binding(4) var<storage, read_write> whole_moment : array<f32>;


@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let row = i;
  let count = f32(p.n);
  var sum_total = 0.0; var sum_moment = 0.0;
  for (var begin = 0u; begin < p.images; begin += 8u) {
    let end = min(begin + 8u, p.images);
    var chunk_total = 0.0; var chunk_moment = 0.0;
    for (var k = begin; k < end; k++) { chunk_total = chunk_total + part_total[k * p.rows + row]; chunk_moment = chunk_moment + part_moment[k * p.rows + row]; }
    sum_total = sum_total + chunk_total; sum_moment = sum_moment + chunk_moment;
  }
  whole_total[row] = sum_total; whole_moment[row] = sum_moment;
}

// wgsl/rows/parts/batchNormGrad/wnone/0 planes
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  plane : u32,
  images : u32,
  o_g : u32,
  o_x : u32,
  o_mean : u32,
  o_rstd : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> g_in : array<f32>;
@group(0) @binding(2) var<storage, read> x_in : array<f32>;
@group(0) @binding(3) var<storage, read> mean_in : array<f32>;
@group(0) @binding(4) var<storage, read> rstd_in : array<f32>;
@group(0) @binding(5) var<storage, read_write> part_total : array<f32>;
@group(0) @binding(6) var<storage, read_write> part_moment : array<f32>;


@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let row = i % p.rows;
  let count = f32(p.n);
  let mean = mean_in[p.o_mean + row];
  let rstd = rstd_in[p.o_rstd + row];
  var sum_total = 0.0; var sum_moment = 0.0;
  let last = (i + 1u) * p.plane;
  for (var begin = i * p.plane; begin < last; begin += 64u) {
  let end = min(begin + 64u, last);
  var chunk_total = 0.0; var chunk_moment = 0.0;
  var start = begin;
  for (; start + 3u < end; start += 4u) {
    var few_total = 0.0; var few_moment = 0.0;
    { let at = start + 0u; let g = g_in[p.o_g + at]; let x = x_in[p.o_x + at]; few_total = few_total + (g); few_moment = few_moment + (g * (x - mean) * rstd); }
    { let at = start + 1u; let g = g_in[p.o_g + at]; let x = x_in[p.o_x + at]; few_total = few_total + (g); few_moment = few_moment + (g * (x - mean) * rstd); }
    { let at = start + 2u; let g = g_in[p.o_g + at]; let x = x_in[p.o_x + at]; few_total = few_total + (g); few_moment = few_moment + (g * (x - mean) * rstd); }
    { let at = start + 3u; let g = g_in[p.o_g + at]; let x = x_in[p.o_x + at]; few_total = few_total + (g); few_moment = few_moment + (g * (x - mean) * rstd); }
    chunk_total = chunk_total + few_total; chunk_moment = chunk_moment + few_moment;
  }
  for (; start < end; start++) { var few_total = 0.0; var few_moment = 0.0; { let at = start; let g = g_in[p.o_g + at]; let x = x_in[p.o_x + at]; few_total = few_total + (g); few_moment = few_moment + (g * (x - mean) * rstd); } chunk_total = chunk_total + few_total; chunk_moment = chunk_moment + few_moment; }
  sum_total = sum_total + chunk_total; sum_moment = sum_moment + chunk_moment;
  }
  part_total[i] = sum_total; part_moment[i] = sum_moment;
}

// wgsl/rows/parts/batchNormGrad/wnone/0 planes by groups
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  plane : u32,
  images : u32,
  o_g : u32,
  o_x : u32,
  o_mean : u32,
  o_rstd : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> g_in : array<f32>;
@group(0) @binding(2) var<storage, read> x_in : array<f32>;
@group(0) @binding(3) var<storage, read> mean_in : array<f32>;
@group(0) @binding(4) var<storage, read> rstd_in : array<f32>;
@group(0) @binding(5) var<storage, read_write> part_total : array<f32>;
@group(0) @binding(6) var<storage, read_write> part_moment : array<f32>;


var<workgroup> shared_total : array<f32, 64>;
var<workgroup> shared_moment : array<f32, 64>;
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let item = wid.x + wid.y * p.width;
  if (item >= p.count) { return; }
  let i = item;
  let row = i % p.rows;
  let count = f32(p.n);
  let mean = mean_in[p.o_mean + row];
  let rstd = rstd_in[p.o_rstd + row];
  var sum_total = 0.0; var sum_moment = 0.0;
  for (var at = i * p.plane + lane; at < (i + 1u) * p.plane; at += 64u) { let g = g_in[p.o_g + at]; let x = x_in[p.o_x + at]; sum_total = sum_total + (g); sum_moment = sum_moment + (g * (x - mean) * rstd); }
  shared_total[lane] = sum_total; shared_moment[lane] = sum_moment;
  for (var half = 32u; half > 0u; half = half / 2u) {
    workgroupBarrier();
    if (lane < half) { shared_total[lane] = shared_total[lane] + shared_total[lane + half]; shared_moment[lane] = shared_moment[lane] + shared_moment[lane + half]; }
  }
  if (lane == 0u) { part_total[i] = shared_total[0]; part_moment[i] = shared_moment[0]; }
}

// wgsl/rows/parts/batchNormGrad/wnone/results dweight,dbias
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  plane : u32,
  images : u32,
  o_total : u32,
  o_moment : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> total_in : array<f32>;
@group(0) @binding(2) var<storage, read> moment_in : array<f32>;
@group(0) @binding(3) var<storage, read_write> out_dweight : array<f32>;
@group(0) @binding(4) var<storage, read_write> out_dbias : array<f32>;


@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let row = i;
  let count = f32(p.n);
  let total = total_in[p.o_total + row];
  let moment = moment_in[p.o_moment + row];
  out_dweight[row] = moment; out_dbias[row] = total;
}

// wgsl/rows/parts/batchNormGrad/wnone/y
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  plane : u32,
  images : u32,
  o_g : u32,
  o_x : u32,
  o_weight : u32,
  o_mean : u32,
  o_rstd : u32,
  o_total : u32,
  o_moment : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> g_in : array<f32>;
@group(0) @binding(2) var<storage, read> x_in : array<f32>;
@group(0) @binding(3) var<storage, read> weight_in : array<f32>;
@group(0) @binding(4) var<storage, read> mean_in : array<f32>;
@group(0) @binding(5) var<storage, read> rstd_in : array<f32>;
@group(0) @binding(6) var<storage, read> total_in : array<f32>;
@group(0) @binding(7) var<storage, read> moment_in : array<f32>;
@group(0) @binding(8) var<storage, read_write> y_out : array<f32>;


@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let row = i % p.rows;
  let count = f32(p.n);
  let weight = weight_in[p.o_weight + row];
  let mean = mean_in[p.o_mean + row];
  let rstd = rstd_in[p.o_rstd + row];
  let total = total_in[p.o_total + row];
  let moment = moment_in[p.o_moment + row];
  let end = (i + 1u) * p.plane;
  var start = i * p.plane;
  for (; start + 3u < end; start += 4u) {
    
    { let at = start + 0u; let g = g_in[p.o_g + at]; let x = x_in[p.o_x + at]; y_out[at] = weight * rstd * (g - (total + (x - mean) * rstd * moment) / count); }
    { let at = start + 1u; let g = g_in[p.o_g + at]; let x = x_in[p.o_x + at]; y_out[at] = weight * rstd * (g - (total + (x - mean) * rstd * moment) / count); }
    { let at = start + 2u; let g = g_in[p.o_g + at]; let x = x_in[p.o_x + at]; y_out[at] = weight * rstd * (g - (total + (x - mean) * rstd * moment) / count); }
    { let at = start + 3u; let g = g_in[p.o_g + at]; let x = x_in[p.o_x + at]; y_out[at] = weight * rstd * (g - (total + (x - mean) * rstd * moment) / count); }
    
  }
  for (; start < end; start++) {  { let at = start; let g = g_in[p.o_g + at]; let x = x_in[p.o_x + at]; y_out[at] = weight * rstd * (g - (total + (x - mean) * rstd * moment) / count); }  }
}

// wgsl/rows/parts/batchNormGrad/wnone/y by elements
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  plane : u32,
  images : u32,
  o_g : u32,
  o_x : u32,
  o_weight : u32,
  o_mean : u32,
  o_rstd : u32,
  o_total : u32,
  o_moment : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> g_in : array<f32>;
@group(0) @binding(2) var<storage, read> x_in : array<f32>;
@group(0) @binding(3) var<storage, read> weight_in : array<f32>;
@group(0) @binding(4) var<storage, read> mean_in : array<f32>;
@group(0) @binding(5) var<storage, read> rstd_in : array<f32>;
@group(0) @binding(6) var<storage, read> total_in : array<f32>;
@group(0) @binding(7) var<storage, read> moment_in : array<f32>;
@group(0) @binding(8) var<storage, read_write> y_out : array<f32>;


@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let row = i / p.plane % p.rows;
  let count = f32(p.n);
  let weight = weight_in[p.o_weight + row];
  let mean = mean_in[p.o_mean + row];
  let rstd = rstd_in[p.o_rstd + row];
  let total = total_in[p.o_total + row];
  let moment = moment_in[p.o_moment + row];
  let at = i; let g = g_in[p.o_g + at]; let x = x_in[p.o_x + at]; y_out[at] = weight * rstd * (g - (total + (x - mean) * rstd * moment) / count);
}

// wgsl/rows/softmax/dim/row/y
struct Params {
  count : u32,
  width : u32,
  rows : u32,
  n : u32,
  inner : u32,
  o_x : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x_in : array<f32>;
@group(0) @binding(2) var<storage, read_write> y_out : array<f32>;
var<private> INFINITY_BITS : u32 = 0x7f800000u;
fn infinity() -> f32 { return bitcast<f32>(INFINITY_BITS); }
fn is_nan(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn larger(a : f32, b : f32) -> f32 {
  if (is_nan(a)) { return a; }
  if (is_nan(b)) { return b; }
  return max(a, b);
}
fn keep_nan(x : f32, y : f32) -> f32 { return select(y, x, is_nan(x)); }
fn exp_kept(x : f32) -> f32 { return keep_nan(x, exp(x)); }

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let row = i;
  let count = f32(p.n);
  var top = -infinity();
  for (var j = 0u; j < p.n; j += 1u) {
    let at = (row / p.inner * p.n + j) * p.inner + row % p.inner;
    let x = x_in[p.o_x + at];
    top = larger(top, (x));
  }
  var total = 0.0;
  for (var j = 0u; j < p.n; j += 1u) {
    let at = (row / p.inner * p.n + j) * p.inner + row % p.inner;
    let x = x_in[p.o_x + at];
    total = total + (exp_kept(x - top));
  }
  for (var j = 0u; j < p.n; j += 1u) {
    let at = (row / p.inner * p.n + j) * p.inner + row % p.inner;
    let x = x_in[p.o_x + at];
    y_out[at] = exp_kept(x - top) / total;
  }
}
