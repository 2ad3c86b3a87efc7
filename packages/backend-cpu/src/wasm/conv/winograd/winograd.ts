// Winograd's convolution (Lavin and Gray, arXiv:1509.09308) for 3 × 3 filters with stride 1: F(4×4, 3×3) computes a
// tile of 4 × 4 outputs with 36 products per channel instead of 144, F(2×2, 3×3) one of 2 × 2 with 16 instead of 36.
// Sums over channels become 36 (16) matrix products: filters × tiles. All transforms write the packed panels that
// the macro kernel of matrix products reads, and blocks are such that what belongs together stays in the L2 cache.
//
// The same products, read the other way, give the gradient of the weight (conv/winograd/weight-grad.ts).
//
// The price is rounding. Relative to the largest output, F(4×4) with the interpolation points 0, ±1, ±2, ∞ errs by
// 1e-6 … 1e-5 (the more, the more channels), where direct sums err by 3e-7; F(2×2) with 0, ±1, ∞ by 2e-7 … 8e-7.
// And as every product serves a whole tile, an infinity or NaN spreads over it. That is why a context can do
// without: WasmOptions.winograd, TAPEGRAD_WINOGRAD=off, deterministic mode.

import { NR } from "../../gemm/kernels.ts";
import type { Conv3, Triple } from "../geometry.ts";
import {
  type ConvPath,
  type Forward,
  type InputGrad,
  isDepthwise,
  isUnitStride,
  type WeightGrad,
} from "../path.ts";
import { roundUp } from "./plan.ts";
import { winograd } from "./run.ts";
import { tilesOf } from "./tiles.ts";
import { winogradWeightGrad } from "./weight-grad.ts";

const plane = ([, height, width]: Triple): [number, number] => [height, width];

/** y = activation(x ⋆ w + bias), all contiguous; addresses in bytes. */
const forward =
  (tile: 2 | 4): Forward =>
  (ctx, c, x, w, bias, y, activation = 0) =>
    winograd(
      ctx,
      {
        batch: c.batch,
        groups: c.groups,
        channels: c.channels,
        outChannels: c.outChannels,
        input: plane(c.input),
        output: plane(c.output),
        padding: [c.padding[1], c.padding[2]],
        overlap: 2,
        x,
        y,
        w,
        rowBytes: (c.channels / c.groups) * 36,
        kBytes: 36,
        backwards: false,
        bias,
        activation,
      },
      tile,
    );

/** dx = g ⋆ w backwards, with inner and outer channels exchanged and padding 2 − p. */
const inputGrad =
  (tile: 2 | 4): InputGrad =>
  (ctx, c, g, w, dx) =>
    winograd(
      ctx,
      {
        batch: c.batch,
        groups: c.groups,
        channels: c.outChannels,
        outChannels: c.channels,
        input: plane(c.output),
        output: plane(c.input),
        padding: [2 - c.padding[1], 2 - c.padding[2]],
        overlap: 2,
        x: g,
        y: dx,
        w,
        rowBytes: 36,
        kBytes: (c.channels / c.groups) * 36,
        backwards: true,
        bias: undefined,
        activation: 0,
      },
      tile,
    );

/** 3 × 3 (of any number of dims, the others 1), stride 1, no dilation; depthwise has nothing to sum over. */
const takes = (c: Conv3): boolean =>
  (c.groups === 1 || !isDepthwise(c)) &&
  c.input[0] === 1 &&
  c.kernel[0] === 1 &&
  c.kernel[1] === 3 &&
  c.kernel[2] === 3 &&
  c.padding[0] === 0 &&
  isUnitStride(c) &&
  c.dilation[1] === 1 &&
  c.dilation[2] === 1;

/** What tiles cost, in products of a tile: its transforms and products, and the transform of its filter. */
interface TileCost {
  readonly tile: number;
  readonly filter: number;
}
/**
 * Measured. The filters' transform is what makes few tiles of 4 × 4 dear. The weight gradient transforms both
 * factors, and writes all its sums before it transforms them.
 */
const OUTPUT_COST: TileCost = { tile: 1, filter: 7 };
const WEIGHT_COST: TileCost = { tile: 1.4, filter: 22 };

/** What a pair of channels costs, in multiply-adds, in whole panels of tiles. */
const effort = (
  batch: number,
  output: readonly [number, number],
  tile: 2 | 4,
  cost: TileCost,
): number =>
  (tile + 2) ** 2 * (cost.tile * roundUp(batch * tilesOf(tile, output), NR) + cost.filter);

/** The same for matrix products over patches, that are packed. */
const plainEffort = (batch: number, [height, width]: readonly [number, number]): number =>
  1.25 * 9 * roundUp(batch * height * width, NR);

/** With fewer channels per group the transforms cost more than they save (measured): of each, and in pairs. */
const FEW_CHANNELS = 8;
const FEW_PAIRS = 144;

function suits(
  c: Conv3,
  output: readonly [number, number],
  tile: 2 | 4,
  cost = OUTPUT_COST,
): boolean {
  const [inPer, outPer] = [c.channels / c.groups, c.outChannels / c.groups];
  if (Math.min(inPer, outPer) < FEW_CHANNELS || inPer * outPer < FEW_PAIRS) return false;
  const own = effort(c.batch, output, tile, cost);
  const other = effort(c.batch, output, tile === 2 ? 4 : 2, cost);
  // Where they tie, the smaller tile, which errs less.
  return own < plainEffort(c.batch, output) && (tile === 2 ? own <= other : own < other);
}

export const WINOGRAD_FORWARD: readonly ConvPath<Forward>[] = ([4, 2] as const).map((tile) => ({
  name: `winograd-${tile}x${tile}`,
  takes,
  suits: (c) => suits(c, plane(c.output), tile),
  run: forward(tile),
}));

export const WINOGRAD_INPUT_GRAD: readonly ConvPath<InputGrad>[] = ([4, 2] as const).map(
  (tile) => ({
    name: `winograd-${tile}x${tile}`,
    takes,
    suits: (c) => suits(c, plane(c.input), tile),
    run: inputGrad(tile),
  }),
);

/** With fewer channels the other ways to the weight gradient are as fast (measured). */
const MANY_CHANNELS = 24;
const hasMany = (c: Conv3): boolean =>
  Math.min(c.channels, c.outChannels) >= MANY_CHANNELS * c.groups;

export const WINOGRAD_WEIGHT_GRAD: readonly ConvPath<WeightGrad>[] = ([4, 2] as const).map(
  (tile) => ({
    name: `winograd-${tile}x${tile}`,
    takes,
    suits: (c) => hasMany(c) && suits(c, plane(c.output), tile, WEIGHT_COST),
    run: (ctx, c, g, x, dw) => winogradWeightGrad(ctx, c, g, x, dw, tile),
  }),
);
