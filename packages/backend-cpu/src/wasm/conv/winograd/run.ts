// Runs a Winograd convolution as planned (conv/winograd/plan.ts): the kernels, the tables, and the tasks.

import type { Kernel } from "../../assembler/module-cache.ts";
import type { WasmContext } from "../../context.ts";
import type { ActivationCode } from "../../gemm/contraction.ts";
import { NR, TILE_ROWS } from "../../gemm/kernels.ts";
import {
  type Argument,
  arithmetic,
  LocalAddress,
  type Tasks,
  traffic,
} from "../../threads/launch.ts";
import { clearFunction, inputFunction } from "./input.ts";
import { outputFunction, spareBytes } from "./output.ts";
import { type Job, type Plan, planOf, roundUp } from "./plan.ts";
import { productsFunction } from "./products.ts";
import { writeTiles } from "./tiles.ts";
import { togetherFunction, weightsFunction } from "./weights.ts";

type Name = "clear" | "together" | "input" | "weights" | "weightsBackwards" | "products" | "output";
type Kernels = Readonly<Record<Name, Kernel>>;

function kernelsFor(ctx: WasmContext, tile: 2 | 4, activation: ActivationCode): Kernels {
  const { output } = ctx.get<"output">(`winograd output ${tile} ${activation}`, () => [
    outputFunction(tile, activation, ctx.relaxed),
  ]);
  const others = ctx.get<Exclude<Name, "output">>(`winograd ${tile}`, () => {
    const points = (tile + 2) ** 2;
    return [
      clearFunction(),
      togetherFunction(),
      inputFunction(tile, ctx.relaxed),
      weightsFunction(tile, ctx.relaxed, false),
      weightsFunction(tile, ctx.relaxed, true),
      productsFunction(points, ctx.relaxed),
    ];
  });
  return { ...others, output };
}

/** One convolution that runs. */
interface Work {
  readonly job: Job;
  readonly plan: Plan;
  readonly kernels: Kernels;
  readonly blocks: readonly Block[];
  /** A row of zeros as wide as the input. */
  readonly zeros: number;
}

/** A block of tiles: its tables, and the panels before it and of its own. */
interface Block {
  readonly table: number;
  readonly pieces: number;
  readonly firstPanel: number;
  readonly panels: number;
}

/** 3 × 3 floats. */
const FILTER_BYTES = 36;

const plus = (at: Argument, bytes: number): Argument =>
  at instanceof LocalAddress ? at.plus(bytes) : at + bytes;

export function winograd(ctx: WasmContext, job: Job, tile: 2 | 4): void {
  if (job.batch === 0) return;
  const plan = planOf(job, tile);
  const { layout, points } = plan;
  ctx.withScratch((scratch) => {
    const count = Math.ceil(layout.total / layout.block);
    const tables = scratch.take(count * layout.bytes + job.input[1] * 4);
    const zeros = tables + count * layout.bytes;
    ctx.after(() => ctx.arena.f32.fill(0, zeros / 4, zeros / 4 + job.input[1]));
    const blocks: Block[] = [];
    for (let first = 0; first < layout.total; first += layout.block) {
      const table = tables + blocks.length * layout.bytes;
      const pieces = writeTiles(ctx, job, layout, first, table);
      const panels = Math.ceil(Math.min(layout.block, layout.total - first) / NR);
      blocks.push({ table, pieces, firstPanel: first / NR, panels });
    }
    const work: Work = { job, plan, kernels: kernelsFor(ctx, tile, job.activation), blocks, zeros };
    const cost = arithmetic(points * layout.total * plan.inPer * job.outChannels);
    if (plan.order === "tiles") byTiles(ctx, work, cost, (bytes) => scratch.take(bytes));
    else byRows(ctx, work, cost, (bytes) => scratch.take(bytes));
  });
}

/** Room for the filters of a block of rows and of the input channels of one product. */
const copyBytes = ({ rowsBlock, depths }: Plan): number =>
  roundUp(rowsBlock * (depths[0]?.size ?? 0) * FILTER_BYTES, 16);

type Take = (bytes: number) => number;

function byTiles(ctx: WasmContext, work: Work, cost: number, take: Take): void {
  const { job, plan, blocks } = work;
  const { layout } = plan;
  const rowBlocks = Math.ceil(plan.rows / plan.rowsBlock);
  const filters = take(job.groups * rowBlocks * plan.filterBytes);
  const at = (group: number, row: number): number =>
    filters + (group * rowBlocks + row / plan.rowsBlock) * plan.filterBytes;
  ctx.launch(traffic(2 * job.groups * rowBlocks * plan.filterBytes), (tasks) => {
    const copy = tasks.local(copyBytes(plan));
    for (let group = 0; group < job.groups; group++) {
      for (let row = 0; row < plan.outPer; row += plan.rowsBlock) {
        addFilters(tasks, work, group, row, copy, at(group, row));
      }
    }
  });
  ctx.launch(cost, (tasks) => {
    const pixels = tasks.local(
      plan.pixelBytes + layout.bufferBytes + plan.points * plan.sumStride + spareBytes(layout.tile),
    );
    const buffer = pixels.plus(plan.pixelBytes);
    const sums = buffer.plus(layout.bufferBytes);
    for (const block of blocks) {
      for (let group = 0; group < job.groups; group++) {
        addPixels(tasks, work, block, group, buffer, pixels);
        for (let row = 0; row < plan.outPer; row += plan.rowsBlock) {
          addProducts(tasks, work, block, group, row, at(group, row), pixels, sums);
        }
      }
    }
  });
}

