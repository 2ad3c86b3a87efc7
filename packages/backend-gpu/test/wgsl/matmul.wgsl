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

// wgsl/matmul/registers4/column/relu
struct Params {
  count : u32,
  width : u32,
  m : u32,
  n : u32,
  k : u32,
  tiles_m : u32,
  tiles_n : u32,
  parts : u32,
  part : u32,
  oa : u32,
  ar : u32,
  ac : u32,
  ob : u32,
  br : u32,
  bc : u32,
  oy : u32,
  obias : u32,
  n1 : u32,
  n2 : u32,
  as0 : u32,
  as1 : u32,
  as2 : u32,
  bs0 : u32,
  bs1 : u32,
  bs2 : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> a : array<f32>;
@group(0) @binding(2) var<storage, read> b : array<f32>;
@group(0) @binding(3) var<storage, read> bias : array<f32>;
@group(0) @binding(4) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let item = wid.x + wid.y * p.width;
  if (item >= p.count) { return; }
  let groups_n = (p.tiles_n + 7u) / 8u;
  let groups_m = (p.tiles_m + 7u) / 8u;
  let block_n = item % groups_n * 8u + lane % 8u;
  var rest = item / groups_n;
  let block_m = rest % groups_m * 8u + lane / 8u;
  rest = rest / groups_m;
  if (block_n >= p.tiles_n || block_m >= p.tiles_m) { return; }
  let column0 = min(block_n * 4u, p.n - 4u);
  let row0 = min(block_m * 4u, p.m - 4u);
  let part = rest % p.parts;
  let batch = rest / p.parts;
  let c2 = batch % p.n2;
  let c1 = (batch / p.n2) % p.n1;
  let c0 = batch / p.n2 / p.n1;
  let begin = part * p.part;
  let last = min(begin + p.part, p.k);
  var at_a = p.oa + c0 * p.as0 + c1 * p.as1 + c2 * p.as2 + begin * p.ac + row0 * p.ar;
  var at_b = p.ob + c0 * p.bs0 + c1 * p.bs1 + c2 * p.bs2 + begin * p.br + column0 * p.bc;
  let ra0 = 0u * p.ar; let cb0 = 0u * p.bc;
  let ra1 = 1u * p.ar; let cb1 = 1u * p.bc;
  let ra2 = 2u * p.ar; let cb2 = 2u * p.bc;
  let ra3 = 3u * p.ar; let cb3 = 3u * p.bc;
  var acc0_0 = vec4<f32>();
  var acc1_0 = vec4<f32>();
  var acc2_0 = vec4<f32>();
  var acc3_0 = vec4<f32>();
  for (var q = begin; q < last; q++) {
    let v0 = vec4<f32>(b[at_b + cb0], b[at_b + cb1], b[at_b + cb2], b[at_b + cb3]);
    let x0 = a[at_a + ra0]; acc0_0 += x0 * v0;
    let x1 = a[at_a + ra1]; acc1_0 += x1 * v0;
    let x2 = a[at_a + ra2]; acc2_0 += x2 * v0;
    let x3 = a[at_a + ra3]; acc3_0 += x3 * v0;
    at_a += p.ac;
    at_b += p.br;
  }
  let out_at = p.oy + (batch * p.m + row0) * p.n + column0;
  { let v = acc0_0[0] + bias[p.obias + column0 + 0u]; y[out_at + 0u * p.n + 0u] = select(v, 0.0, v < 0.0); }
  { let v = acc0_0[1] + bias[p.obias + column0 + 1u]; y[out_at + 0u * p.n + 1u] = select(v, 0.0, v < 0.0); }
  { let v = acc0_0[2] + bias[p.obias + column0 + 2u]; y[out_at + 0u * p.n + 2u] = select(v, 0.0, v < 0.0); }
  { let v = acc0_0[3] + bias[p.obias + column0 + 3u]; y[out_at + 0u * p.n + 3u] = select(v, 0.0, v < 0.0); }
  { let v = acc1_0[0] + bias[p.obias + column0 + 0u]; y[out_at + 1u * p.n + 0u] = select(v, 0.0, v < 0.0); }
  { let v = acc1_0[1] + bias[p.obias + column0 + 1u]; y[out_at + 1u * p.n + 1u] = select(v, 0.0, v < 0.0); }
  { let v = acc1_0[2] + bias[p.obias + column0 + 2u]; y[out_at + 1u * p.n + 2u] = select(v, 0.0, v < 0.0); }
  { let v = acc1_0[3] + bias[p.obias + column0 + 3u]; y[out_at + 1u * p.n + 3u] = select(v, 0.0, v < 0.0); }
  { let v = acc2_0[0] + bias[p.obias + column0 + 0u]; y[out_at + 2u * p.n + 0u] = select(v, 0.0, v < 0.0); }
  { let v = acc2_0[1] + bias[p.obias + column0 + 1u]; y[out_at + 2u * p.n + 1u] = select(v, 0.0, v < 0.0); }
  { let v = acc2_0[2] + bias[p.obias + column0 + 2u]; y[out_at + 2u * p.n + 2u] = select(v, 0.0, v < 0.0); }
  { let v = acc2_0[3] + bias[p.obias + column0 + 3u]; y[out_at + 2u * p.n + 3u] = select(v, 0.0, v < 0.0); }
  { let v = acc3_0[0] + bias[p.obias + column0 + 0u]; y[out_at + 3u * p.n + 0u] = select(v, 0.0, v < 0.0); }
  { let v = acc3_0[1] + bias[p.obias + column0 + 1u]; y[out_at + 3u * p.n + 1u] = select(v, 0.0, v < 0.0); }
  { let v = acc3_0[2] + bias[p.obias + column0 + 2u]; y[out_at + 3u * p.n + 2u] = select(v, 0.0, v < 0.0); }
  { let v = acc3_0[3] + bias[p.obias + column0 + 3u]; y[out_at + 3u * p.n + 3u] = select(v, 0.0, v < 0.0); }
}

