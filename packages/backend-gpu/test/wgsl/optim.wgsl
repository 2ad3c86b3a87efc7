// gpujs/optim/adam/0110/mean
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_gu_uin_dims : vec4<u32>,
  user_paramu_uin_dims : vec4<u32>,
  user_meanu_uin_dims : vec4<u32>,
  user_squareu_uin_dims : vec4<u32>,
  user_shrink : f32,
  user_newMean : f32,
  user_newSquare : f32,
  user_correction : f32,
  user_rate : f32,
  user_beta2 : f32,
  user_eps : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_gu_uin : array<f32>;
@group(0) @binding(2) var<storage, read> user_paramu_uin : array<f32>;
@group(0) @binding(3) var<storage, read> user_meanu_uin : array<f32>;
@group(0) @binding(4) var<storage, read> user_squareu_uin : array<f32>;
@group(0) @binding(5) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
fn get_user_gu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_gu_uin[params.user_gu_uin_dims.w + u32(x + i32(params.user_gu_uin_dims.x) * (y + i32(params.user_gu_uin_dims.y) * z))];
}
fn get_user_paramu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_paramu_uin[params.user_paramu_uin_dims.w + u32(x + i32(params.user_paramu_uin_dims.x) * (y + i32(params.user_paramu_uin_dims.y) * z))];
}
fn get_user_meanu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_meanu_uin[params.user_meanu_uin_dims.w + u32(x + i32(params.user_meanu_uin_dims.x) * (y + i32(params.user_meanu_uin_dims.y) * z))];
}
fn get_user_squareu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_squareu_uin[params.user_squareu_uin_dims.w + u32(x + i32(params.user_squareu_uin_dims.x) * (y + i32(params.user_squareu_uin_dims.y) * z))];
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_g : f32 = get_user_gu_uin(0, 0, i32(i32(threadGid.x)));
var user_param : f32 = get_user_paramu_uin(0, 0, i32(i32(threadGid.x)));
var user_mean : f32 = get_user_meanu_uin(0, 0, i32(i32(threadGid.x)));
var user_square : f32 = get_user_squareu_uin(0, 0, i32(i32(threadGid.x)));
var user_h : f32 = 0.0;
user_h=user_g;
user_param=(user_param*params.user_shrink);
user_mean=(user_mean+((user_h-user_mean)*params.user_newMean));
user_square=((user_square*params.user_beta2)+((user_h*user_h)*params.user_newSquare));
user_param=(user_param+((user_mean/((sqrt(user_square)/params.user_correction)+params.user_eps))*params.user_rate));
result[data_index] = user_mean;return;
}

// gpujs/optim/adam/0110/param
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_gu_uin_dims : vec4<u32>,
  user_paramu_uin_dims : vec4<u32>,
  user_meanu_uin_dims : vec4<u32>,
  user_squareu_uin_dims : vec4<u32>,
  user_shrink : f32,
  user_newMean : f32,
  user_newSquare : f32,
  user_correction : f32,
  user_rate : f32,
  user_beta2 : f32,
  user_eps : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_gu_uin : array<f32>;
