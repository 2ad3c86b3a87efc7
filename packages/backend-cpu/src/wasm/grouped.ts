// Convolution with few channels per group, or few channels at all: driving the kernels of grouped-kernels.ts,
// forward and input gradient. Planes of one group are copied to a box of the thread's own (padding, phases of a
// stride) and used at once, while they are in the cache.
import type { Scratch, WasmContext } from "./context.ts";
import type { ActivationCode } from "./contraction.ts";
import { allPhases, at3, type Phase, volume } from "./conv-boxes.ts";
import type { Conv3 } from "./conv-geometry.ts";
import { clearBytes } from "./conv-pad.ts";
import { type Fill, phaseSpan, writeFill } from "./grouped-fill.ts";
import { JOB, type JobWord, packFunction, sumFunctions, VECTOR_ENTRY } from "./grouped-kernels.ts";
import { arithmetic, pieces, traffic } from "./launch.ts";
import { upTo } from "./lists.ts";

/** One or two dims. */
export const isPlanar = (c: Conv3): boolean =>
  c.input[0] === 1 && c.kernel[0] === 1 && c.output[0] === 1 && c.padding[0] === 0;

/** A box should leave room in the L2 cache; where there are fewer units than that, rows are cut into strips. */
const BOX_BYTES = 1 << 17;
const ENOUGH_UNITS = 16;
/** Multiply-adds below which nothing is worth cutting. */
const SMALL = 1 << 18;

/** Sums over k = (channel, tap) for each of `out` channels, at rows × columns outputs; bytes, if not said. */
interface Sums {
  readonly images: number;
  readonly groups: number;
  readonly channels: number;
  readonly out: number;
  readonly x: number;
  /** From one group of x to the next; images continue groups. */
  readonly groupIn: number;
  readonly y: number;
  readonly bias: number | undefined;
  readonly activation: ActivationCode;
  readonly rows: number;
  readonly columns: number;
  readonly rowOut: number;
  readonly laneOut: number;
  readonly planeOut: number;
  readonly groupOut: number;
  readonly weights: {
    readonly at: number;
    readonly group: number;
    readonly row: number;
    readonly offsets: readonly number[];
  };
  readonly source: Source;
}

/** How inputs are found; in floats. */
interface Source {
  readonly inPlace: boolean;
  readonly pitch: number;
  /** The box for a strip of so many rows of outputs; in place only its size counts. */
  fill(rows: number, strips: boolean): Fill;
  /** Rows of inputs that a strip needs in addition to its outputs. */
  readonly halo: number;
  readonly phases: number;
  /** The offset of each k, given the floats of a phase. */
  taps(phase: number): number[];
}

export interface Tile {
  readonly rows: number;
  readonly vectors: number;
}

/**
 * Output channels × vectors of pixels in registers. Engines load all inputs and weights of a k before the first
 * product, and keep one of the 16 registers to themselves: sums, inputs and weights have to fit into 15 (plain
 * SIMD needs one for the product), else they spill and lose a third. The model: a k takes no less than the
 * latency of a sum, two arithmetic and six instructions in all go per cycle; and a tile has a prologue.
 */
export function chooseTile(out: number, vectors: number, k: number, relaxed: boolean): Tile {
  let best: Tile = { rows: 1, vectors: 1 };
  let least = Number.POSITIVE_INFINITY;
  for (let rows = 1; rows <= Math.min(6, out); rows++) {
    for (let v = 1; v <= Math.min(6, vectors); v++) {
      if (rows * v + rows + v > (relaxed ? 15 : 14)) break;
      const sums = rows * v * (relaxed ? 1 : 2);
      const cycles = Math.max(4, sums / 2, (sums + rows + 2 * v + 5) / 5);
      const tiles = Math.ceil(vectors / v);
      const cost = tiles * (15 + 3 * v + Math.ceil(out / rows) * (k * cycles + 15 + 2 * rows * v));
      if (cost < least) [best, least] = [{ rows, vectors: v }, cost];
    }
  }
  return best;
}

const roundUp = (n: number, step: number): number => Math.ceil(n / step) * step;

