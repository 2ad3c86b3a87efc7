// C[m × n] (+)= Σₖ A[m, k] · B[k, n], where m, n and k are axes of up to four levels each: plain matrices,
// their transposes, the pixels of a batch, the patches of a convolution. Blocks of A and B are packed
// into panels that stay in the caches (Goto and van de Geijn, doi:10.1145/1356052.1356053), straight from
// where the data lies, so no im2col matrix is ever written; rows of A and columns of B that lie well are not
// packed at all.

import type { Activation } from "@tapegrad/core";
import type { Kernel } from "../assembler/module-cache.ts";
import type { Scratch, WasmContext } from "../context.ts";
import { type Argument, arithmetic, pieces, type Tasks, traffic } from "../threads/launch.ts";
import { byRuns, type Cut, cutOf, groupOf, roundUp } from "./contraction-cut.ts";
import { packFunctions } from "./kernels.ts";
import { macroFunctions, macroScratch } from "./macro.ts";
import { type Axis, startAt } from "./odometer.ts";
import { PANEL_ROWS, panelColumns, type RowsOfA } from "./tiles.ts";

export interface Operand {
  readonly at: number;
  /** Rows of A, columns of B. */
  readonly lanes: Axis;
  readonly k: Axis;
  /** Bytes per step of each batch dim. */
  readonly batch: readonly number[];
}

export interface Contraction {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch: readonly number[];
  readonly a: Operand;
  readonly b: Operand;
  readonly c: {
    readonly at: number;
    readonly rowBytes: number;
    /** Columns side by side, and the bytes from the start of one such run to the next. */
    readonly runLength: number;
    readonly runBytes: number;
    readonly batch: readonly number[];
  };
  readonly accumulate: boolean;
  /** One float per row of C, added. Readable for a whole tile beyond the last row. */
  readonly bias?: { readonly at: number; readonly batch: readonly number[] } | undefined;
  /** Address of one float per column, added to each row; the same for all of the batch, and not beside `bias`. */
  readonly columnBias?: number | undefined;
  /** Of the result, also where it is accumulated. */
  readonly activation?: ActivationCode;
}

/** What is applied to a result as it is stored: nothing, relu, relu6. */
export const ACTIVATION_CODES = { none: 0, relu: 1, relu6: 2 } as const;
export type ActivationCode = (typeof ACTIVATION_CODES)[Activation];

interface Packer {
  readonly width: number;
  readonly lanes: Kernel;
  readonly packK: Kernel;
  readonly packLanes: Kernel;
}

interface Kernels {
  readonly a: Packer;
  readonly b: Packer;
  readonly macro: Kernel;
  readonly macroApart: Kernel;
}

/** Found once per context: small products are called often. */
const kernelsOf = new WeakMap<WasmContext, Kernels>();

function kernels(ctx: WasmContext): Kernels {
  let found = kernelsOf.get(ctx);
  if (found === undefined) {
    const packer = (width: number): Packer => ({
      width,
      ...ctx.get<"lanes" | "packK" | "packLanes">(`pack ${width}`, () => packFunctions(width)),
    });
    const macro = (rows: RowsOfA): Kernel =>
      ctx.get<"macro">(`macro ${rows}`, () => macroFunctions(ctx.relaxed, rows)).macro;
    found = {
      a: packer(PANEL_ROWS),
      b: packer(panelColumns(ctx.relaxed)),
      macro: macro("packed"),
      macroApart: macro("apart"),
    };
    kernelsOf.set(ctx, found);
  }
  return found;
}

/**
 * Whether panels are filled k by k (`packLanes`) or four k of a lane at a time (`packK`); both are
 * right for any strides that they are given here, the choice is one of speed.
 */
function packs({ lanes, k }: Operand): "packK" | "packLanes" {
  if (lanes.strides[3] === 4 && lanes.sizes[3] >= PANEL_ROWS) return "packLanes";
  return k.strides[3] === 4 && k.sizes[3] >= 4 ? "packK" : "packLanes";
}

/** The arguments of a packer for `lanes` lanes and `kc` values of k from k0 on. */
function packing(
  width: number,
  operand: Operand,
  base: number,
  table: number,
  to: Argument,
  lanes: number,
  k0: number,
  kc: number,
): Argument[] {
  const panels = Math.ceil(lanes / width);
  return [panels, table, base, to, kc * width * 4, kc, ...startAt(operand.k, k0)];
}

