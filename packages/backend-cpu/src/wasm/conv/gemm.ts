// Dense and grouped convolution as contractions (gemm/contraction.ts): channels × taps are the inner index, the
// pixels of all images the columns, the group a batch dim. Patches are read straight from a padded
// copy of the input while they are packed; a pointwise convolution needs not even that copy.
import type { WasmContext } from "../context.ts";
import { type ActivationCode, type Contraction, contract } from "../gemm/contraction.ts";
import { axis } from "../gemm/odometer.ts";
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
} from "./boxes.ts";
import type { Conv3, Triple } from "./geometry.ts";
import { clearBytes, paddedBias, spread, sumParts } from "./pad.ts";

const pixelAxis = (source: Source, images: number, channels: number, size: Triple, step: Triple) =>
  axis(
    [images, channels * source.channel],
    [size[0], step[0] * source.slice],
    [size[1], step[1] * source.row],
    [size[2], step[2] * 4],
  );

const tapAxis = (source: Source, channels: number, size: Triple, step: Triple) =>
  axis(
    [channels, source.channel],
    [size[0], step[0] * source.slice],
    [size[1], step[1] * source.row],
    [size[2], step[2] * 4],
  );

/** y = x ⋆ w + bias, all contiguous; addresses in bytes. */
export function gemmForward(
  ctx: WasmContext,
  c: Conv3,
  x: number,
  w: number,
  bias: number | undefined,
  y: number,
  activation: ActivationCode = 0,
): void {
  const { groups, channels, outChannels, kernelSize, outputSize } = c;
  const [inPer, outPer] = [channels / groups, outChannels / groups];
  const k = inPer * kernelSize;
  ctx.withScratch((scratch) => {
    const biasAt = bias === undefined ? undefined : paddedBias(ctx, scratch, bias, outChannels);
    withBoxes(ctx, c.batch, channels, x, c.input, c.padding, reach(c), (source, first, count) => {
      contract(ctx, {
        m: outPer,
        n: count * outputSize,
        k,
        batch: [groups],
        a: { at: w, lanes: axis([outPer, k * 4]), k: axis([k, 4]), batch: [outPer * k * 4] },
        b: {
          at: source.at,
          lanes: pixelAxis(source, count, channels, c.output, c.stride),
          k: tapAxis(source, inPer, c.kernel, c.dilation),
          batch: [inPer * source.channel],
        },
        c: {
          at: y + first * outChannels * outputSize * 4,
          rowBytes: outputSize * 4,
          runLength: outputSize,
          runBytes: outChannels * outputSize * 4,
          batch: [outPer * outputSize * 4],
        },
        accumulate: false,
        activation,
        bias: biasAt === undefined ? undefined : { at: biasAt, batch: [outPer * 4] },
      });
    });
  });
}

/**
 * Into how many pieces the pixels of a weight gradient are cut so that threads have something to share: where
 * the result is small, k (the pixels) is all that there is. Follows from the shape alone.
 */
function cutsOf(m: number, n: number, k: number, groups: number): number {
  const blocks = groups * Math.ceil(m / 96) * Math.ceil(n / 192);
  const worthwhile = Math.floor((groups * m * n * k) / LEAST_PIECE);
  return Math.max(1, Math.min(Math.ceil(ENOUGH_TASKS / blocks), worthwhile, Math.floor(k / 256)));
}

/** Multiply-adds of a piece that is worth a partial result of its own; and how many tasks are enough. */
const LEAST_PIECE = 2e6;
const ENOUGH_TASKS = 8;

/** dw = Σ over images and pixels of g · patch of x; fixed order, so the same bits each time. */
export function gemmWeightGrad(ctx: WasmContext, c: Conv3, g: number, x: number, dw: number): void {
  const { groups, channels, outChannels, kernelSize, outputSize } = c;
  const [inPer, outPer] = [channels / groups, outChannels / groups];
  const n = inPer * kernelSize;
  const floats = outChannels * n;
  if (c.batch * outputSize === 0) {
    clearBytes(ctx, dw, floats * 4);
    return;
  }
  const outputs = outChannels * outputSize * 4;
  /** `parts` sums over `images` images and `rows` rows of outputs each, a part begins every `step` of them. */
  const job = (
    part: { readonly images: number; readonly rows: number; readonly parts: number },
    step: readonly [g: number, x: number],
    at: readonly [g: number, x: number],
    source: Source,
    to: number,
    accumulate: boolean,
  ): Contraction => {
    const size: Triple = [c.output[0], part.rows, c.output[2]];
    return {
      m: outPer,
      n,
      k: part.images * volume(size),
      batch: [part.parts, groups],
      a: {
        at: at[0],
        lanes: axis([outPer, outputSize * 4]),
        k: axis(
          [part.images, outputs],
          [size[0], c.output[1] * c.output[2] * 4],
          [size[1], c.output[2] * 4],
          [size[2], 4],
        ),
        batch: [step[0], outPer * outputSize * 4],
      },
      b: {
        at: at[1],
        lanes: tapAxis(source, inPer, c.kernel, c.dilation),
        k: pixelAxis(source, part.images, channels, size, c.stride),
        batch: [step[1], inPer * source.channel],
      },
      c: {
        at: to,
        rowBytes: n * 4,
        runLength: n,
        runBytes: 0,
        batch: [floats * 4, outPer * n * 4],
      },
      accumulate,
    };
  };
  withBoxes(ctx, c.batch, channels, x, c.input, c.padding, reach(c), (source, first, count) => {
    const start = g + first * outputs;
    const whole = { images: count, rows: c.output[1], parts: 1 };
    const cuts = Math.min(
      cutsOf(outPer, n, count * outputSize, groups),
      count > 1 ? count : c.output[1],
    );
    if (cuts === 1) {
      contract(ctx, job(whole, [0, 0], [start, source.at], source, dw, first > 0));
      return;
    }
    // Pieces are runs of images, or of rows where there is but one image; the last may be shorter.
    const byImage = count > 1;
    const units = byImage ? count : c.output[1];
    const size = Math.ceil(units / cuts);
    const full = Math.floor(units / size);
    const rest = units - full * size;
    const step: readonly [number, number] = byImage
      ? [size * outputs, size * channels * source.channel]
      : [size * c.output[2] * 4, size * c.stride[1] * source.row];
    const part = (length: number, parts: number) =>
      byImage ? { images: length, rows: c.output[1], parts } : { images: 1, rows: length, parts };
    ctx.withScratch((scratch) => {
      const sums = scratch.take((full + 1) * floats * 4);
      contract(ctx, job(part(size, full), step, [start, source.at], source, sums, false));
      if (rest > 0) {
        const at = [start + full * step[0], source.at + full * step[1]] as const;
        const to = sums + full * floats * 4;
        contract(ctx, job(part(rest, 1), [0, 0], at, source, to, false));
      }
      sumParts(ctx, floats, full + (rest > 0 ? 1 : 0), sums, dw, first > 0);
    });
  });
}