@group(0) @binding(2) var<storage, read> user_paramu_uin : array<f32>;
@group(0) @binding(3) var<storage, read> user_meanu_uin : array<f32>;
@group(0) @binding(4) var<storage, read> user_squareu_uin : array<f32>;
@group(0) @binding(5) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
fn get_user_gu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_gu_uin[params.user_gu_uin_dims.w + u32(x + i32(params.user_gu_uin_dims.x) * (y + i32(params.user_gu_uin_dims.y) * z))];
}
fn get_user_paramu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_paramu_uin[params.user_paramu_uin_dims.w + u32(x + i32(params.user_paramu_uin_dims.x) * (y + i32(params.user_paramu_uin_dims.y) * z))];
}
fn get_user_meanu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_meanu_uin[params.user_meanu_uin_dims.w + u32(x + i32(params.user_meanu_uin_dims.x) * (y + i32(params.user_meanu_uin_dims.y) * z))];
}
fn get_user_squareu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_squareu_uin[params.user_squareu_uin_dims.w + u32(x + i32(params.user_squareu_uin_dims.x) * (y + i32(params.user_squareu_uin_dims.y) * z))];
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_g : f32 = get_user_gu_uin(0, 0, i32(i32(threadGid.x)));
var user_param : f32 = get_user_paramu_uin(0, 0, i32(i32(threadGid.x)));
var user_mean : f32 = get_user_meanu_uin(0, 0, i32(i32(threadGid.x)));
var user_square : f32 = get_user_squareu_uin(0, 0, i32(i32(threadGid.x)));
var user_h : f32 = 0.0;
user_h=user_g;
user_param=(user_param*params.user_shrink);
user_mean=(user_mean+((user_h-user_mean)*params.user_newMean));
user_square=((user_square*params.user_beta2)+((user_h*user_h)*params.user_newSquare));
user_param=(user_param+((user_mean/((sqrt(user_square)/params.user_correction)+params.user_eps))*params.user_rate));
result[data_index] = user_param;return;
}

// gpujs/optim/adam/0110/square
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_gu_uin_dims : vec4<u32>,
  user_paramu_uin_dims : vec4<u32>,
  user_meanu_uin_dims : vec4<u32>,
  user_squareu_uin_dims : vec4<u32>,
  user_shrink : f32,
  user_newMean : f32,
  user_newSquare : f32,
  user_correction : f32,
  user_rate : f32,
  user_beta2 : f32,
  user_eps : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_gu_uin : array<f32>;
@group(0) @binding(2) var<storage, read> user_paramu_uin : array<f32>;
@group(0) @binding(3) var<storage, read> user_meanu_uin : array<f32>;
@group(0) @binding(4) var<storage, read> user_squareu_uin : array<f32>;
@group(0) @binding(5) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
fn get_user_gu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_gu_uin[params.user_gu_uin_dims.w + u32(x + i32(params.user_gu_uin_dims.x) * (y + i32(params.user_gu_uin_dims.y) * z))];
}
fn get_user_paramu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_paramu_uin[params.user_paramu_uin_dims.w + u32(x + i32(params.user_paramu_uin_dims.x) * (y + i32(params.user_paramu_uin_dims.y) * z))];
}
fn get_user_meanu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_meanu_uin[params.user_meanu_uin_dims.w + u32(x + i32(params.user_meanu_uin_dims.x) * (y + i32(params.user_meanu_uin_dims.y) * z))];
}
fn get_user_squareu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_squareu_uin[params.user_squareu_uin_dims.w + u32(x + i32(params.user_squareu_uin_dims.x) * (y + i32(params.user_squareu_uin_dims.y) * z))];
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_g : f32 = get_user_gu_uin(0, 0, i32(i32(threadGid.x)));
var user_param : f32 = get_user_paramu_uin(0, 0, i32(i32(threadGid.x)));
var user_mean : f32 = get_user_meanu_uin(0, 0, i32(i32(threadGid.x)));
var user_square : f32 = get_user_squareu_uin(0, 0, i32(i32(threadGid.x)));
var user_h : f32 = 0.0;
user_h=user_g;
user_param=(user_param*params.user_shrink);
user_mean=(user_mean+((user_h-user_mean)*params.user_newMean));
user_square=((user_square*params.user_beta2)+((user_h*user_h)*params.user_newSquare));
user_param=(user_param+((user_mean/((sqrt(user_square)/params.user_correction)+params.user_eps))*params.user_rate));
result[data_index] = user_square;return;
}

// gpujs/optim/sgd/11100/buffer
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_gu_uin_dims : vec4<u32>,
  user_paramu_uin_dims : vec4<u32>,
  user_bufferu_uin_dims : vec4<u32>,
  user_rate : f32,
  user_momentum : f32,
  user_fresh : f32,
  user_weightDecay : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_gu_uin : array<f32>;
