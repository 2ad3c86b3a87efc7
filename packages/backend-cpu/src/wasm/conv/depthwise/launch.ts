// How the depthwise kernels are shared out among the threads: in pieces of planes.

import type { Kernel } from "../../assembler/module-cache.ts";
import type { WasmContext } from "../../context.ts";
import { type Argument, arithmetic, pieces, traffic } from "../../threads/launch.ts";
import { type Conv3, ofGeometry } from "../geometry.ts";
import { addRows } from "./sums.ts";

/** Nanoseconds of any of the three convolution kernels. */
export function costOf(c: Conv3): number {
  const outputs = c.batch * c.outChannels * c.outputSize;
  const floats = c.batch * c.channels * c.inputSize + outputs;
  return Math.max(
    arithmetic(outputs * (c.channels / c.groups) * c.kernelSize),
    traffic(floats * 4),
  );
}

/** Partial sums of the weight gradient that are kept at a time; they should stay in the L2 cache. */
const SUMS_BYTES = 1 << 18;

/** Fewer pieces of channels than this are cut along the images too. */
const FEW_PIECES = 16;

/** Bytes of an image that a weight gradient goes through at a stretch at least: shorter, and it jumps through memory. */
const STRETCH = 8 << 10;

/** Less than this is not worth a launch, in nanoseconds. */
export const SMALL = 20_000;

/**
 * Calls a kernel for pieces of `planes`.
 * @param local bytes of a thread's memory that the kernel wants: the address follows the arguments of `call`, unless 0
 * @param shared arguments behind it
 */
export function overPlanes(
  ctx: WasmContext,
  kernel: Kernel,
  planes: number,
  cost: number,
  call: (first: number, count: number) => number[],
  local = 0,
  shared: readonly number[] = [],
): void {
  if (cost < SMALL) {
    const run = (...own: readonly number[]): void =>
      ctx.after(() => ctx.now(kernel)(...call(0, planes), ...own, ...shared));
    if (local === 0) run();
    else ctx.withScratch((scratch) => run(scratch.take(local)));
    return;
  }
  ctx.launch(cost, (tasks) => {
    const own: Argument[] = local > 0 ? [tasks.local(local)] : [];
    pieces(planes, cost, (first, count) => {
      tasks.add(kernel, ...call(first, count), ...own, ...shared);
    });
  });
}

interface Share {
  /** Runs of output channels. */
  readonly runs: readonly (readonly [first: number, count: number])[];
  /** Parts of the images, each with a partial result. */
  readonly parts: number;
  /** Bytes of the sums of a run. */
  readonly sumBytes: number;
  readonly cost: number;
}

/** How a weight gradient is shared out. */
const sharesOf = ofGeometry((c): Share => {
  const multiplier = c.outChannels / c.groups;
  const sources = c.channels / c.groups;
  const taps = c.kernelSize * sources;
  const cost = costOf(c);
  const runs: [first: number, count: number][] = [];
  const most = Math.max(1, Math.floor(SUMS_BYTES / (taps * 16)));
  const bytes = 4 * Math.max((c.inputSize * sources) / multiplier, c.outputSize);
  const stretches =
    c.batch > 1 ? Math.max(1, Math.floor((c.outChannels * bytes) / STRETCH)) : Infinity;
  const step = Math.ceil(c.outChannels / Math.min(c.outChannels, stretches));
  pieces(
    c.outChannels,
    cost,
    (from, size) => {
      for (let first = from; first < from + size; first += most) {
        runs.push([first, Math.min(most, from + size - first)]);
      }
    },
    step,
  );
  const parts =
    cost < SMALL || runs.length >= FEW_PIECES
      ? 1
      : Math.max(1, Math.min(c.batch, Math.ceil(FEW_PIECES / runs.length)));
  return { runs, parts, sumBytes: Math.min(most, c.outChannels) * taps * 16, cost };
});

/**
 * A weight gradient: kernel(images, xImage, gImage, count, x, g, sums, to, member, multiplier, …more, local, …shared)
 * for pieces of the output channels, see weightGradKernel(). Where they are few, also for parts of the images,
 * whose sums are added up in the order of the images.
 * @param local bytes of a thread's memory that the kernel wants beside the sums, 0: none
 */
export function overChannels(
  ctx: WasmContext,
  c: Conv3,
  kernel: Kernel,
  g: number,
  x: number,
  dw: number,
  more: readonly number[],
  local = 0,
  shared: readonly number[] = [],
): void {
  const multiplier = c.outChannels / c.groups;
  const sources = c.channels / c.groups;
  const taps = c.kernelSize * sources;
  const { runs, parts, sumBytes, cost } = sharesOf(c);
  const row = c.outChannels * taps * 4;
  ctx.withScratch((scratch) => {
    const to = parts > 1 ? scratch.take(parts * row) : dw;
    ctx.launch(cost, (tasks) => {
      const sums = tasks.local(sumBytes + local);
      const own: Argument[] = local > 0 ? [sums.plus(sumBytes)] : [];
      for (let part = 0; part < parts; part++) {
        const image = Math.floor((part * c.batch) / parts);
        const images = Math.floor(((part + 1) * c.batch) / parts) - image;
        for (const [first, count] of runs) {
          const channel = Math.floor(first / multiplier) * sources;
          tasks.add(
            kernel,
            images,
            c.channels * c.inputSize * 4,
            c.outChannels * c.outputSize * 4,
            count,
            x + (image * c.channels + channel) * c.inputSize * 4,
            g + (image * c.outChannels + first) * c.outputSize * 4,
            sums,
            to + part * row + first * taps * 4,
            first % multiplier,
            multiplier,
            ...more,
            ...own,
            ...shared,
          );
        }
      }
    });
    if (parts > 1) {
      const { addRows: add } = ctx.get<"addRows">("addRows", () => [addRows()]);
      ctx.after(() => ctx.now(add)(parts, row, c.outChannels * taps, to, dw));
    }
  });
}
