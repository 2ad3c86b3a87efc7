// wgsl/depthwise/forward/6x3/3,3,1,1,1,1,1,1/2/6x9>6x9/biasnone
struct Params {
  count : u32,
  width : u32,
  channels : u32,
  ox : u32,
  ow : u32,
  ob : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read> w : array<f32>;
@group(0) @binding(3) var<storage, read> bias : array<f32>;
@group(0) @binding(4) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let z = i / 3u;
  let h0 = i32((i / 3u) % 1u) * 6;
  let w0 = i32(i % 3u) * 3;
  let row = h0 * 1;
  let column = w0 * 1;
  let start = bias[p.ob + z % p.channels];
  var a0_0 = start;
  var a0_1 = start;
  var a0_2 = start;
  var a1_0 = start;
  var a1_1 = start;
  var a1_2 = start;
  var a2_0 = start;
  var a2_1 = start;
  var a2_2 = start;
  var a3_0 = start;
  var a3_1 = start;
  var a3_2 = start;
  var a4_0 = start;
  var a4_1 = start;
  var a4_2 = start;
  var a5_0 = start;
  var a5_1 = start;
  var a5_2 = start;
  for (var m = 0u; m < 1u; m++) {
    let plane = i32(p.ox + (z / 2u) * 54u);
    let first = p.ow + (z % p.channels) * 9u;
    let k0 = w[first + 0u]; let k1 = w[first + 1u]; let k2 = w[first + 2u]; let k3 = w[first + 3u]; let k4 = w[first + 4u]; let k5 = w[first + 5u]; let k6 = w[first + 6u]; let k7 = w[first + 7u]; let k8 = w[first + 8u];
    let okm1 = column + -1 >= 0 && column + -1 < 9;
    let ok0 = column + 0 >= 0 && column + 0 < 9;
    let ok1 = column + 1 >= 0 && column + 1 < 9;
    let ok2 = column + 2 >= 0 && column + 2 < 9;
    let ok3 = column + 3 >= 0 && column + 3 < 9;
    {
      let ok = row + -1 >= 0 && row + -1 < 6;
      let at = plane + (row + -1) * 9 + column;
      let vm1 = select(0.0, x[u32(at + -1)], ok && okm1);
      let v0 = select(0.0, x[u32(at + 0)], ok && ok0);
      let v1 = select(0.0, x[u32(at + 1)], ok && ok1);
      let v2 = select(0.0, x[u32(at + 2)], ok && ok2);
      let v3 = select(0.0, x[u32(at + 3)], ok && ok3);
      a0_0 += vm1 * k0;
      a0_0 += v0 * k1;
      a0_0 += v1 * k2;
      a0_1 += v0 * k0;
      a0_1 += v1 * k1;
      a0_1 += v2 * k2;
      a0_2 += v1 * k0;
      a0_2 += v2 * k1;
      a0_2 += v3 * k2;
    }
    {
      let ok = row + 0 >= 0 && row + 0 < 6;
      let at = plane + (row + 0) * 9 + column;
      let vm1 = select(0.0, x[u32(at + -1)], ok && okm1);
      let v0 = select(0.0, x[u32(at + 0)], ok && ok0);
      let v1 = select(0.0, x[u32(at + 1)], ok && ok1);
      let v2 = select(0.0, x[u32(at + 2)], ok && ok2);
      let v3 = select(0.0, x[u32(at + 3)], ok && ok3);
      a0_0 += vm1 * k3;
      a0_0 += v0 * k4;
      a0_0 += v1 * k5;
      a0_1 += v0 * k3;
      a0_1 += v1 * k4;
      a0_1 += v2 * k5;
      a0_2 += v1 * k3;
      a0_2 += v2 * k4;
      a0_2 += v3 * k5;
      a1_0 += vm1 * k0;
      a1_0 += v0 * k1;
      a1_0 += v1 * k2;
      a1_1 += v0 * k0;
      a1_1 += v1 * k1;
      a1_1 += v2 * k2;
      a1_2 += v1 * k0;
      a1_2 += v2 * k1;
      a1_2 += v3 * k2;
    }
    {
      let ok = row + 1 >= 0 && row + 1 < 6;
      let at = plane + (row + 1) * 9 + column;
      let vm1 = select(0.0, x[u32(at + -1)], ok && okm1);
      let v0 = select(0.0, x[u32(at + 0)], ok && ok0);
      let v1 = select(0.0, x[u32(at + 1)], ok && ok1);
      let v2 = select(0.0, x[u32(at + 2)], ok && ok2);
      let v3 = select(0.0, x[u32(at + 3)], ok && ok3);
      a0_0 += vm1 * k6;
      a0_0 += v0 * k7;
      a0_0 += v1 * k8;
      a0_1 += v0 * k6;
      a0_1 += v1 * k7;
      a0_1 += v2 * k8;
      a0_2 += v1 * k6;
      a0_2 += v2 * k7;
      a0_2 += v3 * k8;
      a1_0 += vm1 * k3;
      a1_0 += v0 * k4;
      a1_0 += v1 * k5;
      a1_1 += v0 * k3;
      a1_1 += v1 * k4;
      a1_1 += v2 * k5;
      a1_2 += v1 * k3;
      a1_2 += v2 * k4;
      a1_2 += v3 * k5;
      a2_0 += vm1 * k0;
      a2_0 += v0 * k1;
      a2_0 += v1 * k2;
      a2_1 += v0 * k0;
      a2_1 += v1 * k1;
      a2_1 += v2 * k2;
      a2_2 += v1 * k0;
      a2_2 += v2 * k1;
      a2_2 += v3 * k2;
    }
    {
      let ok = row + 2 >= 0 && row + 2 < 6;
      let at = plane + (row + 2) * 9 + column;
      let vm1 = select(0.0, x[u32(at + -1)], ok && okm1);
      let v0 = select(0.0, x[u32(at + 0)], ok && ok0);
      let v1 = select(0.0, x[u32(at + 1)], ok && ok1);
      let v2 = select(0.0, x[u32(at + 2)], ok && ok2);
      let v3 = select(0.0, x[u32(at + 3)], ok && ok3);
      a1_0 += vm1 * k6;
      a1_0 += v0 * k7;
      a1_0 += v1 * k8;
      a1_1 += v0 * k6;
      a1_1 += v1 * k7;
      a1_1 += v2 * k8;
      a1_2 += v1 * k6;
      a1_2 += v2 * k7;
      a1_2 += v3 * k8;
      a2_0 += vm1 * k3;
      a2_0 += v0 * k4;
      a2_0 += v1 * k5;
      a2_1 += v0 * k3;
      a2_1 += v1 * k4;
      a2_1 += v2 * k5;
      a2_2 += v1 * k3;
      a2_2 += v2 * k4;
      a2_2 += v3 * k5;
      a3_0 += vm1 * k0;
      a3_0 += v0 * k1;
      a3_0 += v1 * k2;
      a3_1 += v0 * k0;
      a3_1 += v1 * k1;
      a3_1 += v2 * k2;
      a3_2 += v1 * k0;
      a3_2 += v2 * k1;
      a3_2 += v3 * k2;
    }
    {
      let ok = row + 3 >= 0 && row + 3 < 6;
      let at = plane + (row + 3) * 9 + column;
      let vm1 = select(0.0, x[u32(at + -1)], ok && okm1);
      let v0 = select(0.0, x[u32(at + 0)], ok && ok0);
      let v1 = select(0.0, x[u32(at + 1)], ok && ok1);
      let v2 = select(0.0, x[u32(at + 2)], ok && ok2);
      let v3 = select(0.0, x[u32(at + 3)], ok && ok3);
      a2_0 += vm1 * k6;
      a2_0 += v0 * k7;
      a2_0 += v1 * k8;
      a2_1 += v0 * k6;
      a2_1 += v1 * k7;
      a2_1 += v2 * k8;
      a2_2 += v1 * k6;
      a2_2 += v2 * k7;
      a2_2 += v3 * k8;
      a3_0 += vm1 * k3;
      a3_0 += v0 * k4;
      a3_0 += v1 * k5;
      a3_1 += v0 * k3;
      a3_1 += v1 * k4;
      a3_1 += v2 * k5;
      a3_2 += v1 * k3;
      a3_2 += v2 * k4;
      a3_2 += v3 * k5;
      a4_0 += vm1 * k0;
      a4_0 += v0 * k1;
      a4_0 += v1 * k2;
      a4_1 += v0 * k0;
      a4_1 += v1 * k1;
      a4_1 += v2 * k2;
      a4_2 += v1 * k0;
      a4_2 += v2 * k1;
      a4_2 += v3 * k2;
    }
    {
      let ok = row + 4 >= 0 && row + 4 < 6;
      let at = plane + (row + 4) * 9 + column;
      let vm1 = select(0.0, x[u32(at + -1)], ok && okm1);
      let v0 = select(0.0, x[u32(at + 0)], ok && ok0);
      let v1 = select(0.0, x[u32(at + 1)], ok && ok1);
      let v2 = select(0.0, x[u32(at + 2)], ok && ok2);
      let v3 = select(0.0, x[u32(at + 3)], ok && ok3);
      a3_0 += vm1 * k6;
      a3_0 += v0 * k7;
      a3_0 += v1 * k8;
      a3_1 += v0 * k6;
      a3_1 += v1 * k7;
      a3_1 += v2 * k8;
      a3_2 += v1 * k6;
      a3_2 += v2 * k7;
      a3_2 += v3 * k8;
      a4_0 += vm1 * k3;
      a4_0 += v0 * k4;
      a4_0 += v1 * k5;
      a4_1 += v0 * k3;
      a4_1 += v1 * k4;
      a4_1 += v2 * k5;
      a4_2 += v1 * k3;
      a4_2 += v2 * k4;
      a4_2 += v3 * k5;
      a5_0 += vm1 * k0;
      a5_0 += v0 * k1;
      a5_0 += v1 * k2;
      a5_1 += v0 * k0;
      a5_1 += v1 * k1;
      a5_1 += v2 * k2;
      a5_2 += v1 * k0;
      a5_2 += v2 * k1;
      a5_2 += v3 * k2;
    }
    {
      let ok = row + 5 >= 0 && row + 5 < 6;
      let at = plane + (row + 5) * 9 + column;
      let vm1 = select(0.0, x[u32(at + -1)], ok && okm1);
      let v0 = select(0.0, x[u32(at + 0)], ok && ok0);
      let v1 = select(0.0, x[u32(at + 1)], ok && ok1);
      let v2 = select(0.0, x[u32(at + 2)], ok && ok2);
      let v3 = select(0.0, x[u32(at + 3)], ok && ok3);
      a4_0 += vm1 * k6;
      a4_0 += v0 * k7;
      a4_0 += v1 * k8;
      a4_1 += v0 * k6;
      a4_1 += v1 * k7;
      a4_1 += v2 * k8;
      a4_2 += v1 * k6;
      a4_2 += v2 * k7;
      a4_2 += v3 * k8;
      a5_0 += vm1 * k3;
      a5_0 += v0 * k4;
      a5_0 += v1 * k5;
      a5_1 += v0 * k3;
      a5_1 += v1 * k4;
      a5_1 += v2 * k5;
      a5_2 += v1 * k3;
      a5_2 += v2 * k4;
      a5_2 += v3 * k5;
    }
    {
      let ok = row + 6 >= 0 && row + 6 < 6;
      let at = plane + (row + 6) * 9 + column;
      let vm1 = select(0.0, x[u32(at + -1)], ok && okm1);
      let v0 = select(0.0, x[u32(at + 0)], ok && ok0);
      let v1 = select(0.0, x[u32(at + 1)], ok && ok1);
      let v2 = select(0.0, x[u32(at + 2)], ok && ok2);
      let v3 = select(0.0, x[u32(at + 3)], ok && ok3);
      a5_0 += vm1 * k6;
      a5_0 += v0 * k7;
      a5_0 += v1 * k8;
      a5_1 += v0 * k6;
      a5_1 += v1 * k7;
      a5_1 += v2 * k8;
      a5_2 += v1 * k6;
      a5_2 += v2 * k7;
      a5_2 += v3 * k8;
    }
  }
  let to = i32(z * 54u) + h0 * 9 + w0;
  { let v = a0_0; y[u32(to + 0)] = v; }
  { let v = a0_1; y[u32(to + 1)] = v; }
  { let v = a0_2; y[u32(to + 2)] = v; }
  { let v = a1_0; y[u32(to + 9)] = v; }
  { let v = a1_1; y[u32(to + 10)] = v; }
  { let v = a1_2; y[u32(to + 11)] = v; }
  { let v = a2_0; y[u32(to + 18)] = v; }
  { let v = a2_1; y[u32(to + 19)] = v; }
  { let v = a2_2; y[u32(to + 20)] = v; }
  { let v = a3_0; y[u32(to + 27)] = v; }
  { let v = a3_1; y[u32(to + 28)] = v; }
  { let v = a3_2; y[u32(to + 29)] = v; }
  { let v = a4_0; y[u32(to + 36)] = v; }
  { let v = a4_1; y[u32(to + 37)] = v; }
  { let v = a4_2; y[u32(to + 38)] = v; }
  { let v = a5_0; y[u32(to + 45)] = v; }
  { let v = a5_1; y[u32(to + 46)] = v; }
  { let v = a5_2; y[u32(to + 47)] = v; }
}

