// The three convolution kernels of the backend: which path a geometry takes.
//
//   depthwise  groups = input channels, any multiplier: kernels written for the plane size (direct), or
//              for kernels of any size and three dims one kernel that reads a table of taps
//   grouped    few channels per group: the direct kernels, summed over the channels of the group
//   pointwise  1 × 1, stride 1, no padding: a matrix product per image and group, one launch
//   implicit   everything else: the same matrix product, over patches that are gathered while packed
import type { ConvGeometry, View } from "@tapegrad/core";
import type { Scratch, WasmContext } from "./context.ts";
import { gemmForward, gemmInputGrad, gemmWeightGrad } from "./conv-gemm.ts";
import { type Conv3, describeKernel, liftGeometry } from "./conv-geometry.ts";
import { directForward, directInputGrad, directWeightGrad, isDirect } from "./depthwise.ts";
import { tapForward, tapInputGrad, tapWeightGrad } from "./depthwise-taps.ts";
import { addressOf, contiguousAt } from "./view.ts";

const isPointwise = (c: Conv3): boolean =>
  c.kernelSize === 1 && c.stride.every((s) => s === 1) && c.padding.every((p) => p === 0);

/**
 * Below so many rows (channels of a group) of the matrix product that a convolution is, packing costs more
 * than the product, and the direct kernels win.
 */
const FEW_ROWS = 24;

type Path = keyof typeof FORWARD;

const FORWARD = {
  "depthwise-direct": directForward,
  "depthwise-taps": tapForward,
  "grouped-direct": directForward,
  gemm: gemmForward,
};
const INPUT_GRAD = {
  "depthwise-direct": directInputGrad,
  "depthwise-taps": tapInputGrad,
  "grouped-direct": directInputGrad,
  gemm: gemmInputGrad,
};
const WEIGHT_GRAD = {
  "depthwise-direct": directWeightGrad,
  "depthwise-taps": tapWeightGrad,
  "grouped-direct": directWeightGrad,
  gemm: gemmWeightGrad,
};

/** rows: of the matrix product; direct: whether the direct kernels can do it. */
function pathOf(c: Conv3, rows: number, direct: boolean): Path {
  if (c.groups === c.channels) return direct ? "depthwise-direct" : "depthwise-taps";
  return direct && c.kernelSize > 1 && rows <= FEW_ROWS ? "grouped-direct" : "gemm";
}

const nameOf = (path: Path, c: Conv3, g: ConvGeometry): string =>
  path === "gemm" ? gemmName(c, g) : `${path} ${describeKernel(c, g.x.length - 2)}`;

const gemmName = (c: Conv3, g: ConvGeometry): string =>
  isPointwise(c) ? "pointwise-gemm" : `implicit-gemm ${describeKernel(c, g.x.length - 2)}`;

/** y = x ⋆ w (+ bias [outChannels]): [N, C, …] ⋆ [O, C / groups, …] → [N, O, …]. y is contiguous. */
export function conv(
  ctx: WasmContext,
  x: View,
  w: View,
  bias: View | undefined,
  y: View,
  g: ConvGeometry,
): string {
  const c = liftGeometry(g);
  return withInputs(ctx, (at) => {
    const biasAt = bias === undefined ? undefined : at(bias);
    const path = pathOf(c, c.outChannels / c.groups, isDirect(c));
    FORWARD[path](ctx, c, at(x), at(w), biasAt, addressOf(y));
    return nameOf(path, c, g);
  });
}

/** dx, contiguous, from the gradient g of y and the weight. */
export function convInputGrad(
  ctx: WasmContext,
  g: View,
  w: View,
  dx: View,
  geometry: ConvGeometry,
): string {
  const c = liftGeometry(geometry);
  return withInputs(ctx, (at) => {
    const path = pathOf(c, c.channels / c.groups, isDirect(c) && c.stride[2] <= 2);
    INPUT_GRAD[path](ctx, c, at(g), at(w), addressOf(dx));
    return nameOf(path, c, geometry);
  });
}

/** dw, contiguous, from the gradient g of y and the input. Sums in a fixed order. */
export function convWeightGrad(
  ctx: WasmContext,
  g: View,
  x: View,
  dw: View,
  geometry: ConvGeometry,
): string {
  const c = liftGeometry(geometry);
  return withInputs(ctx, (at) => {
    const path = pathOf(c, c.outChannels / c.groups, isDirect(c));
    WEIGHT_GRAD[path](ctx, c, at(g), at(x), addressOf(dw));
    return nameOf(path, c, geometry);
  });
}

/** Hands `body` the addresses of inputs; those with gaps are copied first. */
function withInputs(ctx: WasmContext, body: (at: (view: View) => number) => string): string {
  return ctx.withScratch((scratch: Scratch) => body((view) => contiguousAt(ctx, scratch, view)));
}
