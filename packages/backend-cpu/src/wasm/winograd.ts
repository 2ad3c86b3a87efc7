// Winograd's convolution (Lavin and Gray, arXiv:1509.09308) for 3 × 3 filters with stride 1: F(4×4, 3×3) computes a
// tile of 4 × 4 outputs with 36 products per channel instead of 144, F(2×2, 3×3) one of 2 × 2 with 16 instead of 36.
// Sums over channels become 36 (16) matrix products: filters × tiles.
//
// The price is rounding: relative to the largest output, F(4×4) errs by 4e-6 … 1e-5 where direct sums err by 3e-7,
// F(2×2) by about 1e-6; and as every product serves a whole tile, an infinity or NaN spreads over it. That is why a
// context can do without: WasmOptions.winograd, TAPEGRAD_WINOGRAD=off.
//
// A block of tiles is transformed into packed panels, multiplied and transformed back before the next, so that
// what belongs to it stays in the L2 cache; only the transformed filters stream by. A block is one task, which
// computes its outputs entirely: the bits do not depend on threads.
import type { WasmContext } from "./context.ts";
import type { Conv3, Triple } from "./conv-geometry.ts";
import {
  type ConvPath,
  type Forward,
  type InputGrad,
  isDepthwise,
  isUnitStride,
} from "./conv-path.ts";
import { macroFunctions, NR, rowsOfTile } from "./gemm-kernels.ts";
import { arithmetic, type LocalAddress, pieces, type Tasks, traffic } from "./launch.ts";
import type { Kernel } from "./module-cache.ts";
import { blankFunction, clearFunction, inputFunction } from "./winograd-input.ts";
import { outputFunction, productsFunction, spareBytes } from "./winograd-output.ts";
import {
  type TileLayout,
  type TilePlane,
  tileLayout,
  tilesOf,
  writeTiles,
} from "./winograd-tiles.ts";
import { stepOfK, weightsFunction } from "./winograd-weights.ts";

/** Addresses in bytes; the weights of row o and inner channel k start at `w + o·rowBytes + k·kBytes`. */
interface Job extends TilePlane {
  readonly groups: number;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly rowBytes: number;
  readonly kBytes: number;
  readonly backwards: boolean;
  readonly bias: number | undefined;
}

type Name =
  | "macro"
  | "clear"
  | "input"
  | "blank"
  | "weights"
  | "weightsBackwards"
  | "products"
  | "output";

function kernelsFor(ctx: WasmContext, tile: 2 | 4): Readonly<Record<Name, Kernel>> {
  return ctx.get<Name>(`winograd ${tile}`, () => {
    const points = (tile + 2) ** 2;
    const macros = macroFunctions(ctx.relaxed);
    const macro = macros.find(({ name }) => name === "macro");
    if (macro === undefined) throw new Error("gemm-kernels.ts has no macro kernel");
    return [
      ...macros,
      clearFunction(),
      inputFunction(tile, ctx.relaxed),
      blankFunction(points),
      weightsFunction(tile, ctx.relaxed, false),
      weightsFunction(tile, ctx.relaxed, true),
      productsFunction(points, macro),
      outputFunction(tile, ctx.relaxed),
    ];
  });
}

/** Inner channels of one product, rows of one, most tiles of a block, and bytes of its transformed data. */
export const WINOGRAD_BLOCKS = { k: 384, rows: 96, tiles: 64, bytes: 1 << 20 };

const roundUp = (n: number, step: number): number => Math.ceil(n / step) * step;

/** The size of blocks that are about equal and at most `limit`, but at least one step. */
const evenBlock = (n: number, limit: number, step: number): number =>
  roundUp(Math.ceil(n / Math.ceil(n / Math.max(limit, step))), step);

/** From one point to the next: a cache line more, or all points would fall into the same sets of the L1 cache. */
const apart = (bytes: number): number => roundUp(bytes, 128) + 64;

/** The tile that needs fewer products for a plane; where they tie the smaller one, which errs less. */
export const tileFor = (output: readonly [number, number]): 2 | 4 =>
  16 * tilesOf(2, output) <= 36 * tilesOf(4, output) ? 2 : 4;

/** Some inner channels, and where their transformed filters and pixels lie, point after point. */
interface Depth {
  readonly first: number;
  /** A multiple of stepOfK(), so perhaps one more than there are. */
  readonly size: number;
  readonly channels: number;
  /** From the start of a group's filters. */
  readonly filters: number;
  readonly filterStride: number;
  /** From the start of a block's pixels. */
  readonly pixels: number;
  readonly pixelStride: number;
}