// wgsl/depthwise/inputGrad/6x3/3,3,1,1,1,1,1,1/2/6x9>6x9/none
struct Params {
  count : u32,
  width : u32,
  channels : u32,
  ox : u32,
  ow : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read> w : array<f32>;
@group(0) @binding(3) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let z = i / 3u;
  let h0 = i32((i / 3u) % 1u) * 6;
  let w0 = i32(i % 3u) * 3;
  let row = h0 / 1;
  let column = w0 / 1;
  let start = 0.0;
  var a0_0 = start;
  var a0_1 = start;
  var a0_2 = start;
  var a1_0 = start;
  var a1_1 = start;
  var a1_2 = start;
  var a2_0 = start;
  var a2_1 = start;
  var a2_2 = start;
  var a3_0 = start;
  var a3_1 = start;
  var a3_2 = start;
  var a4_0 = start;
  var a4_1 = start;
  var a4_2 = start;
  var a5_0 = start;
  var a5_1 = start;
  var a5_2 = start;
  for (var m = 0u; m < 2u; m++) {
    let plane = i32(p.ox + (z * 2u + m) * 54u);
    let first = p.ow + ((z % p.channels) * 2u + m) * 9u;
    let k0 = w[first + 0u]; let k1 = w[first + 1u]; let k2 = w[first + 2u]; let k3 = w[first + 3u]; let k4 = w[first + 4u]; let k5 = w[first + 5u]; let k6 = w[first + 6u]; let k7 = w[first + 7u]; let k8 = w[first + 8u];
    let okm1 = column + -1 >= 0 && column + -1 < 9;
    let ok0 = column + 0 >= 0 && column + 0 < 9;
    let ok1 = column + 1 >= 0 && column + 1 < 9;
    let ok2 = column + 2 >= 0 && column + 2 < 9;
    let ok3 = column + 3 >= 0 && column + 3 < 9;
    {
      let ok = row + -1 >= 0 && row + -1 < 6;
      let at = plane + (row + -1) * 9 + column;
      let vm1 = select(0.0, x[u32(at + -1)], ok && okm1);
      let v0 = select(0.0, x[u32(at + 0)], ok && ok0);
      let v1 = select(0.0, x[u32(at + 1)], ok && ok1);
      let v2 = select(0.0, x[u32(at + 2)], ok && ok2);
      let v3 = select(0.0, x[u32(at + 3)], ok && ok3);
      a0_0 += v1 * k6;
      a0_0 += v0 * k7;
      a0_0 += vm1 * k8;
      a0_1 += v2 * k6;
      a0_1 += v1 * k7;
      a0_1 += v0 * k8;
      a0_2 += v3 * k6;
      a0_2 += v2 * k7;
      a0_2 += v1 * k8;
    }
    {
      let ok = row + 0 >= 0 && row + 0 < 6;
      let at = plane + (row + 0) * 9 + column;
      let vm1 = select(0.0, x[u32(at + -1)], ok && okm1);
      let v0 = select(0.0, x[u32(at + 0)], ok && ok0);
      let v1 = select(0.0, x[u32(at + 1)], ok && ok1);
      let v2 = select(0.0, x[u32(at + 2)], ok && ok2);
      let v3 = select(0.0, x[u32(at + 3)], ok && ok3);
      a0_0 += v1 * k3;
      a0_0 += v0 * k4;
      a0_0 += vm1 * k5;
      a0_1 += v2 * k3;
      a0_1 += v1 * k4;
      a0_1 += v0 * k5;
      a0_2 += v3 * k3;
      a0_2 += v2 * k4;
      a0_2 += v1 * k5;
      a1_0 += v1 * k6;
      a1_0 += v0 * k7;
      a1_0 += vm1 * k8;
      a1_1 += v2 * k6;
      a1_1 += v1 * k7;
      a1_1 += v0 * k8;
      a1_2 += v3 * k6;
      a1_2 += v2 * k7;
      a1_2 += v1 * k8;
    }
    {
      let ok = row + 1 >= 0 && row + 1 < 6;
      let at = plane + (row + 1) * 9 + column;
      let vm1 = select(0.0, x[u32(at + -1)], ok && okm1);
      let v0 = select(0.0, x[u32(at + 0)], ok && ok0);
      let v1 = select(0.0, x[u32(at + 1)], ok && ok1);
      let v2 = select(0.0, x[u32(at + 2)], ok && ok2);
      let v3 = select(0.0, x[u32(at + 3)], ok && ok3);
      a0_0 += v1 * k0;
      a0_0 += v0 * k1;
      a0_0 += vm1 * k2;
      a0_1 += v2 * k0;
      a0_1 += v1 * k1;
      a0_1 += v0 * k2;
      a0_2 += v3 * k0;
      a0_2 += v2 * k1;
      a0_2 += v1 * k2;
      a1_0 += v1 * k3;
      a1_0 += v0 * k4;
      a1_0 += vm1 * k5;
      a1_1 += v2 * k3;
      a1_1 += v1 * k4;
      a1_1 += v0 * k5;
      a1_2 += v3 * k3;
      a1_2 += v2 * k4;
      a1_2 += v1 * k5;
      a2_0 += v1 * k6;
      a2_0 += v0 * k7;
      a2_0 += vm1 * k8;
      a2_1 += v2 * k6;
      a2_1 += v1 * k7;
      a2_1 += v0 * k8;
      a2_2 += v3 * k6;
      a2_2 += v2 * k7;
      a2_2 += v1 * k8;
    }
    {
      let ok = row + 2 >= 0 && row + 2 < 6;
      let at = plane + (row + 2) * 9 + column;
      let vm1 = select(0.0, x[u32(at + -1)], ok && okm1);
      let v0 = select(0.0, x[u32(at + 0)], ok && ok0);
      let v1 = select(0.0, x[u32(at + 1)], ok && ok1);
      let v2 = select(0.0, x[u32(at + 2)], ok && ok2);
      let v3 = select(0.0, x[u32(at + 3)], ok && ok3);
      a1_0 += v1 * k0;
      a1_0 += v0 * k1;
      a1_0 += vm1 * k2;
      a1_1 += v2 * k0;
      a1_1 += v1 * k1;
      a1_1 += v0 * k2;
      a1_2 += v3 * k0;
      a1_2 += v2 * k1;
      a1_2 += v1 * k2;
      a2_0 += v1 * k3;
      a2_0 += v0 * k4;
      a2_0 += vm1 * k5;
      a2_1 += v2 * k3;
      a2_1 += v1 * k4;
      a2_1 += v0 * k5;
      a2_2 += v3 * k3;
      a2_2 += v2 * k4;
      a2_2 += v1 * k5;
      a3_0 += v1 * k6;
      a3_0 += v0 * k7;
      a3_0 += vm1 * k8;
      a3_1 += v2 * k6;
      a3_1 += v1 * k7;
      a3_1 += v0 * k8;
      a3_2 += v3 * k6;
      a3_2 += v2 * k7;
      a3_2 += v1 * k8;
    }
    {
      let ok = row + 3 >= 0 && row + 3 < 6;
      let at = plane + (row + 3) * 9 + column;
      let vm1 = select(0.0, x[u32(at + -1)], ok && okm1);
      let v0 = select(0.0, x[u32(at + 0)], ok && ok0);
      let v1 = select(0.0, x[u32(at + 1)], ok && ok1);
      let v2 = select(0.0, x[u32(at + 2)], ok && ok2);
      let v3 = select(0.0, x[u32(at + 3)], ok && ok3);
      a2_0 += v1 * k0;
      a2_0 += v0 * k1;
      a2_0 += vm1 * k2;
      a2_1 += v2 * k0;
      a2_1 += v1 * k1;
      a2_1 += v0 * k2;
      a2_2 += v3 * k0;
      a2_2 += v2 * k1;
      a2_2 += v1 * k2;
      a3_0 += v1 * k3;
      a3_0 += v0 * k4;
      a3_0 += vm1 * k5;
      a3_1 += v2 * k3;
      a3_1 += v1 * k4;
      a3_1 += v0 * k5;
      a3_2 += v3 * k3;
      a3_2 += v2 * k4;
      a3_2 += v1 * k5;
      a4_0 += v1 * k6;
      a4_0 += v0 * k7;
      a4_0 += vm1 * k8;
      a4_1 += v2 * k6;
      a4_1 += v1 * k7;
      a4_1 += v0 * k8;
      a4_2 += v3 * k6;
      a4_2 += v2 * k7;
      a4_2 += v1 * k8;
    }
    {
      let ok = row + 4 >= 0 && row + 4 < 6;
      let at = plane + (row + 4) * 9 + column;
      let vm1 = select(0.0, x[u32(at + -1)], ok && okm1);
      let v0 = select(0.0, x[u32(at + 0)], ok && ok0);
      let v1 = select(0.0, x[u32(at + 1)], ok && ok1);
      let v2 = select(0.0, x[u32(at + 2)], ok && ok2);
      let v3 = select(0.0, x[u32(at + 3)], ok && ok3);
      a3_0 += v1 * k0;
      a3_0 += v0 * k1;
      a3_0 += vm1 * k2;
      a3_1 += v2 * k0;
      a3_1 += v1 * k1;
      a3_1 += v0 * k2;
      a3_2 += v3 * k0;
      a3_2 += v2 * k1;
      a3_2 += v1 * k2;
      a4_0 += v1 * k3;
      a4_0 += v0 * k4;
      a4_0 += vm1 * k5;
      a4_1 += v2 * k3;
      a4_1 += v1 * k4;
      a4_1 += v0 * k5;
      a4_2 += v3 * k3;
      a4_2 += v2 * k4;
      a4_2 += v1 * k5;
      a5_0 += v1 * k6;
      a5_0 += v0 * k7;
      a5_0 += vm1 * k8;
      a5_1 += v2 * k6;
      a5_1 += v1 * k7;
      a5_1 += v0 * k8;
      a5_2 += v3 * k6;
      a5_2 += v2 * k7;
      a5_2 += v1 * k8;
    }
    {
      let ok = row + 5 >= 0 && row + 5 < 6;
      let at = plane + (row + 5) * 9 + column;
      let vm1 = select(0.0, x[u32(at + -1)], ok && okm1);
      let v0 = select(0.0, x[u32(at + 0)], ok && ok0);
      let v1 = select(0.0, x[u32(at + 1)], ok && ok1);
      let v2 = select(0.0, x[u32(at + 2)], ok && ok2);
      let v3 = select(0.0, x[u32(at + 3)], ok && ok3);
      a4_0 += v1 * k0;
      a4_0 += v0 * k1;
      a4_0 += vm1 * k2;
      a4_1 += v2 * k0;
      a4_1 += v1 * k1;
      a4_1 += v0 * k2;
      a4_2 += v3 * k0;
      a4_2 += v2 * k1;
      a4_2 += v1 * k2;
      a5_0 += v1 * k3;
      a5_0 += v0 * k4;
      a5_0 += vm1 * k5;
      a5_1 += v2 * k3;
      a5_1 += v1 * k4;
      a5_1 += v0 * k5;
      a5_2 += v3 * k3;
      a5_2 += v2 * k4;
      a5_2 += v1 * k5;
    }
    {
      let ok = row + 6 >= 0 && row + 6 < 6;
      let at = plane + (row + 6) * 9 + column;
      let vm1 = select(0.0, x[u32(at + -1)], ok && okm1);
      let v0 = select(0.0, x[u32(at + 0)], ok && ok0);
      let v1 = select(0.0, x[u32(at + 1)], ok && ok1);
      let v2 = select(0.0, x[u32(at + 2)], ok && ok2);
      let v3 = select(0.0, x[u32(at + 3)], ok && ok3);
      a5_0 += v1 * k0;
      a5_0 += v0 * k1;
      a5_0 += vm1 * k2;
      a5_1 += v2 * k0;
      a5_1 += v1 * k1;
      a5_1 += v0 * k2;
      a5_2 += v3 * k0;
      a5_2 += v2 * k1;
      a5_2 += v1 * k2;
    }
  }
  let to = i32(z * 54u) + h0 * 9 + w0;
  { let v = a0_0; y[u32(to + 0)] = v; }
  { let v = a0_1; y[u32(to + 1)] = v; }
  { let v = a0_2; y[u32(to + 2)] = v; }
  { let v = a1_0; y[u32(to + 9)] = v; }
  { let v = a1_1; y[u32(to + 10)] = v; }
  { let v = a1_2; y[u32(to + 11)] = v; }
  { let v = a2_0; y[u32(to + 18)] = v; }
  { let v = a2_1; y[u32(to + 19)] = v; }
  { let v = a2_2; y[u32(to + 20)] = v; }
  { let v = a3_0; y[u32(to + 27)] = v; }
  { let v = a3_1; y[u32(to + 28)] = v; }
  { let v = a3_2; y[u32(to + 29)] = v; }
  { let v = a4_0; y[u32(to + 36)] = v; }
  { let v = a4_1; y[u32(to + 37)] = v; }
  { let v = a4_2; y[u32(to + 38)] = v; }
  { let v = a5_0; y[u32(to + 45)] = v; }
  { let v = a5_1; y[u32(to + 46)] = v; }
  { let v = a5_2; y[u32(to + 47)] = v; }
}

