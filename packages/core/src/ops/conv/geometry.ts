// The geometry of a convolution: everything a kernel needs to know beside the numbers. All three ops
// of the family (forward, input gradient, weight gradient) share one geometry, that of the forward.

import type { Meta } from "../../backend.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { type Shape, sameShape, sizeOf } from "../../shape.ts";

/** For n spatial dims: `stride`, `padding`, `dilation` have n entries. */
export interface ConvGeometry {
  /** [N, C, …spatial] */
  readonly x: Shape;
  /** [O, C / groups, …kernel]; output channel o reads the channels of group floor(o / (O / groups)). */
  readonly w: Shape;
  /** [N, O, …output] */
  readonly y: Shape;
  readonly stride: readonly number[];
  /** Zeros before the first element; those after the last follow from y. */
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
}

/** Numbers per dim, one number for all of them, "valid" (none) or "same" (output as large as input). */
export type Padding = number | readonly number[] | "same" | "valid";

export interface ConvSettings {
  readonly stride?: number | readonly number[] | undefined;
  readonly padding?: Padding | undefined;
  readonly dilation?: number | readonly number[] | undefined;
  readonly groups?: number | undefined;
}

/** One whole number ≥ `least` for each spatial dim. */
export function perDim(
  op: string,
  name: string,
  value: number | readonly number[],
  dims: number,
  least: number,
): readonly number[] {
  const list = typeof value === "number" ? new Array<number>(dims).fill(value) : value;
  if (list.length !== dims || list.some((v) => !Number.isInteger(v) || v < least)) {
    throw new ArgumentError(
      op,
      `${name} must be a whole number ≥ ${least}, or ${dims} of them; got ${JSON.stringify(value)}`,
    );
  }
  return list;
}

interface Asked {
  readonly stride: number | readonly number[];
  readonly padding: Padding;
  readonly dilation: number | readonly number[];
  readonly groups: number;
  readonly geometry: ConvGeometry;
}

/** Asked for so far, by a hash of the shapes. */
const known = new Map<number, Asked[]>();
const MOST_KNOWN = 512;
const unchanging = new WeakSet<ConvGeometry>();

/** Whether convGeometry() made it: nobody changes it, so what follows from it can be kept with the object. */
export const isUnchanging = (geometry: ConvGeometry): boolean => unchanging.has(geometry);

/**
 * The geometry of conv(x, w): output size floor((size + pads − dilation·(k − 1) − 1) / stride) + 1. The same object
 * for equal arguments, as long as it is known: after a kernel that has swept the caches, working it out anew takes
 * longer than finding it.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
 */
export function convGeometry(op: string, x: Shape, w: Shape, settings: ConvSettings): ConvGeometry {
  const hash = mixed(mixed(0, x), w);
  const there = known.get(hash);
  if (there !== undefined) {
    for (const asked of there) if (asksTheSame(asked, x, w, settings)) return asked.geometry;
  }
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = settings;
  const given = {
    stride: copied(stride),
    padding: copied(padding),
    dilation: copied(dilation),
    groups,
  };
  const geometry = computed(op, [...x], [...w], given);
  unchanging.add(geometry);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(hash, [...(known.get(hash) ?? []), { ...given, geometry }]);
  return geometry;
}

function mixed(hash: number, list: readonly number[]): number {
  let h = hash;
  for (let i = 0; i < list.length; i++) h = Math.imul(h ^ (list[i] as number), 0x9e3779b1);
  return h ^ (h >>> 15);
}

function asksTheSame(asked: Asked, x: Shape, w: Shape, settings: ConvSettings): boolean {
  return (
    sameShape(asked.geometry.x, x) &&
    sameShape(asked.geometry.w, w) &&
    sameSetting(asked.stride, settings.stride ?? 1) &&
    sameSetting(asked.padding, settings.padding ?? 0) &&
    sameSetting(asked.dilation, settings.dilation ?? 1) &&
    asked.groups === (settings.groups ?? 1)
  );
}