// wgsl/matmul/registers4/none/none
struct Params {
  count : u32,
  width : u32,
  m : u32,
  n : u32,
  k : u32,
  tiles_m : u32,
  tiles_n : u32,
  parts : u32,
  part : u32,
  oa : u32,
  ar : u32,
  ac : u32,
  ob : u32,
  br : u32,
  bc : u32,
  oy : u32,
  obias : u32,
  n1 : u32,
  n2 : u32,
  as0 : u32,
  as1 : u32,
  as2 : u32,
  bs0 : u32,
  bs1 : u32,
  bs2 : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> a : array<f32>;
@group(0) @binding(2) var<storage, read> b : array<f32>;
@group(0) @binding(3) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let item = wid.x + wid.y * p.width;
  if (item >= p.count) { return; }
  let groups_n = (p.tiles_n + 7u) / 8u;
  let groups_m = (p.tiles_m + 7u) / 8u;
  let block_n = item % groups_n * 8u + lane % 8u;
  var rest = item / groups_n;
  let block_m = rest % groups_m * 8u + lane / 8u;
  rest = rest / groups_m;
  if (block_n >= p.tiles_n || block_m >= p.tiles_m) { return; }
  let column0 = min(block_n * 4u, p.n - 4u);
  let row0 = min(block_m * 4u, p.m - 4u);
  let part = rest % p.parts;
  let batch = rest / p.parts;
  let c2 = batch % p.n2;
  let c1 = (batch / p.n2) % p.n1;
  let c0 = batch / p.n2 / p.n1;
  let begin = part * p.part;
  let last = min(begin + p.part, p.k);
  var at_a = p.oa + c0 * p.as0 + c1 * p.as1 + c2 * p.as2 + begin * p.ac + row0 * p.ar;
  var at_b = p.ob + c0 * p.bs0 + c1 * p.bs1 + c2 * p.bs2 + begin * p.br + column0 * p.bc;
  let ra0 = 0u * p.ar; let cb0 = 0u * p.bc;
  let ra1 = 1u * p.ar; let cb1 = 1u * p.bc;
  let ra2 = 2u * p.ar; let cb2 = 2u * p.bc;
  let ra3 = 3u * p.ar; let cb3 = 3u * p.bc;
  var acc0_0 = vec4<f32>();
  var acc1_0 = vec4<f32>();
  var acc2_0 = vec4<f32>();
  var acc3_0 = vec4<f32>();
  for (var q = begin; q < last; q++) {
    let v0 = vec4<f32>(b[at_b + cb0], b[at_b + cb1], b[at_b + cb2], b[at_b + cb3]);
    let x0 = a[at_a + ra0]; acc0_0 += x0 * v0;
    let x1 = a[at_a + ra1]; acc1_0 += x1 * v0;
    let x2 = a[at_a + ra2]; acc2_0 += x2 * v0;
    let x3 = a[at_a + ra3]; acc3_0 += x3 * v0;
    at_a += p.ac;
    at_b += p.br;
  }
  let out_at = p.oy + (batch * p.m + row0) * p.n + column0;
  { let v = acc0_0[0]; y[out_at + 0u * p.n + 0u] = v; }
  { let v = acc0_0[1]; y[out_at + 0u * p.n + 1u] = v; }
  { let v = acc0_0[2]; y[out_at + 0u * p.n + 2u] = v; }
  { let v = acc0_0[3]; y[out_at + 0u * p.n + 3u] = v; }
  { let v = acc1_0[0]; y[out_at + 1u * p.n + 0u] = v; }
  { let v = acc1_0[1]; y[out_at + 1u * p.n + 1u] = v; }
  { let v = acc1_0[2]; y[out_at + 1u * p.n + 2u] = v; }
  { let v = acc1_0[3]; y[out_at + 1u * p.n + 3u] = v; }
  { let v = acc2_0[0]; y[out_at + 2u * p.n + 0u] = v; }
  { let v = acc2_0[1]; y[out_at + 2u * p.n + 1u] = v; }
  { let v = acc2_0[2]; y[out_at + 2u * p.n + 2u] = v; }
  { let v = acc2_0[3]; y[out_at + 2u * p.n + 3u] = v; }
  { let v = acc3_0[0]; y[out_at + 3u * p.n + 0u] = v; }
  { let v = acc3_0[1]; y[out_at + 3u * p.n + 1u] = v; }
  { let v = acc3_0[2]; y[out_at + 3u * p.n + 2u] = v; }
  { let v = acc3_0[3]; y[out_at + 3u * p.n + 3u] = v; }
}

