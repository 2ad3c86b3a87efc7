// wgsl/argmax/f32/1
struct Params {
  count : u32,
  width : u32,
  ox : u32,
  oy : u32,
  length : u32,
  step : u32,
  ks0 : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> in0 : array<f32>;
@group(0) @binding(2) var<storage, read_write> y : array<i32>;
fn is_nan(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let first = p.ox + i * p.ks0;
  var best = in0[first];
  var at = 0u;
  for (var j = 1u; j < p.length; j++) {
    let v = in0[first + j * p.step];
    if (!is_nan(best) && (is_nan(v) || v > best)) { best = v; at = j; }
  }
  y[p.oy + i] = i32(at);
}