/** Runs it; k = 0 gives zeros (or the bias, or leaves C as it was when accumulating). */
export function contract(ctx: WasmContext, given: Contraction): void {
  const job = byRuns(given);
  const { m, n, k, batch } = job;
  const jobs = batch.reduce((product, size) => product * size, 1);
  if (m === 0 || n === 0 || jobs === 0) return;
  const kernelSet = kernels(ctx);
  const [widthA, widthB] = [kernelSet.a.width, kernelSet.b.width];
  const cut = cutOf(job, jobs, widthA, widthB);
  ctx.withScratch((scratch) => {
    const rowsOfTable = roundUp(m, widthA);
    const columnsOfTable = roundUp(n, widthB);
    const tableA = scratch.take((rowsOfTable + columnsOfTable) * 4);
    const tableB = tableA + rowsOfTable * 4;
    const { a, b } = kernelSet;
    ctx.after(() => {
      if (!cut.inPlaceA) ctx.now(a.lanes)(tableA, m, rowsOfTable - m, ...startAt(job.a.lanes, 0));
      if (!cut.inPlaceB)
        ctx.now(b.lanes)(tableB, n, columnsOfTable - n, ...startAt(job.b.lanes, 0));
    });
    const columnBias = paddedColumns(ctx, scratch, job, columnsOfTable);
    const places: Places = {
      tableA,
      tableB,
      packedA: 0,
      jobBytes: rowsOfTable * k * 4,
      zeros: 0,
      columnBias,
    };
    if (k === 0) {
      const floats = cut.mc + cut.nc;
      const zeros = scratch.take(floats * 4);
      places.zeros = zeros;
      ctx.after(() => ctx.arena.f32.fill(0, zeros / 4, zeros / 4 + floats));
    }
    if (cut.packsAhead) {
      places.packedA = scratch.take(jobs * places.jobBytes);
      packAhead(ctx, job, kernelSet, cut, places, jobs);
    }
    ctx.launch(arithmetic(jobs * m * n * Math.max(k, 1)), (tasks) => {
      addTasks(tasks, job, kernelSet, cut, places);
    });
  });
}

interface Places {
  /** Byte offsets of the rows of A and the columns of B. */
  readonly tableA: number;
  readonly tableB: number;
  /** All of A in panels, one block of KC after the other, one job after the other; 0: packed by each task. */
  packedA: number;
  readonly jobBytes: number;
  /** Panels for no k at all: one step of zeros, so that the macro kernel has no case of its own for it. */
  zeros: number;
  /** Readable for a whole panel beyond the last column; 0: none. */
  readonly columnBias: number;
}

/** The bias of the columns, followed by room for the rest of a panel. */
function paddedColumns(
  ctx: WasmContext,
  scratch: Scratch,
  { n, columnBias }: Contraction,
  padded: number,
): number {
  if (columnBias === undefined) return 0;
  const to = scratch.take(padded * 4);
  ctx.after(() => ctx.arena.f32.copyWithin(to / 4, columnBias / 4, columnBias / 4 + n));
  return to;
}

/** All of A, cut into tasks of whole panels. */
function packAhead(
  ctx: WasmContext,
  job: Contraction,
  { a: packer }: Kernels,
  { kc }: Cut,
  places: Places,
  jobs: number,
): void {
  const { m, k, batch } = job;
  const { width } = packer;
  const panels = Math.ceil(m / width);
  const pack = packer[packs(job.a)];
  const cost = traffic(m * k * 12);
  ctx.launch(cost * jobs, (tasks) => {
    const digits = batch.map(() => 0);
    for (let index = 0; index < jobs; index++) {
      const a = job.a.at + offsetOf(digits, job.a.batch);
      const to = places.packedA + index * places.jobBytes;
      for (let l = 0; l < k; l += kc) {
        const depth = Math.min(kc, k - l);
        pieces(panels, (cost * depth) / k, (first, size) => {
          const table = places.tableA + first * width * 4;
          const at = to + l * panels * width * 4 + first * depth * width * 4;
          tasks.add(pack, ...packing(width, job.a, a, table, at, size * width, l, depth));
        });
      }
      nextDigits(digits, batch);
    }
  });
}

