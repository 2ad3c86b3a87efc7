// The weight gradient of a Winograd convolution: the bilinear form Y = Aᵀ[(G w Gᵀ) ∘ (Bᵀ d B)]A read the other way,
// dw = Gᵀ[ Σ over tiles of (A dy Aᵀ) ∘ (Bᵀ d B) ]G. Inputs and gradients are transformed tile by tile; per point a
// matrix product sums over the tiles; the sums of each pair of channels are transformed back. Many tiles
// go through in chunks, in order. All cuts follow from the shape alone.

import type { Kernel } from "../../assembler/module-cache.ts";
import type { Scratch, WasmContext } from "../../context.ts";
import { NR } from "../../gemm/kernels.ts";
import { arithmetic, pieces, traffic } from "../../threads/launch.ts";
import type { Conv3 } from "../geometry.ts";
import { clearBytes } from "../pad.ts";
import { filterGradFunction, filterSpareBytes } from "./filter-grad.ts";
import { GRAD_COLUMNS, GRAD_ROWS, gradProductsFunction } from "./grad-products.ts";
import { blankFunction, clearFunction, inputFunction, outputGradFunction } from "./input.ts";
import { apart, evenBlock, roundUp } from "./plan.ts";
import { type TileLayout, type TilePlane, tileLayout, writeTiles } from "./tiles.ts";

type Name = "clear" | "input" | "outputGrad" | "blank" | "gradProducts" | "filterGrad";
type Kernels = Readonly<Record<Name, Kernel>>;

/**
 * Limits: tiles that are transformed together; bytes of all transformed tiles of a chunk, and of one point of them,
 * which is read again and again.
 */
const BLOCK = 64;
const CHUNK_BYTES = 12 << 20;
const POINT_BYTES = 1 << 19;

/** One of the two factors: inputs, or gradients of the outputs. */
interface Side {
  readonly transform: Kernel;
  readonly at: number;
  readonly plane: TilePlane;
  readonly planeBytes: number;
  readonly rowBytes: number;
  /** Channels per group, and as many as there is room for. */
  readonly per: number;
  readonly padded: number;
  /** Transformed: bytes per panel, per point, per group; and where they start. */
  readonly panelBytes: number;
  readonly stride: number;
  readonly groupBytes: number;
  readonly to: number;
  readonly tables: readonly Table[];
}

interface Table {
  readonly at: number;
  readonly pieces: number;
}

function kernelsFor(ctx: WasmContext, tile: 2 | 4): Kernels {
  return ctx.get<Name>(`winograd weight ${tile}`, () => [
    clearFunction(),
    inputFunction(tile, ctx.relaxed),
    outputGradFunction(tile, ctx.relaxed),
    blankFunction((tile + 2) ** 2),
    gradProductsFunction(ctx.relaxed),
    filterGradFunction(tile, ctx.relaxed),
  ]);
}