@group(0) @binding(2) var<storage, read> user_paramu_uin : array<f32>;
@group(0) @binding(3) var<storage, read> user_bufferu_uin : array<f32>;
@group(0) @binding(4) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
fn get_user_gu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_gu_uin[params.user_gu_uin_dims.w + u32(x + i32(params.user_gu_uin_dims.x) * (y + i32(params.user_gu_uin_dims.y) * z))];
}
fn get_user_paramu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_paramu_uin[params.user_paramu_uin_dims.w + u32(x + i32(params.user_paramu_uin_dims.x) * (y + i32(params.user_paramu_uin_dims.y) * z))];
}
fn get_user_bufferu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_bufferu_uin[params.user_bufferu_uin_dims.w + u32(x + i32(params.user_bufferu_uin_dims.x) * (y + i32(params.user_bufferu_uin_dims.y) * z))];
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_g : f32 = get_user_gu_uin(0, 0, i32(i32(threadGid.x)));
var user_param : f32 = get_user_paramu_uin(0, 0, i32(i32(threadGid.x)));
var user_buffer : f32 = get_user_bufferu_uin(0, 0, i32(i32(threadGid.x)));
var user_h : f32 = 0.0;
user_h=user_g;
user_h=((user_param*params.user_weightDecay)+user_h);
user_buffer=((user_buffer*params.user_momentum)+(user_h*params.user_fresh));
user_h=((user_buffer*params.user_momentum)+user_h);
user_param=(user_param+(user_h*params.user_rate));
result[data_index] = user_buffer;return;
}

// gpujs/optim/sgd/11100/param
struct Params {
  outputX : u32,
  outputY : u32,
  outputZ : u32,
  dispatchWidth : u32,
  user_gu_uin_dims : vec4<u32>,
  user_paramu_uin_dims : vec4<u32>,
  user_bufferu_uin_dims : vec4<u32>,
  user_rate : f32,
  user_momentum : f32,
  user_fresh : f32,
  user_weightDecay : f32,
}
@group(0) @binding(0) var<uniform> params : Params;
@group(0) @binding(1) var<storage, read> user_gu_uin : array<f32>;
@group(0) @binding(2) var<storage, read> user_paramu_uin : array<f32>;
@group(0) @binding(3) var<storage, read> user_bufferu_uin : array<f32>;
@group(0) @binding(4) var<storage, read_write> result : array<f32>;
var<private> threadGid : vec3<u32>;
fn get_user_gu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_gu_uin[params.user_gu_uin_dims.w + u32(x + i32(params.user_gu_uin_dims.x) * (y + i32(params.user_gu_uin_dims.y) * z))];
}
fn get_user_paramu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_paramu_uin[params.user_paramu_uin_dims.w + u32(x + i32(params.user_paramu_uin_dims.x) * (y + i32(params.user_paramu_uin_dims.y) * z))];
}
fn get_user_bufferu_uin(z : i32, y : i32, x : i32) -> f32 {
  return user_bufferu_uin[params.user_bufferu_uin_dims.w + u32(x + i32(params.user_bufferu_uin_dims.x) * (y + i32(params.user_bufferu_uin_dims.y) * z))];
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>) {
  let flat_index : u32 = gid.x + gid.y * params.dispatchWidth;
  threadGid = vec3<u32>(flat_index, 0u, 0u);
  if (flat_index >= params.outputX) { return; }
  let data_index : i32 = i32(flat_index);
var user_g : f32 = get_user_gu_uin(0, 0, i32(i32(threadGid.x)));
var user_param : f32 = get_user_paramu_uin(0, 0, i32(i32(threadGid.x)));
var user_buffer : f32 = get_user_bufferu_uin(0, 0, i32(i32(threadGid.x)));
var user_h : f32 = 0.0;
user_h=user_g;
user_h=((user_param*params.user_weightDecay)+user_h);
user_buffer=((user_buffer*params.user_momentum)+(user_h*params.user_fresh));
user_h=((user_buffer*params.user_momentum)+user_h);
user_param=(user_param+(user_h*params.user_rate));
result[data_index] = user_param;return;
}

