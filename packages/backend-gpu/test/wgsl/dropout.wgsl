// wgsl/dropout/
struct Params {
  count : u32,
  width : u32,
  ox : u32,
  size : u32,
  rate : f32,
  scale : f32,
  k0 : u32,
  k1 : u32,
  c0 : u32,
  c1 : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read_write> y : array<f32>;

fn mul_high(a : u32, b : u32) -> u32 {
  let a0 = a & 0xffffu; let a1 = a >> 16u; let b0 = b & 0xffffu; let b1 = b >> 16u;
  let middle = a1 * b0 + ((a0 * b0) >> 16u);
  let carry = (middle & 0xffffu) + a0 * b1;
  return a1 * b1 + (middle >> 16u) + (carry >> 16u);
}
fn philox(low : u32, high : u32, key : vec2<u32>) -> vec4<u32> {
  var c = vec4<u32>(low, high, 0u, 0u);
  var k = key;
  for (var round = 0; round < 10; round++) {
    let h0 = mul_high(0xd2511f53u, c.x); let h1 = mul_high(0xcd9e8d57u, c.z);
    c = vec4<u32>(h1 ^ c.y ^ k.x, 0xcd9e8d57u * c.z, h0 ^ c.w ^ k.y, 0xd2511f53u * c.x);
    k += vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}
fn uniform01(word : u32) -> f32 { return f32(word >> 8u) * 0.000000059604644775390625; }
// The words of block `b` of a draw that begins at counter (low, high).
fn draw(b : u32, low : u32, high : u32, key : vec2<u32>) -> vec4<u32> {
  let sum = low + b;
  return philox(sum, high + select(0u, 1u, sum < low), key);
}

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let w = draw(i, p.c0, p.c1, vec2<u32>(p.k0, p.k1));
  for (var j = 0u; j < 4u && 4u * i + j < p.size; j++) {
    let at = 4u * i + j;
    let factor = select(0.0, p.scale, uniform01(w[j]) >= p.rate);
    y[at] = x[p.ox + at] * factor;
  }
}