const sameSetting = (a: Padding, b: Padding): boolean =>
  a === b || (Array.isArray(a) && Array.isArray(b) && sameShape(a, b));

/** Lists of a user's own may change. */
const copied = <P extends Padding>(value: P): P => (Array.isArray(value) ? [...value] : value) as P;

function computed(op: string, x: Shape, w: Shape, settings: ConvSettings): ConvGeometry {
  const dims = x.length - 2;
  const groups = settings.groups ?? 1;
  const stride = perDim(op, "stride", settings.stride ?? 1, dims, 1);
  const dilation = perDim(op, "dilation", settings.dilation ?? 1, dims, 1);
  if (w.length !== x.length) {
    throw new ShapeError(
      op,
      `weight must have ${x.length} dimensions, [outChannels, inChannels / groups, …kernel]`,
      { input: x, weight: w },
    );
  }
  checkChannels(op, x[1] as number, w[0] as number, w[1] as number, groups, {
    input: x,
    weight: w,
  });
  const spans = w.slice(2).map((k, d) => (dilation[d] as number) * (k - 1) + 1);
  const pads = resolvePadding(op, settings.padding ?? 0, spans, stride);
  const out = spans.map((span, d) => {
    const size = x[d + 2] as number;
    const [low, high] = pads[d] as readonly [number, number];
    if (span > size + low + high || span < 1) {
      throw new ShapeError(
        op,
        `the kernel spans ${span} in spatial dim ${d} (dilation included) but the padded input has ` +
          `${size + low + high}; use a smaller kernel, or padding`,
        { input: x, weight: w },
      );
    }
    return Math.floor((size + low + high - span) / (stride[d] as number)) + 1;
  });
  const padding = pads.map(([low]) => low);
  return { x, w, y: [x[0] as number, w[0] as number, ...out], stride, padding, dilation, groups };
}

function resolvePadding(
  op: string,
  padding: Padding,
  spans: readonly number[],
  stride: readonly number[],
): readonly (readonly [number, number])[] {
  if (padding === "valid") return spans.map(() => [0, 0] as const);
  if (padding === "same") {
    if (stride.some((s) => s !== 1)) {
      throw new ArgumentError(
        op,
        `padding "same" needs stride 1 (got ${stride.join(", ")}); give the padding in numbers`,
      );
    }
    // An even span pads one more at the end, as PyTorch does.
    return spans.map((span) => [Math.floor((span - 1) / 2), Math.ceil((span - 1) / 2)] as const);
  }
  if (typeof padding === "string") {
    throw new ArgumentError(
      op,
      `padding is a number, numbers per dim, "same" or "valid"; got "${padding}"`,
    );
  }
  return perDim(op, "padding", padding, spans.length, 0).map((p) => [p, p] as const);
}

/** Products of one run of any op of the family: each output element of the forward meets the weights of its channel. */
export function convProducts(y: Meta | undefined, w: Meta | undefined): number {
  if (y === undefined || w === undefined || sizeOf(w.shape) === 0) return 0;
  return (sizeOf(y.shape) * sizeOf(w.shape)) / (w.shape[0] as number);
}

export function checkChannels(
  op: string,
  channels: number,
  outChannels: number,
  perGroup: number,
  groups: number,
  shapes: Readonly<Record<string, Shape>>,
): void {
  if (!Number.isInteger(groups) || groups < 1) {
    throw new ArgumentError(op, `groups must be a whole number ≥ 1; got ${groups}`);
  }
  if (channels !== perGroup * groups) {
    throw new ShapeError(
      op,
      `input has ${channels} channels, but weight wants ${perGroup} per group × groups=${groups} = ${perGroup * groups}`,
      shapes,
    );
  }
  if (outChannels % groups !== 0) {
    throw new ShapeError(
      op,
      `${outChannels} output channels do not divide into groups=${groups}`,
      shapes,
    );
  }
}