// wgsl/optim/adam/0110
struct Params {
  count : u32,
  width : u32,
  o_g : u32,
  o_param : u32,
  o_mean : u32,
  o_square : u32,
  shrink : f32,
  newMean : f32,
  newSquare : f32,
  correction : f32,
  rate : f32,
  beta2 : f32,
  eps : f32,
  weightDecay : f32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> g_in : array<f32>;
@group(0) @binding(2) var<storage, read_write> param_io : array<f32>;
@group(0) @binding(3) var<storage, read_write> mean_io : array<f32>;
@group(0) @binding(4) var<storage, read_write> square_io : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let g = g_in[p.o_g + i];
  var h = 0.0;
  var param = param_io[p.o_param + i];
  var mean = mean_io[p.o_mean + i];
  var square = square_io[p.o_square + i];
  h = g;
  param = param * p.shrink;
  mean = mean + (h - mean) * p.newMean;
  square = square * p.beta2 + h * h * p.newSquare;
  param = param + mean / (sqrt(square) / p.correction + p.eps) * p.rate;
  param_io[p.o_param + i] = param;
  mean_io[p.o_mean + i] = mean;
  square_io[p.o_square + i] = square;
}

// wgsl/optim/powerSum/2
struct Params {
  count : u32,
  width : u32,
  ox : u32,
  size : u32,
  to : u32,
  power : f32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read_write> part : array<f32>;
var<workgroup> shared_part : array<f32, 256>;
@compute @workgroup_size(256, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let item = wid.x + wid.y * p.width;
  if (item >= p.count) { return; }
  var sum = 0.0;
  for (var j = lane; j < p.size; j += 256u) { let v = x[p.ox + j]; let w = v * v; sum = sum + w; }
  shared_part[lane] = sum;
  for (var half = 128u; half > 0u; half = half / 2u) {
    workgroupBarrier();
    if (lane < half) { let a = shared_part[lane]; let b = shared_part[lane + half]; shared_part[lane] = a + b; }
  }
  if (lane == 0u) { part[p.to] = shared_part[0]; }
}

// wgsl/optim/powerSum/all/sum
struct Params {
  count : u32,
  width : u32,
  oy : u32,
  size : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> part : array<f32>;
@group(0) @binding(2) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  var sum = 0.0;
  for (var j = 0u; j < p.size; j++) { let w = part[j]; sum = sum + w; }
  y[p.oy] = sum;
}

// wgsl/optim/scaleAll
struct Params {
  count : u32,
  width : u32,
  oy : u32,
  factor : f32,
}
@group(0) @binding(0) var<uniform> p : Params;

@group(0) @binding(1) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  y[p.oy + i] = y[p.oy + i] * p.factor;
}

// wgsl/optim/sgd/11100
struct Params {
  count : u32,
  width : u32,
  o_g : u32,
  o_param : u32,
  o_buffer : u32,
  rate : f32,
  momentum : f32,
  fresh : f32,
  weightDecay : f32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> g_in : array<f32>;
@group(0) @binding(2) var<storage, read_write> param_io : array<f32>;
@group(0) @binding(3) var<storage, read_write> buffer_io : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let g = g_in[p.o_g + i];
  var h = 0.0;
  var param = param_io[p.o_param + i];
  var buffer = buffer_io[p.o_buffer + i];
  h = g;
  h = param * p.weightDecay + h;
  buffer = buffer * p.momentum + h * p.fresh;
  h = buffer * p.momentum + h;
  param = param + h * p.rate;
  param_io[p.o_param + i] = param;
  buffer_io[p.o_buffer + i] = buffer;
}
