// The variants of row kernels: two that every one has, and one of those whose rows are channels.
import { sizeOf, type View } from "@tapegrad/core";
import type { Variant } from "../../registry.ts";
import type { GpuRuntime } from "../../runtime/runtime.ts";
import { runGpuJs } from "./gpujs-rows.ts";
import type { RowCall, RowSpec } from "./spec.ts";
import { runParts } from "./wgsl-parts.ts";
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

/** Channels that keep a device busy by a workgroup each, and the elements from which that takes long otherwise. */
const MANY = 256;
const LONG = 2048;
const isFewAndLong = ({ shape }: View): boolean =>
  (shape[1] as number) < MANY && sizeOf(shape) >= LONG * (shape[1] as number);

/** The same for rows that are channels, whose sums go over all images. */
export const channelVariants = <A extends readonly [View, ...unknown[]]>(
  takes: (...args: A) => boolean,
  plan: (rt: GpuRuntime, ...args: A) => Planned,
  gpujs: (rt: GpuRuntime, ...args: A) => Planned = plan,
): readonly Variant<A>[] => [
  {
    name: "wgsl planes",
    on: "software",
    takes,
    run(rt, ...args) {
      for (const [spec, call] of plan(rt, ...args)) runParts(rt, spec, call);
    },
  },
  {
    name: "wgsl planes by groups",
    on: "hardware",
    takes,
    suits: (...[x]) => isFewAndLong(x),
    run(rt, ...args) {
      for (const [spec, call] of plan(rt, ...args)) runParts(rt, spec, call, true);
    },
  },
  ...rowVariants(takes, plan, gpujs),
];
