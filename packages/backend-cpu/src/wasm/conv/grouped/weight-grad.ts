// Weight gradients of convolutions with few channels, and of pointwise ones: driving conv/grouped/grad-kernels.ts.

import { upTo } from "../../assembler/lists.ts";
import type { WasmContext } from "../../context.ts";
import { arithmetic, pieces, traffic } from "../../threads/launch.ts";
import { type Conv3, ofGeometry, perKind } from "../geometry.ts";
import { clearBytes, sumParts } from "../pad.ts";
import { isPointwise, isUnitStride } from "../path.ts";
import { type Fill, fillWords, phaseSpan } from "./fill.ts";
import { GRAD_JOB, type GradJobWord, type GradTile, gradFunctions } from "./grad-kernels.ts";
import { usedPhases } from "./grouped.ts";
import { Tables } from "./tables.ts";

/** Planes of a chunk should stay in the L2 cache, those of a tile in L1. */
const CHUNK_BYTES = 1 << 16;
const STRIP_VECTORS = 128;
const ENOUGH_UNITS = 16;
/** Multiply-adds of a piece that is worth a partial result of its own. */
const LEAST_PIECE = 1 << 20;
/** Pixels of a piece, for each of which it has a product to add to a weight: partial results are added up, too. */
const LEAST_PIXELS = 256;

const roundUp = (n: number, step: number): number => Math.ceil(n / step) * step;

/** Output channels × weights in registers; sums, gradients and inputs have to fit into 15 (see chooseTile). */
export function chooseGradTile(
  out: number,
  weights: number,
  runs: number,
  relaxed: boolean,
): readonly [rows: number, columns: number] {
  let best: readonly [number, number] = [1, 1];
  let least = Number.POSITIVE_INFINITY;
  for (let rows = 1; rows <= Math.min(6, out); rows++) {
    for (let columns = 1; columns <= Math.min(6, weights); columns++) {
      if (rows * columns + rows + columns > (relaxed ? 15 : 14)) break;
      const sums = rows * columns * (relaxed ? 1 : 2);
      // Columns that are the taps of one row lie at constant distances.
      const adds = columns === 1 || columns === runs ? 2 : columns + 1;
      const cycles = Math.max(4, sums / 2, (sums + rows + columns + adds + 1) / 5);
      const cost = Math.ceil(out / rows) * Math.ceil(weights / columns) * cycles;
      // Where they tie, more rows: columns have pointers of their own.
      if (cost <= least) [best, least] = [[rows, columns], cost];
    }
  }
  return best;
}

/** Where the planes of x and g lie while they are read; in floats, but for what says bytes. */
interface Layout {
  readonly inPlace: boolean;
  /** Offset in bytes of the input of each weight. */
  readonly offsets: readonly number[];
  /** Floats from one output channel of g to the next. */
  readonly rowOut: number;
  readonly chunkImages: number;
  readonly strips: number;
  /** Vectors of an image or strip, of the last strip; see GRAD_JOB. */
  readonly vectors: number;
  readonly lastVectors: number;
  /** Floats of a plane that are left over after the vectors. */
  readonly rest: number;
  readonly stripRows: number;
  /** Bytes: from one image of a box to the next, where the boxes of g begin, and of all boxes. */
  readonly boxImage: number;
  readonly boxOut: number;
  readonly boxBytes: number;
  readonly fills: readonly Fill[];
}

/** A pointwise convolution is read where it lies. */
function inPlaceLayout(c: Conv3): Layout {
  const plane = c.outputSize;
  const inPer = c.channels / c.groups;
  const whole = Math.floor(plane / 4);
  const strips = Math.ceil(whole / STRIP_VECTORS);
  const vectors = Math.ceil(whole / strips);
  const images = Math.floor(STRIP_VECTORS / whole);
  return {
    inPlace: true,
    offsets: upTo(inPer).map((i) => i * plane * 4),
    rowOut: plane,
    chunkImages: strips > 1 ? 1 : Math.max(1, Math.min(c.batch, images)),
    strips,
    vectors,
    lastVectors: whole - (strips - 1) * vectors,
    rest: plane % 4,
    stripRows: 0,
    boxImage: 0,
    boxOut: 0,
    boxBytes: 0,
    fills: [],
  };
}

