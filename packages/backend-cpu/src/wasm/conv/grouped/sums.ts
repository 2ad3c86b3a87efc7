// Sums over channels and taps, several output channels and vectors of pixels at once: how they are cut, planned once
// per shape, and the launch of the kernels of conv/grouped/kernels.ts.
import type { WasmContext } from "../../context.ts";
import type { ActivationCode } from "../../gemm/contraction.ts";
import { arithmetic, pieces, traffic } from "../../threads/launch.ts";
import { type Fill, fillWords } from "./fill.ts";
import { JOB, type JobWord, packFunction, sumFunctions } from "./kernels.ts";
import { Tables } from "./tables.ts";

/** A box should leave room in the L2 cache; where there are fewer units than that, rows are cut into strips. */
const BOX_BYTES = 1 << 17;
export const ENOUGH_UNITS = 16;
/** Multiply-adds below which nothing is worth cutting. */
const SMALL = 1 << 18;

/** Sums over k = (channel, tap) for each of `out` channels, at rows × columns outputs; bytes, if not said. */
export interface Sums {
  readonly images: number;
  readonly groups: number;
  readonly channels: number;
  readonly out: number;
  /** From one group of x to the next; images continue groups. */
  readonly groupIn: number;
  /** From the start of y to the first output. */
  readonly yOffset: number;
  readonly activation: ActivationCode;
  readonly rows: number;
  readonly columns: number;
  readonly rowOut: number;
  readonly laneOut: number;
  readonly planeOut: number;
  readonly groupOut: number;
  readonly weights: {
    readonly group: number;
    readonly row: number;
    readonly offsets: readonly number[];
  };
  readonly source: Source;
}

/** How inputs are found; in floats. */
export interface Source {
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

export const roundUp = (n: number, step: number): number => Math.ceil(n / step) * step;

/** Vectors of `rows` × `columns` outputs: where they start in the source and in y, and how many lanes count. */
function vectorTable(s: Sums, rows: number, perRow: number): number[] {
  const lanes = Math.min(4, s.columns);
  const table: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let v = 0; v < perRow; v++) {
      const column = Math.max(0, Math.min(v * 4, s.columns - 4));
      table.push((row * s.source.pitch + column) * 4);
      table.push(row * s.rowOut + column * s.laneOut, lanes);
    }
  }
  return table;
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

/** What is known before there are addresses. */
export interface SumsPlan {
  readonly tables: Tables;
  /** Bytes from the start of the tables to the job, and to the offsets of the weights. */
  readonly jobAt: number;
  readonly offsetsAt: number;
  readonly yOffset: number;
  readonly tile: Tile;
  readonly k: number;
  readonly groups: number;
  readonly blocks: number;
  /** Weights, in bytes: from group to group and from row to row, where the last block starts; packed: of a group. */
  readonly group: number;
  readonly row: number;
  readonly lastRow: number;
  readonly groupWeights: number;
  readonly packing: number;
  readonly scattered: boolean;
  readonly activation: ActivationCode;
  readonly packKey: string;
  readonly key: string;
  /** Of each thread, 0: none. */
  readonly boxBytes: number;
  readonly units: number;
  readonly cost: number;
}

/** Undefined where there is nothing to compute. */
export function planSums(s: Sums, relaxed: boolean, forced?: Tile): SumsPlan | undefined {
  const { images, groups, channels, out, source, weights } = s;
  const k = weights.offsets.length;
  const units = images * groups;
  if (units * out * s.rows * s.columns === 0) return undefined;
  const work = units * out * s.rows * s.columns * k;
  const rows = stripRows(s, work);
  const strips = Math.ceil(s.rows / rows);
  const fill = source.fill(rows, strips > 1);
  const perRow = Math.ceil(s.columns / 4);
  const vectors = rows * perRow;
  const lastVectors = (s.rows - (strips - 1) * rows) * perRow;
  const most = Math.min(vectors, lastVectors);
  const tile =
    forced === undefined
      ? chooseTile(out, most, k, relaxed)
      : { rows: Math.min(forced.rows, out), vectors: Math.min(forced.vectors, most) };
  const blocks = Math.ceil(out / tile.rows);
  const groupWeights = blocks * tile.rows * k * 4;
  const boxBytes = roundUp(channels * source.phases * fill.phase * 4 + 16, 16);
  const scattered = s.laneOut !== 4 || s.columns < 4;
  const tables = new Tables();
  const job: Record<JobWord, number> = {
    x: 0,
    y: 0,
    w: 0,
    bias: 0,
    strips,
    groups,
    groupIn: s.groupIn,
    groupOut: s.groupOut,
    groupWeights,
    groupBias: out * 4,
    k,
    taps: tables.add(source.taps(fill.phase)),
    table: tables.add(vectorTable(s, rows, perRow)),
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
    fill: tables.add(source.inPlace ? [] : fillWords(fill)),
  };
  const offsetsAt = tables.add(weights.offsets);
  const jobAt = tables.add(JOB.map((name) => job[name]));
  for (const name of ["taps", "table", "fill"] as const) {
    tables.pointsInside(jobAt + JOB.indexOf(name) * 4);
  }
  return {
    tables,
    jobAt,
    offsetsAt,
    yOffset: s.yOffset,
    tile,
    k,
    groups,
    blocks,
    group: weights.group,
    row: weights.row,
    lastRow: (out - tile.rows) * weights.row,
    groupWeights,
    packing: traffic(groups * out * k * 8),
    scattered,
    activation: s.activation,
    packKey: `grouped pack ${tile.rows}`,
    key: `grouped sums ${tile.rows} ${tile.vectors} ${scattered} ${s.activation}`,
    boxBytes: source.inPlace ? 0 : boxBytes,
    units: units * strips,
    cost: arithmetic(work) + traffic(units * (s.groupIn + s.groupOut)),
  };
}

const [X, Y, W, BIAS] = (["x", "y", "w", "bias"] as const).map((name) => JOB.indexOf(name)) as [
  number,
  number,
  number,
  number,
];

/** Runs it on these addresses; bias 0: none. */
export function runSums(
  ctx: WasmContext,
  plan: SumsPlan,
  x: number,
  w: number,
  bias: number,
  y: number,
): void {
  const { tile, k, groups, blocks, group, row, lastRow, groupWeights, packing } = plan;
  const { pack } = ctx.get<"pack">(plan.packKey, () => [packFunction(tile.rows)]);
  const { sums } = ctx.get<"sums" | "fill">(plan.key, () =>
    sumFunctions(tile.rows, tile.vectors, plan.scattered, plan.activation, ctx.relaxed),
  );
  ctx.withScratch((scratch) => {
    const packed = scratch.take(groups * groupWeights + 16);
    const tables = scratch.take(plan.tables.bytes);
    const at = tables + plan.jobAt;
    ctx.after(() => {
      plan.tables.write(ctx.arena, tables);
      const words = ctx.arena.i32;
      const job = at / 4;
      words[job + X] = x;
      words[job + Y] = y + plan.yOffset;
      words[job + W] = packed;
      words[job + BIAS] = bias;
    });
    const offsets = tables + plan.offsetsAt;
    ctx.launch(packing, (tasks) => {
      pieces(groups, packing, (first, count) => {
        const from = w + first * group;
        const to = packed + first * groupWeights;
        tasks.add(pack, count, from, to, group, row, k, offsets, blocks, lastRow);
      });
    });
    ctx.launch(plan.cost, (tasks) => {
      const own = plan.boxBytes === 0 ? 0 : tasks.local(plan.boxBytes);
      pieces(plan.units, plan.cost, (first, count) => tasks.add(sums, first, count, at, own));
    });
  });
}
