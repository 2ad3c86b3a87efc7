// Hand-written kernels: a body in WGSL, around which the declarations of parameters, inputs and outputs are put.
//
//   wgsl({ key: "scale", inputs: { x: "f32" }, outputs: { y: "f32" }, params: { a: "f32" },
//          threads: "linear", body: "y[i] = p.a * x[i];" })
//
// linear: `i` is the thread's number (u32), below `count`; threads beyond have returned. groups: `item` is the
// workgroup's number; all threads of a group see the same, so barriers are fine. grid: `gid`, unchecked.
// All kinds see gid, lid (local_invocation_id), wid (workgroup_id) and lane (local_invocation_index).
import type { Program, Threads } from "./program.ts";

export type WgslType = "f32" | "i32" | "u32";

export interface WgslSpec {
  /** Unique among all kernels; holds what the body was specialised for. */
  readonly key: string;
  /** Names and element types, in the order of the call. */
  readonly inputs: Readonly<Record<string, WgslType>>;
  readonly outputs: Readonly<Record<string, WgslType>>;
  /** Numbers, as p.name. */
  readonly params?: Readonly<Record<string, WgslType>>;
  readonly threads: Threads;
  /** Default [64, 1, 1]. */
  readonly workgroup?: readonly [number, number, number];
  /** Directives: what the text begins with. */
  readonly before?: string;
  /** Functions, constants, var<workgroup>: outside of main. */
  readonly head?: string;
  readonly body: string;
}

const START: Readonly<Record<Threads, string>> = {
  linear: `let i = gid.x + gid.y * p.width;
  if (i >= p.count) { return; }`,
  groups: `let item = wid.x + wid.y * p.width;
  if (item >= p.count) { return; }`,
  grid: "",
};

export function wgsl(spec: WgslSpec): Program {
  const { key, inputs, outputs, params = {}, threads, before, head = "", body } = spec;
  const workgroup = spec.workgroup ?? [64, 1, 1];
  const names = Object.entries(params);
  const bind = (kind: string, list: [string, WgslType][], first: number): string =>
    list
      .map(
        ([name, type], k) =>
          `@group(0) @binding(${first + k}) var<storage, ${kind}> ${name} : array<${type}>;`,
      )
      .join("\n");
  const ins = Object.entries(inputs);
  const outs = Object.entries(outputs);
  const text = `${before === undefined ? "" : `${before}\n`}struct Params {
  count : u32,
  width : u32,
${names.map(([name, type]) => `  ${name} : ${type},`).join("\n")}
}
@group(0) @binding(0) var<uniform> p : Params;
${bind("read", ins, 1)}
${bind("read_write", outs, 1 + ins.length)}
${head}
@compute @workgroup_size(${workgroup.join(", ")})
fn main(@builtin(global_invocation_id) gid : vec3<u32>, @builtin(local_invocation_id) lid : vec3<u32>,
        @builtin(workgroup_id) wid : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
  ${START[threads]}
${body}
}
`;
  return {
    key,
    wgsl: text,
    entry: "main",
    inputs: ins.length,
    outputs: outs.length,
    workgroup,
    threads,
    paramBytes: Math.ceil((8 + 4 * names.length) / 16) * 16,
    gpuJs: false,
    types: names.map(([, type]) => type[0]).join(""),
    compiled: undefined,
  };
}
