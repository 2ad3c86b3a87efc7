// Passes over many tensors at once, float32: steps of optimizers, the common norm of gradients, their scaling.
//
// The elements of all tensors count as one long row. A table in scratch memory says where its parts lie; a
// task takes a run of the row, which may begin and end inside of tensors: a hundred small ones are one task,
// a large one is many. Sums are made per task and brought together in order.
import {
  type AdamStep,
  adamFactors,
  type FusedKernels,
  type SGDStep,
  sizeOf,
  type View,
} from "@tapegrad/core";
import type { Kernel } from "../assembler/module-cache.ts";
import type { WasmContext } from "../context.ts";
import { pieces, traffic } from "../threads/launch.ts";
import { addressOf } from "../view.ts";
import { adamKernel, powerKernel, scaleKernel, sgdKernel } from "./optim-kernels.ts";

type OptimKernels = Pick<FusedKernels, "sgdStep" | "adamStep" | "powerSum" | "scaleAll">;
type Lists = readonly (readonly View[])[];

/** Runs of the row are multiples of this many elements, so that tasks rarely share a cache line. */
const STEP = 256;

const fits = (lists: Lists): boolean =>
  lists.every((list) => list.every((v) => v.dtype === "float32" && v.contiguous));

/** Cuts the row and calls `run` for each part: its first table entry, elements to skip in it, and its length. */
type Run = (entry: number, skip: number, size: number) => void;

interface Row {
  readonly total: number;
  readonly cost: number;
  cut(run: Run): void;
}

/** Writes the table: per tensor its size and where it begins in each list. Empty tensors have no entry. */
function rowOf(ctx: WasmContext, table: number, lists: Lists): Row {
  const words: number[] = [];
  const sizes: number[] = [];
  let total = 0;
  for (const [k, first] of (lists[0] as readonly View[]).entries()) {
    const size = sizeOf(first.shape);
    if (size === 0) continue;
    words.push(size);
    for (const list of lists) words.push(addressOf(list[k] as View));
    sizes.push(size);
    total += size;
  }
  ctx.after(() => ctx.arena.i32.set(words, table / 4));
  const cost = traffic(total * 4 * (lists.length + 1));
  const entryBytes = 4 * (lists.length + 1);
  const cut = (run: Run): void => {
    let entry = 0;
    let skip = 0;
    pieces(
      total,
      cost,
      (_, size) => {
        run(table + entry * entryBytes, skip, size);
        skip += size;
        while (entry < sizes.length && skip >= (sizes[entry] as number)) {
          skip -= sizes[entry++] as number;
        }
      },
      STEP,
    );
  };
  return { total, cost, cut };
}

/** kernel(entry, skip, size, …scalars) over the whole row. */
function overAll(
  ctx: WasmContext,
  lists: Lists,
  kernel: Kernel,
  scalars: readonly number[],
): string {
  const [first = []] = lists;
  ctx.withScratch((scratch) => {
    const table = scratch.take(first.length * 4 * (lists.length + 1));
    const row = rowOf(ctx, table, lists);
    ctx.launch(row.cost, (tasks) => {
      row.cut((entry, skip, size) => tasks.add(kernel, entry, skip, size, ...scalars));
    });
  });
  return "simd";
}

export function optimKernels(ctx: WasmContext): OptimKernels {
  function sgdStep(
    params: readonly View[],
    gradients: readonly View[],
    buffers: readonly View[] | undefined,
    step: SGDStep,
  ): string | undefined {
    const lists = buffers === undefined ? [params, gradients] : [params, gradients, buffers];
    if (!fits(lists)) return undefined;
    const form = {
      maximize: step.maximize,
      decay: step.weightDecay !== 0,
      buffer: buffers === undefined ? "none" : step.first ? "first" : "momentum",
      nesterov: step.nesterov,
    } as const;
    const { run } = ctx.get<"run">(`sgd/${JSON.stringify(form)}`, () => [sgdKernel(form)]);
    const { weightDecay, momentum, dampening, lr } = step;
    return overAll(ctx, lists, run, [weightDecay, momentum, 1 - dampening, -lr]);
  }

  function adamStep(
    params: readonly View[],
    gradients: readonly View[],
    means: readonly View[],
    squares: readonly View[],
    largest: readonly View[] | undefined,
    step: AdamStep,
  ): string | undefined {
    const four = [params, gradients, means, squares];
    const lists = largest === undefined ? four : [...four, largest];
    if (!fits(lists)) return undefined;
    const form = {
      maximize: step.maximize,
      decay: step.weightDecay === 0 ? "none" : step.decoupled ? "shrink" : "gradient",
      amsgrad: largest !== undefined,
    } as const;
    const { run } = ctx.get<"run">(`adam/${JSON.stringify(form)}`, () => [adamKernel(form)]);
    const { shrink, newMean, newSquare, correction, rate } = adamFactors(step);
    const decay = form.decay === "shrink" ? shrink : step.weightDecay;
    const scalars = [decay, newMean, step.beta2, newSquare, correction, step.eps, rate];
    return overAll(ctx, lists, run, scalars);
  }

  function scaleAll(xs: readonly View[], factor: number): string | undefined {
    if (!fits([xs])) return undefined;
    const { run } = ctx.get<"run">("scale all", () => [scaleKernel()]);
    return overAll(ctx, [xs], run, [factor]);
  }

  function powerSum(xs: readonly View[], p: number, y: View): string | undefined {
    const power = p === 1 || p === 2 ? p : p === Number.POSITIVE_INFINITY ? "max" : undefined;
    if (power === undefined || !fits([xs, [y]])) return undefined;
    const { run } = ctx.get<"run">(`power sum/${power}`, () => [powerKernel(power)]);
    ctx.withScratch((scratch) => {
      const row = rowOf(ctx, scratch.take(xs.length * 8), [xs]);
      const parts: number[] = [];
      row.cut((...part) => parts.push(...part));
      const sums = scratch.take((parts.length / 3) * 8);
      ctx.launch(row.cost, (tasks) => {
        for (let i = 0; i < parts.length; i += 3) {
          const [entry, skip, size] = parts.slice(i, i + 3) as [number, number, number];
          tasks.add(run, entry, skip, size, sums + (i / 3) * 8);
        }
      });
      const heap = ctx.arena.f64;
      let total = 0;
      for (let i = 0; i < parts.length / 3; i++) {
        const sum = heap[sums / 8 + i] as number;
        total = power === "max" ? Math.max(total, sum) : total + sum;
      }
      ctx.arena.f32[addressOf(y) / 4] = total;
    });
    return "simd";
  }

  return { sgdStep, adamStep, powerSum, scaleAll };
}
