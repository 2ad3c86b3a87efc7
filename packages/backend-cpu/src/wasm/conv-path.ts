// One way to compute a convolution. conv.ts lists them for each of its three kernels; the first of a list that
// takes a geometry and suits it is the static pick, so the same shape always gets the same bits. The tuner
// (choose.ts) times all that take it.
import type { WasmContext } from "./context.ts";
import type { Conv3 } from "./conv-geometry.ts";

export interface ConvPath<Run> {
  readonly name: string;
  /** Whether it is right for this geometry. */
  takes(c: Conv3): boolean;
  /** Whether it is expected to be the fastest of those behind it in the list that take it. */
  suits(c: Conv3): boolean;
  readonly run: Run;
}

/** Addresses in bytes of contiguous float32. */
export type Forward = (
  ctx: WasmContext,
  c: Conv3,
  x: number,
  w: number,
  bias: number | undefined,
  y: number,
) => void;
export type InputGrad = (ctx: WasmContext, c: Conv3, g: number, w: number, dx: number) => void;
export type WeightGrad = (ctx: WasmContext, c: Conv3, g: number, x: number, dw: number) => void;

export const isDepthwise = (c: Conv3): boolean => c.groups === c.channels;

/** 1 × 1 without padding, any stride. */
export const isPointwise = (c: Conv3): boolean =>
  c.kernelSize === 1 && c.padding.every((p) => p === 0);

export const isUnitStride = (c: Conv3): boolean => c.stride.every((s) => s === 1);

/** The static pick. The last path of a list takes and suits everything. */
export function staticPick<Run>(paths: readonly ConvPath<Run>[], c: Conv3): ConvPath<Run> {
  return paths.find((path) => path.takes(c) && path.suits(c)) as ConvPath<Run>;
}
