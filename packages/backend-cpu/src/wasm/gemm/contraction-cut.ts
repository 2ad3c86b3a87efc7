// How a contraction is cut into blocks, and which operands are read as they lie. Both follow from its shape alone.
import type { Contraction, Operand } from "./contraction.ts";
import { type Axis, axis } from "./odometer.ts";

/**
 * Blocks: a panel of B in L1, blocks of A and B in L2; multiples of the panels. The results depend on KC (where
 * sums are cut), and on no other block size.
 */
const KC = 384;
const MC = 384;
const NC = 480;

/** Multiply-adds that a task should have, and columns that it should not fall below. */
const TASK = 3e6;
/** Of what is worth several tasks, there should be so many, as long as each has enough rows to share its columns. */
const ENOUGH_TASKS = 8;
const FEW_ROWS = 96;
const FEW_COLUMNS = 192;
const FEW_TO_PACK = 96;
/** Multiply-adds that are worth a second task, and columns that it should not fall below when one or three are evened. */
const WORTH_TWO = TASK / 2;
const FEW_TO_EVEN = 48;

/** Floats of A that are packed once for all columns; beyond it each task packs its own. */
const MOST_PACKED = 1 << 22;

export const roundUp = (n: number, step: number): number => Math.ceil(n / step) * step;

/** The size of `limit`-bounded blocks that are about equal. */
const evenBlock = (n: number, limit: number, step: number): number =>
  Math.min(limit, roundUp(Math.ceil(n / Math.ceil(n / limit)), step));

/** The cut of a contraction: block sizes, and whether A is packed once for all columns. */
export interface Cut {
  readonly kc: number;
  readonly mc: number;
  readonly nc: number;
  readonly packsAhead: boolean;
  /** Whether A, and B, are read as they lie. */
  readonly inPlaceA: boolean;
  readonly inPlaceB: boolean;
}

const isLine = ({ sizes }: Axis): boolean => sizes[0] * sizes[1] * sizes[2] === 1;

/** Rows at equal distances, the k of each side by side. */
const isInPlaceA = ({ lanes, k }: Operand): boolean =>
  isLine(lanes) && isLine(k) && (k.strides[3] === 4 || k.sizes[3] === 1);

/** Columns side by side, in B and in C, and k at equal distances. */
const isInPlaceB = ({ n, b: { lanes, k }, c }: Contraction): boolean =>
  n >= 4 && n <= c.runLength && isLine(lanes) && lanes.strides[3] === 4 && isLine(k);

/** @param panelRows, panelColumns what blocks are multiples of */
export function cutOf(
  job: Contraction,
  jobs: number,
  panelRows: number,
  panelColumns: number,
): Cut {
  const { m, n, k } = job;
  const kc = evenBlock(Math.max(k, 1), KC, 4);
  const inPlaceA = k > 0 && isInPlaceA(job.a);
  const inPlaceB = k > 0 && isInPlaceB(job);
  // Fewer columns to a task where there would be too few tasks to share; then fewer rows, unless that means to
  // pack the columns again for each.
  let mc = evenBlock(m, MC, panelRows);
  const few = inPlaceB ? FEW_COLUMNS : FEW_TO_PACK;
  const wanted = Math.max(few, Math.floor(TASK / Math.max(1, Math.min(m, mc) * k)));
  let nc = evenBlock(n, Math.min(NC, roundUp(wanted, panelColumns)), panelColumns);
  if (inPlaceB) {
    const worth = Math.min(ENOUGH_TASKS, Math.floor((jobs * m * n * k) / TASK));
    const blocks = Math.ceil(worth / (jobs * Math.ceil(n / nc)));
    const rows = Math.max(FEW_ROWS, roundUp(Math.ceil(m / Math.max(1, blocks)), panelRows));
    mc = evenBlock(m, Math.min(mc, rows), panelRows);
    // One block or three leave one of two threads idle for much of the time; of five and more it is not worth it.
    const columns = Math.ceil(n / nc);
    const tasks = jobs * columns * Math.ceil(m / mc);
    if ((tasks === 1 || tasks === 3) && jobs * m * n * k >= WORTH_TWO) {
      const narrower = roundUp(Math.ceil(n / (columns + 1)), panelColumns);
      if (narrower >= FEW_TO_EVEN) nc = narrower;
    }
  }
  const packsAhead =
    !inPlaceA && n > nc && k > 0 && jobs * roundUp(m, panelRows) * k <= MOST_PACKED;
  return { kc, mc, nc, packsAhead, inPlaceA, inPlaceB };
}

/** Rows that take all columns in turn: fewer where k is short, as there the places that C is written to count. */
export const groupOf = (k: number): number => (k <= SHORT ? 24 : 48);
const SHORT = 128;

/** Columns of a run that make up for the narrower tiles at its end. */
const LONG_RUN = 48;

/** Runs of columns (the images of a batch) as a batch dim, where that lets their columns be read as they lie. */
export function byRuns(job: Contraction): Contraction {
  const { a, b, c, bias, batch } = job;
  const [, , runs, length] = b.lanes.sizes;
  const splits =
    runs > 1 &&
    runs * length === job.n &&
    length === c.runLength &&
    length >= LONG_RUN &&
    b.lanes.strides[3] === 4 &&
    isLine(b.k) &&
    isInPlaceA(a) &&
    job.columnBias === undefined;
  if (!splits) return job;
  return {
    ...job,
    n: length,
    batch: [...batch, runs],
    a: { ...a, batch: [...a.batch, 0] },
    b: { ...b, lanes: axis([length, 4]), batch: [...b.batch, b.lanes.strides[2]] },
    c: { ...c, batch: [...c.batch, c.runBytes] },
    bias: bias === undefined ? undefined : { ...bias, batch: [...bias.batch, 0] },
  };
}