// wgsl/matmul/sum/none/none
struct Params {
  count : u32,
  width : u32,
  m : u32,
  n : u32,
  parts : u32,
  oy : u32,
  obias : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> parts : array<f32>;
@group(0) @binding(2) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let each = p.m * p.n;
  var at = i / each * p.parts * each + i % each;
  var v = 0.0;
  for (var k = 0u; k < p.parts; k++) { v += parts[at]; at += each; }
  y[p.oy + i] = v;
}

// wgsl/matmul/tiled32kn/none/none/parts
struct Params {
  count : u32,
  width : u32,
  m : u32,
  n : u32,
  k : u32,
  tiles_m : u32,
  tiles_n : u32,
  parts : u32,
  part : u32,
  oa : u32,
  ar : u32,
  ac : u32,
  ob : u32,
  br : u32,
  bc : u32,
  oy : u32,
  obias : u32,
  n1 : u32,
  n2 : u32,
  as0 : u32,
  as1 : u32,
  as2 : u32,
  bs0 : u32,
  bs1 : u32,
  bs2 : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> a : array<f32>;
@group(0) @binding(2) var<storage, read> b : array<f32>;
@group(0) @binding(3) var<storage, read_write> y : array<f32>;
var<workgroup> part_a : array<f32, 576>;
var<workgroup> part_b : array<f32, 576>;
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let item = wid.x + wid.y * p.width;
  if (item >= p.count) { return; }
  let column0 = (item % p.tiles_n) * 32u;
  var rest = item / p.tiles_n;
  let row0 = (rest % p.tiles_m) * 32u;
  rest = rest / p.tiles_m;
  let part = rest % p.parts;
  let batch = rest / p.parts;
  let c2 = batch % p.n2;
  let c1 = (batch / p.n2) % p.n1;
  let c0 = batch / p.n2 / p.n1;
  let at_a = p.oa + c0 * p.as0 + c1 * p.as1 + c2 * p.as2;
  let at_b = p.ob + c0 * p.bs0 + c1 * p.bs1 + c2 * p.bs2;
  let begin = part * p.part;
  let last = min(begin + p.part, p.k);
  let tx = lane % 8u;
  let ty = lane / 8u;
  var acc0 = vec4<f32>(); var acc1 = vec4<f32>(); var acc2 = vec4<f32>(); var acc3 = vec4<f32>();
  for (var k0 = begin; k0 < last; k0 += 16u) {
    let e_a0 = lane + 0u;
    let k_a0 = e_a0 % 16u; let r_a0 = e_a0 / 16u;
    var v_a0 = 0.0;
    if (row0 + r_a0 < p.m && k0 + k_a0 < last) { v_a0 = a[at_a + (row0 + r_a0) * p.ar + (k0 + k_a0) * p.ac]; }
    part_a[k_a0 * 36u + r_a0] = v_a0;
    let e_a1 = lane + 64u;
    let k_a1 = e_a1 % 16u; let r_a1 = e_a1 / 16u;
    var v_a1 = 0.0;
    if (row0 + r_a1 < p.m && k0 + k_a1 < last) { v_a1 = a[at_a + (row0 + r_a1) * p.ar + (k0 + k_a1) * p.ac]; }
    part_a[k_a1 * 36u + r_a1] = v_a1;
    let e_a2 = lane + 128u;
    let k_a2 = e_a2 % 16u; let r_a2 = e_a2 / 16u;
    var v_a2 = 0.0;
    if (row0 + r_a2 < p.m && k0 + k_a2 < last) { v_a2 = a[at_a + (row0 + r_a2) * p.ar + (k0 + k_a2) * p.ac]; }
    part_a[k_a2 * 36u + r_a2] = v_a2;
    let e_a3 = lane + 192u;
    let k_a3 = e_a3 % 16u; let r_a3 = e_a3 / 16u;
    var v_a3 = 0.0;
    if (row0 + r_a3 < p.m && k0 + k_a3 < last) { v_a3 = a[at_a + (row0 + r_a3) * p.ar + (k0 + k_a3) * p.ac]; }
    part_a[k_a3 * 36u + r_a3] = v_a3;
    let e_a4 = lane + 256u;
    let k_a4 = e_a4 % 16u; let r_a4 = e_a4 / 16u;
    var v_a4 = 0.0;
    if (row0 + r_a4 < p.m && k0 + k_a4 < last) { v_a4 = a[at_a + (row0 + r_a4) * p.ar + (k0 + k_a4) * p.ac]; }
    part_a[k_a4 * 36u + r_a4] = v_a4;
    let e_a5 = lane + 320u;
    let k_a5 = e_a5 % 16u; let r_a5 = e_a5 / 16u;
    var v_a5 = 0.0;
    if (row0 + r_a5 < p.m && k0 + k_a5 < last) { v_a5 = a[at_a + (row0 + r_a5) * p.ar + (k0 + k_a5) * p.ac]; }
    part_a[k_a5 * 36u + r_a5] = v_a5;
    let e_a6 = lane + 384u;
    let k_a6 = e_a6 % 16u; let r_a6 = e_a6 / 16u;
    var v_a6 = 0.0;
    if (row0 + r_a6 < p.m && k0 + k_a6 < last) { v_a6 = a[at_a + (row0 + r_a6) * p.ar + (k0 + k_a6) * p.ac]; }
    part_a[k_a6 * 36u + r_a6] = v_a6;
    let e_a7 = lane + 448u;
    let k_a7 = e_a7 % 16u; let r_a7 = e_a7 / 16u;
    var v_a7 = 0.0;
    if (row0 + r_a7 < p.m && k0 + k_a7 < last) { v_a7 = a[at_a + (row0 + r_a7) * p.ar + (k0 + k_a7) * p.ac]; }
    part_a[k_a7 * 36u + r_a7] = v_a7;
    let e_b0 = lane + 0u;
    let k_b0 = e_b0 / 32u; let r_b0 = e_b0 % 32u;
    var v_b0 = 0.0;
    if (column0 + r_b0 < p.n && k0 + k_b0 < last) { v_b0 = b[at_b + (column0 + r_b0) * p.bc + (k0 + k_b0) * p.br]; }
    part_b[k_b0 * 36u + r_b0] = v_b0;
    let e_b1 = lane + 64u;
    let k_b1 = e_b1 / 32u; let r_b1 = e_b1 % 32u;
    var v_b1 = 0.0;
    if (column0 + r_b1 < p.n && k0 + k_b1 < last) { v_b1 = b[at_b + (column0 + r_b1) * p.bc + (k0 + k_b1) * p.br]; }
    part_b[k_b1 * 36u + r_b1] = v_b1;
    let e_b2 = lane + 128u;
    let k_b2 = e_b2 / 32u; let r_b2 = e_b2 % 32u;
    var v_b2 = 0.0;
    if (column0 + r_b2 < p.n && k0 + k_b2 < last) { v_b2 = b[at_b + (column0 + r_b2) * p.bc + (k0 + k_b2) * p.br]; }
    part_b[k_b2 * 36u + r_b2] = v_b2;
    let e_b3 = lane + 192u;
    let k_b3 = e_b3 / 32u; let r_b3 = e_b3 % 32u;
    var v_b3 = 0.0;
    if (column0 + r_b3 < p.n && k0 + k_b3 < last) { v_b3 = b[at_b + (column0 + r_b3) * p.bc + (k0 + k_b3) * p.br]; }
    part_b[k_b3 * 36u + r_b3] = v_b3;
    let e_b4 = lane + 256u;
    let k_b4 = e_b4 / 32u; let r_b4 = e_b4 % 32u;
    var v_b4 = 0.0;
    if (column0 + r_b4 < p.n && k0 + k_b4 < last) { v_b4 = b[at_b + (column0 + r_b4) * p.bc + (k0 + k_b4) * p.br]; }
    part_b[k_b4 * 36u + r_b4] = v_b4;
    let e_b5 = lane + 320u;
    let k_b5 = e_b5 / 32u; let r_b5 = e_b5 % 32u;
    var v_b5 = 0.0;
    if (column0 + r_b5 < p.n && k0 + k_b5 < last) { v_b5 = b[at_b + (column0 + r_b5) * p.bc + (k0 + k_b5) * p.br]; }
    part_b[k_b5 * 36u + r_b5] = v_b5;
    let e_b6 = lane + 384u;
    let k_b6 = e_b6 / 32u; let r_b6 = e_b6 % 32u;
    var v_b6 = 0.0;
    if (column0 + r_b6 < p.n && k0 + k_b6 < last) { v_b6 = b[at_b + (column0 + r_b6) * p.bc + (k0 + k_b6) * p.br]; }
    part_b[k_b6 * 36u + r_b6] = v_b6;
    let e_b7 = lane + 448u;
    let k_b7 = e_b7 / 32u; let r_b7 = e_b7 % 32u;
    var v_b7 = 0.0;
    if (column0 + r_b7 < p.n && k0 + k_b7 < last) { v_b7 = b[at_b + (column0 + r_b7) * p.bc + (k0 + k_b7) * p.br]; }
    part_b[k_b7 * 36u + r_b7] = v_b7;
    workgroupBarrier();
    for (var q = 0u; q < 16u; q++) {
      let fa = q * 36u + ty * 4u;
      let fb = q * 36u + tx * 4u;
      let v = vec4<f32>(part_b[fb], part_b[fb + 1u], part_b[fb + 2u], part_b[fb + 3u]);
      acc0 += part_a[fa] * v;
      acc1 += part_a[fa + 1u] * v;
      acc2 += part_a[fa + 2u] * v;
      acc3 += part_a[fa + 3u] * v;
    }
    workgroupBarrier();
  }
  let out_at = p.oy + (batch * p.parts + part) * p.m * p.n;
  {
    let row = row0 + ty * 4u + 0u;
    if (row < p.m) {
      for (var j = 0u; j < 4u; j++) {
        let column = column0 + tx * 4u + j;
        if (column < p.n) {
          let v = acc0[j];
          y[out_at + row * p.n + column] = v;
        }
      }
    }
  }
  {
    let row = row0 + ty * 4u + 1u;
    if (row < p.m) {
      for (var j = 0u; j < 4u; j++) {
        let column = column0 + tx * 4u + j;
        if (column < p.n) {
          let v = acc1[j];
          y[out_at + row * p.n + column] = v;
        }
      }
    }
  }
  {
    let row = row0 + ty * 4u + 2u;
    if (row < p.m) {
      for (var j = 0u; j < 4u; j++) {
        let column = column0 + tx * 4u + j;
        if (column < p.n) {
          let v = acc2[j];
          y[out_at + row * p.n + column] = v;
        }
      }
    }
  }
  {
    let row = row0 + ty * 4u + 3u;
    if (row < p.m) {
      for (var j = 0u; j < 4u; j++) {
        let column = column0 + tx * 4u + j;
        if (column < p.n) {
          let v = acc3[j];
          y[out_at + row * p.n + column] = v;
        }
      }
    }
  }
}
