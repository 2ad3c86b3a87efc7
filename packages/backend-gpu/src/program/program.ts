// A program: WGSL, and how to call it. gpu.js and hand-written sources both end here.
//
// The calling convention: binding 0 is a uniform struct of 32-bit words, then the inputs (read-only storage), then
// the outputs (storage). The first words of the struct are filled in by the runtime (see Shape).
import type { GpuJsSpec } from "./gpu-js.ts";

/** How threads are counted. */
export type Threads =
  /** One thread per element; `count` of them in rows of `width`, as a dimension has at most 65,535 groups. */
  | "linear"
  /** One workgroup per item, numbered likewise. */
  | "groups"
  /** Up to three dimensions of threads; z in several dispatches if need be. */
  | "grid";

export interface Program {
  /** Says which kernel, with what is baked in. Pipelines are cached by it; errors name it. */
  readonly key: string;
  readonly wgsl: string;
  readonly entry: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly workgroup: readonly [number, number, number];
  readonly threads: Threads;
  /** Bytes of the uniform struct. */
  readonly paramBytes: number;
  /** Compiled by gpu.js: its struct begins with the output's size, and has four words for each array. */
  readonly gpuJs: boolean;
  /** "u", "i" or "f" for each of the caller's own parameters, in order. */
  readonly types: string;
  /** What gpu.js compiled it from; WebGL2 has it compiled to GLSL. */
  readonly spec?: GpuJsSpec;
  /** Filled in by the runtime on first use. */
  compiled: Compiled | undefined;
}

export interface Compiled {
  /** Those of the runtime it was compiled for: a new device needs a new pipeline. */
  readonly owner: object;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  /** A small number for the layout. */
  readonly layoutId: number;
  readonly paramBytes: number;
}