/** Vectors of `rows` × `columns` outputs: where they start in the source and in y, and how many lanes count. */
function writeVectors(ctx: WasmContext, scratch: Scratch, s: Sums, rows: number): [number, number] {
  const perRow = Math.ceil(s.columns / 4);
  const lanes = Math.min(4, s.columns);
  const table = scratch.take(rows * perRow * VECTOR_ENTRY);
  const { i32 } = ctx.arena;
  let at = table / 4;
  for (let row = 0; row < rows; row++) {
    for (let v = 0; v < perRow; v++) {
      const column = Math.max(0, Math.min(v * 4, s.columns - 4));
      i32[at++] = (row * s.source.pitch + column) * 4;
      i32[at++] = row * s.rowOut + column * s.laneOut;
      i32[at++] = lanes;
    }
  }
  return [table, perRow];
}

function writeTable(ctx: WasmContext, scratch: Scratch, offsets: readonly number[]): number {
  const at = scratch.take(Math.max(1, offsets.length) * 4);
  const { i32 } = ctx.arena;
  for (let i = 0; i < offsets.length; i++) i32[at / 4 + i] = offsets[i] as number;
  return at;
}

/** Rows of a strip, so that the box fits the cache and there is enough to share out. */
function stripRows(s: Sums, work: number): number {
  const { halo, pitch, phases } = s.source;
  const most = Math.max(1, Math.floor(BOX_BYTES / (s.channels * phases * pitch * 4)) - halo);
  const units = s.images * s.groups;
  const wanted = work < SMALL ? 1 : Math.ceil(ENOUGH_UNITS / units);
  const shared = Math.max(2 * halo, Math.ceil(s.rows / wanted));
  const limit = s.source.inPlace ? shared : Math.min(Math.max(most, halo, 1), shared);
  return limit >= s.rows ? s.rows : Math.ceil(s.rows / Math.ceil(s.rows / limit));
}

function runSums(ctx: WasmContext, s: Sums, forced?: Tile): void {
  const { images, groups, channels, out, source, weights } = s;
  const k = weights.offsets.length;
  const units = images * groups;
  if (units * out * s.rows * s.columns === 0) return;
  const work = units * out * s.rows * s.columns * k;
  const rows = stripRows(s, work);
  const strips = Math.ceil(s.rows / rows);
  const fill = source.fill(rows, strips > 1);
  ctx.withScratch((scratch) => {
    const [table, perRow] = writeVectors(ctx, scratch, s, rows);
    const vectors = rows * perRow;
    const lastVectors = (s.rows - (strips - 1) * rows) * perRow;
    const most = Math.min(vectors, lastVectors);
    const tile =
      forced === undefined
        ? chooseTile(out, most, k, ctx.relaxed)
        : { rows: Math.min(forced.rows, out), vectors: Math.min(forced.vectors, most) };
    const blocks = Math.ceil(out / tile.rows);
    const packed = scratch.take(groups * blocks * tile.rows * k * 4 + 16);
    const { pack } = ctx.get<"pack">(`grouped pack ${tile.rows}`, () => [packFunction(tile.rows)]);
    const packing = traffic(groups * out * k * 8);
    const offsets = writeTable(ctx, scratch, weights.offsets);
    const groupWeights = blocks * tile.rows * k * 4;
    const lastRow = (out - tile.rows) * weights.row;
    ctx.launch(packing, (tasks) => {
      pieces(groups, packing, (first, count) => {
        const from = weights.at + first * weights.group;
        const to = packed + first * groupWeights;
        tasks.add(pack, count, from, to, weights.group, weights.row, k, offsets, blocks, lastRow);
      });
    });
    const boxBytes = roundUp(channels * source.phases * fill.phase * 4 + 16, 16);
    const job: Record<JobWord, number> = {
      x: s.x,
      y: s.y,
      w: packed,
      bias: s.bias ?? 0,
      strips,
      groups,
      groupIn: s.groupIn,
      groupOut: s.groupOut,
      groupWeights,
      groupBias: out * 4,
      k,
      taps: writeTable(ctx, scratch, source.taps(fill.phase)),
      table,
      vectors,
      lastVectors,
      blocks,
      planeOut: s.planeOut,
      lastOut: (out - tile.rows) * s.planeOut,
      lastBias: (out - tile.rows) * 4,
      stripOut: rows * s.rowOut,
      stripIn: rows * source.pitch * 4,
      inPlace: source.inPlace ? 1 : 0,
      boxBytes,
      channels,
      stripRows: rows,
      laneOut: s.laneOut,
      fill: source.inPlace ? 0 : writeFill(ctx, scratch, fill),
    };
    const at = writeTable(
      ctx,
      scratch,
      JOB.map((name) => job[name]),
    );
    const scattered = s.laneOut !== 4 || s.columns < 4;
    const key = `grouped sums ${tile.rows} ${tile.vectors} ${scattered} ${s.activation}`;
    const { sums } = ctx.get<"sums" | "fill">(key, () =>
      sumFunctions(tile.rows, tile.vectors, scattered, s.activation, ctx.relaxed),
    );
    const cost = arithmetic(work) + traffic(units * (s.groupIn + s.groupOut));
    ctx.launch(cost, (tasks) => {
      const own = source.inPlace ? 0 : tasks.local(boxBytes);
      pieces(units * strips, cost, (first, count) => tasks.add(sums, first, count, at, own));
    });
  });
}

