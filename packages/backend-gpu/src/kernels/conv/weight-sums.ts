// The weight gradient of a depthwise convolution: a workgroup adds up some taps of one output channel. Its threads walk
// over the outputs in rows of four, read each source element of such a row once, and hold a sum per tap; then the
// sums of all threads are added in a tree. Where there are few channels the outputs are cut into parts, whose sums a
// second pass adds.
import { wgsl } from "../../program/wgsl.ts";
import { program } from "../../registry.ts";
import type { GpuBlock } from "../../runtime/pool.ts";
import type { GpuRuntime } from "../../runtime/runtime.ts";
import { addParts } from "./add-parts.ts";
import { type Planar, windowKey } from "./planar.ts";

const GROUP = 64;
/** Outputs in a row that a thread takes at once. */
const ACROSS = 4;
/** Sums that a thread holds; more rows of the kernel go to more workgroups. */
const MOST_TAPS = 15;

export const fitsWeightSums = (p: Planar): boolean => p.kw <= MOST_TAPS && p.dw * (p.kw - 1) <= 32;

/** @param offsets of g and x in their buffers */
export function weightSums(
  rt: GpuRuntime,
  p: Planar,
  g: GpuBlock,
  x: GpuBlock,
  dw: GpuBlock,
  offsets: readonly [number, number],
): void {
  const rows = Math.max(1, Math.min(p.kh, Math.floor(MOST_TAPS / p.kw)));
  const chunks = Math.ceil(p.kh / rows);
  const units = p.n * p.oh * Math.ceil(p.ow / ACROSS);
  const groups = p.o * chunks;
  const parts = Math.max(1, Math.min(Math.ceil(256 / groups), Math.floor(units / (4 * GROUP))));
  const taps = p.kh * p.kw;
  const made = program(
    `wgsl/depthwise/weightGrad/${windowKey(p)}/${p.og}/${p.h}x${p.w}>${p.oh}x${p.ow}`,
    (key) => {
      const across = Math.ceil(p.ow / ACROSS);
      const sums: string[] = [];
      for (let r = 0; r < rows; r++) for (let k = 0; k < p.kw; k++) sums.push(`a${r}_${k}`);
      const used = new Set<number>();
      for (let t = 0; t < ACROSS; t++) {
        for (let k = 0; k < p.kw; k++) used.add(t * p.sw + k * p.dw);
      }
      // No branches: these are what takes compilers long.
      const columns = [...used].sort((a, b) => a - b);
      const inside = columns.map((c) => `let ok${c} = iw + ${c} >= 0 && iw + ${c} < ${p.w};`);
      const row = (r: number): string => {
        const lines = [
          `let ok = kh + ${r} < ${p.kh} && ih + ${r * p.dh} >= 0 && ih + ${r * p.dh} < ${p.h};`,
          `let at = plane + (ih + ${r * p.dh}) * ${p.w} + iw;`,
          ...columns.map((c) => `let v${c} = select(0.0, x[u32(at + ${c})], ok && ok${c});`),
        ];
        for (let k = 0; k < p.kw; k++) {
          const products = Array.from(
            { length: ACROSS },
            (_, t) => `g${t} * v${t * p.sw + k * p.dw}`,
          );
          lines.push(`a${r}_${k} += ${products.join(" + ")};`);
        }
        return `{\n      ${lines.join("\n      ")}\n    }`;
      };
      const allRows = Array.from({ length: rows }, (_, r) => row(r)).join("\n    ");
      return wgsl({
        key,
        inputs: { g: "f32", x: "f32" },
        outputs: { y: "f32" },
        params: { channels: "u32", units: "u32", parts: "u32", og: "u32", ox: "u32" },
        threads: "groups",
        workgroup: [GROUP, 1, 1],
        head: `var<workgroup> shared_sum : array<f32, ${GROUP * sums.length}>;`,
        body: `  let part = item % p.parts;
  let kh = i32((item / p.parts) % ${chunks}u) * ${rows};
  let o = item / (p.parts * ${chunks}u);
  let length = (p.units + p.parts - 1u) / p.parts;
  let end = min(p.units, (part + 1u) * length);
  ${sums.map((s) => `var ${s} = 0.0;`).join(" ")}
  for (var j = part * length + lane; j < end; j += ${GROUP}u) {
    let block = j % ${across}u;
    let oh = (j / ${across}u) % ${p.oh}u;
    let n = j / ${across * p.oh}u;
    let ow = block * ${ACROSS}u;
    let first = p.og + ((n * p.channels + o) * ${p.oh}u + oh) * ${p.ow}u + ow;
    ${Array.from({ length: ACROSS }, (_, t) => `let g${t} = select(0.0, g[first + ${t}u], ow + ${t}u < ${p.ow}u);`).join("\n    ")}
    let plane = i32(p.ox + ((n * p.channels + o) / ${p.og}u) * ${p.h * p.w}u);
    let ih = i32(oh) * ${p.sh} + kh * ${p.dh} - ${p.ph};
    let iw = i32(ow) * ${p.sw} - ${p.pw};
    ${inside.join("\n    ")}
    ${allRows}
  }
  ${sums.map((s, k) => `shared_sum[lane * ${sums.length}u + ${k}u] = ${s};`).join("\n  ")}
  for (var half = ${GROUP / 2}u; half > 0u; half = half / 2u) {
    workgroupBarrier();
    if (lane < half) {
      for (var k = 0u; k < ${sums.length}u; k++) { shared_sum[lane * ${sums.length}u + k] += shared_sum[(lane + half) * ${sums.length}u + k]; }
    }
  }
  workgroupBarrier();
  if (lane < ${sums.length}u && kh * ${p.kw} + i32(lane) < ${taps}) {
    y[(part * p.channels + o) * ${taps}u + u32(kh) * ${p.kw}u + lane] = shared_sum[lane];
  }`,
      });
    },
  );
  const whole = parts === 1 ? dw : rt.temporary(4 * parts * p.o * taps, "convWeightGrad");
  rt.dispatch(made, [g, x, whole], [p.o, units, parts, ...offsets], groups * parts);
  if (parts === 1) return;
  addParts(rt, whole, dw, parts, p.o * taps);
}
