// Where the tiles of a Winograd convolution lie: tables that the transforms walk, one per block of tiles, written
// once per convolution. Tiles are counted along rows, then down the plane, then over the images, so that blocks
// are full whatever the plane; a block is cut into pieces, runs of tiles in one row of tiles.
import type { WasmContext } from "../../context.ts";
import { NR } from "../../gemm/kernels.ts";
import { PIECE } from "./input.ts";
import { FOUR } from "./output.ts";

/** A convolution of 3 × 3, stride 1, of planes that lie in `channels` (`outChannels`) planes per image. */
export interface TilePlane {
  readonly batch: number;
  readonly channels: number;
  readonly outChannels: number;
  /** Height and width. */
  readonly input: readonly [number, number];
  readonly output: readonly [number, number];
  /** May be negative: then the outermost pixels are not used. */
  readonly padding: readonly [number, number];
  /** Pixels that a tile reads beyond its own size, per dim: 2, or none. */
  readonly overlap: 2 | 0;
}

/** The shape of the tables: bytes from the start of a block's, and of its buffer. */
export interface TileLayout {
  readonly tile: 2 | 4;
  readonly across: number;
  readonly down: number;
  readonly total: number;
  /** Tiles of a block, a multiple of NR. */
  readonly block: number;
  readonly pitch: number;
  readonly bufferBytes: number;
  readonly tilesAt: number;
  readonly foursAt: number;
  readonly bytes: number;
}

export const tilesOf = (tile: number, [height, width]: readonly [number, number]): number =>
  Math.ceil(height / tile) * Math.ceil(width / tile);

export function tileLayout(plane: TilePlane, tile: 2 | 4, block: number): TileLayout {
  const [height, width] = plane.output;
  const across = Math.ceil(width / tile);
  const down = Math.ceil(height / tile);
  const mostPieces = Math.min(block, Math.ceil((block - 1) / across) + 1);
  // Whole vectors, and the two columns that the last tile of a run reads beyond its own.
  const pitch = (tile * Math.min(across, block) + 4) * 4;
  const tilesAt = mostPieces * PIECE.bytes;
  const foursAt = tilesAt + block * 4;
  return {
    tile,
    across,
    down,
    total: plane.batch * across * down,
    block,
    pitch,
    // One more for tiles that are none.
    bufferBytes: (mostPieces + 1) * (tile + 2) * pitch,
    tilesAt,
    foursAt,
    bytes: foursAt + (block / 4) * FOUR.bytes,
  };
}

/**
 * Writes the tables of the block that starts at tile `first` to `at`. Returns how many pieces it has; the tiles
 * that fill up its last panel read zeros and write nothing.
 */
export function writeTiles(
  ctx: WasmContext,
  plane: TilePlane,
  layout: TileLayout,
  first: number,
  at: number,
): number {
  const { tile, across, down, block, pitch } = layout;
  const words = new Int32Array(layout.bytes / 4);
  const [height, width] = plane.input;
  const [outHeight, outWidth] = plane.output;
  const [top, leftmost] = plane.padding;
  const { overlap } = plane;
  const count = Math.min(block, layout.total - first);
  const filled = Math.ceil(count / NR) * NR;
  const [tiles, fours] = [layout.tilesAt / 4, layout.foursAt / 4];
  let piece = 0;
  let pieces = 0;
  let runs = 0;
  for (let done = 0; done < count; runs++) {
    const index = first + done;
    const tx = index % across;
    const ty = Math.floor(index / across) % down;
    const image = Math.floor(index / (across * down));
    const run = Math.min(across - tx, count - done);
    const y0 = tile * ty - top;
    const x0 = tile * tx - leftmost;
    const low = Math.max(0, -y0);
    const rows = Math.min(tile + overlap, height - y0) - low;
    const lead = Math.max(0, -x0);
    const columns = Math.min(tile * run + overlap, width - x0) - lead;
    const place = runs * (tile + 2) * pitch;
    if (rows > 0 && columns > 0) {
      const pixel = (image * plane.channels * height + y0) * width + x0 + lead;
      words[piece] = pixel * 4;
      words[piece + 1] = low;
      words[piece + 2] = rows;
      words[piece + 3] = columns;
      words[piece + 4] = place + lead * 4;
      piece += PIECE.bytes / 4;
      pieces++;
    }
    for (let i = 0; i < run; i++) {
      words[tiles + done + i] = place + i * tile * 4;
      const [row, column] = [ty * tile, (tx + i) * tile];
      const pixel = (image * plane.outChannels * outHeight + row) * outWidth + column;
      const record = recordOf(fours, done + i);
      words[record] = pixel * 4;
      words[record + 1] = Math.min(tile, outHeight - row);
      words[record + 2] = Math.min(tile, outWidth - column);
    }
    done += run;
  }
  for (let i = count; i < filled; i++) {
    words[tiles + i] = layout.bufferBytes - (tile + 2) * pitch;
    words.fill(0, recordOf(fours, i), recordOf(fours, i) + 3);
  }
  for (let i = 0; i < filled; i += 4) {
    let whole = 1;
    for (let j = i; j < i + 4; j++) {
      const record = recordOf(fours, j);
      if (words[record + 1] !== tile || words[record + 2] !== tile) whole = 0;
    }
    words[fours + (i / 4) * (FOUR.bytes / 4)] = whole;
  }
  ctx.after(() => ctx.arena.i32.set(words, at / 4));
  return pieces;
}

const recordOf = (fours: number, i: number): number =>
  fours + Math.floor(i / 4) * (FOUR.bytes / 4) + (FOUR.tile + (i % 4) * FOUR.tileBytes) / 4;
