// Which ways there are between depthwise and dense: plane by plane (direct: kernels written for the plane, which
// use what they load for all taps), or several channels at once whose patches are read without packing (sums).
// What suits is measured: direct wins for 3 × 3 and few channels, sums for more taps, more channels and
// pointwise ones; from some channels on a packed product is as fast.

import {
  directForward,
  directInputGrad,
  directWeightGrad,
  isDirect,
} from "../depthwise/depthwise.ts";
import { gradsDirectly } from "../depthwise/paths.ts";
import type { Conv3 } from "../geometry.ts";
import {
  type ConvPath,
  type Forward,
  type InputGrad,
  isUnitStride,
  type WeightGrad,
} from "../path.ts";
import { groupedForward, groupedInputGrad, isPlanar } from "./grouped.ts";
import { groupedWeightGrad } from "./weight-grad.ts";

/** Channels per group: few enough to go plane by plane; for sums; for sums of pointwise weight gradients. */
const FEW = 24;
const SOME = 64;
const MANY = 256;
/** Weights of a group of a pointwise convolution, from which on packing them pays. */
const MANY_WEIGHTS = 2048;
/** Channels so few that a plane of each is read again for every output at no cost. */
const FIRST_LAYER = 4;

const outPer = (c: Conv3): number => c.outChannels / c.groups;
const inPer = (c: Conv3): number => c.channels / c.groups;
const isSmallKernel = (c: Conv3): boolean => c.kernelSize > 1 && c.kernelSize <= 9;

/** `rows` channels computed from `sources` each. */
function suitsSums(c: Conv3, rows: number, sources: number): boolean {
  if (c.kernelSize === 1) return rows * sources < MANY_WEIGHTS;
  if (c.kernelSize > 9) return rows > 1 && rows <= SOME;
  return rows > FEW && rows <= SOME;
}

const isStridedFirstLayer = (c: Conv3): boolean =>
  inPer(c) <= FIRST_LAYER && outPer(c) >= 16 && c.stride[2] > 1;

export const GROUPED_FORWARD: readonly ConvPath<Forward>[] = [
  {
    name: "grouped-direct",
    takes: isDirect,
    suits: (c) =>
      isSmallKernel(c) &&
      !isStridedFirstLayer(c) &&
      (outPer(c) <= FEW || (inPer(c) <= FIRST_LAYER && isUnitStride(c))),
    run: directForward,
  },
  {
    name: "grouped-sums",
    takes: isPlanar,
    suits: (c) => suitsSums(c, outPer(c), inPer(c)) || isStridedFirstLayer(c),
    run: (ctx, c, x, w, bias, y, activation) => groupedForward(ctx, c, x, w, bias, y, activation),
  },
];

export const GROUPED_INPUT_GRAD: readonly ConvPath<InputGrad>[] = [
  {
    name: "grouped-direct",
    takes: gradsDirectly,
    suits: (c) =>
      c.kernelSize > 1 &&
      inPer(c) <= FEW &&
      (isSmallKernel(c) || !isUnitStride(c) || inPer(c) < FIRST_LAYER),
    run: directInputGrad,
  },
  {
    name: "grouped-sums",
    takes: isPlanar,
    suits: (c) => isUnitStride(c) && suitsSums(c, inPer(c), outPer(c)),
    run: (ctx, c, g, w, dx) => groupedInputGrad(ctx, c, g, w, dx),
  },
];

export const GROUPED_WEIGHT_GRAD: readonly ConvPath<WeightGrad>[] = [
  {
    name: "grouped-direct",
    takes: isDirect,
    suits: (c) =>
      isSmallKernel(c) &&
      (isUnitStride(c)
        ? outPer(c) <= FEW || inPer(c) <= FIRST_LAYER
        : outPer(c) < 8 || inPer(c) <= FIRST_LAYER),
    run: directWeightGrad,
  },
  {
    name: "grouped-sums",
    takes: isPlanar,
    suits: (c) =>
      c.kernelSize === 1
        ? isUnitStride(c) && outPer(c) <= MANY && inPer(c) <= MANY
        : outPer(c) <= SOME && (inPer(c) > FIRST_LAYER || outPer(c) <= FEW),
    run: (ctx, c, g, x, dw) => groupedWeightGrad(ctx, c, g, x, dw),
  },
];