/**
 * Boxes: rows of x and g one after the other, with the zeros between two rows (images) shared. Reading on past
 * the end of a row meets either zeros of x, or zeros of g.
 */
function boxLayout(c: Conv3): Layout {
  const [, height, width] = c.input;
  const [, sh, sw] = c.stride;
  const [inPer, outPer] = [c.channels / c.groups, c.outChannels / c.groups];
  const [rowPhases, columnPhases] = [usedPhases(c, 1), usedPhases(c, 2)];
  const halo = (d: 1 | 2): number => Math.floor(((c.kernel[d] - 1) * c.dilation[d]) / c.stride[d]);
  const [boxRows, boxColumns] = [c.output[1] + halo(1), c.output[2] + halo(2)];
  const rows = rowPhases.map((p) => phaseSpan(p, height, sh, c.padding[1], boxRows));
  const columns = columnPhases.map((p) => phaseSpan(p, width, sw, c.padding[2], boxColumns));
  const share = (spans: typeof rows, length: number, least: number): number =>
    spans.reduce((n, { low, high }) => Math.max(n, high, length - low), least);
  const pitch = share(columns, boxColumns, c.output[2]);
  const image = roundUp(share(rows, boxRows, c.output[1]) * pitch, 4);
  const phases = rows.length * columns.length;
  const slack = roundUp(halo(1) * pitch + halo(2), 4) + 4;
  const imageBytes = (inPer * phases + outPer) * image * 4;
  const strips = Math.max(
    1,
    Math.min(Math.ceil(c.output[1] / (halo(1) + 1)), Math.ceil(imageBytes / (4 * CHUNK_BYTES))),
  );
  const stripRows = Math.ceil(c.output[1] / strips);
  const chunkImages =
    strips > 1 ? 1 : Math.max(1, Math.min(c.batch, Math.floor(CHUNK_BYTES / imageBytes)));
  const boxImage = strips > 1 ? roundUp(stripRows * pitch, 4) : image;
  const phase = chunkImages * boxImage + slack;
  const offsets: number[] = [];
  for (let i = 0; i < inPer; i++) {
    for (let ky = 0; ky < c.kernel[1]; ky++) {
      for (let kx = 0; kx < c.kernel[2]; kx++) {
        const [a, b] = [ky * c.dilation[1], kx * c.dilation[2]];
        const plane = rowPhases.indexOf(a % sh) * columns.length + columnPhases.indexOf(b % sw);
        const pixel = Math.floor(a / sh) * pitch + Math.floor(b / sw);
        offsets.push(((i * phases + plane) * phase + pixel) * 4);
      }
    }
  }
  const common = { pitch, phase, strips: strips > 1 };
  const boxOut = inPer * phases * phase * 4;
  return {
    inPlace: false,
    offsets,
    rowOut: phase,
    chunkImages,
    strips: Math.ceil(c.output[1] / stripRows),
    vectors: boxImage / 4,
    lastVectors: 0,
    rest: 0,
    stripRows,
    boxImage: boxImage * 4,
    boxOut,
    boxBytes: roundUp(boxOut + outPer * phase * 4 + 16, 16),
    fills: [
      {
        ...common,
        rows,
        columns,
        stride: [sh, sw],
        width,
        plane: c.inputSize,
        boxRows: strips > 1 ? stripRows + halo(1) : boxRows,
      },
      {
        ...common,
        rows: [phaseSpan(0, c.output[1], 1, 0, c.output[1])],
        columns: [phaseSpan(0, c.output[2], 1, 0, c.output[2])],
        stride: [1, 1],
        width: c.output[2],
        plane: c.outputSize,
        boxRows: strips > 1 ? stripRows : c.output[1],
      },
    ],
  };
}

