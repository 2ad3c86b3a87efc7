// The second half of a sum that was cut into parts: y[i] = Σ parts[k · size + i], in order.
import { wgsl } from "../../program/wgsl.ts";
import { program } from "../../registry.ts";
import type { GpuBlock } from "../../runtime/pool.ts";
import type { GpuRuntime } from "../../runtime/runtime.ts";

export function addParts(
  rt: GpuRuntime,
  sums: GpuBlock,
  y: GpuBlock,
  parts: number,
  size: number,
): void {
  const adding = program("wgsl/conv/parts", (key) =>
    wgsl({
      key,
      inputs: { part: "f32" },
      outputs: { y: "f32" },
      params: { parts: "u32", size: "u32" },
      threads: "linear",
      body: "  var sum = 0.0;\n  for (var k = 0u; k < p.parts; k++) { sum += part[k * p.size + i]; }\n  y[i] = sum;",
    }),
  );
  rt.dispatch(adding, [sums, y], [parts, size], size);
}