/** Of one dim: phases that taps read, as their index by phase. */
export function usedPhases(c: Conv3, d: number): number[] {
  const used = new Set<number>();
  for (let t = 0; t < at3(c.kernel, d); t++) used.add((t * at3(c.dilation, d)) % at3(c.stride, d));
  return [...used].sort((a, b) => a - b);
}

/** Where outputs of neighbouring indices find the inputs of a convolution. */
function forwardSource(c: Conv3): Source {
  const [, height, width] = c.input;
  const [, sh, sw] = c.stride;
  const [inPer, inPlane] = [c.channels / c.groups, height * width];
  const inPlace =
    sh === 1 && sw === 1 && c.padding[1] === 0 && c.padding[2] === 0 && c.output[2] >= 4;
  const [phaseRows, phaseColumns] = [usedPhases(c, 1), usedPhases(c, 2)];
  const haloOf = (d: 1 | 2): number =>
    Math.floor(((c.kernel[d] - 1) * c.dilation[d]) / c.stride[d]);
  const halo = haloOf(1);
  const pitch = inPlace ? width : c.output[2] + haloOf(2);
  const phases = inPlace ? 1 : phaseRows.length * phaseColumns.length;
  const boxAll = c.output[1] + halo;
  return {
    inPlace,
    pitch,
    halo,
    phases,
    fill: (rows, strips) => ({
      rows: phaseRows.map((p) => phaseSpan(p, height, sh, c.padding[1], boxAll)),
      columns: phaseColumns.map((p) => phaseSpan(p, width, sw, c.padding[2], pitch)),
      stride: [sh, sw],
      width,
      plane: inPlane,
      boxRows: rows + halo,
      pitch,
      phase: inPlace ? inPlane : roundUp((rows + halo) * pitch, 4),
      strips,
    }),
    taps: (phase) => {
      const offsets: number[] = [];
      for (let i = 0; i < inPer; i++) {
        for (let ky = 0; ky < c.kernel[1]; ky++) {
          for (let kx = 0; kx < c.kernel[2]; kx++) {
            const [a, b] = [ky * c.dilation[1], kx * c.dilation[2]];
            const plane =
              phaseRows.indexOf(a % sh) * phaseColumns.length + phaseColumns.indexOf(b % sw);
            const pixel = Math.floor(a / sh) * pitch + Math.floor(b / sw);
            offsets.push(((i * phases + plane) * phase + pixel) * 4);
          }
        }
      }
      return offsets;
    },
  };
}

/** Pixels of a pointwise convolution need no rows: where there is enough to share out, a plane is one row. */
function joinRows(c: Conv3): Conv3 {
  const pointwise =
    c.kernelSize === 1 && c.padding.every((p) => p === 0) && c.stride.every((s) => s === 1);
  if (!pointwise || c.outputSize < 4) return c;
  if (c.batch * c.groups < ENOUGH_UNITS && c.output[2] % 4 === 0) return c;
  const size = [1, 1, c.outputSize] as const;
  return { ...c, input: size, output: size };
}

