// Convolutions of one, two and three spatial dims as one of three: missing dims have size 1.
import { type ConvGeometry, isUnchangingGeometry } from "@tapegrad/core";

/** Depth, height, width. */
export type Triple = readonly [number, number, number];

export interface Conv3 {
  /** Spatial dims that were given. */
  readonly dims: number;
  readonly batch: number;
  readonly channels: number;
  readonly outChannels: number;
  readonly groups: number;
  readonly input: Triple;
  readonly kernel: Triple;
  readonly output: Triple;
  readonly stride: Triple;
  readonly padding: Triple;
  readonly dilation: Triple;
  /** Floats per channel of input, weight and output. */
  readonly inputSize: number;
  readonly kernelSize: number;
  readonly outputSize: number;
}

const volume = ([d, h, w]: Triple): number => d * h * w;

/** The last three entries from `first` on; `missing` stands for those that are not there. */
function lift(list: readonly number[], first: number, missing: number): Triple {
  const end = list.length;
  return [
    end - 3 >= first ? (list[end - 3] as number) : missing,
    end - 2 >= first ? (list[end - 2] as number) : missing,
    list[end - 1] as number,
  ];
}

/** Geometries met so far, by a hash of their numbers. */
const known = new Map<number, { readonly g: ConvGeometry; readonly c: Conv3 }[]>();
const MOST_KNOWN = 512;

const mixed = (hash: number, list: readonly number[]): number => {
  let h = hash;
  for (let i = 0; i < list.length; i++) h = Math.imul(h ^ (list[i] as number), 0x9e3779b1);
  return h ^ (h >>> 15);
};
const hashOf = ({ x, w, y, stride, padding, dilation, groups }: ConvGeometry): number =>
  mixed(mixed(mixed(mixed(mixed(mixed(groups, x), w), y), stride), padding), dilation);

const equal = (a: readonly number[], b: readonly number[]): boolean => {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};
const same = (a: ConvGeometry, b: ConvGeometry): boolean =>
  a.groups === b.groups &&
  equal(a.x, b.x) &&
  equal(a.w, b.w) &&
  equal(a.y, b.y) &&
  equal(a.stride, b.stride) &&
  equal(a.padding, b.padding) &&
  equal(a.dilation, b.dilation);

/** Lists of a user's own may change. */
const copied = ({ x, w, y, stride, padding, dilation, groups }: ConvGeometry): ConvGeometry => ({
  x: [...x],
  w: [...w],
  y: [...y],
  stride: [...stride],
  padding: [...padding],
  dilation: [...dilation],
  groups,
});

/** Of those that stay as they are, by the object: nothing has to be compared. */
const byObject = new WeakMap<ConvGeometry, Conv3>();

/** One object for equal geometries as long as it is known: see ofGeometry(). */
export function liftGeometry(g: ConvGeometry): Conv3 {
  const kept = byObject.get(g);
  if (kept !== undefined) return kept;
  const c = findOrLift(g);
  if (isUnchangingGeometry(g)) byObject.set(g, c);
  return c;
}

function findOrLift(g: ConvGeometry): Conv3 {
  const hash = hashOf(g);
  const there = known.get(hash);
  if (there !== undefined) {
    for (const entry of there) if (same(entry.g, g)) return entry.c;
  }
  if (known.size >= MOST_KNOWN) known.clear();
  const entry = { g: copied(g), c: lifted(g) };
  known.set(hash, [...(known.get(hash) ?? []), entry]);
  return entry.c;
}

/**
 * What follows from a geometry alone, made once for each: keys of kernels are long texts, and around a kernel that
 * sweeps the caches every line of code that is run has to be fetched again.
 */
export function ofGeometry<T>(make: (c: Conv3) => T): (c: Conv3) => T {
  const kept = new WeakMap<Conv3, T>();
  return (c) => {
    let made = kept.get(c);
    if (made === undefined) {
      made = make(c);
      kept.set(c, made);
    }
    return made;
  };
}

/** The same of a geometry and something else, of which there are few values. */
export function ofVariant<V extends string | number, T>(
  make: (c: Conv3, variant: V) => T,
): (c: Conv3, variant: V) => T {
  const kept = ofGeometry(() => new Map<V, T>());
  return (c, variant) => {
    const variants = kept(c);
    let made = variants.get(variant);
    if (made === undefined) {
      made = make(c, variant);
      variants.set(variant, made);
    }
    return made;
  };
}

/** One of something for each kind of SIMD: fused multiply-add or not. */
export function perKind<T>(make: (relaxed: boolean) => T): (relaxed: boolean) => T {
  const [plain, fused] = [make(false), make(true)];
  return (relaxed) => (relaxed ? fused : plain);
}

function lifted(g: ConvGeometry): Conv3 {
  const input = lift(g.x, 2, 1);
  const kernel = lift(g.w, 2, 1);
  const output = lift(g.y, 2, 1);
  return {
    dims: g.x.length - 2,
    batch: g.x[0] as number,
    channels: g.x[1] as number,
    outChannels: g.w[0] as number,
    groups: g.groups,
    input,
    kernel,
    output,
    stride: lift(g.stride, 0, 1),
    padding: lift(g.padding, 0, 0),
    dilation: lift(g.dilation, 0, 1),
    inputSize: volume(input),
    kernelSize: volume(kernel),
    outputSize: volume(output),
  };
}

const sizeText = (values: Triple, dims: number): string => {
  const [d, h, w] = values;
  if (dims === 1 || (h === w && (dims === 2 || d === w))) return String(w);
  return dims === 2 ? `${h}x${w}` : `${d}x${h}x${w}`;
};

/** "k3 s1" for a square kernel, "k3x5 s2x1" for others, "d2" where dilated; for the names of variants. */
export function describeKernel(c: Conv3): string {
  const { dims } = c;
  const [d0, d1, d2] = c.dilation;
  const dilated = d0 > 1 || d1 > 1 || d2 > 1 ? ` d${sizeText(c.dilation, dims)}` : "";
  return `k${sizeText(c.kernel, dims)} s${sizeText(c.stride, dims)}${dilated}`;
}