function byRows(ctx: WasmContext, work: Work, cost: number, take: Take): void {
  const { job, plan, blocks } = work;
  const { layout } = plan;
  const pixels = take(job.groups * plan.pixelBytes);
  ctx.launch(traffic(2 * job.groups * plan.pixelBytes), (tasks) => {
    const buffer = tasks.local(layout.bufferBytes);
    for (let group = 0; group < job.groups; group++) {
      for (const block of blocks) {
        addPixels(tasks, work, block, group, buffer, pixels + group * plan.pixelBytes);
      }
    }
  });
  ctx.launch(cost, (tasks) => {
    const filters = tasks.local(
      plan.filterBytes + copyBytes(plan) + plan.points * plan.sumStride + spareBytes(layout.tile),
    );
    const copy = filters.plus(plan.filterBytes);
    const sums = copy.plus(copyBytes(plan));
    for (let group = 0; group < job.groups; group++) {
      const from = pixels + group * plan.pixelBytes;
      for (let row = 0; row < plan.outPer; row += plan.rowsBlock) {
        addFilters(tasks, work, group, row, copy, filters);
        for (const block of blocks) {
          addProducts(tasks, work, block, group, row, filters, from, sums);
        }
      }
    }
  });
}

/** Begins a task: transforms the filters of a block of rows. */
function addFilters(
  tasks: Tasks,
  { job, plan, kernels }: Work,
  group: number,
  row: number,
  copy: LocalAddress,
  to: Argument,
): void {
  const { inPer, outPer } = plan;
  const rows = Math.min(plan.rowsBlock, outPer - row);
  const start = job.w + group * inPer * outPer * FILTER_BYTES + row * job.rowBytes;
  // Channels further apart than rows, as in the input gradient: first bring them together.
  const apart = job.kBytes > job.rowBytes;
  const kBytes = apart ? rows * FILTER_BYTES : job.kBytes;
  let how: "add" | "also" = "add";
  for (const { first, size, filters, filterStride } of plan.depths) {
    const from = start + first * job.kBytes;
    if (apart) {
      tasks[how](kernels.together, copy, from, job.kBytes, kBytes, size);
      how = "also";
    }
    tasks[how](
      job.backwards ? kernels.weightsBackwards : kernels.weights,
      apart ? copy : from,
      job.rowBytes,
      kBytes,
      rows,
      Math.ceil(rows / TILE_ROWS),
      size,
      plus(to, filters),
      filterStride,
    );
    how = "also";
  }
}

/** Begins a task: transforms the pixels of a block of tiles. */
function addPixels(
  tasks: Tasks,
  { job, plan, kernels, zeros }: Work,
  block: Block,
  group: number,
  buffer: LocalAddress,
  to: Argument,
): void {
  const { layout, inPer } = plan;
  const [height, width] = job.input;
  const planeBytes = height * width * 4;
  tasks.add(kernels.clear, buffer, layout.bufferBytes);
  for (const { first, size, pixels, pixelStride } of plan.depths) {
    const panelBytes = size * NR * 4;
    const before = plan.order === "tiles" ? 0 : block.firstPanel * panelBytes;
    const target = plus(to, pixels + before);
    tasks.also(
      kernels.input,
      block.table,
      block.pieces,
      block.table + layout.tilesAt,
      block.panels,
      job.x + (group * inPer + first) * planeBytes,
      planeBytes,
      size,
      width * 4,
      zeros,
      buffer,
      layout.pitch,
      target,
      pixelStride,
      panelBytes,
    );
  }
}

/** Adds to a task the products of a block of rows and a block of tiles, and their way back to the output. */
function addProducts(
  tasks: Tasks,
  { job, plan, kernels }: Work,
  block: Block,
  group: number,
  row: number,
  filtersAt: Argument,
  pixelsAt: Argument,
  sums: LocalAddress,
): void {
  const { layout, outPer } = plan;
  const rows = Math.min(plan.rowsBlock, outPer - row);
  const filled = roundUp(rows, TILE_ROWS);
  const spare = sums.plus(plan.points * plan.sumStride);
  for (const { first, size, filters, filterStride, pixels, pixelStride } of plan.depths) {
    const before = plan.order === "tiles" ? 0 : block.firstPanel * size * NR * 4;
    tasks.also(
      kernels.products,
      filled / TILE_ROWS,
      block.panels,
      size,
      plus(filtersAt, filters),
      filterStride,
      plus(pixelsAt, pixels + before),
      pixelStride,
      sums,
      plan.sumStride,
      first > 0 ? 1 : 0,
      plan.order === "rows" ? 1 : 0,
    );
  }
  const channel = group * outPer + row;
  const planeBytes = job.output[0] * job.output[1] * 4;
  tasks.also(
    kernels.output,
    block.table + layout.foursAt,
    block.panels,
    sums,
    plan.sumStride,
    filled * NR * 4,
    rows,
    job.y + channel * planeBytes,
    planeBytes,
    job.output[1] * 4,
    job.bias === undefined ? 0 : job.bias + channel * 4,
    spare,
  );
}