// wgsl/depthwise/weightGrad/3,3,1,1,1,1,1,1/2/6x9>6x9
struct Params {
  count : u32,
  width : u32,
  channels : u32,
  units : u32,
  parts : u32,
  og : u32,
  ox : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> g : array<f32>;
@group(0) @binding(2) var<storage, read> x : array<f32>;
@group(0) @binding(3) var<storage, read_write> y : array<f32>;
var<workgroup> shared_sum : array<f32, 576>;
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let item = wid.x + wid.y * p.width;
  if (item >= p.count) { return; }
  let part = item % p.parts;
  let kh = i32((item / p.parts) % 1u) * 3;
  let o = item / (p.parts * 1u);
  let length = (p.units + p.parts - 1u) / p.parts;
  let end = min(p.units, (part + 1u) * length);
  var a0_0 = 0.0; var a0_1 = 0.0; var a0_2 = 0.0; var a1_0 = 0.0; var a1_1 = 0.0; var a1_2 = 0.0; var a2_0 = 0.0; var a2_1 = 0.0; var a2_2 = 0.0;
  for (var j = part * length + lane; j < end; j += 64u) {
    let block = j % 3u;
    let oh = (j / 3u) % 6u;
    let n = j / 18u;
    let ow = block * 4u;
    let first = p.og + ((n * p.channels + o) * 6u + oh) * 9u + ow;
    let g0 = select(0.0, g[first + 0u], ow + 0u < 9u);
    let g1 = select(0.0, g[first + 1u], ow + 1u < 9u);
    let g2 = select(0.0, g[first + 2u], ow + 2u < 9u);
    let g3 = select(0.0, g[first + 3u], ow + 3u < 9u);
    let plane = i32(p.ox + ((n * p.channels + o) / 2u) * 54u);
    let ih = i32(oh) * 1 + kh * 1 - 1;
    let iw = i32(ow) * 1 - 1;
    let ok0 = iw + 0 >= 0 && iw + 0 < 9;
    let ok1 = iw + 1 >= 0 && iw + 1 < 9;
    let ok2 = iw + 2 >= 0 && iw + 2 < 9;
    let ok3 = iw + 3 >= 0 && iw + 3 < 9;
    let ok4 = iw + 4 >= 0 && iw + 4 < 9;
    let ok5 = iw + 5 >= 0 && iw + 5 < 9;
    {
      let ok = kh + 0 < 3 && ih + 0 >= 0 && ih + 0 < 6;
      let at = plane + (ih + 0) * 9 + iw;
      let v0 = select(0.0, x[u32(at + 0)], ok && ok0);
      let v1 = select(0.0, x[u32(at + 1)], ok && ok1);
      let v2 = select(0.0, x[u32(at + 2)], ok && ok2);
      let v3 = select(0.0, x[u32(at + 3)], ok && ok3);
      let v4 = select(0.0, x[u32(at + 4)], ok && ok4);
      let v5 = select(0.0, x[u32(at + 5)], ok && ok5);
      a0_0 += g0 * v0 + g1 * v1 + g2 * v2 + g3 * v3;
      a0_1 += g0 * v1 + g1 * v2 + g2 * v3 + g3 * v4;
      a0_2 += g0 * v2 + g1 * v3 + g2 * v4 + g3 * v5;
    }
    {
      let ok = kh + 1 < 3 && ih + 1 >= 0 && ih + 1 < 6;
      let at = plane + (ih + 1) * 9 + iw;
      let v0 = select(0.0, x[u32(at + 0)], ok && ok0);
      let v1 = select(0.0, x[u32(at + 1)], ok && ok1);
      let v2 = select(0.0, x[u32(at + 2)], ok && ok2);
      let v3 = select(0.0, x[u32(at + 3)], ok && ok3);
      let v4 = select(0.0, x[u32(at + 4)], ok && ok4);
      let v5 = select(0.0, x[u32(at + 5)], ok && ok5);
      a1_0 += g0 * v0 + g1 * v1 + g2 * v2 + g3 * v3;
      a1_1 += g0 * v1 + g1 * v2 + g2 * v3 + g3 * v4;
      a1_2 += g0 * v2 + g1 * v3 + g2 * v4 + g3 * v5;
    }
    {
      let ok = kh + 2 < 3 && ih + 2 >= 0 && ih + 2 < 6;
      let at = plane + (ih + 2) * 9 + iw;
      let v0 = select(0.0, x[u32(at + 0)], ok && ok0);
      let v1 = select(0.0, x[u32(at + 1)], ok && ok1);
      let v2 = select(0.0, x[u32(at + 2)], ok && ok2);
      let v3 = select(0.0, x[u32(at + 3)], ok && ok3);
      let v4 = select(0.0, x[u32(at + 4)], ok && ok4);
      let v5 = select(0.0, x[u32(at + 5)], ok && ok5);
      a2_0 += g0 * v0 + g1 * v1 + g2 * v2 + g3 * v3;
      a2_1 += g0 * v1 + g1 * v2 + g2 * v3 + g3 * v4;
      a2_2 += g0 * v2 + g1 * v3 + g2 * v4 + g3 * v5;
    }
  }
  shared_sum[lane * 9u + 0u] = a0_0;
  shared_sum[lane * 9u + 1u] = a0_1;
  shared_sum[lane * 9u + 2u] = a0_2;
  shared_sum[lane * 9u + 3u] = a1_0;
  shared_sum[lane * 9u + 4u] = a1_1;
  shared_sum[lane * 9u + 5u] = a1_2;
  shared_sum[lane * 9u + 6u] = a2_0;
  shared_sum[lane * 9u + 7u] = a2_1;
  shared_sum[lane * 9u + 8u] = a2_2;
  for (var half = 32u; half > 0u; half = half / 2u) {
    workgroupBarrier();
    if (lane < half) {
      for (var k = 0u; k < 9u; k++) { shared_sum[lane * 9u + k] += shared_sum[(lane + half) * 9u + k]; }
    }
  }
  workgroupBarrier();
  if (lane < 9u && kh * 3 + i32(lane) < 9) {
    y[(part * p.channels + o) * 9u + u32(kh) * 3u + lane] = shared_sum[lane];
  }
}