interface Plan {
  readonly job: Job;
  readonly kernels: Readonly<Record<Name, Kernel>>;
  readonly layout: TileLayout;
  readonly points: number;
  /** Rows of a panel of filters, of a product, and of all, filled up. */
  readonly width: number;
  readonly rowsBlock: number;
  readonly rows: number;
  readonly inPer: number;
  readonly outPer: number;
  readonly depths: readonly Depth[];
  readonly filterBytes: number;
  readonly pixelBytes: number;
  readonly sumStride: number;
}

function planOf(ctx: WasmContext, job: Job, tile: 2 | 4): Plan {
  const [inPer, outPer] = [job.channels / job.groups, job.outChannels / job.groups];
  const points = (tile + 2) ** 2;
  const width = rowsOfTile(ctx.relaxed);
  const rows = roundUp(outPer, width);
  const rowsBlock = evenBlock(rows, WINOGRAD_BLOCKS.rows, width);
  const depth = roundUp(inPer, stepOfK(ctx.relaxed));
  const most = Math.floor(WINOGRAD_BLOCKS.bytes / (points * 4 * (depth + rowsBlock)));
  const tiles = job.batch * tilesOf(tile, job.output);
  const layout = tileLayout(job, tile, evenBlock(tiles, Math.min(WINOGRAD_BLOCKS.tiles, most), NR));
  const depths: Depth[] = [];
  const kc = evenBlock(depth, WINOGRAD_BLOCKS.k, 4);
  let [filters, pixels] = [0, 0];
  for (let first = 0; first < depth; first += kc) {
    const size = Math.min(kc, depth - first);
    const channels = Math.min(size, inPer - first);
    const filterStride = apart(rows * size * 4);
    const pixelStride = apart(layout.block * size * 4);
    depths.push({ first, size, channels, filters, filterStride, pixels, pixelStride });
    filters += points * filterStride;
    pixels += points * pixelStride;
  }
  return {
    job,
    kernels: kernelsFor(ctx, tile),
    layout,
    points,
    width,
    rowsBlock,
    rows,
    inPer,
    outPer,
    depths,
    filterBytes: filters,
    pixelBytes: pixels,
    sumStride: apart(rowsBlock * layout.block * 4),
  };
}

function run(ctx: WasmContext, job: Job, tile: 2 | 4): void {
  if (job.batch === 0) return;
  const plan = planOf(ctx, job, tile);
  const { layout, points, inPer, outPer } = plan;
  const blocks = Math.ceil(layout.total / layout.block);
  ctx.withScratch((scratch) => {
    const filters = scratch.take(job.groups * plan.filterBytes);
    const tables = scratch.take(blocks * layout.bytes + job.input[1] * 4);
    const zeros = tables + blocks * layout.bytes;
    ctx.arena.f32.fill(0, zeros / 4, zeros / 4 + job.input[1]);
    transformFilters(ctx, plan, filters);
    const products = points * layout.total * inPer * outPer * job.groups;
    ctx.launch(arithmetic(products), (tasks) => {
      const local = tasks.local(
        plan.pixelBytes + points * plan.sumStride + layout.bufferBytes + spareBytes(layout.tile),
      );
      for (let block = 0; block < blocks; block++) {
        const table = tables + block * layout.bytes;
        const first = block * layout.block;
        const pieceCount = writeTiles(ctx, job, layout, first, table);
        const panels = Math.ceil(Math.min(layout.block, layout.total - first) / NR);
        for (let group = 0; group < job.groups; group++) {
          addBlock(tasks, plan, filters, zeros, local, group, table, pieceCount, panels);
        }
      }
    });
  });
}

function transformFilters(ctx: WasmContext, plan: Plan, to: number): void {
  const { job, kernels, width, rows, inPer, outPer } = plan;
  const kernel = job.backwards ? kernels.weightsBackwards : kernels.weights;
  const groupBytes = inPer * outPer * 9 * 4;
  ctx.launch(traffic(job.groups * plan.filterBytes), (tasks) => {
    for (let group = 0; group < job.groups; group++) {
      for (const { first, size, channels, filters, filterStride } of plan.depths) {
        const w = job.w + group * groupBytes + first * job.kBytes;
        const target = to + group * plan.filterBytes + filters;
        pieces(rows / width, traffic(plan.filterBytes), (panel, count) => {
          tasks.add(
            kernel,
            w,
            job.rowBytes,
            job.kBytes,
            panel * width,
            outPer,
            count,
            size,
            (channels - 1) * job.kBytes,
            target + panel * width * size * 4,
            filterStride,
          );
        });
      }
    }
  });
}

