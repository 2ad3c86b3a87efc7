// Depthwise convolution of any kind: kernels of any size, one to three dims, any stride and dilation. One
// kernel serves all sizes: planes lie in boxes with zeros around them, and a table says for each tap how far
// its input lies from the output's and which weight it has.
import type { Scratch, WasmContext } from "./context.ts";
import {
  allPhases,
  at3,
  gradBox,
  map3,
  type Phase,
  reach,
  type Source,
  volume,
  withBoxes,
} from "./conv-boxes.ts";
import type { Conv3, Triple } from "./conv-geometry.ts";
import { spread } from "./conv-pad.ts";
import { GROUP, tapGradKernel, tapSumKernel, upTo } from "./depthwise-taps-kernels.ts";
import { axis } from "./odometer.ts";

/** Vectors at the end of a row reach up to three floats too far. */
const slack = (step: number): number => 3 * step * 4 + 16;

function writeTable(
  ctx: WasmContext,
  scratch: Scratch,
  entries: readonly (readonly [source: number, weight: number])[],
): number {
  const table = scratch.take(entries.length * 8);
  ctx.arena.i32.set(entries.flat(), table / 4);
  return table;
}

/** The taps of a kernel as [source offset, weight offset]. */
const entriesOf = (
  taps: Triple,
  source: (d: number, tap: number) => number,
  weight: (d: number, tap: number) => number,
): [number, number][] =>
  upTo(volume(taps)).map((t) => {
    const digits = [
      Math.floor(t / (taps[1] * taps[2])),
      Math.floor(t / taps[2]) % taps[1],
      t % taps[2],
    ];
    const sum = (f: (d: number, tap: number) => number): number =>
      digits.reduce((total, digit, d) => total + f(d, digit), 0);
    return [sum(source), sum(weight)];
  });

const stridesOf = (source: Source): Triple => [source.slice, source.row, 4];
const kernelStrides = (c: Conv3): Triple => [c.kernel[1] * c.kernel[2] * 4, c.kernel[2] * 4, 4];

const forwardTaps = (c: Conv3, source: Source): [number, number][] =>
  entriesOf(
    c.kernel,
    (d, tap) => tap * at3(c.dilation, d) * at3(stridesOf(source), d),
    (d, tap) => tap * at3(kernelStrides(c), d),
  );

export function tapForward(
  ctx: WasmContext,
  c: Conv3,
  x: number,
  w: number,
  bias: number | undefined,
  y: number,
): void {
  const multiplier = c.outChannels / c.channels;
  const step = c.stride[2];
  const { tapSum } = ctx.get<"tapSum">(`tapSum ${step}`, () => [tapSumKernel(step, ctx.relaxed)]);
  const planes = c.batch * c.channels;
  withBoxes(
    ctx,
    planes,
    1,
    x,
    c.input,
    c.padding,
    reach(c),
    (source, first, count) => {
      ctx.withScratch((scratch) => {
        const entries = forwardTaps(c, source);
        const table = writeTable(ctx, scratch, entries);
        const channel = (first * multiplier) % c.outChannels;
        tapSum(
          count * multiplier,
          1,
          0,
          multiplier,
          channel,
          c.outChannels,
          source.at,
          source.channel,
          w,
          c.kernelSize * 4,
          bias ?? 0,
          y + first * multiplier * c.outputSize * 4,
          ...c.output,
          c.stride[0] * source.slice,
          c.stride[1] * source.row,
          table,
          entries.length,
        );
      });
    },
    slack(step),
  );
}

/** Phase by phase, as gemmInputGrad(); a phase without taps is zero. */
export function tapInputGrad(ctx: WasmContext, c: Conv3, g: number, w: number, dx: number): void {
  const multiplier = c.outChannels / c.channels;
  const { tapSum } = ctx.get<"tapSum">("tapSum 1", () => [tapSumKernel(1, ctx.relaxed)]);
  const dims = allPhases(c);
  const { low, size } = gradBox(dims);
  const inputStrides: Triple = [c.input[1] * c.input[2] * 4, c.input[2] * 4, 4];
  const direct = c.stride.every((s) => s === 1);
  const sum = (f: (d: number) => number): number => f(0) + f(1) + f(2);
  const onePhase = (
    phases: readonly [Phase, Phase, Phase],
    source: Source,
    first: number,
    count: number,
  ): void => {
    const phase = (d: number): Phase => phases[d] as Phase;
    const pixels = map3((d) => phase(d).pixels);
    const entries = entriesOf(
      map3((d) => phase(d).taps),
      (d, tap) => (at3(low, d) + phase(d).origin - phase(d).back * tap) * at3(stridesOf(source), d),
      (d, tap) => (phase(d).first + phase(d).step * tap) * at3(kernelStrides(c), d),
    );
    ctx.withScratch((scratch) => {
      const target = dx + first * c.inputSize * 4;
      const total = count * volume(pixels);
      const to = direct ? target : scratch.take(total * 4);
      if (entries.length === 0) ctx.arena.f32.fill(0, to / 4, to / 4 + total);
      else {
        const table = writeTable(ctx, scratch, entries);
        tapSum(
          count,
          multiplier,
          0,
          1,
          first % c.channels,
          c.channels,
          source.at,
          source.channel,
          w,
          c.kernelSize * 4,
          0,
          to,
          ...pixels,
          source.slice,
          source.row,
          table,
          entries.length,
        );
      }
      if (direct) return;
      const along = axis(
        [count, c.inputSize * 4],
        ...[0, 1, 2].map((d) => [at3(pixels, d), at3(c.stride, d) * at3(inputStrides, d)] as const),
      );
      spread(ctx, to, target + sum((d) => phase(d).phase * at3(inputStrides, d)), total, along);
    });
  };
  withBoxes(
    ctx,
    c.batch * c.channels,
    multiplier,
    g,
    c.output,
    low,
    size,
    (source, first, count) => {
      for (const z of dims[0]) {
        for (const y of dims[1]) {
          for (const x of dims[2]) onePhase([z, y, x], source, first, count);
        }
      }
    },
    slack(1),
  );
}

export function tapWeightGrad(ctx: WasmContext, c: Conv3, g: number, x: number, dw: number): void {
  const multiplier = c.outChannels / c.channels;
  const step = c.stride[2];
  const { tapGrad } = ctx.get<"tapGrad">(`tapGrad ${step}`, () => [
    tapGradKernel(step, ctx.relaxed),
  ]);
  ctx.arena.f32.fill(0, dw / 4, dw / 4 + c.outChannels * c.kernelSize);
  withBoxes(
    ctx,
    c.batch * c.channels,
    1,
    x,
    c.input,
    c.padding,
    reach(c),
    (source, first, count) => {
      ctx.withScratch((scratch) => {
        const entries = forwardTaps(c, source);
        while (entries.length % GROUP !== 0) entries.push([0, -1]);
        const table = writeTable(ctx, scratch, entries);
        tapGrad(
          count * multiplier,
          0,
          multiplier,
          (first * multiplier) % c.outChannels,
          c.outChannels,
          source.at,
          source.channel,
          g + first * multiplier * c.outputSize * 4,
          dw,
          c.kernelSize * 4,
          ...c.output,
          c.stride[0] * source.slice,
          c.stride[1] * source.row,
          table,
          entries.length / GROUP,
        );
      });
    },
    slack(step),
  );
}
