// Depthwise convolution (groups = input channels, any multiplier), and grouped convolution with few channels per
// group: driving the kernels that are written for one plane size.
import type { WasmContext } from "./context.ts";
import type { Conv3 } from "./conv-geometry.ts";
import { forwardKernel } from "./depthwise-forward.ts";
import { inputGradKernel } from "./depthwise-input-grad.ts";
import type { Cut, PlaneShape } from "./depthwise-plane.ts";
import { addRows, reduceSums, weightGradKernel } from "./depthwise-weight-grad.ts";
import { arithmetic, pieces, traffic } from "./launch.ts";
import type { Kernel } from "./module-cache.ts";

/** Whether the kernels written for one plane size take it: one or two dims, taps that can be written out. */
export function isDirect(c: Conv3): boolean {
  return (
    c.input[0] === 1 &&
    c.kernel[0] === 1 &&
    c.output[0] === 1 &&
    c.padding[0] === 0 &&
    c.kernelSize <= MOST_TAPS
  );
}

const MOST_TAPS = 49;

/** Partial sums of the weight gradient that are kept at a time; they should stay in the L2 cache. */
const SUMS_BYTES = 1 << 18;

/** Vector instructions that a kernel may have: what the instruction cache and the compiler take gladly. */
const CODE_BUDGET = 3000;

const planeShape = (c: Conv3): PlaneShape => ({
  kernel: [c.kernel[1], c.kernel[2]],
  stride: [c.stride[1], c.stride[2]],
  dilation: [c.dilation[1], c.dilation[2]],
  padding: [c.padding[1], c.padding[2]],
  input: [c.input[1], c.input[2]],
  output: [c.output[1], c.output[2]],
});

/** Up to so many columns are written out; of wider planes the inner ones share a loop. */
const FEW_COLUMNS = 4;

/** Forward and input gradient of a plane of height × width outputs. */
function sumTiling(s: PlaneShape, height: number, columns: number): Cut {
  const [kh, kw] = s.kernel;
  const kinds = columns <= FEW_COLUMNS ? columns : 3;
  const rows = Math.floor(CODE_BUDGET / (kh * kw * kinds * (height > 16 ? 3 : 1)));
  return {
    rows: Math.max(1, Math.min(height <= 16 ? 16 : 8, rows)),
    columns: columns <= FEW_COLUMNS ? columns : 0,
    anchor: 0,
  };
}

/** Weight gradient. Measured: tall tiles for planes without inner columns, low ones in the loop of others. */
function weightTiling(s: PlaneShape): Cut {
  const [kh, kw] = s.kernel;
  const columns = Math.ceil(s.output[1] / 4);
  const anchor = s.stride[1] === 1 ? 2 : 1;
  if (kh * kw > 9) return { rows: kw > 5 ? 1 : 2, columns: 0, anchor };
  return columns <= FEW_COLUMNS ? { rows: 7, columns, anchor } : { rows: 3, columns: 0, anchor };
}

/** What planeShape() holds, as a key. */
function keyOf({
  kernel: k,
  stride: s,
  dilation: d,
  padding: p,
  input: i,
  output: o,
}: Conv3): string {
  const taps = `${k[1]},${k[2]} ${s[1]},${s[2]} ${d[1]},${d[2]} ${p[1]},${p[2]}`;
  return `${taps} ${i[1]},${i[2]} ${o[1]},${o[2]}`;
}

/** Nanoseconds of any of the three kernels. */
export function costOf(c: Conv3): number {
  const sources = c.channels / c.groups;
  const outputs = c.batch * c.outChannels * c.outputSize;
  const floats = c.batch * c.channels * c.inputSize + outputs;
  return Math.max(arithmetic(outputs * sources * c.kernelSize), traffic(floats * 4));
}

/** Less than this is not worth a launch, in nanoseconds. */
const SMALL = 20_000;

/** Calls of a kernel for pieces of `planes`, shared out among the threads. */
function overPlanes(
  ctx: WasmContext,
  kernel: Kernel,
  planes: number,
  cost: number,
  call: (first: number, count: number) => number[],
): void {
  if (cost < SMALL) kernel(...call(0, planes));
  else {
    ctx.launch(cost, (tasks) =>
      pieces(planes, cost, (first, count) => tasks.add(kernel, ...call(first, count))),
    );
  }
}

