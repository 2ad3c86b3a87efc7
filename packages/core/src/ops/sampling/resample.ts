// Resampling of one dim: which inputs an output reads, and with what weights. All of interpolate() is this, dim by
// dim; the formulas are PyTorch's, rounding included.

/** Each output reads `width` inputs: output i those at indices[k][i], weighted with weights[k][i]. */
export interface Taps {
  readonly indices: readonly (readonly number[])[];
  readonly weights: readonly (readonly number[])[];
}

export type ResampleMode = "nearest" | "nearest-exact" | "linear" | "cubic";

export interface Resampling {
  readonly mode: ResampleMode;
  readonly size: number;
  readonly output: number;
  /** Input elements per output element. */
  readonly scale: number;
  /** The first and last elements of both lie upon each other. */
  readonly alignCorners: boolean;
  /** Outputs that are smaller average over what they stand for. */
  readonly antialias: boolean;
}

const inside = (i: number, size: number): number => Math.min(Math.max(i, 0), size - 1);

/** Keys' cubic convolution at distance x; a is −¾, with antialias −½. */
function cubic(x: number, a: number): number {
  const d = Math.abs(x);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

export function tapsOf(r: Resampling): Taps {
  const { mode, size, output } = r;
  const each = Array.from({ length: output }, (_, i) => {
    if (mode === "nearest" || mode === "nearest-exact") return nearest(r, i);
    return r.antialias ? averaged(r, i) : mode === "linear" ? linear(r, i) : cubicTaps(r, i);
  });
  const width = Math.max(...each.map((taps) => taps.length), 1);
  const pick = (k: number, part: 0 | 1) => each.map((taps) => taps[k]?.[part] ?? 0);
  const numbers = Array.from({ length: width }, (_, k) => k);
  return {
    indices: numbers.map((k) => pick(k, 0).map((i) => inside(i, size))),
    weights: numbers.map((k) => pick(k, 1)),
  };
}

type Tap = readonly [index: number, weight: number];

/** PyTorch computes these places in single precision. */
function nearest({ mode, size, scale }: Resampling, i: number): Tap[] {
  const at = mode === "nearest" ? i : i + 0.5;
  return [[Math.min(Math.floor(Math.fround(at * Math.fround(scale))), size - 1), 1]];
}

/** Where output i lies among the inputs. */
const place = ({ alignCorners, scale }: Resampling, i: number): number =>
  alignCorners ? i * scale : scale * (i + 0.5) - 0.5;

function linear(r: Resampling, i: number): Tap[] {
  const at = Math.max(0, place(r, i));
  const low = Math.min(Math.floor(at), r.size - 1);
  const share = Math.min(Math.max(at - low, 0), 1);
  return [
    [low, 1 - share],
    [low + 1, share],
  ];
}

function cubicTaps(r: Resampling, i: number): Tap[] {
  const at = place(r, i);
  const low = Math.floor(at);
  return [-1, 0, 1, 2].map((k) => [inside(low + k, r.size), cubic(at - low - k, -0.75)]);
}

function averaged({ mode, size, scale }: Resampling, i: number): Tap[] {
  const shrinks = Math.max(scale, 1);
  const support = (mode === "linear" ? 1 : 2) * shrinks;
  const center = scale * (i + 0.5);
  const start = Math.max(Math.trunc(center - support + 0.5), 0);
  const end = Math.min(Math.trunc(center + support + 0.5), size);
  const taps = Array.from({ length: end - start }, (_, k): Tap => {
    const x = (start + k - center + 0.5) / shrinks;
    return [start + k, mode === "linear" ? Math.max(0, 1 - Math.abs(x)) : cubic(x, -0.5)];
  });
  const total = taps.reduce((sum, [, w]) => sum + w, 0);
  return taps.map(([index, w]) => [index, w / total]);
}
