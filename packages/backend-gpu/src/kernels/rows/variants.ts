// The two variants that every row kernel has.

import type { Variant } from "../../registry.ts";
import type { GpuRuntime } from "../../runtime/runtime.ts";
import { runGpuJs } from "./gpujs-rows.ts";
import type { RowCall, RowSpec } from "./spec.ts";
import { runWgsl } from "./wgsl-rows.ts";

/** One spec and its call, or several that run one after another. */
export type Planned = readonly (readonly [RowSpec, RowCall])[];

/** @param plan what to run for the arguments of the slot; it may make temporaries */
export const rowVariants = <A extends readonly unknown[]>(
  takes: (...args: A) => boolean,
  plan: (rt: GpuRuntime, ...args: A) => Planned,
  gpujs: (rt: GpuRuntime, ...args: A) => Planned = plan,
): readonly Variant<A>[] => [
  {
    name: "wgsl rows",
    takes,
    run(rt, ...args) {
      for (const [spec, call] of plan(rt, ...args)) runWgsl(rt, spec, call);
    },
  },
  {
    name: "gpujs rows",
    takes,
    run(rt, ...args) {
      for (const [spec, call] of gpujs(rt, ...args)) runGpuJs(rt, spec, call);
    },
  },
];