/** y = x ⋆ w + bias. */
export function directForward(
  ctx: WasmContext,
  c: Conv3,
  x: number,
  w: number,
  bias: number | undefined,
  y: number,
): void {
  const planes = c.batch * c.outChannels;
  if (planes * c.outputSize === 0) return;
  const sources = c.channels / c.groups;
  const multiplier = c.outChannels / c.groups;
  const { forward } = ctx.get<"forward">(`dw forward ${keyOf(c)} ${sources > 1}`, () => {
    const s = planeShape(c);
    const cut = sumTiling(s, s.output[0], Math.ceil(s.output[1] / 4));
    return [forwardKernel(s, cut, sources > 1, ctx.relaxed)];
  });
  overPlanes(ctx, forward, planes, costOf(c), (first, count) => [
    count,
    x + Math.floor(first / multiplier) * sources * c.inputSize * 4,
    w,
    y + first * c.outputSize * 4,
    bias ?? 0,
    first % c.outChannels,
    c.outChannels,
    first % multiplier,
    multiplier,
    sources,
  ]);
}

export function directInputGrad(
  ctx: WasmContext,
  c: Conv3,
  g: number,
  w: number,
  dx: number,
): void {
  const planes = c.batch * c.channels;
  if (planes * c.inputSize === 0) return;
  const multiplier = c.outChannels / c.groups;
  const siblings = c.channels / c.groups;
  const key = `dw inputGrad ${keyOf(c)} ${multiplier > 1}`;
  const { inputGrad } = ctx.get<"inputGrad">(key, () => {
    const s = planeShape(c);
    const cut = sumTiling(s, s.input[0], Math.ceil(s.input[1] / (4 * s.stride[1])));
    return [inputGradKernel(s, cut, multiplier > 1, ctx.relaxed)];
  });
  overPlanes(ctx, inputGrad, planes, costOf(c), (first, count) => [
    count,
    g + Math.floor(first / siblings) * multiplier * c.outputSize * 4,
    w,
    dx + first * c.inputSize * 4,
    first % c.channels,
    c.channels,
    first % siblings,
    siblings,
    multiplier,
  ]);
}

/** Fewer pieces of channels than this are cut along the images too. */
const FEW_PIECES = 16;

export function directWeightGrad(
  ctx: WasmContext,
  c: Conv3,
  g: number,
  x: number,
  dw: number,
): void {
  if (c.outChannels === 0) return;
  const multiplier = c.outChannels / c.groups;
  const sources = c.channels / c.groups;
  const taps = c.kernelSize * sources;
  const cost = costOf(c);
  const { weightGrad } = ctx.get<"weightGrad">(`dw weightGrad ${keyOf(c)}`, () => {
    const s = planeShape(c);
    return [weightGradKernel(s, weightTiling(s), ctx.relaxed)];
  });
  const { reduceSums: reduce, addRows: add } = ctx.get<"reduceSums" | "addRows">(
    "reduceSums",
    () => [reduceSums(), addRows()],
  );
  const runs: [first: number, count: number][] = [];
  const most = Math.max(1, Math.floor(SUMS_BYTES / (taps * 16)));
  pieces(c.outChannels, cost, (from, size) => {
    for (let first = from; first < from + size; first += most) {
      runs.push([first, Math.min(most, from + size - first)]);
    }
  });
  // Each part of the images has a row of partial sums; they are added up in the order of the images.
  const parts =
    cost < SMALL || runs.length >= FEW_PIECES
      ? 1
      : Math.max(1, Math.min(c.batch, Math.ceil(FEW_PIECES / runs.length)));
  const row = c.outChannels * taps * 4;
  ctx.withScratch((scratch) => {
    const to = parts > 1 ? scratch.take(parts * row) : dw;
    ctx.launch(cost, (tasks) => {
      const sums = tasks.local(Math.min(most, c.outChannels) * taps * 16);
      for (let part = 0; part < parts; part++) {
        const image = Math.floor((part * c.batch) / parts);
        const images = Math.floor(((part + 1) * c.batch) / parts) - image;
        for (const [first, count] of runs) {
          const channel = Math.floor(first / multiplier) * sources;
          tasks.add(
            weightGrad,
            images,
            c.channels * c.inputSize * 4,
            c.outChannels * c.outputSize * 4,
            count,
            x + (image * c.channels + channel) * c.inputSize * 4,
            g + (image * c.outChannels + first) * c.outputSize * 4,
            sums,
            first % multiplier,
            multiplier,
            sources,
          );
          tasks.also(reduce, count * taps, sums, to + part * row + first * taps * 4);
        }
      }
    });
    if (parts > 1) add(parts, row, c.outChannels * taps, to, dw);
  });
}
