// argmax and argmin over any dims: rows side by side, columns side by side, or any steps; large ones on threads.
// One long row is cut, and the best of its pieces is taken in their order.

import type { Exports } from "../assembler/module-cache.ts";
import type { WasmContext } from "../context.ts";
import { MANY } from "../elementwise/plan.ts";
import { pieces, traffic } from "../threads/launch.ts";
import type { ArgKernels } from "./arg-kernels.ts";
import { type Dim, each, ONE, takeLargest } from "./dims.ts";

/** Columns that a task keeps the best of at a time: 8 KiB of values and places. */
const COLUMNS = 1024;
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
  const rows = takeLargest(dims, () => true) ?? ONE;
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
        if (step === 4) tasks.add(row, size, n, from, rows.xStep, to, rows.yStep, 0);
        else tasks.add(arg, size, n, from, rows.xStep, step, to, rows.yStep);
      };
      pieces(rows.size, cost / outer, cut);
    });
  });
  return "rows";
}

function columns(
  ctx: WasmContext,
  { column, arg }: Exports<ArgKernels>,
  dims: readonly Dim[],
  across: Dim,
  n: number,
  step: number,
  cost: number,
  x: number,
  y: number,
): void {
  const outer = dims.reduce((product, d) => product * d.size, 1);
  const vectors = across.size - (across.size % 4);
  ctx.launch(cost, (tasks) => {
    const state = tasks.local(COLUMNS * 8);
    each(dims, (xAt, yAt) => {
      const [from, to] = [x + xAt, y + yAt];
      const cut = (first: number, size: number): void => {
        for (let at = first; at < first + size; at += COLUMNS) {
          const count = Math.min(COLUMNS, first + size - at);
          tasks.add(
            column,
            count,
            n,
            from + at * 4,
            step,
            to + at * across.yStep,
            across.yStep,
            state,
          );
        }
      };
      pieces(vectors, cost / outer, cut, 32);
      const rest = across.size - vectors;
      if (rest > 0) {
        const [last, target] = [from + vectors * 4, to + vectors * across.yStep];
        tasks.add(arg, rest, n, last, 4, step, target, across.yStep);
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
    ctx.now(pick)(cuts.length, places, x, y);
  });
}
