// The three convolution kernels of the backend: which path a geometry takes.
//
//   depthwise  groups = input channels, any multiplier: kernels written for the plane size (direct), or
//              for kernels of any size and three dims one kernel that reads a table of taps
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

const isDepthwise = (c: Conv3): boolean => c.groups === c.channels;

const depthwiseName = (c: Conv3, g: ConvGeometry, direct: boolean): string =>
  `depthwise-${direct ? "direct" : "taps"} ${describeKernel(c, g.x.length - 2)}`;

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
    if (isDepthwise(c)) {
      const direct = isDirect(c);
      (direct ? directForward : tapForward)(ctx, c, at(x), at(w), biasAt, addressOf(y));
      return depthwiseName(c, g, direct);
    }
    gemmForward(ctx, c, at(x), at(w), biasAt, addressOf(y));
    return gemmName(c, g);
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
    if (isDepthwise(c)) {
      const direct = isDirect(c) && c.stride[2] <= 2;
      (direct ? directInputGrad : tapInputGrad)(ctx, c, at(g), at(w), addressOf(dx));
      return depthwiseName(c, geometry, direct);
    }
    gemmInputGrad(ctx, c, at(g), at(w), addressOf(dx));
    return gemmName(c, geometry);
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
    if (isDepthwise(c)) {
      const direct = isDirect(c);
      (direct ? directWeightGrad : tapWeightGrad)(ctx, c, at(g), at(x), addressOf(dw));
      return depthwiseName(c, geometry, direct);
    }
    gemmWeightGrad(ctx, c, at(g), at(x), addressOf(dw));
    return gemmName(c, geometry);
  });
}

/** Hands `body` the addresses of inputs; those with gaps are copied first. */
function withInputs(ctx: WasmContext, body: (at: (view: View) => number) => string): string {
  return ctx.withScratch((scratch: Scratch) => body((view) => contiguousAt(ctx, scratch, view)));
}