/** The task of one block of tiles of one group. */
function addBlock(
  tasks: Tasks,
  plan: Plan,
  filters: number,
  zeros: number,
  local: LocalAddress,
  group: number,
  table: number,
  pieceCount: number,
  panels: number,
): void {
  const { job, kernels, layout, inPer, outPer } = plan;
  const [height, rowFloats] = job.input;
  const planeBytes = height * rowFloats * 4;
  const sums = local.plus(plan.pixelBytes);
  const buffer = sums.plus(plan.points * plan.sumStride);
  const spare = buffer.plus(layout.bufferBytes);
  tasks.add(kernels.clear, buffer, layout.bufferBytes);
  for (const { first, size, channels, pixels, pixelStride } of plan.depths) {
    const target = local.plus(pixels);
    const panelBytes = size * NR * 4;
    tasks.also(
      kernels.input,
      table,
      pieceCount,
      table + layout.tilesAt,
      panels,
      job.x + (group * inPer + first) * planeBytes,
      planeBytes,
      channels,
      rowFloats * 4,
      zeros,
      buffer,
      layout.pitch,
      target,
      pixelStride,
      panelBytes,
    );
    if (channels < size) {
      tasks.also(kernels.blank, target.plus(channels * NR * 4), pixelStride, panels, panelBytes);
    }
  }
  const outBytes = job.output[0] * job.output[1] * 4;
  for (let row = 0; row < outPer; row += plan.rowsBlock) {
    const rows = Math.min(plan.rowsBlock, plan.rows - row);
    for (const { first, size, filters: at, filterStride, pixels, pixelStride } of plan.depths) {
      tasks.also(
        kernels.products,
        rows,
        panels * NR,
        size,
        filters + group * plan.filterBytes + at + row * size * 4,
        filterStride,
        local.plus(pixels),
        pixelStride,
        sums,
        plan.sumStride,
        first > 0 ? 1 : 0,
        spare,
      );
    }
    const channel = group * outPer + row;
    tasks.also(
      kernels.output,
      table + layout.foursAt,
      panels,
      sums,
      plan.sumStride,
      rows * NR * 4,
      Math.min(rows, outPer - row),
      job.y + channel * outBytes,
      outBytes,
      job.output[1] * 4,
      job.bias === undefined ? 0 : job.bias + channel * 4,
      spare,
    );
  }
}

const plane = ([, height, width]: Triple): [number, number] => [height, width];

/** y = x ⋆ w + bias, all contiguous; addresses in bytes. */
const forward =
  (tile: 2 | 4): Forward =>
  (ctx, c, x, w, bias, y) =>
    run(
      ctx,
      {
        batch: c.batch,
        groups: c.groups,
        channels: c.channels,
        outChannels: c.outChannels,
        input: plane(c.input),
        output: plane(c.output),
        padding: [c.padding[1], c.padding[2]],
        x,
        y,
        w,
        rowBytes: (c.channels / c.groups) * 36,
        kBytes: 36,
        backwards: false,
        bias,
      },
      tile,
    );

/** dx = g ⋆ w backwards, with inner and outer channels exchanged and padding 2 − p. */
const inputGrad =
  (tile: 2 | 4): InputGrad =>
  (ctx, c, g, w, dx) =>
    run(
      ctx,
      {
        batch: c.batch,
        groups: c.groups,
        channels: c.outChannels,
        outChannels: c.channels,
        input: plane(c.output),
        output: plane(c.input),
        padding: [2 - c.padding[1], 2 - c.padding[2]],
        x: g,
        y: dx,
        w,
        rowBytes: 36,
        kBytes: (c.channels / c.groups) * 36,
        backwards: true,
        bias: undefined,
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

/** With fewer channels per group the transforms cost more than they save (measured), so do few tiles. */
const FEW_CHANNELS = 16;
const FEW_TILES = 8;

const suits = (c: Conv3, output: readonly [number, number], tile: 2 | 4): boolean =>
  Math.min(c.channels, c.outChannels) >= FEW_CHANNELS * c.groups &&
  tileFor(output) === tile &&
  c.batch * tilesOf(tile, output) >= FEW_TILES;

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