/** The tiles of columns: where they start, the last as far back as it has to. */
const startsOf = (weights: number, columns: number): number[] =>
  upTo(Math.ceil(weights / columns)).map((t) => Math.min(t * columns, weights - columns));

function gradTile(
  offsets: readonly number[],
  [rows, columns]: readonly [number, number],
  rowOut: number,
): GradTile {
  const distances = (start: number): number[] =>
    upTo(columns).map((i) => (offsets[start + i] as number) - (offsets[start] as number));
  const first = distances(0);
  const same = startsOf(offsets.length, columns).every((start) =>
    distances(start).every((d, i) => d === first[i] && d >= 0),
  );
  return { rows, columns, rowOut: rowOut * 4, distances: same ? first : undefined };
}

/** What is known before there are addresses. */
interface GradPlan {
  readonly tables: Tables;
  /** Bytes from the start of the tables to the job. */
  readonly jobAt: number;
  readonly tile: GradTile;
  readonly key: string;
  readonly floats: number;
  /** Pieces that have a partial result each. */
  readonly parts: number;
  /** Bytes of each thread. */
  readonly own: number;
  readonly units: number;
  readonly cost: number;
}

function planGrad(
  c: Conv3,
  relaxed: boolean,
  forced?: readonly [rows: number, columns: number],
): GradPlan {
  const { groups, batch } = c;
  const [inPer, outPer] = [c.channels / groups, c.outChannels / groups];
  const weights = inPer * c.kernelSize;
  const floats = c.outChannels * weights;
  const layout =
    isPointwise(c) && isUnitStride(c) && c.outputSize >= 4 ? inPlaceLayout(c) : boxLayout(c);
  const runs = layout.inPlace ? 1 : c.kernel[2];
  const shape =
    forced === undefined
      ? chooseGradTile(outPer, weights, runs, relaxed)
      : ([Math.min(forced[0], outPer), Math.min(forced[1], weights)] as const);
  const tile = gradTile(layout.offsets, shape, layout.rowOut);
  const blocks = Math.ceil(outPer / tile.rows);
  const starts = startsOf(weights, tile.columns);
  const work = floats * batch * c.outputSize;
  const chunks = Math.ceil(batch / layout.chunkImages) * layout.strips;
  const wanted = Math.ceil(ENOUGH_UNITS / groups);
  // Chunks are shared out first: rows apart would each read all of x again. Then rows, where chunks are few.
  const pieceCount = Math.max(
    1,
    Math.min(
      chunks,
      wanted,
      Math.floor(work / LEAST_PIECE),
      Math.floor((batch * c.outputSize) / LEAST_PIXELS),
    ),
  );
  const splitBlocks = Math.ceil(blocks / Math.min(blocks, Math.ceil(wanted / pieceCount)));
  const splits = Math.ceil(blocks / splitBlocks);
  const pieceChunks = Math.ceil(chunks / pieceCount);
  const parts = Math.ceil(chunks / pieceChunks);
  const { boxBytes, rest, vectors } = layout;
  const sumBytes =
    pieceChunks === 1 ? 0 : splitBlocks * starts.length * tile.rows * tile.columns * 16;
  const tables = new Tables();
  const [fillIn, fillOut] = [0, 1].map((i) => {
    const fill = layout.fills[i];
    return tables.add(fill === undefined ? [] : fillWords(fill));
  }) as [number, number];
  const words: Record<GradJobWord, number> = {
    mask0: 0,
    mask1: rest >= 3 ? -1 : 0,
    mask2: rest >= 2 ? -1 : 0,
    mask3: -1,
    x: 0,
    g: 0,
    dw: 0,
    splits,
    groups,
    pieceDw: floats * 4,
    groupDw: outPer * weights * 4,
    rowDw: weights * 4,
    groupIn: inPer * c.inputSize * 4,
    groupOut: outPer * c.outputSize * 4,
    imageIn: c.channels * c.inputSize * 4,
    imageOut: c.outChannels * c.outputSize * 4,
    planeOut: c.outputSize * 4,
    out: outPer,
    blocks,
    splitBlocks,
    table: tables.add(
      starts.flatMap((start) => [
        start * 4,
        ...upTo(tile.distances === undefined ? tile.columns : 1).map(
          (i) => layout.offsets[start + i] as number,
        ),
      ]),
    ),
    tiles: starts.length,
    images: batch,
    chunkImages: layout.chunkImages,
    chunks,
    pieceChunks,
    strips: layout.strips,
    stripIn: vectors * 16,
    stripOut: vectors * 16,
    stripRows: layout.stripRows,
    vectors,
    lastVectors: layout.lastVectors,
    tail: rest === 0 ? 0 : (4 - rest) * 4,
    inPlace: layout.inPlace ? 1 : 0,
    boxBytes,
    boxOut: layout.boxOut,
    sums: boxBytes,
    channels: inPer,
    fillIn,
    fillOut,
    boxImage: layout.boxImage,
    rowOut: tile.rowOut,
  };
  const jobAt = tables.add(GRAD_JOB.map((name) => words[name]));
  for (const name of ["table", "fillIn", "fillOut"] as const) {
    tables.pointsInside(jobAt + GRAD_JOB.indexOf(name) * 4);
  }
  return {
    tables,
    jobAt,
    tile,
    key: `grouped grads ${tile.rows} ${tile.rowOut} ${tile.columns} ${tile.distances}`,
    floats,
    parts,
    own: boxBytes + sumBytes,
    units: parts * groups * splits,
    cost:
      arithmetic(work) +
      traffic(batch * 4 * (c.channels * c.inputSize + c.outChannels * c.outputSize)),
  };
}

