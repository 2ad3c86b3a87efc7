// argmax and argmin over any dims: rows side by side, columns side by side, or any steps; large ones on threads.
// One long row is cut, and the best of its pieces is taken in their order.

import type { Exports } from "../assembler/module-cache.ts";
import type { WasmContext } from "../context.ts";
import { MANY } from "../elementwise/plan.ts";
import { pieces, traffic } from "../threads/launch.ts";
import { type ArgKernels, COLUMN_STATE } from "./arg-kernels.ts";
import { type Dim, each, takeLargest } from "./dims.ts";

/** Columns that a task keeps the best of at a time: 12 KiB of values and places. */
const COLUMNS = 1024;
/** So many pieces of memory, or more, are cut between them. */
const PLANES = 8;
/** Tasks should have so many columns at least, if that makes enough tasks: memory is read in long stretches. */
const UNITS = [
  { columns: COLUMNS, tasks: 8 },
  { columns: 256, tasks: 4 },
] as const;
/** Rows that are not longer are looked at four at a time. */
const SHORT = 48;
/** Fewer columns than this are quicker one after the other. */
const FEW_COLUMNS = 8;

/**
 * @param dims the others, with steps of 8 bytes in y
 * @param n the elements of the reduced dim, `step` bytes apart
 */
export function argOnThreads(
  ctx: WasmContext,
  kernels: Exports<ArgKernels>,
  dims: Dim[],
  n: number,
  step: number,
  x: number,
  y: number,
): string {
  const results = dims.reduce((product, d) => product * d.size, 1);
  const cost = traffic(results * n * 4) * 2;
  const many = results * n >= MANY;
  const beside = dims.findIndex((d) => d.xStep === 4 && d.size >= FEW_COLUMNS);
  if (step !== 4 && beside >= 0) {
    const across = dims.splice(beside, 1)[0] as Dim;
    columns(ctx, kernels, dims, across, n, step, many ? cost : 0, x, y);
    return "columns";
  }
  const rows = takeLargest(dims, true);
  if (step === 4 && many && results === 1) {
    longRow(ctx, kernels, n, cost, x, y);
    return "parts";
  }
  const { arg, row } = kernels;
  const outer = results / rows.size;
  ctx.launch(many ? cost : 0, (tasks) => {
    each(dims, (xAt, yAt) => {
      const cut = (first: number, size: number): void => {
        const [from, to] = [x + xAt + first * rows.xStep, y + yAt + first * rows.yStep];
        if (step === 4 && n > SHORT) tasks.add(row, size, n, from, rows.xStep, to, rows.yStep, 0);
        else tasks.add(arg, size, n, from, rows.xStep, step, to, rows.yStep);
      };
      pieces(rows.size, cost / outer, cut);
    });
  });
  return "rows";
}

function columns(
  ctx: WasmContext,
  { column }: Exports<ArgKernels>,
  dims: Dim[],
  across: Dim,
  n: number,
  step: number,
  cost: number,
  x: number,
  y: number,
): void {
  const planes = takeLargest(dims, true);
  const outer = dims.reduce((product, d) => product * d.size, 1);
  const byPlanes = planes.size >= PLANES;
  const unit =
    UNITS.find((u) => outer * Math.ceil(across.size / u.columns) >= u.tasks)?.columns ?? 32;
  ctx.launch(cost, (tasks) => {
    const state = tasks.local(COLUMNS * COLUMN_STATE);
    each(dims, (xAt, yAt) => {
      const add = (plane: number, count: number, first: number, size: number): void => {
        const from = x + xAt + plane * planes.xStep;
        const to = y + yAt + plane * planes.yStep;
        for (let at = first; at < first + size; at += COLUMNS) {
          const some = Math.min(COLUMNS, first + size - at);
          const [xFirst, yFirst] = [from + at * 4, to + at * across.yStep];
          const { xStep, yStep } = planes;
          tasks.add(
            column,
            count,
            some,
            n,
            xFirst,
            xStep,
            step,
            yFirst,
            yStep,
            across.yStep,
            state,
          );
        }
      };
      if (byPlanes) {
        pieces(planes.size, cost / outer, (first, count) => add(first, count, 0, across.size));
      } else {
        const cut = (first: number, size: number) => add(0, planes.size, first, size);
        pieces(across.size, cost / outer, cut, unit);
      }
    });
  });
}

function longRow(
  ctx: WasmContext,
  { row, pick }: Exports<ArgKernels>,
  n: number,
  cost: number,
  x: number,
  y: number,
): void {
  const cuts: [first: number, size: number][] = [];
  pieces(n, cost, (first, size) => cuts.push([first, size]), 1024);
  ctx.withScratch((scratch) => {
    const places = scratch.take(cuts.length * 8);
    ctx.launch(cost, (tasks) => {
      cuts.forEach(([first, size], s) => {
        tasks.add(row, 1, size, x + first * 4, 0, places + s * 8, 0, first);
      });
    });
    ctx.after(() => ctx.now(pick)(cuts.length, places, x, y));
  });
}
