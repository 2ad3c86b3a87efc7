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

// wgsl/matmul/quads16x8/none/none
enable subgroups;
diagnostic(off, subgroup_uniformity);
struct Params {
  count : u32,
  width : u32,
  m : u32,
  n : u32,
  k : u32,
  blocks : u32,
  blocks_m : u32,
  blocks_n : u32,
  parts : u32,
  turns : u32,
  turns_each : u32,
  length : u32,
  turn_a : u32,
  turn_b : u32,
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

@compute @workgroup_size(16, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let item = wid.x + wid.y * p.width;
  if (item >= p.count) { return; }
  let here = lane % 4u;
  // The last workgroup has some quads twice, which write the same: all four threads of a quad are always there.
  let block = min(item * 4u + lane / 4u, p.blocks - 1u);
  let column0 = min(block % p.blocks_n * 32u, p.n - 32u) + here;
  var rest = block / p.blocks_n;
  let row0 = min(rest % p.blocks_m * 16u, p.m - 16u);
  rest = rest / p.blocks_m;
  let first = rest % p.parts * p.turns_each;
  let to = p.oy + (rest * p.m + row0) * p.n + column0;
  let batch = rest / p.parts;
  let c2 = batch % p.n2;
  let c1 = (batch / p.n2) % p.n1;
  let c0 = batch / p.n2 / p.n1;
  let from_a = p.oa + c0 * p.as0 + c1 * p.as1 + c2 * p.as2 + row0 * p.ar;
  let from_b = p.ob + c0 * p.bs0 + c1 * p.bs1 + c2 * p.bs2 + column0 * p.bc;
  let here_a = here * p.ac;
  let k0 = (here ^ 0u) * p.br; let k1 = (here ^ 1u) * p.br; let k2 = (here ^ 2u) * p.br; let k3 = (here ^ 3u) * p.br;
  var acc0_0 = 0.0; var acc0_1 = 0.0; var acc0_2 = 0.0; var acc0_3 = 0.0; var acc0_4 = 0.0; var acc0_5 = 0.0; var acc0_6 = 0.0; var acc0_7 = 0.0;
  var acc1_0 = 0.0; var acc1_1 = 0.0; var acc1_2 = 0.0; var acc1_3 = 0.0; var acc1_4 = 0.0; var acc1_5 = 0.0; var acc1_6 = 0.0; var acc1_7 = 0.0;
  var acc2_0 = 0.0; var acc2_1 = 0.0; var acc2_2 = 0.0; var acc2_3 = 0.0; var acc2_4 = 0.0; var acc2_5 = 0.0; var acc2_6 = 0.0; var acc2_7 = 0.0;
  var acc3_0 = 0.0; var acc3_1 = 0.0; var acc3_2 = 0.0; var acc3_3 = 0.0; var acc3_4 = 0.0; var acc3_5 = 0.0; var acc3_6 = 0.0; var acc3_7 = 0.0;
  var acc4_0 = 0.0; var acc4_1 = 0.0; var acc4_2 = 0.0; var acc4_3 = 0.0; var acc4_4 = 0.0; var acc4_5 = 0.0; var acc4_6 = 0.0; var acc4_7 = 0.0;
  var acc5_0 = 0.0; var acc5_1 = 0.0; var acc5_2 = 0.0; var acc5_3 = 0.0; var acc5_4 = 0.0; var acc5_5 = 0.0; var acc5_6 = 0.0; var acc5_7 = 0.0;
  var acc6_0 = 0.0; var acc6_1 = 0.0; var acc6_2 = 0.0; var acc6_3 = 0.0; var acc6_4 = 0.0; var acc6_5 = 0.0; var acc6_6 = 0.0; var acc6_7 = 0.0;
  var acc7_0 = 0.0; var acc7_1 = 0.0; var acc7_2 = 0.0; var acc7_3 = 0.0; var acc7_4 = 0.0; var acc7_5 = 0.0; var acc7_6 = 0.0; var acc7_7 = 0.0;
  var acc8_0 = 0.0; var acc8_1 = 0.0; var acc8_2 = 0.0; var acc8_3 = 0.0; var acc8_4 = 0.0; var acc8_5 = 0.0; var acc8_6 = 0.0; var acc8_7 = 0.0;
  var acc9_0 = 0.0; var acc9_1 = 0.0; var acc9_2 = 0.0; var acc9_3 = 0.0; var acc9_4 = 0.0; var acc9_5 = 0.0; var acc9_6 = 0.0; var acc9_7 = 0.0;
  var acc10_0 = 0.0; var acc10_1 = 0.0; var acc10_2 = 0.0; var acc10_3 = 0.0; var acc10_4 = 0.0; var acc10_5 = 0.0; var acc10_6 = 0.0; var acc10_7 = 0.0;
  var acc11_0 = 0.0; var acc11_1 = 0.0; var acc11_2 = 0.0; var acc11_3 = 0.0; var acc11_4 = 0.0; var acc11_5 = 0.0; var acc11_6 = 0.0; var acc11_7 = 0.0;
  var acc12_0 = 0.0; var acc12_1 = 0.0; var acc12_2 = 0.0; var acc12_3 = 0.0; var acc12_4 = 0.0; var acc12_5 = 0.0; var acc12_6 = 0.0; var acc12_7 = 0.0;
  var acc13_0 = 0.0; var acc13_1 = 0.0; var acc13_2 = 0.0; var acc13_3 = 0.0; var acc13_4 = 0.0; var acc13_5 = 0.0; var acc13_6 = 0.0; var acc13_7 = 0.0;
  var acc14_0 = 0.0; var acc14_1 = 0.0; var acc14_2 = 0.0; var acc14_3 = 0.0; var acc14_4 = 0.0; var acc14_5 = 0.0; var acc14_6 = 0.0; var acc14_7 = 0.0;
  var acc15_0 = 0.0; var acc15_1 = 0.0; var acc15_2 = 0.0; var acc15_3 = 0.0; var acc15_4 = 0.0; var acc15_5 = 0.0; var acc15_6 = 0.0; var acc15_7 = 0.0;
  let last = min(first + p.turns_each, p.turns);
  for (var turn = first; turn < last; turn++) {
    let size = min(p.length, p.k - turn * p.length);
    var at_a = from_a + turn * p.turn_a;
    var at_b = from_b + turn * p.turn_b;

    for (var q = 4u; q <= size; q += 4u) {
      let v0_0 = b[at_b + k0 + 0u * p.bc]; let v0_1 = b[at_b + k0 + 4u * p.bc]; let v0_2 = b[at_b + k0 + 8u * p.bc]; let v0_3 = b[at_b + k0 + 12u * p.bc]; let v0_4 = b[at_b + k0 + 16u * p.bc]; let v0_5 = b[at_b + k0 + 20u * p.bc]; let v0_6 = b[at_b + k0 + 24u * p.bc]; let v0_7 = b[at_b + k0 + 28u * p.bc];
      let v1_0 = b[at_b + k1 + 0u * p.bc]; let v1_1 = b[at_b + k1 + 4u * p.bc]; let v1_2 = b[at_b + k1 + 8u * p.bc]; let v1_3 = b[at_b + k1 + 12u * p.bc]; let v1_4 = b[at_b + k1 + 16u * p.bc]; let v1_5 = b[at_b + k1 + 20u * p.bc]; let v1_6 = b[at_b + k1 + 24u * p.bc]; let v1_7 = b[at_b + k1 + 28u * p.bc];
      let v2_0 = b[at_b + k2 + 0u * p.bc]; let v2_1 = b[at_b + k2 + 4u * p.bc]; let v2_2 = b[at_b + k2 + 8u * p.bc]; let v2_3 = b[at_b + k2 + 12u * p.bc]; let v2_4 = b[at_b + k2 + 16u * p.bc]; let v2_5 = b[at_b + k2 + 20u * p.bc]; let v2_6 = b[at_b + k2 + 24u * p.bc]; let v2_7 = b[at_b + k2 + 28u * p.bc];
      let v3_0 = b[at_b + k3 + 0u * p.bc]; let v3_1 = b[at_b + k3 + 4u * p.bc]; let v3_2 = b[at_b + k3 + 8u * p.bc]; let v3_3 = b[at_b + k3 + 12u * p.bc]; let v3_4 = b[at_b + k3 + 16u * p.bc]; let v3_5 = b[at_b + k3 + 20u * p.bc]; let v3_6 = b[at_b + k3 + 24u * p.bc]; let v3_7 = b[at_b + k3 + 28u * p.bc];
      {
        let x0 = a[at_a + here_a + 0u * p.ar]; let x1 = quadSwapX(x0); let x2 = quadSwapY(x0); let x3 = quadSwapDiagonal(x0);
        acc0_0 += x0 * v0_0 + x1 * v1_0 + x2 * v2_0 + x3 * v3_0; acc0_1 += x0 * v0_1 + x1 * v1_1 + x2 * v2_1 + x3 * v3_1; acc0_2 += x0 * v0_2 + x1 * v1_2 + x2 * v2_2 + x3 * v3_2; acc0_3 += x0 * v0_3 + x1 * v1_3 + x2 * v2_3 + x3 * v3_3; acc0_4 += x0 * v0_4 + x1 * v1_4 + x2 * v2_4 + x3 * v3_4; acc0_5 += x0 * v0_5 + x1 * v1_5 + x2 * v2_5 + x3 * v3_5; acc0_6 += x0 * v0_6 + x1 * v1_6 + x2 * v2_6 + x3 * v3_6; acc0_7 += x0 * v0_7 + x1 * v1_7 + x2 * v2_7 + x3 * v3_7;
      }
      {
        let x0 = a[at_a + here_a + 1u * p.ar]; let x1 = quadSwapX(x0); let x2 = quadSwapY(x0); let x3 = quadSwapDiagonal(x0);
        acc1_0 += x0 * v0_0 + x1 * v1_0 + x2 * v2_0 + x3 * v3_0; acc1_1 += x0 * v0_1 + x1 * v1_1 + x2 * v2_1 + x3 * v3_1; acc1_2 += x0 * v0_2 + x1 * v1_2 + x2 * v2_2 + x3 * v3_2; acc1_3 += x0 * v0_3 + x1 * v1_3 + x2 * v2_3 + x3 * v3_3; acc1_4 += x0 * v0_4 + x1 * v1_4 + x2 * v2_4 + x3 * v3_4; acc1_5 += x0 * v0_5 + x1 * v1_5 + x2 * v2_5 + x3 * v3_5; acc1_6 += x0 * v0_6 + x1 * v1_6 + x2 * v2_6 + x3 * v3_6; acc1_7 += x0 * v0_7 + x1 * v1_7 + x2 * v2_7 + x3 * v3_7;
      }
      {
        let x0 = a[at_a + here_a + 2u * p.ar]; let x1 = quadSwapX(x0); let x2 = quadSwapY(x0); let x3 = quadSwapDiagonal(x0);
        acc2_0 += x0 * v0_0 + x1 * v1_0 + x2 * v2_0 + x3 * v3_0; acc2_1 += x0 * v0_1 + x1 * v1_1 + x2 * v2_1 + x3 * v3_1; acc2_2 += x0 * v0_2 + x1 * v1_2 + x2 * v2_2 + x3 * v3_2; acc2_3 += x0 * v0_3 + x1 * v1_3 + x2 * v2_3 + x3 * v3_3; acc2_4 += x0 * v0_4 + x1 * v1_4 + x2 * v2_4 + x3 * v3_4; acc2_5 += x0 * v0_5 + x1 * v1_5 + x2 * v2_5 + x3 * v3_5; acc2_6 += x0 * v0_6 + x1 * v1_6 + x2 * v2_6 + x3 * v3_6; acc2_7 += x0 * v0_7 + x1 * v1_7 + x2 * v2_7 + x3 * v3_7;
      }
      {
        let x0 = a[at_a + here_a + 3u * p.ar]; let x1 = quadSwapX(x0); let x2 = quadSwapY(x0); let x3 = quadSwapDiagonal(x0);
        acc3_0 += x0 * v0_0 + x1 * v1_0 + x2 * v2_0 + x3 * v3_0; acc3_1 += x0 * v0_1 + x1 * v1_1 + x2 * v2_1 + x3 * v3_1; acc3_2 += x0 * v0_2 + x1 * v1_2 + x2 * v2_2 + x3 * v3_2; acc3_3 += x0 * v0_3 + x1 * v1_3 + x2 * v2_3 + x3 * v3_3; acc3_4 += x0 * v0_4 + x1 * v1_4 + x2 * v2_4 + x3 * v3_4; acc3_5 += x0 * v0_5 + x1 * v1_5 + x2 * v2_5 + x3 * v3_5; acc3_6 += x0 * v0_6 + x1 * v1_6 + x2 * v2_6 + x3 * v3_6; acc3_7 += x0 * v0_7 + x1 * v1_7 + x2 * v2_7 + x3 * v3_7;
      }
      {
        let x0 = a[at_a + here_a + 4u * p.ar]; let x1 = quadSwapX(x0); let x2 = quadSwapY(x0); let x3 = quadSwapDiagonal(x0);
        acc4_0 += x0 * v0_0 + x1 * v1_0 + x2 * v2_0 + x3 * v3_0; acc4_1 += x0 * v0_1 + x1 * v1_1 + x2 * v2_1 + x3 * v3_1; acc4_2 += x0 * v0_2 + x1 * v1_2 + x2 * v2_2 + x3 * v3_2; acc4_3 += x0 * v0_3 + x1 * v1_3 + x2 * v2_3 + x3 * v3_3; acc4_4 += x0 * v0_4 + x1 * v1_4 + x2 * v2_4 + x3 * v3_4; acc4_5 += x0 * v0_5 + x1 * v1_5 + x2 * v2_5 + x3 * v3_5; acc4_6 += x0 * v0_6 + x1 * v1_6 + x2 * v2_6 + x3 * v3_6; acc4_7 += x0 * v0_7 + x1 * v1_7 + x2 * v2_7 + x3 * v3_7;
      }
      {
        let x0 = a[at_a + here_a + 5u * p.ar]; let x1 = quadSwapX(x0); let x2 = quadSwapY(x0); let x3 = quadSwapDiagonal(x0);
        acc5_0 += x0 * v0_0 + x1 * v1_0 + x2 * v2_0 + x3 * v3_0; acc5_1 += x0 * v0_1 + x1 * v1_1 + x2 * v2_1 + x3 * v3_1; acc5_2 += x0 * v0_2 + x1 * v1_2 + x2 * v2_2 + x3 * v3_2; acc5_3 += x0 * v0_3 + x1 * v1_3 + x2 * v2_3 + x3 * v3_3; acc5_4 += x0 * v0_4 + x1 * v1_4 + x2 * v2_4 + x3 * v3_4; acc5_5 += x0 * v0_5 + x1 * v1_5 + x2 * v2_5 + x3 * v3_5; acc5_6 += x0 * v0_6 + x1 * v1_6 + x2 * v2_6 + x3 * v3_6; acc5_7 += x0 * v0_7 + x1 * v1_7 + x2 * v2_7 + x3 * v3_7;
      }
      {
        let x0 = a[at_a + here_a + 6u * p.ar]; let x1 = quadSwapX(x0); let x2 = quadSwapY(x0); let x3 = quadSwapDiagonal(x0);
        acc6_0 += x0 * v0_0 + x1 * v1_0 + x2 * v2_0 + x3 * v3_0; acc6_1 += x0 * v0_1 + x1 * v1_1 + x2 * v2_1 + x3 * v3_1; acc6_2 += x0 * v0_2 + x1 * v1_2 + x2 * v2_2 + x3 * v3_2; acc6_3 += x0 * v0_3 + x1 * v1_3 + x2 * v2_3 + x3 * v3_3; acc6_4 += x0 * v0_4 + x1 * v1_4 + x2 * v2_4 + x3 * v3_4; acc6_5 += x0 * v0_5 + x1 * v1_5 + x2 * v2_5 + x3 * v3_5; acc6_6 += x0 * v0_6 + x1 * v1_6 + x2 * v2_6 + x3 * v3_6; acc6_7 += x0 * v0_7 + x1 * v1_7 + x2 * v2_7 + x3 * v3_7;
      }
      {
        let x0 = a[at_a + here_a + 7u * p.ar]; let x1 = quadSwapX(x0); let x2 = quadSwapY(x0); let x3 = quadSwapDiagonal(x0);
        acc7_0 += x0 * v0_0 + x1 * v1_0 + x2 * v2_0 + x3 * v3_0; acc7_1 += x0 * v0_1 + x1 * v1_1 + x2 * v2_1 + x3 * v3_1; acc7_2 += x0 * v0_2 + x1 * v1_2 + x2 * v2_2 + x3 * v3_2; acc7_3 += x0 * v0_3 + x1 * v1_3 + x2 * v2_3 + x3 * v3_3; acc7_4 += x0 * v0_4 + x1 * v1_4 + x2 * v2_4 + x3 * v3_4; acc7_5 += x0 * v0_5 + x1 * v1_5 + x2 * v2_5 + x3 * v3_5; acc7_6 += x0 * v0_6 + x1 * v1_6 + x2 * v2_6 + x3 * v3_6; acc7_7 += x0 * v0_7 + x1 * v1_7 + x2 * v2_7 + x3 * v3_7;
      }
      {
        let x0 = a[at_a + here_a + 8u * p.ar]; let x1 = quadSwapX(x0); let x2 = quadSwapY(x0); let x3 = quadSwapDiagonal(x0);
        acc8_0 += x0 * v0_0 + x1 * v1_0 + x2 * v2_0 + x3 * v3_0; acc8_1 += x0 * v0_1 + x1 * v1_1 + x2 * v2_1 + x3 * v3_1; acc8_2 += x0 * v0_2 + x1 * v1_2 + x2 * v2_2 + x3 * v3_2; acc8_3 += x0 * v0_3 + x1 * v1_3 + x2 * v2_3 + x3 * v3_3; acc8_4 += x0 * v0_4 + x1 * v1_4 + x2 * v2_4 + x3 * v3_4; acc8_5 += x0 * v0_5 + x1 * v1_5 + x2 * v2_5 + x3 * v3_5; acc8_6 += x0 * v0_6 + x1 * v1_6 + x2 * v2_6 + x3 * v3_6; acc8_7 += x0 * v0_7 + x1 * v1_7 + x2 * v2_7 + x3 * v3_7;
      }
      {
        let x0 = a[at_a + here_a + 9u * p.ar]; let x1 = quadSwapX(x0); let x2 = quadSwapY(x0); let x3 = quadSwapDiagonal(x0);
        acc9_0 += x0 * v0_0 + x1 * v1_0 + x2 * v2_0 + x3 * v3_0; acc9_1 += x0 * v0_1 + x1 * v1_1 + x2 * v2_1 + x3 * v3_1; acc9_2 += x0 * v0_2 + x1 * v1_2 + x2 * v2_2 + x3 * v3_2; acc9_3 += x0 * v0_3 + x1 * v1_3 + x2 * v2_3 + x3 * v3_3; acc9_4 += x0 * v0_4 + x1 * v1_4 + x2 * v2_4 + x3 * v3_4; acc9_5 += x0 * v0_5 + x1 * v1_5 + x2 * v2_5 + x3 * v3_5; acc9_6 += x0 * v0_6 + x1 * v1_6 + x2 * v2_6 + x3 * v3_6; acc9_7 += x0 * v0_7 + x1 * v1_7 + x2 * v2_7 + x3 * v3_7;
      }
      {
        let x0 = a[at_a + here_a + 10u * p.ar]; let x1 = quadSwapX(x0); let x2 = quadSwapY(x0); let x3 = quadSwapDiagonal(x0);
        acc10_0 += x0 * v0_0 + x1 * v1_0 + x2 * v2_0 + x3 * v3_0; acc10_1 += x0 * v0_1 + x1 * v1_1 + x2 * v2_1 + x3 * v3_1; acc10_2 += x0 * v0_2 + x1 * v1_2 + x2 * v2_2 + x3 * v3_2; acc10_3 += x0 * v0_3 + x1 * v1_3 + x2 * v2_3 + x3 * v3_3; acc10_4 += x0 * v0_4 + x1 * v1_4 + x2 * v2_4 + x3 * v3_4; acc10_5 += x0 * v0_5 + x1 * v1_5 + x2 * v2_5 + x3 * v3_5; acc10_6 += x0 * v0_6 + x1 * v1_6 + x2 * v2_6 + x3 * v3_6; acc10_7 += x0 * v0_7 + x1 * v1_7 + x2 * v2_7 + x3 * v3_7;
      }
      {
        let x0 = a[at_a + here_a + 11u * p.ar]; let x1 = quadSwapX(x0); let x2 = quadSwapY(x0); let x3 = quadSwapDiagonal(x0);
        acc11_0 += x0 * v0_0 + x1 * v1_0 + x2 * v2_0 + x3 * v3_0; acc11_1 += x0 * v0_1 + x1 * v1_1 + x2 * v2_1 + x3 * v3_1; acc11_2 += x0 * v0_2 + x1 * v1_2 + x2 * v2_2 + x3 * v3_2; acc11_3 += x0 * v0_3 + x1 * v1_3 + x2 * v2_3 + x3 * v3_3; acc11_4 += x0 * v0_4 + x1 * v1_4 + x2 * v2_4 + x3 * v3_4; acc11_5 += x0 * v0_5 + x1 * v1_5 + x2 * v2_5 + x3 * v3_5; acc11_6 += x0 * v0_6 + x1 * v1_6 + x2 * v2_6 + x3 * v3_6; acc11_7 += x0 * v0_7 + x1 * v1_7 + x2 * v2_7 + x3 * v3_7;
      }
      {
        let x0 = a[at_a + here_a + 12u * p.ar]; let x1 = quadSwapX(x0); let x2 = quadSwapY(x0); let x3 = quadSwapDiagonal(x0);
        acc12_0 += x0 * v0_0 + x1 * v1_0 + x2 * v2_0 + x3 * v3_0; acc12_1 += x0 * v0_1 + x1 * v1_1 + x2 * v2_1 + x3 * v3_1; acc12_2 += x0 * v0_2 + x1 * v1_2 + x2 * v2_2 + x3 * v3_2; acc12_3 += x0 * v0_3 + x1 * v1_3 + x2 * v2_3 + x3 * v3_3; acc12_4 += x0 * v0_4 + x1 * v1_4 + x2 * v2_4 + x3 * v3_4; acc12_5 += x0 * v0_5 + x1 * v1_5 + x2 * v2_5 + x3 * v3_5; acc12_6 += x0 * v0_6 + x1 * v1_6 + x2 * v2_6 + x3 * v3_6; acc12_7 += x0 * v0_7 + x1 * v1_7 + x2 * v2_7 + x3 * v3_7;
      }
      {
        let x0 = a[at_a + here_a + 13u * p.ar]; let x1 = quadSwapX(x0); let x2 = quadSwapY(x0); let x3 = quadSwapDiagonal(x0);
        acc13_0 += x0 * v0_0 + x1 * v1_0 + x2 * v2_0 + x3 * v3_0; acc13_1 += x0 * v0_1 + x1 * v1_1 + x2 * v2_1 + x3 * v3_1; acc13_2 += x0 * v0_2 + x1 * v1_2 + x2 * v2_2 + x3 * v3_2; acc13_3 += x0 * v0_3 + x1 * v1_3 + x2 * v2_3 + x3 * v3_3; acc13_4 += x0 * v0_4 + x1 * v1_4 + x2 * v2_4 + x3 * v3_4; acc13_5 += x0 * v0_5 + x1 * v1_5 + x2 * v2_5 + x3 * v3_5; acc13_6 += x0 * v0_6 + x1 * v1_6 + x2 * v2_6 + x3 * v3_6; acc13_7 += x0 * v0_7 + x1 * v1_7 + x2 * v2_7 + x3 * v3_7;
      }
      {
        let x0 = a[at_a + here_a + 14u * p.ar]; let x1 = quadSwapX(x0); let x2 = quadSwapY(x0); let x3 = quadSwapDiagonal(x0);
        acc14_0 += x0 * v0_0 + x1 * v1_0 + x2 * v2_0 + x3 * v3_0; acc14_1 += x0 * v0_1 + x1 * v1_1 + x2 * v2_1 + x3 * v3_1; acc14_2 += x0 * v0_2 + x1 * v1_2 + x2 * v2_2 + x3 * v3_2; acc14_3 += x0 * v0_3 + x1 * v1_3 + x2 * v2_3 + x3 * v3_3; acc14_4 += x0 * v0_4 + x1 * v1_4 + x2 * v2_4 + x3 * v3_4; acc14_5 += x0 * v0_5 + x1 * v1_5 + x2 * v2_5 + x3 * v3_5; acc14_6 += x0 * v0_6 + x1 * v1_6 + x2 * v2_6 + x3 * v3_6; acc14_7 += x0 * v0_7 + x1 * v1_7 + x2 * v2_7 + x3 * v3_7;
      }
      {
        let x0 = a[at_a + here_a + 15u * p.ar]; let x1 = quadSwapX(x0); let x2 = quadSwapY(x0); let x3 = quadSwapDiagonal(x0);
        acc15_0 += x0 * v0_0 + x1 * v1_0 + x2 * v2_0 + x3 * v3_0; acc15_1 += x0 * v0_1 + x1 * v1_1 + x2 * v2_1 + x3 * v3_1; acc15_2 += x0 * v0_2 + x1 * v1_2 + x2 * v2_2 + x3 * v3_2; acc15_3 += x0 * v0_3 + x1 * v1_3 + x2 * v2_3 + x3 * v3_3; acc15_4 += x0 * v0_4 + x1 * v1_4 + x2 * v2_4 + x3 * v3_4; acc15_5 += x0 * v0_5 + x1 * v1_5 + x2 * v2_5 + x3 * v3_5; acc15_6 += x0 * v0_6 + x1 * v1_6 + x2 * v2_6 + x3 * v3_6; acc15_7 += x0 * v0_7 + x1 * v1_7 + x2 * v2_7 + x3 * v3_7;
      }
      at_a += 4u * p.ac;
      at_b += 4u * p.br;
    }
    for (var q = size / 4u * 4u; q < size; q++) {
      let v0 = b[at_b + 0u * p.bc]; let v1 = b[at_b + 4u * p.bc]; let v2 = b[at_b + 8u * p.bc]; let v3 = b[at_b + 12u * p.bc]; let v4 = b[at_b + 16u * p.bc]; let v5 = b[at_b + 20u * p.bc]; let v6 = b[at_b + 24u * p.bc]; let v7 = b[at_b + 28u * p.bc];
      { let x = a[at_a + 0u * p.ar]; acc0_0 += x * v0; acc0_1 += x * v1; acc0_2 += x * v2; acc0_3 += x * v3; acc0_4 += x * v4; acc0_5 += x * v5; acc0_6 += x * v6; acc0_7 += x * v7; }
      { let x = a[at_a + 1u * p.ar]; acc1_0 += x * v0; acc1_1 += x * v1; acc1_2 += x * v2; acc1_3 += x * v3; acc1_4 += x * v4; acc1_5 += x * v5; acc1_6 += x * v6; acc1_7 += x * v7; }
      { let x = a[at_a + 2u * p.ar]; acc2_0 += x * v0; acc2_1 += x * v1; acc2_2 += x * v2; acc2_3 += x * v3; acc2_4 += x * v4; acc2_5 += x * v5; acc2_6 += x * v6; acc2_7 += x * v7; }
      { let x = a[at_a + 3u * p.ar]; acc3_0 += x * v0; acc3_1 += x * v1; acc3_2 += x * v2; acc3_3 += x * v3; acc3_4 += x * v4; acc3_5 += x * v5; acc3_6 += x * v6; acc3_7 += x * v7; }
      { let x = a[at_a + 4u * p.ar]; acc4_0 += x * v0; acc4_1 += x * v1; acc4_2 += x * v2; acc4_3 += x * v3; acc4_4 += x * v4; acc4_5 += x * v5; acc4_6 += x * v6; acc4_7 += x * v7; }
      { let x = a[at_a + 5u * p.ar]; acc5_0 += x * v0; acc5_1 += x * v1; acc5_2 += x * v2; acc5_3 += x * v3; acc5_4 += x * v4; acc5_5 += x * v5; acc5_6 += x * v6; acc5_7 += x * v7; }
      { let x = a[at_a + 6u * p.ar]; acc6_0 += x * v0; acc6_1 += x * v1; acc6_2 += x * v2; acc6_3 += x * v3; acc6_4 += x * v4; acc6_5 += x * v5; acc6_6 += x * v6; acc6_7 += x * v7; }
      { let x = a[at_a + 7u * p.ar]; acc7_0 += x * v0; acc7_1 += x * v1; acc7_2 += x * v2; acc7_3 += x * v3; acc7_4 += x * v4; acc7_5 += x * v5; acc7_6 += x * v6; acc7_7 += x * v7; }
      { let x = a[at_a + 8u * p.ar]; acc8_0 += x * v0; acc8_1 += x * v1; acc8_2 += x * v2; acc8_3 += x * v3; acc8_4 += x * v4; acc8_5 += x * v5; acc8_6 += x * v6; acc8_7 += x * v7; }
      { let x = a[at_a + 9u * p.ar]; acc9_0 += x * v0; acc9_1 += x * v1; acc9_2 += x * v2; acc9_3 += x * v3; acc9_4 += x * v4; acc9_5 += x * v5; acc9_6 += x * v6; acc9_7 += x * v7; }
      { let x = a[at_a + 10u * p.ar]; acc10_0 += x * v0; acc10_1 += x * v1; acc10_2 += x * v2; acc10_3 += x * v3; acc10_4 += x * v4; acc10_5 += x * v5; acc10_6 += x * v6; acc10_7 += x * v7; }
      { let x = a[at_a + 11u * p.ar]; acc11_0 += x * v0; acc11_1 += x * v1; acc11_2 += x * v2; acc11_3 += x * v3; acc11_4 += x * v4; acc11_5 += x * v5; acc11_6 += x * v6; acc11_7 += x * v7; }
      { let x = a[at_a + 12u * p.ar]; acc12_0 += x * v0; acc12_1 += x * v1; acc12_2 += x * v2; acc12_3 += x * v3; acc12_4 += x * v4; acc12_5 += x * v5; acc12_6 += x * v6; acc12_7 += x * v7; }
      { let x = a[at_a + 13u * p.ar]; acc13_0 += x * v0; acc13_1 += x * v1; acc13_2 += x * v2; acc13_3 += x * v3; acc13_4 += x * v4; acc13_5 += x * v5; acc13_6 += x * v6; acc13_7 += x * v7; }
      { let x = a[at_a + 14u * p.ar]; acc14_0 += x * v0; acc14_1 += x * v1; acc14_2 += x * v2; acc14_3 += x * v3; acc14_4 += x * v4; acc14_5 += x * v5; acc14_6 += x * v6; acc14_7 += x * v7; }
      { let x = a[at_a + 15u * p.ar]; acc15_0 += x * v0; acc15_1 += x * v1; acc15_2 += x * v2; acc15_3 += x * v3; acc15_4 += x * v4; acc15_5 += x * v5; acc15_6 += x * v6; acc15_7 += x * v7; }
      at_a += p.ac;
      at_b += p.br;
    }

  }
  { let v = acc0_0; y[to + 0u * p.n + 0u] = v; } { let v = acc0_1; y[to + 0u * p.n + 4u] = v; } { let v = acc0_2; y[to + 0u * p.n + 8u] = v; } { let v = acc0_3; y[to + 0u * p.n + 12u] = v; } { let v = acc0_4; y[to + 0u * p.n + 16u] = v; } { let v = acc0_5; y[to + 0u * p.n + 20u] = v; } { let v = acc0_6; y[to + 0u * p.n + 24u] = v; } { let v = acc0_7; y[to + 0u * p.n + 28u] = v; }
  { let v = acc1_0; y[to + 1u * p.n + 0u] = v; } { let v = acc1_1; y[to + 1u * p.n + 4u] = v; } { let v = acc1_2; y[to + 1u * p.n + 8u] = v; } { let v = acc1_3; y[to + 1u * p.n + 12u] = v; } { let v = acc1_4; y[to + 1u * p.n + 16u] = v; } { let v = acc1_5; y[to + 1u * p.n + 20u] = v; } { let v = acc1_6; y[to + 1u * p.n + 24u] = v; } { let v = acc1_7; y[to + 1u * p.n + 28u] = v; }
  { let v = acc2_0; y[to + 2u * p.n + 0u] = v; } { let v = acc2_1; y[to + 2u * p.n + 4u] = v; } { let v = acc2_2; y[to + 2u * p.n + 8u] = v; } { let v = acc2_3; y[to + 2u * p.n + 12u] = v; } { let v = acc2_4; y[to + 2u * p.n + 16u] = v; } { let v = acc2_5; y[to + 2u * p.n + 20u] = v; } { let v = acc2_6; y[to + 2u * p.n + 24u] = v; } { let v = acc2_7; y[to + 2u * p.n + 28u] = v; }
  { let v = acc3_0; y[to + 3u * p.n + 0u] = v; } { let v = acc3_1; y[to + 3u * p.n + 4u] = v; } { let v = acc3_2; y[to + 3u * p.n + 8u] = v; } { let v = acc3_3; y[to + 3u * p.n + 12u] = v; } { let v = acc3_4; y[to + 3u * p.n + 16u] = v; } { let v = acc3_5; y[to + 3u * p.n + 20u] = v; } { let v = acc3_6; y[to + 3u * p.n + 24u] = v; } { let v = acc3_7; y[to + 3u * p.n + 28u] = v; }
  { let v = acc4_0; y[to + 4u * p.n + 0u] = v; } { let v = acc4_1; y[to + 4u * p.n + 4u] = v; } { let v = acc4_2; y[to + 4u * p.n + 8u] = v; } { let v = acc4_3; y[to + 4u * p.n + 12u] = v; } { let v = acc4_4; y[to + 4u * p.n + 16u] = v; } { let v = acc4_5; y[to + 4u * p.n + 20u] = v; } { let v = acc4_6; y[to + 4u * p.n + 24u] = v; } { let v = acc4_7; y[to + 4u * p.n + 28u] = v; }
  { let v = acc5_0; y[to + 5u * p.n + 0u] = v; } { let v = acc5_1; y[to + 5u * p.n + 4u] = v; } { let v = acc5_2; y[to + 5u * p.n + 8u] = v; } { let v = acc5_3; y[to + 5u * p.n + 12u] = v; } { let v = acc5_4; y[to + 5u * p.n + 16u] = v; } { let v = acc5_5; y[to + 5u * p.n + 20u] = v; } { let v = acc5_6; y[to + 5u * p.n + 24u] = v; } { let v = acc5_7; y[to + 5u * p.n + 28u] = v; }
  { let v = acc6_0; y[to + 6u * p.n + 0u] = v; } { let v = acc6_1; y[to + 6u * p.n + 4u] = v; } { let v = acc6_2; y[to + 6u * p.n + 8u] = v; } { let v = acc6_3; y[to + 6u * p.n + 12u] = v; } { let v = acc6_4; y[to + 6u * p.n + 16u] = v; } { let v = acc6_5; y[to + 6u * p.n + 20u] = v; } { let v = acc6_6; y[to + 6u * p.n + 24u] = v; } { let v = acc6_7; y[to + 6u * p.n + 28u] = v; }
  { let v = acc7_0; y[to + 7u * p.n + 0u] = v; } { let v = acc7_1; y[to + 7u * p.n + 4u] = v; } { let v = acc7_2; y[to + 7u * p.n + 8u] = v; } { let v = acc7_3; y[to + 7u * p.n + 12u] = v; } { let v = acc7_4; y[to + 7u * p.n + 16u] = v; } { let v = acc7_5; y[to + 7u * p.n + 20u] = v; } { let v = acc7_6; y[to + 7u * p.n + 24u] = v; } { let v = acc7_7; y[to + 7u * p.n + 28u] = v; }
  { let v = acc8_0; y[to + 8u * p.n + 0u] = v; } { let v = acc8_1; y[to + 8u * p.n + 4u] = v; } { let v = acc8_2; y[to + 8u * p.n + 8u] = v; } { let v = acc8_3; y[to + 8u * p.n + 12u] = v; } { let v = acc8_4; y[to + 8u * p.n + 16u] = v; } { let v = acc8_5; y[to + 8u * p.n + 20u] = v; } { let v = acc8_6; y[to + 8u * p.n + 24u] = v; } { let v = acc8_7; y[to + 8u * p.n + 28u] = v; }
  { let v = acc9_0; y[to + 9u * p.n + 0u] = v; } { let v = acc9_1; y[to + 9u * p.n + 4u] = v; } { let v = acc9_2; y[to + 9u * p.n + 8u] = v; } { let v = acc9_3; y[to + 9u * p.n + 12u] = v; } { let v = acc9_4; y[to + 9u * p.n + 16u] = v; } { let v = acc9_5; y[to + 9u * p.n + 20u] = v; } { let v = acc9_6; y[to + 9u * p.n + 24u] = v; } { let v = acc9_7; y[to + 9u * p.n + 28u] = v; }
  { let v = acc10_0; y[to + 10u * p.n + 0u] = v; } { let v = acc10_1; y[to + 10u * p.n + 4u] = v; } { let v = acc10_2; y[to + 10u * p.n + 8u] = v; } { let v = acc10_3; y[to + 10u * p.n + 12u] = v; } { let v = acc10_4; y[to + 10u * p.n + 16u] = v; } { let v = acc10_5; y[to + 10u * p.n + 20u] = v; } { let v = acc10_6; y[to + 10u * p.n + 24u] = v; } { let v = acc10_7; y[to + 10u * p.n + 28u] = v; }
  { let v = acc11_0; y[to + 11u * p.n + 0u] = v; } { let v = acc11_1; y[to + 11u * p.n + 4u] = v; } { let v = acc11_2; y[to + 11u * p.n + 8u] = v; } { let v = acc11_3; y[to + 11u * p.n + 12u] = v; } { let v = acc11_4; y[to + 11u * p.n + 16u] = v; } { let v = acc11_5; y[to + 11u * p.n + 20u] = v; } { let v = acc11_6; y[to + 11u * p.n + 24u] = v; } { let v = acc11_7; y[to + 11u * p.n + 28u] = v; }
  { let v = acc12_0; y[to + 12u * p.n + 0u] = v; } { let v = acc12_1; y[to + 12u * p.n + 4u] = v; } { let v = acc12_2; y[to + 12u * p.n + 8u] = v; } { let v = acc12_3; y[to + 12u * p.n + 12u] = v; } { let v = acc12_4; y[to + 12u * p.n + 16u] = v; } { let v = acc12_5; y[to + 12u * p.n + 20u] = v; } { let v = acc12_6; y[to + 12u * p.n + 24u] = v; } { let v = acc12_7; y[to + 12u * p.n + 28u] = v; }
  { let v = acc13_0; y[to + 13u * p.n + 0u] = v; } { let v = acc13_1; y[to + 13u * p.n + 4u] = v; } { let v = acc13_2; y[to + 13u * p.n + 8u] = v; } { let v = acc13_3; y[to + 13u * p.n + 12u] = v; } { let v = acc13_4; y[to + 13u * p.n + 16u] = v; } { let v = acc13_5; y[to + 13u * p.n + 20u] = v; } { let v = acc13_6; y[to + 13u * p.n + 24u] = v; } { let v = acc13_7; y[to + 13u * p.n + 28u] = v; }
  { let v = acc14_0; y[to + 14u * p.n + 0u] = v; } { let v = acc14_1; y[to + 14u * p.n + 4u] = v; } { let v = acc14_2; y[to + 14u * p.n + 8u] = v; } { let v = acc14_3; y[to + 14u * p.n + 12u] = v; } { let v = acc14_4; y[to + 14u * p.n + 16u] = v; } { let v = acc14_5; y[to + 14u * p.n + 20u] = v; } { let v = acc14_6; y[to + 14u * p.n + 24u] = v; } { let v = acc14_7; y[to + 14u * p.n + 28u] = v; }
  { let v = acc15_0; y[to + 15u * p.n + 0u] = v; } { let v = acc15_1; y[to + 15u * p.n + 4u] = v; } { let v = acc15_2; y[to + 15u * p.n + 8u] = v; } { let v = acc15_3; y[to + 15u * p.n + 12u] = v; } { let v = acc15_4; y[to + 15u * p.n + 16u] = v; } { let v = acc15_5; y[to + 15u * p.n + 20u] = v; } { let v = acc15_6; y[to + 15u * p.n + 24u] = v; } { let v = acc15_7; y[to + 15u * p.n + 28u] = v; }
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

// wgsl/matmul/thin1/none/none
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
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let column = i % p.n;
  var rest = i / p.n;
  let row = rest % p.m;
  rest = rest / p.m;
  let part = rest % p.parts;
  let batch = rest / p.parts;
  let c2 = batch % p.n2;
  let c1 = (batch / p.n2) % p.n1;
  let c0 = batch / p.n2 / p.n1;
  let begin = part * p.part;
  let last = min(begin + p.part, p.k);
  var at_a = p.oa + c0 * p.as0 + c1 * p.as1 + c2 * p.as2 + begin * p.ac + row * p.ar;
  var at_b = p.ob + c0 * p.bs0 + c1 * p.bs1 + c2 * p.bs2 + begin * p.br + column * p.bc;
  var sum = 0.0;
  var q = begin;
  for (; q + 4u <= last; q += 4u) {
    sum += a[at_a + 0u * p.ac] * b[at_b + 0u * p.br] + a[at_a + 1u * p.ac] * b[at_b + 1u * p.br] + a[at_a + 2u * p.ac] * b[at_b + 2u * p.br] + a[at_a + 3u * p.ac] * b[at_b + 3u * p.br];
    at_a += 4u * p.ac;
    at_b += 4u * p.br;
  }
  for (; q < last; q++) {
    sum += a[at_a] * b[at_b];
    at_a += p.ac;
    at_b += p.br;
  }
  let v = sum;
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
