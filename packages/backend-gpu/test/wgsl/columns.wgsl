// wgsl/columns/3,2,1,1,1,1,1,1/6x9>6x10
struct Params {
  count : u32,
  width : u32,
  ox : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let ow = i % 10u;
  let oh = (i / 10u) % 6u;
  let tap = (i / 60u) % 6u;
  let plane = i / 360u;
  let h = i32(oh) * 1 + i32(tap / 2u) * 1 - 1;
  let w = i32(ow) * 1 + i32(tap % 2u) * 1 - 1;
  let inside = h >= 0 && h < 6 && w >= 0 && w < 9;
  y[i] = select(0.0, x[p.ox + plane * 54u + u32(h * 9 + w)], inside);
}

// wgsl/columns/back/3,2,1,1,1,1,1,1/6x9>6x10
struct Params {
  count : u32,
  width : u32,
  ox : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> columns : array<f32>;
@group(0) @binding(2) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let w = i32(i % 9u);
  let h = i32((i / 9u) % 6u);
  let first = i / 54u * 6u;
  var sum = 0.0;
  for (var kh = 0; kh < 3; kh++) {
    let th = h + 1 - kh * 1;
    if (th < 0 || th % 1 != 0 || th / 1 >= 6) { continue; }
    for (var kw = 0; kw < 2; kw++) {
      let tw = w + 1 - kw * 1;
      if (tw < 0 || tw % 1 != 0 || tw / 1 >= 10) { continue; }
      let row = first + u32(kh * 2 + kw);
      sum += columns[row * 60u + u32(th / 1 * 10 + tw / 1)];
    }
  }
  y[p.ox + i] = sum;
}