// wgsl/depthwise/weightTiles/6x3/3,3,1,1,1,1,1,1/2/6x9>6x9
struct Params {
  count : u32,
  width : u32,
  channels : u32,
  n : u32,
  images : u32,
  og : u32,
  ox : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> g : array<f32>;
@group(0) @binding(2) var<storage, read> x : array<f32>;
@group(0) @binding(3) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }
  let o = i % p.channels;
  let part = i / p.channels;
  let h0 = i32(part / 3u % 1u) * 6;
  let w0 = i32(part % 3u) * 3;
  let first = part / 3u * p.images;
  let row = h0 * 1;
  let column = w0 * 1;
  let ok_rm1 = row + -1 >= 0 && row + -1 < 6; let ok_r0 = row + 0 >= 0 && row + 0 < 6; let ok_r1 = row + 1 >= 0 && row + 1 < 6; let ok_r2 = row + 2 >= 0 && row + 2 < 6; let ok_r3 = row + 3 >= 0 && row + 3 < 6; let ok_r4 = row + 4 >= 0 && row + 4 < 6; let ok_r5 = row + 5 >= 0 && row + 5 < 6; let ok_r6 = row + 6 >= 0 && row + 6 < 6;
  let ok_cm1 = column + -1 >= 0 && column + -1 < 9; let ok_c0 = column + 0 >= 0 && column + 0 < 9; let ok_c1 = column + 1 >= 0 && column + 1 < 9; let ok_c2 = column + 2 >= 0 && column + 2 < 9; let ok_c3 = column + 3 >= 0 && column + 3 < 9;
  var a0 = 0.0; var a1 = 0.0; var a2 = 0.0; var a3 = 0.0; var a4 = 0.0; var a5 = 0.0; var a6 = 0.0; var a7 = 0.0; var a8 = 0.0;
  for (var n = first; n < min(first + p.images, p.n); n++) {
    let plane = n * p.channels + o;
    let from_g = i32(p.og + plane * 54u) + h0 * 9 + w0;
    let from_x = i32(p.ox + plane / 2u * 54u) + row * 9 + column;
    let g0_0 = g[u32(from_g + 0)]; let g0_1 = g[u32(from_g + 1)]; let g0_2 = g[u32(from_g + 2)]; let g1_0 = g[u32(from_g + 9)]; let g1_1 = g[u32(from_g + 10)]; let g1_2 = g[u32(from_g + 11)]; let g2_0 = g[u32(from_g + 18)]; let g2_1 = g[u32(from_g + 19)]; let g2_2 = g[u32(from_g + 20)]; let g3_0 = g[u32(from_g + 27)]; let g3_1 = g[u32(from_g + 28)]; let g3_2 = g[u32(from_g + 29)]; let g4_0 = g[u32(from_g + 36)]; let g4_1 = g[u32(from_g + 37)]; let g4_2 = g[u32(from_g + 38)]; let g5_0 = g[u32(from_g + 45)]; let g5_1 = g[u32(from_g + 46)]; let g5_2 = g[u32(from_g + 47)];
    let vm1_m1 = select(0.0, x[u32(from_x + -10)], ok_rm1 && ok_cm1); let vm1_0 = select(0.0, x[u32(from_x + -9)], ok_rm1 && ok_c0); let vm1_1 = select(0.0, x[u32(from_x + -8)], ok_rm1 && ok_c1); let vm1_2 = select(0.0, x[u32(from_x + -7)], ok_rm1 && ok_c2); let vm1_3 = select(0.0, x[u32(from_x + -6)], ok_rm1 && ok_c3);
    let v0_m1 = select(0.0, x[u32(from_x + -1)], ok_r0 && ok_cm1); let v0_0 = select(0.0, x[u32(from_x + 0)], ok_r0 && ok_c0); let v0_1 = select(0.0, x[u32(from_x + 1)], ok_r0 && ok_c1); let v0_2 = select(0.0, x[u32(from_x + 2)], ok_r0 && ok_c2); let v0_3 = select(0.0, x[u32(from_x + 3)], ok_r0 && ok_c3);
    let v1_m1 = select(0.0, x[u32(from_x + 8)], ok_r1 && ok_cm1); let v1_0 = select(0.0, x[u32(from_x + 9)], ok_r1 && ok_c0); let v1_1 = select(0.0, x[u32(from_x + 10)], ok_r1 && ok_c1); let v1_2 = select(0.0, x[u32(from_x + 11)], ok_r1 && ok_c2); let v1_3 = select(0.0, x[u32(from_x + 12)], ok_r1 && ok_c3);
    let v2_m1 = select(0.0, x[u32(from_x + 17)], ok_r2 && ok_cm1); let v2_0 = select(0.0, x[u32(from_x + 18)], ok_r2 && ok_c0); let v2_1 = select(0.0, x[u32(from_x + 19)], ok_r2 && ok_c1); let v2_2 = select(0.0, x[u32(from_x + 20)], ok_r2 && ok_c2); let v2_3 = select(0.0, x[u32(from_x + 21)], ok_r2 && ok_c3);
    let v3_m1 = select(0.0, x[u32(from_x + 26)], ok_r3 && ok_cm1); let v3_0 = select(0.0, x[u32(from_x + 27)], ok_r3 && ok_c0); let v3_1 = select(0.0, x[u32(from_x + 28)], ok_r3 && ok_c1); let v3_2 = select(0.0, x[u32(from_x + 29)], ok_r3 && ok_c2); let v3_3 = select(0.0, x[u32(from_x + 30)], ok_r3 && ok_c3);
    let v4_m1 = select(0.0, x[u32(from_x + 35)], ok_r4 && ok_cm1); let v4_0 = select(0.0, x[u32(from_x + 36)], ok_r4 && ok_c0); let v4_1 = select(0.0, x[u32(from_x + 37)], ok_r4 && ok_c1); let v4_2 = select(0.0, x[u32(from_x + 38)], ok_r4 && ok_c2); let v4_3 = select(0.0, x[u32(from_x + 39)], ok_r4 && ok_c3);
    let v5_m1 = select(0.0, x[u32(from_x + 44)], ok_r5 && ok_cm1); let v5_0 = select(0.0, x[u32(from_x + 45)], ok_r5 && ok_c0); let v5_1 = select(0.0, x[u32(from_x + 46)], ok_r5 && ok_c1); let v5_2 = select(0.0, x[u32(from_x + 47)], ok_r5 && ok_c2); let v5_3 = select(0.0, x[u32(from_x + 48)], ok_r5 && ok_c3);
    let v6_m1 = select(0.0, x[u32(from_x + 53)], ok_r6 && ok_cm1); let v6_0 = select(0.0, x[u32(from_x + 54)], ok_r6 && ok_c0); let v6_1 = select(0.0, x[u32(from_x + 55)], ok_r6 && ok_c1); let v6_2 = select(0.0, x[u32(from_x + 56)], ok_r6 && ok_c2); let v6_3 = select(0.0, x[u32(from_x + 57)], ok_r6 && ok_c3);
    a0 += g0_0 * vm1_m1 + g0_1 * vm1_0 + g0_2 * vm1_1 + g1_0 * v0_m1 + g1_1 * v0_0 + g1_2 * v0_1 + g2_0 * v1_m1 + g2_1 * v1_0 + g2_2 * v1_1 + g3_0 * v2_m1 + g3_1 * v2_0 + g3_2 * v2_1 + g4_0 * v3_m1 + g4_1 * v3_0 + g4_2 * v3_1 + g5_0 * v4_m1 + g5_1 * v4_0 + g5_2 * v4_1;
    a1 += g0_0 * vm1_0 + g0_1 * vm1_1 + g0_2 * vm1_2 + g1_0 * v0_0 + g1_1 * v0_1 + g1_2 * v0_2 + g2_0 * v1_0 + g2_1 * v1_1 + g2_2 * v1_2 + g3_0 * v2_0 + g3_1 * v2_1 + g3_2 * v2_2 + g4_0 * v3_0 + g4_1 * v3_1 + g4_2 * v3_2 + g5_0 * v4_0 + g5_1 * v4_1 + g5_2 * v4_2;
    a2 += g0_0 * vm1_1 + g0_1 * vm1_2 + g0_2 * vm1_3 + g1_0 * v0_1 + g1_1 * v0_2 + g1_2 * v0_3 + g2_0 * v1_1 + g2_1 * v1_2 + g2_2 * v1_3 + g3_0 * v2_1 + g3_1 * v2_2 + g3_2 * v2_3 + g4_0 * v3_1 + g4_1 * v3_2 + g4_2 * v3_3 + g5_0 * v4_1 + g5_1 * v4_2 + g5_2 * v4_3;
    a3 += g0_0 * v0_m1 + g0_1 * v0_0 + g0_2 * v0_1 + g1_0 * v1_m1 + g1_1 * v1_0 + g1_2 * v1_1 + g2_0 * v2_m1 + g2_1 * v2_0 + g2_2 * v2_1 + g3_0 * v3_m1 + g3_1 * v3_0 + g3_2 * v3_1 + g4_0 * v4_m1 + g4_1 * v4_0 + g4_2 * v4_1 + g5_0 * v5_m1 + g5_1 * v5_0 + g5_2 * v5_1;
    a4 += g0_0 * v0_0 + g0_1 * v0_1 + g0_2 * v0_2 + g1_0 * v1_0 + g1_1 * v1_1 + g1_2 * v1_2 + g2_0 * v2_0 + g2_1 * v2_1 + g2_2 * v2_2 + g3_0 * v3_0 + g3_1 * v3_1 + g3_2 * v3_2 + g4_0 * v4_0 + g4_1 * v4_1 + g4_2 * v4_2 + g5_0 * v5_0 + g5_1 * v5_1 + g5_2 * v5_2;
    a5 += g0_0 * v0_1 + g0_1 * v0_2 + g0_2 * v0_3 + g1_0 * v1_1 + g1_1 * v1_2 + g1_2 * v1_3 + g2_0 * v2_1 + g2_1 * v2_2 + g2_2 * v2_3 + g3_0 * v3_1 + g3_1 * v3_2 + g3_2 * v3_3 + g4_0 * v4_1 + g4_1 * v4_2 + g4_2 * v4_3 + g5_0 * v5_1 + g5_1 * v5_2 + g5_2 * v5_3;
    a6 += g0_0 * v1_m1 + g0_1 * v1_0 + g0_2 * v1_1 + g1_0 * v2_m1 + g1_1 * v2_0 + g1_2 * v2_1 + g2_0 * v3_m1 + g2_1 * v3_0 + g2_2 * v3_1 + g3_0 * v4_m1 + g3_1 * v4_0 + g3_2 * v4_1 + g4_0 * v5_m1 + g4_1 * v5_0 + g4_2 * v5_1 + g5_0 * v6_m1 + g5_1 * v6_0 + g5_2 * v6_1;
    a7 += g0_0 * v1_0 + g0_1 * v1_1 + g0_2 * v1_2 + g1_0 * v2_0 + g1_1 * v2_1 + g1_2 * v2_2 + g2_0 * v3_0 + g2_1 * v3_1 + g2_2 * v3_2 + g3_0 * v4_0 + g3_1 * v4_1 + g3_2 * v4_2 + g4_0 * v5_0 + g4_1 * v5_1 + g4_2 * v5_2 + g5_0 * v6_0 + g5_1 * v6_1 + g5_2 * v6_2;
    a8 += g0_0 * v1_1 + g0_1 * v1_2 + g0_2 * v1_3 + g1_0 * v2_1 + g1_1 * v2_2 + g1_2 * v2_3 + g2_0 * v3_1 + g2_1 * v3_2 + g2_2 * v3_3 + g3_0 * v4_1 + g3_1 * v4_2 + g3_2 * v4_3 + g4_0 * v5_1 + g4_1 * v5_2 + g4_2 * v5_3 + g5_0 * v6_1 + g5_1 * v6_2 + g5_2 * v6_3;
  }
  y[i * 9u + 0u] = a0; y[i * 9u + 1u] = a1; y[i * 9u + 2u] = a2; y[i * 9u + 3u] = a3; y[i * 9u + 4u] = a4; y[i * 9u + 5u] = a5; y[i * 9u + 6u] = a6; y[i * 9u + 7u] = a7; y[i * 9u + 8u] = a8;
}
