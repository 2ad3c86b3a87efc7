// wgsl/watch/i32/1
struct Params {
  count : u32,
  width : u32,
  question : u32,
  first : i32,
  end : i32,
  except : i32,
  size : u32,
  part : u32,
  o0 : u32,
  s0_0 : u32,
}
@group(0) @binding(0) var<uniform> p : Params;
@group(0) @binding(1) var<storage, read> x : array<i32>;
@group(0) @binding(2) var<storage, read_write> notes : array<u32>;
var<workgroup> before : atomic<u32>;
fn value(i : u32) -> i32 {
  var at_0 = p.o0;
  at_0 += i * p.s0_0;
  return i32(x[at_0]);
}
@compute @workgroup_size(256, 1, 1)
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  let item = wid.x + wid.y * p.width;
  if (item >= p.count) { return; }
  let start = item * p.part;
  let stop = min(start + p.part, p.size);
  for (var i = start + lane; i < stop; i += 256u) {
    let v = value(i);
    if ((v < p.first || v >= p.end) && v != p.except) { atomicMax(&before, stop - i); break; }
  }
  workgroupBarrier();
  let distance = atomicLoad(&before);
  if (lane == 0u && distance > 0u && notes[3u * item] == 0u) {
    notes[3u * item] = p.question;
    notes[3u * item + 1u] = stop - distance;
    notes[3u * item + 2u] = u32(value(stop - distance));
  }
}
