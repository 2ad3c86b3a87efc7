// How a Winograd convolution is cut: which blocks of tiles, rows (output channels) and depth (input channels) there
// are, where their transformed data lie, and in which of two orders they are computed. All of it follows from the
// shape, never from the number of threads.
//
//   "tiles"  all filters are transformed first; then a task takes a block of tiles, transforms its pixels,
//            multiplies them with all filters and transforms back. For many tiles.
//   "rows"   all pixels are transformed first; then a task takes a block of rows, transforms their filters,
//            multiplies them with all tiles and transforms back. For many filters: with few images they are the
//            larger part, and never leave the cache this way.
import type { ActivationCode } from "../../gemm/contraction.ts";
import { NR, TILE_ROWS } from "../../gemm/kernels.ts";
import { type TileLayout, type TilePlane, tileLayout, tilesOf } from "./tiles.ts";

/** Addresses in bytes; the filter of row o and input channel k starts at `w + o·rowBytes + k·kBytes`. */
export interface Job extends TilePlane {
  readonly groups: number;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly rowBytes: number;
  readonly kBytes: number;
  /** Filters are read from the last tap to the first. */
  readonly backwards: boolean;
  readonly bias: number | undefined;
  readonly activation: ActivationCode;
}

/** Some input channels, and where their filters and pixels lie, point after point. */
export interface Depth {
  readonly first: number;
  readonly size: number;
  /** From the start of a block of rows. */
  readonly filters: number;
  readonly filterStride: number;
  /** From the start of a block of tiles, or of all of them. */
  readonly pixels: number;
  readonly pixelStride: number;
}

export interface Plan {
  readonly order: "tiles" | "rows";
  readonly layout: TileLayout;
  readonly points: number;
  readonly inPer: number;
  readonly outPer: number;
  /** Rows of a block, and of all, filled up. */
  readonly rowsBlock: number;
  readonly rows: number;
  readonly depths: readonly Depth[];
  /** Bytes of one block of rows, of one block of tiles (or all), and from point to point of their products. */
  readonly filterBytes: number;
  readonly pixelBytes: number;
  readonly sumStride: number;
}

/**
 * Limits of blocks: input channels of one product; rows and tiles; bytes of filters that one block of rows has, and
 * of pixels and products that one block of tiles has, both to stay in the L2 cache; the fewest tasks where there
 * is enough to share.
 */
export const WINOGRAD_LIMITS = {
  depth: 384,
  rows: 96,
  tiles: 64,
  filterBytes: 900 << 10,
  tileBytes: 1 << 20,
  tasks: 4,
  fewTiles: 0.5,
};

export const roundUp = (n: number, step: number): number => Math.ceil(n / step) * step;

/** The size of blocks that are about equal and at most `limit`, but at least one step. */
export const evenBlock = (n: number, limit: number, step: number): number =>
  roundUp(Math.ceil(n / Math.ceil(n / Math.max(Math.floor(limit / step) * step, step))), step);

/** From one point to the next: a cache line more, or all points would fall into the same sets of the L1 cache. */
export const apart = (bytes: number): number => roundUp(bytes, 128) + 64;

export function planOf(job: Job, tile: 2 | 4): Plan {
  const { groups, batch } = job;
  const [inPer, outPer] = [job.channels / groups, job.outChannels / groups];
  const limits = WINOGRAD_LIMITS;
  const points = (tile + 2) ** 2;
  const rows = roundUp(outPer, TILE_ROWS);
  const tiles = batch * tilesOf(tile, job.output);
  const order = tiles < outPer * limits.fewTiles ? "rows" : "tiles";
  const share = (n: number): number => Math.ceil((n * groups) / limits.tasks);

  const ofDepth = points * 4 * inPer;
  let mostRows = Math.min(limits.rows, limits.filterBytes / ofDepth);
  if (order === "rows") mostRows = Math.min(mostRows, share(outPer));
  const rowsBlock = evenBlock(rows, mostRows, TILE_ROWS);
  const perTile = points * 4 * rowsBlock + (order === "tiles" ? ofDepth : 0);
  let mostTiles = Math.min(limits.tiles, limits.tileBytes / perTile);
  if (order === "tiles") mostTiles = Math.min(mostTiles, Math.max(share(tiles), NR * 2));
  const layout = tileLayout(job, tile, evenBlock(tiles, mostTiles, NR));

  const columns = order === "tiles" ? layout.block : roundUp(tiles, NR);
  const depths: Depth[] = [];
  const kc = evenBlock(inPer, limits.depth, 4);
  let [filters, pixels] = [0, 0];
  for (let first = 0; first < inPer; first += kc) {
    const size = Math.min(kc, inPer - first);
    const filterStride = apart(rowsBlock * size * 4);
    const pixelStride = apart(columns * size * 4);
    depths.push({ first, size, filters, filterStride, pixels, pixelStride });
    filters += points * filterStride;
    pixels += points * pixelStride;
  }
  return {
    order,
    layout,
    points,
    inPer,
    outPer,
    rowsBlock,
    rows,
    depths,
    filterBytes: filters,
    pixelBytes: pixels,
    sumStride: apart(rowsBlock * layout.block * 4),
  };
}
