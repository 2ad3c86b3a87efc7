// What the gemm and the depthwise paths share: inputs as boxes with zeros around them, so that patches are
// read without a test, and the phases of an input gradient.
import type { WasmContext } from "../context.ts";
import type { Conv3, Triple } from "./geometry.ts";
import { inside, padPlanes } from "./pad.ts";

/** Padded images in scratch memory at a time; one image at least. They should stay in the L2 cache. */
const CHUNK_BYTES = 1 << 20;

export const map3 = (f: (d: number) => number): Triple => [f(0), f(1), f(2)];
export const at3 = (t: Triple, d: number): number => t[d] as number;
export const volume = ([d, h, w]: Triple): number => d * h * w;

/** How an input is read: in place, or as a padded copy. */
export interface Source {
  readonly at: number;
  /** Bytes to the next channel, slice, row. */
  readonly channel: number;
  readonly slice: number;
  readonly row: number;
}

/**
 * Calls `body` for chunks of images with planes whose box of `size`, starting `low` before the plane,
 * can be read without a test. With `slack` as many bytes after the last box can be read too (zeros).
 */
export function withBoxes(
  ctx: WasmContext,
  images: number,
  channels: number,
  at: number,
  plane: Triple,
  low: Triple,
  size: Triple,
  body: (source: Source, first: number, count: number) => void,
  slack = 0,
): void {
  const channelBytes = volume(plane) * 4;
  if (slack === 0 && inside(plane, low, size)) {
    const [, h, w] = plane;
    body({ at, channel: channelBytes, slice: h * w * 4, row: w * 4 }, 0, images);
    return;
  }
  const boxBytes = volume(size) * 4;
  const chunk = Math.max(1, Math.min(images, Math.floor(CHUNK_BYTES / (boxBytes * channels))));
  ctx.withScratch((scratch) => {
    const bytes = chunk * channels * boxBytes;
    const to = scratch.take(bytes + slack);
    ctx.after(() => ctx.arena.f32.fill(0, (to + bytes) / 4, (to + bytes + slack) / 4));
    for (let first = 0; first < images; first += chunk) {
      const count = Math.min(chunk, images - first);
      const planes = { at: at + first * channels * channelBytes, size: plane };
      padPlanes(ctx, count * channels, planes, low, size, to);
      const slice = size[1] * size[2] * 4;
      // A shorter last chunk has old boxes behind it, which are as readable as zeros.
      body({ at: to, channel: boxBytes, slice, row: size[2] * 4 }, first, count);
    }
  });
}

/** The part of the input that outputs read: from −padding on, this much. */
export const reach = (c: Conv3): Triple =>
  map3(
    (d) =>
      (at3(c.output, d) - 1) * at3(c.stride, d) + at3(c.dilation, d) * (at3(c.kernel, d) - 1) + 1,
  );

/**
 * The pixels i ≡ phase (mod stride) of one dim of dx, i = phase + stride·j. Output o and tap t meet in
 * i = o·stride + t·dilation − padding, so only every `step`-th tap t = first + step·u has an o for
 * them, and that o is origin + j − back·u.
 */
export interface Phase {
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

export type Phases = readonly [readonly Phase[], readonly Phase[], readonly Phase[]];

export const allPhases = (c: Conv3): Phases => [phasesOf(c, 0), phasesOf(c, 1), phasesOf(c, 2)];

/** The box of g that all phases can read. */
export function gradBox(phases: Phases): { readonly low: Triple; readonly size: Triple } {
  const most = (d: number, f: (p: Phase) => number): number =>
    (phases[d] as readonly Phase[]).reduce((m, p) => Math.max(m, f(p)), 0);
  const low = map3((d) => most(d, (p) => p.back * (p.taps - 1) - p.origin));
  const size = map3((d) =>
    Math.max(
      1,
      most(d, (p) => (p.taps > 0 ? at3(low, d) + p.origin + p.pixels : 0)),
    ),
  );
  return { low, size };
}
