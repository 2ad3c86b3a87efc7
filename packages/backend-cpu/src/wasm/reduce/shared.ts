// Large reductions on threads. Where there are results enough, each task has some of them; where there are
// few, each task has a part of what is folded into them, and the parts are brought together in their order.
// The cut follows from the shape alone: the same bits on any number of threads.

import type { Exports } from "../assembler/module-cache.ts";
import type { WasmContext } from "../context.ts";
import { pieces, traffic } from "../threads/launch.ts";
import { fewRows } from "./columns.ts";
import { type Dim, each, ONE, takeLargest } from "./dims.ts";
import { FOLD_WORDS, LOOPS, type Loop, RESULTS, type Results } from "./fold.ts";
import type { FoldCode, FoldKernels } from "./kernels.ts";
import { ACC_BYTES, CHUNK } from "./parts.ts";
import { SHORT_ROW } from "./rows.ts";

/** With fewer pieces of results than this, the reduced dims are cut instead. */
const ENOUGH = 16;
/** The same for columns, where parts of results are much to write. */
const ENOUGH_COLUMNS = 8;
/** Rows that a part of columns has at least, if it can: its results are written and read, 16 bytes for 4 of a row. */
const ROWS = 128;
/** Columns stay together in runs of CHUNK, or of this many: memory is read in stretches of 1 KiB at least. */
const COLUMNS = 256;
/** Fewer columns than this, side by side, are worked on as if they were several rows of columns in one. */
const NARROW = 64;
/** Rows in a part at least. */
const FEW = 8;

/** How the dims of one reduction are read. */
export interface Layout {
  readonly loop: Loop;
  /** From one row of the loop to the next. */
  readonly xRow: number;
  /** The results of one call of the loop lie along this dim, and what it folds into each along the other. */
  readonly across: Dim;
  readonly down: Dim;
  /** The rest of them. */
  readonly kept: readonly Dim[];
  readonly reduced: readonly Dim[];
}

export const product = (dims: readonly Dim[]): number => dims.reduce((p, d) => p * d.size, 1);

/** @param dims in the order of memory; taken from */
export function layoutOf(code: FoldCode, dims: Dim[]): Layout {
  const inner = dims.pop() ?? { ...ONE, kept: false };
  const across = inner.kept ? inner : takeLargest(dims, true);
  const down = inner.kept ? takeLargest(dims, false) : inner;
  return {
    loop: loopFor(code, inner.kept, down.size),
    xRow: inner.kept ? down.xStep : across.xStep,
    across,
    down,
    kept: dims.filter((d) => d.kept),
    reduced: dims.filter((d) => !d.kept),
  };
}

/** Few columns of many rows, all of them side by side. */
export const isNarrow = ({ loop, across, down, kept }: Layout): boolean =>
  loop === "column" &&
  across.size < NARROW &&
  across.xStep === 4 &&
  down.xStep === across.size * 4 &&
  down.size >= NARROW &&
  kept.length === 0;

export function foldOnThreads(
  ctx: WasmContext,
  kernels: Exports<FoldKernels>,
  code: FoldCode,
  layout: Layout,
  x: number,
  y: number,
): void {
  const { loop, across, down, kept, reduced } = layout;
  const keptCount = product(kept);
  const folded = down.size * product(reduced);
  const cost = traffic(keptCount * across.size * folded * 4) * (code === "prod" ? 2 : 1);
  const cut = (unit: number): number => keptCount * Math.ceil(across.size / unit);
  const unit = unitOf(loop === "column", folded, cut);
  if (isNarrow(layout)) foldNarrow(ctx, kernels, code, layout, cost, x, y);
  else if (unit === undefined) byParts(ctx, kernels, layout, cost, x, y);
  else {
    const results = inPlace(code, layout) ? "inPlace" : "floats";
    byResults(ctx, kernels, layout, results, cost, unit, x, y);
  }
}

/**
 * Results that stay together in a task, if there are enough of such pieces.
 * @param folded elements of a result
 * @param cut how many pieces there are
 */
function unitOf(
  columns: boolean,
  folded: number,
  cut: (unit: number) => number,
): number | undefined {
  if (!columns) return cut(1) >= ENOUGH ? 1 : undefined;
  if (cut(CHUNK) >= ENOUGH_COLUMNS) return CHUNK;
  return cut(COLUMNS) >= ENOUGH && folded < ENOUGH_COLUMNS * ROWS ? COLUMNS : undefined;
}

function loopFor(code: FoldCode, columns: boolean, n: number): Loop {
  if (columns) return "column";
  return n <= SHORT_ROW && code !== "prod" ? "fourRows" : "row";
}

/** Whether a loop can leave its results where they belong. */
export const inPlace = (code: FoldCode, { loop, xRow, across, down, reduced }: Layout): boolean =>
  code !== "prod" &&
  across.yStep === 4 &&
  reduced.length === 0 &&
  (loop === "fourRows" || (loop === "column" && fewRows(down.size, xRow)));

/** Writes the table of foldKernel(). */
function writeTable(ctx: WasmContext, at: number, layout: Layout, results: Results): void {
  const { loop, xRow, across, kept, reduced } = layout;
  const parts = results === "parts";
  const yStep = parts ? 8 : across.yStep;
  const words = [
    LOOPS[loop],
    xRow,
    across.xStep,
    yStep,
    RESULTS[results],
    kept.length,
    reduced.length,
  ];
  let dense = across.size * 8;
  for (const d of [...kept].reverse()) {
    words.push(d.size, d.xStep, parts ? dense : d.yStep);
    dense *= d.size;
  }
  for (const d of [...reduced].reverse()) words.push(d.size, d.xStep);
  ctx.after(() => ctx.arena.i32.set(words, at / 4));
}

