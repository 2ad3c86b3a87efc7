// Dense and grouped convolution as contractions (contraction.ts): channels × taps are the inner index, the
// pixels of all images the columns, the group a batch dim. Patches are read straight from a padded
// copy of the input while they are packed; a pointwise convolution needs not even that copy.
import type { WasmContext } from "./context.ts";
import { type Contraction, contract } from "./contraction.ts";
import type { Conv3, Triple } from "./conv-geometry.ts";
import { inside, paddedBias, padPlanes, spread } from "./conv-pad.ts";
import { axis } from "./odometer.ts";

/** Padded images in scratch memory at a time; one image at least. They should stay in the L2 cache. */
const CHUNK_BYTES = 1 << 20;

const map3 = (f: (d: number) => number): Triple => [f(0), f(1), f(2)];
const at3 = (t: Triple, d: number): number => t[d] as number;
const volume = ([d, h, w]: Triple): number => d * h * w;

/** How an input is read: in place, or as a padded copy. */
interface Source {
  readonly at: number;
  /** Bytes to the next channel, slice, row. */
  readonly channel: number;
  readonly slice: number;
  readonly row: number;
}

/**
 * Calls `body` for chunks of images with planes whose box of `size`, starting `low` before the plane,
 * can be read without a test.
 */
function withBoxes(
  ctx: WasmContext,
  images: number,
  channels: number,
  at: number,
  plane: Triple,
  low: Triple,
  size: Triple,
  body: (source: Source, first: number, count: number) => void,
): void {
  const channelBytes = volume(plane) * 4;
  if (inside(plane, low, size)) {
    const [, h, w] = plane;
    body({ at, channel: channelBytes, slice: h * w * 4, row: w * 4 }, 0, images);
    return;
  }
  const boxBytes = volume(size) * 4;
  const chunk = Math.max(1, Math.min(images, Math.floor(CHUNK_BYTES / (boxBytes * channels))));
  ctx.withScratch((scratch) => {
    const to = scratch.take(chunk * channels * boxBytes);
    for (let first = 0; first < images; first += chunk) {
      const count = Math.min(chunk, images - first);
      const planes = { at: at + first * channels * channelBytes, size: plane };
      padPlanes(ctx, count * channels, planes, low, size, to);
      const slice = size[1] * size[2] * 4;
      body({ at: to, channel: boxBytes, slice, row: size[2] * 4 }, first, count);
    }
  });
}

/** The part of the input that outputs read: from −padding on, this much. */
const reach = (c: Conv3): Triple =>
  map3(
    (d) =>
      (at3(c.output, d) - 1) * at3(c.stride, d) + at3(c.dilation, d) * (at3(c.kernel, d) - 1) + 1,
  );

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
        bias: biasAt === undefined ? undefined : { at: biasAt, batch: [outPer * 4] },
      });
    });
  });
}

/** dw = Σ over images and pixels of g · patch of x; fixed order, so the same bits each time. */
export function gemmWeightGrad(ctx: WasmContext, c: Conv3, g: number, x: number, dw: number): void {
  const { groups, channels, outChannels, kernelSize, outputSize } = c;
  const [inPer, outPer] = [channels / groups, outChannels / groups];
  const n = inPer * kernelSize;
  const job = (a: number, source: Source, count: number, accumulate: boolean): Contraction => ({
    m: outPer,
    n,
    k: count * outputSize,
    batch: [groups],
    a: {
      at: a,
      lanes: axis([outPer, outputSize * 4]),
      k: axis([count, outChannels * outputSize * 4], [outputSize, 4]),
      batch: [outPer * outputSize * 4],
    },
    b: {
      at: source.at,
      lanes: tapAxis(source, inPer, c.kernel, c.dilation),
      k: pixelAxis(source, count, channels, c.output, c.stride),
      batch: [inPer * source.channel],
    },
    c: { at: dw, rowBytes: n * 4, runLength: n, runBytes: 0, batch: [outPer * n * 4] },
    accumulate,
  });
  if (c.batch * outputSize === 0) {
    ctx.arena.f32.fill(0, dw / 4, dw / 4 + outChannels * n);
    return;
  }
  withBoxes(ctx, c.batch, channels, x, c.input, c.padding, reach(c), (source, first, count) => {
    contract(ctx, job(g + first * outChannels * outputSize * 4, source, count, first > 0));
  });
}

/**
 * The pixels i ≡ phase (mod stride) of one dim of dx, i = phase + stride·j. Output o and tap t meet in
 * i = o·stride + t·dilation − padding, so only every `step`-th tap t = first + step·u has an o for
 * them, and that o is origin + j − back·u.
 */
interface Phase {
  readonly phase: number;
  readonly pixels: number;
  readonly taps: number;
  readonly first: number;
  readonly step: number;
  readonly origin: number;
  readonly back: number;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** Where a phase has no tap at all, its gradient is zero: taps is 0. */
function phasesOf(c: Conv3, d: number): Phase[] {
  const [size, kernel] = [at3(c.input, d), at3(c.kernel, d)];
  const [stride, dilation, padding] = [at3(c.stride, d), at3(c.dilation, d), at3(c.padding, d)];
  const step = stride / gcd(stride, dilation);
  const phases: Phase[] = [];
  for (let phase = 0; phase < Math.min(stride, size); phase++) {
    let first = 0;
    while (first < step && (phase + padding - first * dilation) % stride !== 0) first++;
    const taps = first < step ? Math.max(0, Math.ceil((kernel - first) / step)) : 0;
    phases.push({
      phase,
      pixels: Math.ceil((size - phase) / stride),
      taps,
      first,
      step,
      origin: taps === 0 ? 0 : (phase + padding - first * dilation) / stride,
      back: (dilation * step) / stride,
    });
  }
  return phases;
}

/**
 * dx: for stride 1 one contraction with the weights read backwards; for larger strides one per phase,
 * each with just the taps that reach its pixels, spread over dx afterwards.
 */
export function gemmInputGrad(ctx: WasmContext, c: Conv3, g: number, w: number, dx: number): void {
  const { groups, channels, outChannels, kernelSize, inputSize } = c;
  if (c.batch === 0 || inputSize * channels === 0) return;
  const [inPer, outPer] = [channels / groups, outChannels / groups];
  const dims = [phasesOf(c, 0), phasesOf(c, 1), phasesOf(c, 2)] as const;
  // One box of g that all phases can read.
  const low = map3((d) =>
    (dims[d] as Phase[]).reduce((most, p) => Math.max(most, p.back * (p.taps - 1) - p.origin), 0),
  );
  const size = map3((d) =>
    (dims[d] as Phase[]).reduce(
      (most, p) => Math.max(most, at3(low, d) + (p.taps > 0 ? p.origin + p.pixels : 0)),
      1,
    ),
  );
  const tapStrides = [c.kernel[1] * c.kernel[2] * 4, c.kernel[2] * 4, 4] as const;
  const direct = c.stride.every((s) => s === 1);
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