const [X, G, DW] = (["x", "g", "dw"] as const).map((name) => GRAD_JOB.indexOf(name)) as [
  number,
  number,
  number,
];

const gradPlans = perKind((relaxed) => ofGeometry((c) => planGrad(c, relaxed)));

/** dw from the gradient g of y and x. Sums along pixels of an image, images, pieces: always in that order. */
export function groupedWeightGrad(
  ctx: WasmContext,
  c: Conv3,
  g: number,
  x: number,
  dw: number,
  forced?: readonly [rows: number, columns: number],
): void {
  const inPer = c.channels / c.groups;
  if (c.outChannels * inPer * c.kernelSize === 0) return;
  if (c.batch * c.outputSize === 0) {
    clearBytes(ctx, dw, c.outChannels * inPer * c.kernelSize * 4);
    return;
  }
  // A tile of one's own is for tests.
  const plan = forced === undefined ? gradPlans(ctx.relaxed)(c) : planGrad(c, ctx.relaxed, forced);
  const { tables, tile, parts, floats, units, cost } = plan;
  const { grads } = ctx.get<"grads" | "fill">(plan.key, () => gradFunctions(tile, ctx.relaxed));
  ctx.withScratch((scratch) => {
    const target = parts === 1 ? dw : scratch.take(parts * floats * 4);
    const at = scratch.take(tables.bytes);
    const job = at + plan.jobAt;
    ctx.after(() => {
      tables.write(ctx.arena, at);
      const words = ctx.arena.i32;
      words[job / 4 + X] = x;
      words[job / 4 + G] = g;
      words[job / 4 + DW] = target;
    });
    ctx.launch(cost, (tasks) => {
      const own = plan.own === 0 ? 0 : tasks.local(plan.own);
      pieces(units, cost, (first, count) => tasks.add(grads, first, count, job, own));
    });
    if (parts > 1) sumParts(ctx, floats, parts, target, dw, false);
  });
}