const tableBytes = ({ kept, reduced }: Layout): number =>
  (FOLD_WORDS + kept.length * 3 + reduced.length * 2) * 4;

function byResults(
  ctx: WasmContext,
  { fold }: Exports<FoldKernels>,
  layout: Layout,
  results: Results,
  cost: number,
  unit: number,
  x: number,
  y: number,
): void {
  const { across, down, kept, reduced } = layout;
  const n = down.size;
  const [keptCount, reducedCount] = [product(kept), product(reduced)];
  ctx.withScratch((scratch) => {
    const table = scratch.take(tableBytes(layout));
    writeTable(ctx, table, layout, results);
    ctx.launch(cost, (tasks) => {
      const acc = tasks.local(ACC_BYTES);
      if (keptCount >= ENOUGH) {
        pieces(keptCount, cost, (first, count) =>
          tasks.add(fold, table, first, count, across.size, n, 0, reducedCount, x, y, acc),
        );
        return;
      }
      for (let k = 0; k < keptCount; k++) {
        const cut = (first: number, size: number): void => {
          const [from, to] = [x + first * across.xStep, y + first * across.yStep];
          tasks.add(fold, table, k, 1, size, n, 0, reducedCount, from, to, acc);
        };
        pieces(across.size, cost / keptCount, cut, unit);
      }
    });
  });
}

function byParts(
  ctx: WasmContext,
  { fold, combine, finish }: Exports<FoldKernels>,
  layout: Layout,
  cost: number,
  x: number,
  y: number,
): void {
  const { across, down, kept, reduced, loop } = layout;
  const [keptCount, reducedCount] = [product(kept), product(reduced)];
  const results = keptCount * across.size;
  // A list of parts first: how many there are says how much memory they need.
  const parts: [n: number, reducedFirst: number, reducedCount: number, x: number][] = [];
  if (reducedCount >= ENOUGH) {
    pieces(reducedCount, cost, (first, count) => parts.push([down.size, first, count, x]));
  } else {
    const least = Math.max(FEW, Math.min(ROWS, Math.ceil(down.size / ENOUGH)));
    const cut = (first: number, size: number) =>
      parts.push([size, 0, reducedCount, x + first * down.xStep]);
    pieces(down.size, cost, cut, loop === "column" ? least : 1024);
  }
  ctx.withScratch((scratch) => {
    const table = scratch.take(tableBytes(layout));
    const partial = scratch.take(parts.length * results * 8);
    writeTable(ctx, table, layout, "parts");
    ctx.launch(cost, (tasks) => {
      const acc = tasks.local(ACC_BYTES);
      parts.forEach(([n, first, count, from], s) => {
        const to = partial + s * results * 8;
        tasks.add(fold, table, 0, keptCount, across.size, n, first, count, from, to, acc);
      });
    });
    ctx.after(() => {
      ctx.now(combine)(parts.length, results, partial);
      let from = partial;
      each(kept, (_, yAt) => {
        ctx.now(finish)(across.size, from, y + yAt, across.yStep);
        from += across.size * 8;
      });
    });
  });
}

/**
 * [m, n] over its rows, n small: as [m / k, k·n], whose k·n columns are vectors enough, and then those k results
 * of n columns as parts. The last m % k rows are a part of their own.
 */
function foldNarrow(
  ctx: WasmContext,
  { fold, combine, finish }: Exports<FoldKernels>,
  code: FoldCode,
  layout: Layout,
  cost: number,
  x: number,
  y: number,
): void {
  const { down } = layout;
  const n = layout.across.size;
  const k = Math.min(Math.ceil(COLUMNS / n), down.size);
  const width = n * k;
  const rows = Math.floor(down.size / k);
  const reducedCount = product(layout.reduced);
  const across: Dim = { size: width, xStep: 4, yStep: 8, kept: true };
  const wide: Layout = {
    ...layout,
    across,
    xRow: width * 4,
    loop: loopFor(code, true, rows),
  };
  const cuts: [first: number, size: number][] = [];
  pieces(rows, cost, (first, size) => cuts.push([first, size]), FEW);
  const rest = down.size - rows * k;
  ctx.withScratch((scratch) => {
    const table = scratch.take(tableBytes(wide));
    const partial = scratch.take((cuts.length * width + n) * 8);
    const restTable = scratch.take(tableBytes(layout));
    writeTable(ctx, table, wide, "parts");
    writeTable(ctx, restTable, layout, "parts");
    ctx.launch(cost, (tasks) => {
      const acc = tasks.local(ACC_BYTES);
      cuts.forEach(([first, size], s) => {
        const [from, to] = [x + first * width * 4, partial + s * width * 8];
        tasks.add(fold, table, 0, 1, width, size, 0, reducedCount, from, to, acc);
      });
      if (rest > 0) {
        const [from, to] = [x + rows * width * 4, partial + cuts.length * width * 8];
        tasks.add(fold, restTable, 0, 1, n, rest, 0, reducedCount, from, to, acc);
      }
    });
    ctx.after(() => {
      ctx.now(combine)(cuts.length * k + (rest > 0 ? 1 : 0), n, partial);
      ctx.now(finish)(n, partial, y, layout.across.yStep);
    });
  });
}