/** y = activation(x ⋆ w + bias). */
export function groupedForward(
  ctx: WasmContext,
  c: Conv3,
  x: number,
  w: number,
  bias: number | undefined,
  y: number,
  activation: ActivationCode = 0,
  tile?: Tile,
): void {
  const [inPer, outPer] = [c.channels / c.groups, c.outChannels / c.groups];
  const flat = joinRows(c);
  const k = inPer * c.kernelSize;
  const sums: Sums = {
    images: c.batch,
    groups: c.groups,
    channels: inPer,
    out: outPer,
    x,
    groupIn: inPer * c.inputSize * 4,
    y,
    bias,
    activation,
    rows: flat.output[1],
    columns: flat.output[2],
    rowOut: flat.output[2] * 4,
    laneOut: 4,
    planeOut: c.outputSize * 4,
    groupOut: outPer * c.outputSize * 4,
    weights: { at: w, group: outPer * k * 4, row: k * 4, offsets: upTo(k).map((i) => i * 4) },
    source: forwardSource(flat),
  };
  runSums(ctx, sums, tile);
}

/** The gradients of y as a phase of dx sees them: a box that starts `low` before the plane. */
function gradSource(c: Conv3, y: Phase, x: Phase): Source {
  const [, height, width] = c.output;
  const outPer = c.outChannels / c.groups;
  // Output j of the phase reads origin + j − back·u of g for tap u.
  const span = (p: Phase): number => p.back * (p.taps - 1);
  const low = (p: Phase): number => p.origin - span(p);
  const pitch = x.pixels + span(x);
  const box = (p: Phase, size: number, length: number) => phaseSpan(low(p), size, 1, 0, length);
  const inPlace =
    low(y) === 0 &&
    low(x) === 0 &&
    pitch === width &&
    y.pixels + span(y) <= height &&
    x.pixels >= 4;
  return {
    inPlace,
    pitch: inPlace ? width : pitch,
    halo: span(y),
    phases: 1,
    fill: (rows, strips) => ({
      rows: [box(y, height, y.pixels + span(y))],
      columns: [box(x, width, pitch)],
      stride: [1, 1],
      width,
      plane: c.outputSize,
      boxRows: rows + span(y),
      pitch,
      phase: inPlace ? c.outputSize : roundUp((rows + span(y)) * pitch, 4),
      strips,
    }),
    taps: (phase) =>
      upTo(outPer).flatMap((o) =>
        upTo(y.taps).flatMap((u) =>
          upTo(x.taps).map(
            (v) => (o * phase + (span(y) - y.back * u) * pitch + span(x) - x.back * v) * 4,
          ),
        ),
      ),
  };
}

/** dx from the gradient g of y: each phase of the stride is a convolution of its own with some of the taps. */
export function groupedInputGrad(
  ctx: WasmContext,
  geometry: Conv3,
  g: number,
  w: number,
  dx: number,
  tile?: Tile,
): void {
  const c = joinRows(geometry);
  const [inPer, outPer] = [c.channels / c.groups, c.outChannels / c.groups];
  const [, rows, columns] = allPhases(c);
  const [, , width] = c.input;
  const [, sh, sw] = c.stride;
  if (rows.some((y) => y.taps === 0) || columns.some((x) => x.taps === 0)) {
    clearBytes(ctx, dx, c.batch * c.channels * c.inputSize * 4);
  }
  for (const y of rows) {
    for (const x of columns) {
      if (volume([1, y.taps, x.taps]) === 0) continue;
      const tap = (u: number, v: number): number =>
        (y.first + y.step * u) * c.kernel[2] + x.first + x.step * v;
      runSums(
        ctx,
        {
          images: c.batch,
          groups: c.groups,
          channels: outPer,
          out: inPer,
          x: g,
          groupIn: outPer * c.outputSize * 4,
          y: dx + (y.phase * width + x.phase) * 4,
          bias: undefined,
          activation: 0,
          rows: y.pixels,
          columns: x.pixels,
          rowOut: sh * width * 4,
          laneOut: sw * 4,
          planeOut: c.inputSize * 4,
          groupOut: inPer * c.inputSize * 4,
          weights: {
            at: w,
            group: outPer * inPer * c.kernelSize * 4,
            row: c.kernelSize * 4,
            offsets: upTo(outPer).flatMap((o) =>
              upTo(y.taps).flatMap((u) =>
                upTo(x.taps).map((v) => (o * inPer * c.kernelSize + tap(u, v)) * 4),
              ),
            ),
          },
          source: gradSource(c, y, x),
        },
        tile,
      );
    }
  }
}
