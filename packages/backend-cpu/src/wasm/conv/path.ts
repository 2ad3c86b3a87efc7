// One way to compute a convolution. conv/conv.ts lists them for each of its three kernels; the first of a list that
// takes a geometry and suits it is the static pick, so the same shape always gets the same bits. The tuner
// (choose.ts) times all that take it.
import type { Path } from "../choose.ts";
import type { WasmContext } from "../context.ts";
import type { ActivationCode } from "../gemm/contraction.ts";
import { type Conv3, ofGeometry } from "./geometry.ts";

export type ConvPath<Run> = Path<Conv3, Run>;

/** Addresses in bytes of contiguous float32. */
export type Forward = (
  ctx: WasmContext,
  c: Conv3,
  x: number,
  w: number,
  bias: number | undefined,
  y: number,
  activation?: ActivationCode,
) => void;
export type InputGrad = (ctx: WasmContext, c: Conv3, g: number, w: number, dx: number) => void;
export type WeightGrad = (ctx: WasmContext, c: Conv3, g: number, x: number, dw: number) => void;

export const isDepthwise = (c: Conv3): boolean => c.groups === c.channels;

/** 1 × 1 without padding, any stride. */
export const isPointwise = (c: Conv3): boolean =>
  c.kernelSize === 1 && c.padding.every((p) => p === 0);

export const isUnitStride = (c: Conv3): boolean => c.stride.every((s) => s === 1);

/** Everything that a convolution depends on, in words. */
export const convText = ofGeometry((c): string => {
  const by = (t: readonly number[]): string => t.join("x");
  return (
    `n${c.batch} c${c.channels} o${c.outChannels} g${c.groups} in${by(c.input)} k${by(c.kernel)} ` +
    `s${by(c.stride)} p${by(c.padding)} d${by(c.dilation)} out${by(c.output)}`
  );
});