/** One task per block of C: all of k, in blocks, so that a sum has the same order whoever makes it. */
function addTasks(
  tasks: Tasks,
  job: Contraction,
  { a: packerA, b: packerB, macro, macroApart }: Kernels,
  { kc, mc, nc, packsAhead, inPlaceA, inPlaceB }: Cut,
  { tableA, tableB, packedA, jobBytes, zeros, columnBias }: Places,
): void {
  const { m, n, k, batch } = job;
  const mr = packerA.width;
  const jobs = batch.reduce((product, size) => product * size, 1);
  const panelRows = roundUp(m, mr);
  const packA = packerA[packs(job.a)];
  const packB = packerB[packs(job.b)];
  // Panels first: they are read as vectors. All sizes are multiples of 16 bytes.
  const packsA = !packsAhead && !inPlaceA;
  const bytesA = packsA ? roundUp(mc, mr) * kc * 4 : 0;
  const bytesB = inPlaceB ? 0 : nc * kc * 4;
  const ownA = tasks.local(bytesA + bytesB + macroScratch(kc, inPlaceB ? nc : 0));
  const ownB = ownA.plus(bytesA);
  const own = ownB.plus(bytesB);
  const aRow = job.a.lanes.strides[3];
  const bStep = job.b.k.strides[3];
  const digits = batch.map(() => 0);
  for (let index = 0; index < jobs; index++) {
    const a = job.a.at + offsetOf(digits, job.a.batch);
    const b = job.b.at + offsetOf(digits, job.b.batch);
    const c = job.c.at + offsetOf(digits, job.c.batch);
    const bias = job.bias === undefined ? 0 : job.bias.at + offsetOf(digits, job.bias.batch);
    for (let j = 0; j < n; j += nc) {
      const columns = Math.min(nc, n - j);
      const position = j % job.c.runLength;
      const column = c + Math.floor(j / job.c.runLength) * job.c.runBytes + position * 4;
      for (let i = 0; i < m; i += mc) {
        const rows = Math.min(mc, m - i);
        let begun = false;
        const call = (kernel: Kernel, args: Argument[]): void => {
          if (begun) tasks.also(kernel, ...args);
          else tasks.add(kernel, ...args);
          begun = true;
        };
        for (let l = 0; l < Math.max(k, 1); l += kc) {
          const depth = k === 0 ? 1 : Math.min(kc, k - l);
          let panelsA: Argument = zeros;
          let panelsB: Argument = zeros;
          if (k > 0) {
            panelsA = packsAhead
              ? packedA + index * jobBytes + l * panelRows * 4 + i * depth * 4
              : inPlaceA
                ? a + i * aRow + l * 4
                : ownA;
            panelsB = inPlaceB ? b + j * 4 + l * bStep : ownB;
            if (!inPlaceB) {
              call(
                packB,
                packing(packerB.width, job.b, b, tableB + j * 4, ownB, columns, l, depth),
              );
            }
            if (packsA) {
              call(packA, packing(mr, job.a, a, tableA + i * 4, ownA, rows, l, depth));
            }
          }
          call(inPlaceA ? macroApart : macro, [
            rows,
            inPlaceA ? groupOf(depth) : PANEL_ROWS,
            columns,
            depth,
            panelsA,
            aRow,
            panelsB,
            bStep,
            inPlaceB ? j + 1 : 0,
            column + i * job.c.rowBytes,
            job.c.rowBytes,
            position,
            job.c.runLength,
            job.c.runBytes,
            job.accumulate || l > 0 ? 1 : 0,
            bias !== 0 && l === 0 ? bias + i * 4 : 0,
            columnBias !== 0 && l === 0 ? columnBias + j * 4 : 0,
            l + kc >= k ? (job.activation ?? 0) : 0,
            own,
          ]);
        }
      }
    }
    nextDigits(digits, batch);
  }
}

function offsetOf(digits: readonly number[], strides: readonly number[]): number {
  let sum = 0;
  for (let d = 0; d < digits.length; d++) sum += (digits[d] as number) * (strides[d] as number);
  return sum;
}

function nextDigits(digits: number[], sizes: readonly number[]): void {
  for (let d = digits.length - 1; d >= 0; d--) {
    digits[d] = (digits[d] as number) + 1;
    if ((digits[d] as number) < (sizes[d] as number)) return;
    digits[d] = 0;
  }
}