/**
 * dx: for stride 1 one contraction with the weights read backwards; for larger strides one per phase,
 * each with just the taps that reach its pixels, spread over dx afterwards.
 */
export function gemmInputGrad(ctx: WasmContext, c: Conv3, g: number, w: number, dx: number): void {
  const { groups, channels, outChannels, kernelSize, inputSize } = c;
  if (c.batch === 0 || inputSize * channels === 0) return;
  const [inPer, outPer] = [channels / groups, outChannels / groups];
  const dims = allPhases(c);
  const { low, size } = gradBox(dims);
  const tapStrides = [c.kernel[1] * c.kernel[2] * 4, c.kernel[2] * 4, 4] as const;
  const direct = c.stride.every((s) => s === 1);
  // Pixels that no tap reaches (every other one of a pointwise convolution with stride 2) are zero.
  const idle = dims.some((phases) => phases.some((phase) => phase.taps === 0));
  if (idle) clearBytes(ctx, dx, c.batch * channels * inputSize * 4);
  withBoxes(ctx, c.batch, outChannels, g, c.output, low, size, (source, first, count) => {
    const strides = [source.slice, source.row, 4] as const;
    for (const z of dims[0]) {
      for (const y of dims[1]) {
        for (const x of dims[2]) {
          const phases = [z, y, x] as const;
          const phase = (d: number): Phase => phases[d] as Phase;
          const pixels = map3((d) => phase(d).pixels);
          const taps = map3((d) => phase(d).taps);
          const sum = (f: (d: number) => number): number => f(0) + f(1) + f(2);
          const along = (start: number, stride: number, size: Triple, f: (d: number) => number) =>
            axis([start, stride], [size[0], f(0)], [size[1], f(1)], [size[2], f(2)]);
          const k = outPer * volume(taps);
          if (k === 0 && idle) continue;
          ctx.withScratch((scratch) => {
            const target = dx + first * channels * inputSize * 4;
            const to = direct ? target : scratch.take(count * channels * volume(pixels) * 4);
            contract(ctx, {
              m: inPer,
              n: count * volume(pixels),
              k,
              batch: [groups],
              a: {
                at: w + sum((d) => phase(d).first * at3(tapStrides, d)),
                lanes: axis([inPer, kernelSize * 4]),
                k: along(
                  outPer,
                  inPer * kernelSize * 4,
                  taps,
                  (d) => phase(d).step * at3(tapStrides, d),
                ),
                batch: [outPer * inPer * kernelSize * 4],
              },
              b: {
                at: source.at + sum((d) => (at3(low, d) + phase(d).origin) * at3(strides, d)),
                lanes: along(count, outChannels * source.channel, pixels, (d) => at3(strides, d)),
                k: along(outPer, source.channel, taps, (d) => -phase(d).back * at3(strides, d)),
                batch: [outPer * source.channel],
              },
              c: {
                at: to,
                rowBytes: volume(pixels) * 4,
                runLength: volume(pixels),
                runBytes: channels * volume(pixels) * 4,
                batch: [inPer * volume(pixels) * 4],
              },
              accumulate: false,
            });
            if (direct) return;
            const inputStrides = [c.input[1] * c.input[2] * 4, c.input[2] * 4, 4] as const;
            spread(
              ctx,
              to,
              target + sum((d) => phase(d).phase * at3(inputStrides, d)),
              count * channels * volume(pixels),
              along(
                count * channels,
                inputSize * 4,
                pixels,
                (d) => at3(c.stride, d) * at3(inputStrides, d),
              ),
            );
          });
        }
      }
    }
  });
}
