// planeGather and planeScatter in WGSL. A plane is scattered by one thread, in order: no two threads add to one place,
// and the sums are the same always.
import { sizeOf, type View } from "@tapegrad/core";
import { wgsl } from "../../program/wgsl.ts";
import { program } from "../../registry.ts";
import { blockOf, type GpuRuntime } from "../../runtime/runtime.ts";

const planeSize = (v: View): number => sizeOf(v.shape.slice(2));

export function planeGather(rt: GpuRuntime, x: View, indices: View, y: View): void {
  const made = program("wgsl/pool/planeGather", (key) =>
    wgsl({
      key,
      inputs: { x: "f32", places: "i32" },
      outputs: { y: "f32" },
      params: { ox: "u32", oi: "u32", large: "u32", small: "u32" },
      threads: "linear",
      body: "  y[i] = x[p.ox + i / p.small * p.large + u32(places[p.oi + i])];",
    }),
  );
  const values = [x.offset, indices.offset, planeSize(x), planeSize(y)];
  rt.dispatch(made, [x, indices, y].map(blockOf), values, sizeOf(y.shape));
}

export function planeScatter(rt: GpuRuntime, g: View, indices: View, dx: View): void {
  const made = program("wgsl/pool/planeScatter", (key) =>
    wgsl({
      key,
      inputs: { g: "f32", places: "i32" },
      outputs: { y: "f32" },
      params: { og: "u32", oi: "u32", large: "u32", small: "u32" },
      threads: "linear",
      body: `  let to = i * p.large;
  for (var j = 0u; j < p.large; j++) { y[to + j] = 0.0; }
  for (var j = 0u; j < p.small; j++) {
    let at = to + u32(places[p.oi + i * p.small + j]);
    y[at] = y[at] + g[p.og + i * p.small + j];
  }`,
    }),
  );
  const values = [g.offset, indices.offset, planeSize(dx), planeSize(g)];
  const planes = (g.shape[0] as number) * (g.shape[1] as number);
  rt.dispatch(made, [g, indices, dx].map(blockOf), values, planes);
}
