// wgsl/gather/f32,i32/2,0
struct Params {
  count : u32,
  width : u32,
  size : u32,
  ox : u32,
  oi : u32,
  oy : u32,
  n0 : u32,
  n1 : u32,
  x0 : u32,
  x1 : u32,
  i0 : u32,
  i1 : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read> index : array<i32>;
@group(0) @binding(3) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  var rest = i;
  let c1 = rest % p.n1; rest = rest / p.n1;
  let c0 = rest;
  let at = u32(index[p.oi + c0 * p.i0 + c1 * p.i1]);
  var value = f32(0);
  if (at < p.size) { value = x[p.ox + at * p.x0 + c1 * p.x1]; }
  y[p.oy + i] = value;
}