/** dw, all contiguous; addresses in bytes. */
export function winogradWeightGrad(
  ctx: WasmContext,
  c: Conv3,
  g: number,
  x: number,
  dw: number,
  tile: 2 | 4,
): void {
  const { batch, groups, channels, outChannels } = c;
  const [inPer, outPer] = [channels / groups, outChannels / groups];
  if (batch * c.outputSize === 0) {
    clearBytes(ctx, dw, outChannels * inPer * 36);
    return;
  }
  const points = (tile + 2) ** 2;
  const kernels = kernelsFor(ctx, tile);
  const output = [c.output[1], c.output[2]] as const;
  const shared = { batch, outChannels, output };
  const inputs: TilePlane = {
    ...shared,
    channels,
    input: [c.input[1], c.input[2]],
    padding: [c.padding[1], c.padding[2]],
    overlap: 2,
  };
  const gradients: TilePlane = {
    ...shared,
    channels: outChannels,
    input: output,
    padding: [0, 0],
    overlap: 0,
  };
  const tiles = tileLayout(inputs, tile, BLOCK).total;
  const layout = tileLayout(inputs, tile, evenBlock(tiles, BLOCK, NR));
  const blocks = Math.ceil(tiles / layout.block);
  const [inPadded, outPadded] = [roundUp(inPer, GRAD_COLUMNS), roundUp(outPer, GRAD_ROWS)];
  const perTile = points * groups * (inPadded + outPadded) * 4;
  const mostTiles = Math.min(
    CHUNK_BYTES / perTile,
    POINT_BYTES / (Math.max(inPadded, outPadded) * 4),
  );
  const chunk = Math.min(blocks, Math.max(1, Math.floor(mostTiles / layout.block)));
  const panels = (chunk * layout.block) / NR;
  ctx.withScratch((scratch) => {
    const widest = Math.max(c.input[2], c.output[2]);
    const zeros = scratch.take(widest * 4);
    ctx.after(() => ctx.arena.f32.fill(0, zeros / 4, zeros / 4 + widest));
    const sideOf = (
      transform: Kernel,
      at: number,
      plane: TilePlane,
      per: number,
      room: number,
    ): Side => {
      // A cache line more, or the panels of a channel would fall into the same sets of the L1 cache.
      const panelBytes = room * NR * 4 + 64;
      const stride = apart(panels * panelBytes);
      const groupBytes = points * stride;
      return {
        transform,
        at,
        plane,
        planeBytes: plane.input[0] * plane.input[1] * 4,
        rowBytes: plane.input[1] * 4,
        per,
        padded: room,
        panelBytes,
        stride,
        groupBytes,
        to: scratch.take(groups * groupBytes),
        tables: tablesOf(ctx, scratch, plane, layout, blocks),
      };
    };
    const a = sideOf(kernels.outputGrad, g, gradients, outPer, outPadded);
    const b = sideOf(kernels.input, x, inputs, inPer, inPadded);
    const sums = { row: inPadded * 4, point: outPadded * inPadded * 4 + 64 };
    const sumsAt = scratch.take(groups * points * sums.point);
    for (let block = 0; block < blocks; block += chunk) {
      const count = Math.min(chunk, blocks - block);
      const filled = Math.ceil(
        Math.min(layout.total - block * layout.block, count * layout.block) / NR,
      );
      for (const side of [a, b]) {
        transformSide(ctx, kernels, side, layout, groups, block, count, zeros);
      }
      const cost = arithmetic(groups * points * filled * NR * inPadded * outPadded);
      ctx.launch(cost, (tasks) => {
        pieces(groups * points, cost, (first, size) => {
          eachGroup(first, size, points, (group, point, n, begins) => {
            tasks[begins ? "add" : "also"](
              kernels.gradProducts,
              n,
              outPadded / GRAD_ROWS,
              inPadded / GRAD_COLUMNS,
              filled,
              a.to + group * a.groupBytes + point * a.stride,
              a.stride,
              a.panelBytes,
              b.to + group * b.groupBytes + point * b.stride,
              b.stride,
              b.panelBytes,
              sumsAt + (group * points + point) * sums.point,
              sums.point,
              sums.row,
              block > 0 ? 1 : 0,
            );
          });
        });
      });
    }
    const cost = traffic(outChannels * inPadded * (points + 9) * 4);
    ctx.launch(cost, (tasks) => {
      const spare = tasks.local(filterSpareBytes(tile));
      pieces(outChannels, cost, (first, size) => {
        eachGroup(first, size, outPer, (group, row, n, begins) => {
          tasks[begins ? "add" : "also"](
            kernels.filterGrad,
            n,
            inPer,
            sumsAt + group * points * sums.point + row * sums.row,
            sums.point,
            sums.row,
            dw + (group * outPer + row) * inPer * 36,
            spare,
          );
        });
      });
    });
  });
}

function tablesOf(
  ctx: WasmContext,
  scratch: Scratch,
  plane: TilePlane,
  layout: TileLayout,
  blocks: number,
): Table[] {
  const start = scratch.take(blocks * layout.bytes);
  return Array.from({ length: blocks }, (_, block) => {
    const at = start + block * layout.bytes;
    return { at, pieces: writeTiles(ctx, plane, layout, block * layout.block, at) };
  });
}

/** Units [first, first + size) of groups of `per` each, group by group. */
function eachGroup(
  first: number,
  size: number,
  per: number,
  body: (group: number, start: number, count: number, begins: boolean) => void,
): void {
  for (let at = first; at < first + size; ) {
    const group = Math.floor(at / per);
    const count = Math.min(first + size, (group + 1) * per) - at;
    body(group, at - group * per, count, at === first);
    at += count;
  }
}

/** Transforms the channels of `count` blocks of tiles from `first` on. */
function transformSide(
  ctx: WasmContext,
  kernels: Kernels,
  side: Side,
  layout: TileLayout,
  groups: number,
  first: number,
  count: number,
  zeros: number,
): void {
  const { per, padded, panelBytes, stride } = side;
  const cost = traffic(count * groups * padded * stride * 2);
  ctx.launch(cost, (tasks) => {
    const buffer = tasks.local(layout.bufferBytes);
    for (let block = first; block < first + count; block++) {
      const table = side.tables[block] as Table;
      const left = layout.total - block * layout.block;
      const panels = Math.ceil(Math.min(layout.block, left) / NR);
      const before = (((block - first) * layout.block) / NR) * panelBytes;
      for (let group = 0; group < groups; group++) {
        const to = side.to + group * side.groupBytes + before;
        pieces(per, cost / (count * groups), (channel, channels) => {
          tasks.add(kernels.clear, buffer, layout.bufferBytes);
          tasks.also(
            side.transform,
            table.at,
            table.pieces,
            table.at + layout.tilesAt,
            panels,
            side.at + (group * per + channel) * side.planeBytes,
            side.planeBytes,
            channels,
            side.rowBytes,
            zeros,
            buffer,
            layout.pitch,
            to + channel * NR * 4,
            stride,
            panelBytes,
          );
          if (channel + channels < per) return;
          for (let blank = per; blank < padded; blank++) {
            tasks.also(kernels.blank, to + blank * NR * 4, stride, panels, panelBytes);
          }
        });
      }
    }
  });
}
