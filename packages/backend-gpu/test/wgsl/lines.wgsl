// wgsl/lines/merge/f32/ascending
struct Params {
  count : u32,
  width : u32,
  n : u32,
  run : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read> at : array<i32>;
@group(0) @binding(3) var<storage, read_write> values : array<f32>;
@group(0) @binding(4) var<storage, read_write> places : array<i32>;
fn is_nan(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn less(a : f32, b : f32) -> bool { return a < b || (is_nan(b) && !is_nan(a)); }
fn before(a : f32, b : f32) -> bool { return less(a, b); }
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let line = i - i % p.n; let k = i - line;
  let pair = k - k % (2u * p.run);
  let middle = min(pair + p.run, p.n);
  let left = k < middle;
  let own = select(middle, pair, left);
  var low = select(pair, middle, left);
  let start = low;
  var high = select(middle, min(middle + p.run, p.n), left);
  let v = x[i];
  while (low < high) {
    let half = (low + high) / 2u;
    let w = x[line + half];
    // Of equals those of the left run go first.
    if (before(w, v) || (!left && !before(v, w))) { low = half + 1u; } else { high = half; }
  }
  let to = line + pair + (k - own) + (low - start);
  values[to] = v;
  places[to] = at[i];
}

// wgsl/lines/mode/f32
struct Params {
  count : u32,
  width : u32,
  n : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read> at : array<i32>;
@group(0) @binding(3) var<storage, read_write> values : array<f32>;
@group(0) @binding(4) var<storage, read_write> places : array<i32>;
fn is_nan(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn less(a : f32, b : f32) -> bool { return a < b || (is_nan(b) && !is_nan(a)); }
fn before(a : f32, b : f32) -> bool { return less(a, b); }
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let line = i * p.n;
  var start = 0u; var best = 0u; var longest = 0u;
  for (var j = 0u; j < p.n; j++) {
    if (before(x[line + start], x[line + j])) { start = j; }
    if (j - start + 1u > longest) { longest = j - start + 1u; best = j; }
  }
  values[i] = x[line + best];
  places[i] = at[line + best];
}

// wgsl/lines/runs/f32/ascending
struct Params {
  count : u32,
  width : u32,
  n : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read_write> values : array<f32>;
@group(0) @binding(3) var<storage, read_write> places : array<i32>;
fn is_nan(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn less(a : f32, b : f32) -> bool { return a < b || (is_nan(b) && !is_nan(a)); }
fn before(a : f32, b : f32) -> bool { return less(a, b); }
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let line = i - i % p.n; let k = i - line;
  let start = k - k % 32u; let stop = min(start + 32u, p.n);
  let v = x[i];
  var to = start;
  for (var j = start; j < stop; j++) {
    let w = x[line + j];
    if (before(w, v) || (j < k && !before(v, w))) { to++; }
  }
  values[line + to] = v;
  places[line + to] = i32(k);
}

// wgsl/lines/scan/max/f32
struct Params {
  count : u32,
  width : u32,
  n : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read_write> values : array<f32>;
@group(0) @binding(3) var<storage, read_write> places : array<i32>;
fn is_nan(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let line = i * p.n;
  var best = x[line]; var at = 0u;
  for (var j = 0u; j < p.n; j++) {
    let v = x[line + j];
    if (is_nan(v) || (!is_nan(best) && v >= best)) { best = v; at = j; }
    values[line + j] = best;
    places[line + j] = i32(at);
  }
}

// wgsl/lines/search/f32
struct Params {
  count : u32,
  width : u32,
  n : u32,
  each : u32,
  shared_line : u32,
  oe : u32,
  ov : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> edges : array<f32>;
@group(0) @binding(2) var<storage, read> values : array<f32>;
@group(0) @binding(3) var<storage, read_write> y : array<i32>;
fn is_nan(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn less(a : f32, b : f32) -> bool { return a < b || (is_nan(b) && !is_nan(a)); }
fn before(a : f32, b : f32) -> bool { return less(a, b); }
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let line = p.oe + select(i / p.each * p.n, 0u, p.shared_line == 1u);
  let v = values[p.ov + i];
  var low = 0u; var high = p.n;
  while (low < high) {
    let half = (low + high) / 2u;
    let edge = edges[line + half];
    if (before(edge, v)) { low = half + 1u; } else { high = half; }
  }
  y[i] = i32(low);
}
