// wgsl/scatter/owner/add/f32,i32/2,0
struct Params {
  count : u32,
  width : u32,
  length : u32,
  oi : u32,
  os : u32,
  oy : u32,
  n0 : u32,
  n1 : u32,
  m0 : u32,
  m1 : u32,
  i0 : u32,
  i1 : u32,
  s0 : u32,
  s1 : u32,
  y0 : u32,
  y1 : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> index : array<i32>;
@group(0) @binding(2) var<storage, read> src : array<f32>;
@group(0) @binding(3) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  var rest = i;
  let c1 = rest % p.n1; rest = rest / p.n1;
  let c0 = rest;
  if (!(c1 < p.m1)) { return; }
  let own = c0;
  let target_at = p.oy + c0 * p.y0 + c1 * p.y1;
  var old = y[target_at];
  for (var j = 0u; j < p.length; j++) {
    if (u32(index[p.oi + j * p.i0 + c1 * p.i1]) == own) {
      let value = src[p.os + j * p.s0 + c1 * p.s1];
      old = old + value;
    }
  }
  y[target_at] = old;
}

// wgsl/scatter/owner/maxFirst/f32,i32/2,0
struct Params {
  count : u32,
  width : u32,
  length : u32,
  oi : u32,
  os : u32,
  oy : u32,
  n0 : u32,
  n1 : u32,
  m0 : u32,
  m1 : u32,
  i0 : u32,
  i1 : u32,
  s0 : u32,
  s1 : u32,
  y0 : u32,
  y1 : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> index : array<i32>;
@group(0) @binding(2) var<storage, read> src : array<f32>;
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
  var rest = i;
  let c1 = rest % p.n1; rest = rest / p.n1;
  let c0 = rest;
  if (!(c1 < p.m1)) { return; }
  let own = c0;
  let target_at = p.oy + c0 * p.y0 + c1 * p.y1;
  var old = y[target_at];
  var first = true;
  for (var j = 0u; j < p.length; j++) {
    if (u32(index[p.oi + j * p.i0 + c1 * p.i1]) == own) {
      let value = src[p.os + j * p.s0 + c1 * p.s1];
      if (first) { old = value; first = false; } else { old = larger(old, value); }
    }
  }
  y[target_at] = old;
}

// wgsl/scatter/sorted/add/f32,i32,i32/2,0
struct Params {
  count : u32,
  width : u32,
  length : u32,
  oi : u32,
  os : u32,
  oy : u32,
  n0 : u32,
  n1 : u32,
  m0 : u32,
  m1 : u32,
  i0 : u32,
  i1 : u32,
  s0 : u32,
  s1 : u32,
  y0 : u32,
  y1 : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> values : array<i32>;
@group(0) @binding(2) var<storage, read> places : array<i32>;
@group(0) @binding(3) var<storage, read> src : array<f32>;
@group(0) @binding(4) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  var rest = i;
  let c1 = rest % p.n1; rest = rest / p.n1;
  let c0 = rest;
  if (!(c1 < p.m1)) { return; }
  let own = c0;
  let target_at = p.oy + c0 * p.y0 + c1 * p.y1;
  var old = y[target_at];
  let line = p.oi + c1 * p.i1;
  var low = 0u; var high = p.length;
  while (low < high) {
    let half = (low + high) / 2u;
    if (i32(values[line + half]) < i32(own)) { low = half + 1u; } else { high = half; }
  }
  for (; low < p.length && u32(values[line + low]) == own; low++) {
    let j = u32(places[line + low]);
    let value = src[p.os + j * p.s0 + c1 * p.s1];
      old = old + value;
  }
  y[target_at] = old;
}
