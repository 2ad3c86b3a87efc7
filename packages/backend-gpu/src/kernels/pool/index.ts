// Pooling, and its gradients.
import type { PoolGeometry, View } from "@tapegrad/core";
import { isFresh } from "../../layout.ts";
import { slot, type Variant } from "../../registry.ts";
import type { GpuRuntime } from "../../runtime/runtime.ts";
import { dense } from "../elementwise-wgsl.ts";
import * as anyDims from "./any-wgsl.ts";
import * as gpujs from "./gpujs.ts";
import * as planesWgsl from "./planes-wgsl.ts";

const float = (v: View): boolean => v.dtype === "float32";
const isFlat = (v: View): boolean => v.shape.length <= 4;

/** The WGSL variant of any dims, and gpu.js' of two: both take a dense input, and write an output of their own. */
function both<A extends readonly [View, ...unknown[]]>(
  takes: (...args: A) => boolean,
  wgsl: (rt: GpuRuntime, ...args: A) => void,
  js: (rt: GpuRuntime, ...args: A) => void,
): readonly Variant<A>[] {
  const run =
    (f: (rt: GpuRuntime, ...args: A) => void) =>
    (rt: GpuRuntime, ...args: A): void => {
      const [x, ...rest] = args;
      f(rt, ...([dense(rt, x), ...rest] as unknown as A));
    };
  return [
    { name: "wgsl pooling", takes, run: run(wgsl) },
    { name: "gpujs pooling", takes: (...args) => takes(...args) && isFlat(args[0]), run: run(js) },
  ];
}

type Max = readonly [View, View, View | undefined, PoolGeometry];
export const maxPool = slot<Max>(
  "maxPool",
  both<Max>(
    (x, y, indices) => float(x) && isFresh(y) && (indices === undefined || isFresh(indices)),
    anyDims.maxPool,
    gpujs.maxPool,
  ),
);

type Average = readonly [View, View, PoolGeometry];
const floatsTo = (x: View, y: View): boolean => float(x) && isFresh(y);
export const avgPool = slot<Average>(
  "avgPool",
  both<Average>(floatsTo, anyDims.avgPool, gpujs.avgPool),
);
export const avgPoolGrad = slot<Average>(
  "avgPoolGrad",
  both<Average>(floatsTo, anyDims.avgPoolGrad, gpujs.avgPoolGrad),
);

type Adaptive = readonly [View, View];
export const adaptiveAvgPool = slot<Adaptive>(
  "adaptiveAvgPool",
  both<Adaptive>(floatsTo, anyDims.adaptiveAvgPool, gpujs.adaptiveAvgPool),
);
export const adaptiveAvgPoolGrad = slot<Adaptive>(
  "adaptiveAvgPoolGrad",
  both<Adaptive>(floatsTo, anyDims.adaptiveAvgPoolGrad, gpujs.adaptiveAvgPoolGrad),
);

type Planes = readonly [View, View, View];
const floatsAt = (x: View, indices: View, y: View): boolean =>
  float(x) && indices.dtype === "int32" && isFresh(y);
const atDense =
  (f: (rt: GpuRuntime, x: View, indices: View, y: View) => void) =>
  (rt: GpuRuntime, x: View, indices: View, y: View): void =>
    f(rt, x, dense(rt, indices), y);
export const planeScatter = slot<Planes>(
  "planeScatter",
  both<Planes>(floatsAt, atDense(planesWgsl.planeScatter), atDense(gpujs.planeScatter)),
);
export const planeGather = slot<Planes>(
  "planeGather",
  both<Planes>(floatsAt, atDense(planesWgsl.planeGather), atDense(gpujs.planeGather)),
);
