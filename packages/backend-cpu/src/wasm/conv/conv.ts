// The three convolution kernels of the backend, and which ways of computing each there are:
//
//   depthwise  groups = input channels, any multiplier: kernels written for the plane size (direct) where taps
//              are few, or column by column of taps
//   winograd   3 × 3 with stride 1 and enough channels, where the context allows it
//   grouped    few channels per group: the direct kernels, summed over the channels of the group; or
//              (sums) several channels at once, their patches read without packing
//   gemm       everything else: one launch of matrix products, over patches that are gathered while packed
import type { Activation, ConvGeometry, View } from "@tapegrad/core";
import { type Choosable, runChosen, staticPick } from "../choose.ts";
import type { Scratch, WasmContext } from "../context.ts";
import { ACTIVATION_CODES } from "../gemm/contraction.ts";
import { addressOf, contiguousAt } from "../view.ts";
import {
  DEPTHWISE_FORWARD,
  DEPTHWISE_INPUT_GRAD,
  DEPTHWISE_WEIGHT_GRAD,
} from "./depthwise/paths.ts";
import { gemmForward, gemmInputGrad, gemmWeightGrad } from "./gemm.ts";
import { type Conv3, describeKernel, liftGeometry, ofGeometry, ofVariant } from "./geometry.ts";
import { GROUPED_FORWARD, GROUPED_INPUT_GRAD, GROUPED_WEIGHT_GRAD } from "./grouped/paths.ts";
import {
  type ConvPath,
  convText,
  type Forward,
  type InputGrad,
  isPointwise,
  isUnitStride,
  type WeightGrad,
} from "./path.ts";
import {
  WINOGRAD_FORWARD,
  WINOGRAD_INPUT_GRAD,
  WINOGRAD_WEIGHT_GRAD,
} from "./winograd/winograd.ts";

const always = (): boolean => true;

const FORWARD: readonly ConvPath<Forward>[] = [
  ...DEPTHWISE_FORWARD,
  ...WINOGRAD_FORWARD,
  ...GROUPED_FORWARD,
  { name: "gemm", takes: always, suits: always, run: gemmForward },
];

const INPUT_GRAD: readonly ConvPath<InputGrad>[] = [
  ...DEPTHWISE_INPUT_GRAD,
  ...WINOGRAD_INPUT_GRAD,
  ...GROUPED_INPUT_GRAD,
  { name: "gemm", takes: always, suits: always, run: gemmInputGrad },
];

const WEIGHT_GRAD: readonly ConvPath<WeightGrad>[] = [
  ...DEPTHWISE_WEIGHT_GRAD,
  ...WINOGRAD_WEIGHT_GRAD,
  ...GROUPED_WEIGHT_GRAD,
  { name: "gemm", takes: always, suits: always, run: gemmWeightGrad },
];

/** All paths, for tests and the tuner. */
export const CONV_PATHS = { forward: FORWARD, inputGrad: INPUT_GRAD, weightGrad: WEIGHT_GRAD };

const choosable = <Run>(
  kernel: string,
  paths: readonly ConvPath<Run>[],
): Choosable<Conv3, Run> => ({
  kernel,
  paths,
  geometry: convText,
  pick: ofGeometry((c) => staticPick(paths, c)),
});
const withoutWinograd = <Run>(paths: readonly ConvPath<Run>[]): readonly ConvPath<Run>[] =>
  paths.filter(({ name }) => !name.startsWith("winograd"));
const CONV = choosable("conv", FORWARD);
const CONV_PLAIN = choosable("conv", withoutWinograd(FORWARD));
const CONV_INPUT_GRAD = choosable("convInputGrad", INPUT_GRAD);
const CONV_INPUT_GRAD_PLAIN = choosable("convInputGrad", withoutWinograd(INPUT_GRAD));
const CONV_WEIGHT_GRAD = choosable("convWeightGrad", WEIGHT_GRAD);
const CONV_WEIGHT_GRAD_PLAIN = choosable("convWeightGrad", withoutWinograd(WEIGHT_GRAD));

/** Of a path. */
const nameOf = ofVariant((c, name: string): string => {
  if (name === "gemm" && isPointwise(c) && isUnitStride(c)) return "pointwise-gemm";
  return `${name === "gemm" ? "implicit-gemm" : name} ${describeKernel(c)}`;
});

/**
 * y = activation(x ⋆ w (+ bias [outChannels])): [N, C, …] ⋆ [O, C / groups, …] → [N, O, …]. y is contiguous.
 */
export function conv(
  ctx: WasmContext,
  x: View,
  w: View,
  bias: View | undefined,
  y: View,
  g: ConvGeometry,
  activation: Activation = "none",
): string {
  const c = liftGeometry(g);
  const code = ACTIVATION_CODES[activation];
  return withInputs(ctx, (at) => {
    const [px, pw] = [at(x), at(w)];
    const pb = bias === undefined ? undefined : at(bias);
    const { name } = runChosen(ctx, ctx.winograd ? CONV : CONV_PLAIN, c, (path) => {
      path.run(ctx, c, px, pw, pb, addressOf(y), code);
    });
    return nameOf(c, name);
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
    const [pg, pw] = [at(g), at(w)];
    const list = ctx.winograd ? CONV_INPUT_GRAD : CONV_INPUT_GRAD_PLAIN;
    const { name } = runChosen(ctx, list, c, (path) => {
      path.run(ctx, c, pg, pw, addressOf(dx));
    });
    return nameOf(c, name);
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
    const [pg, px] = [at(g), at(x)];
    const list = ctx.winograd ? CONV_WEIGHT_GRAD : CONV_WEIGHT_GRAD_PLAIN;
    const { name } = runChosen(ctx, list, c, (path) => {
      path.run(ctx, c, pg, px, addressOf(dw));
    });
    return nameOf(c, name);
  });
}

/** Hands `body` the addresses of inputs; those with gaps are copied first. */
function withInputs<R>(ctx: WasmContext, body: (at: (view: View) => number) => R): R {
  return ctx.withScratch((scratch: Scratch) => body((view) => contiguousAt(ctx, scratch, view)));
}
