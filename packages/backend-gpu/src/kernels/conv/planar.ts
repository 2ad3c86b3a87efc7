// Convolution as these kernels see it: two spatial dims (a 1-D one has height 1), float32, dense.
import type { ConvGeometry } from "@tapegrad/core";

export interface Planar {
  readonly n: number;
  /** Channels in, channels out, and how many of each belong to a group. */
  readonly c: number;
  readonly o: number;
  readonly cg: number;
  readonly og: number;
  readonly h: number;
  readonly w: number;
  readonly oh: number;
  readonly ow: number;
  readonly kh: number;
  readonly kw: number;
  readonly sh: number;
  readonly sw: number;
  readonly ph: number;
  readonly pw: number;
  readonly dh: number;
  readonly dw: number;
}

/** Undefined for 3-D. */
export function planar(g: ConvGeometry): Planar | undefined {
  const dims = g.stride.length;
  if (dims > 2) return undefined;
  const of = (list: readonly number[], back: number, other: number): number =>
    back <= list.length ? (list[list.length - back] as number) : other;
  const [x, w, y] = [g.x.slice(2), g.w.slice(2), g.y.slice(2)];
  return {
    n: g.x[0] as number,
    c: g.x[1] as number,
    o: g.w[0] as number,
    cg: g.w[1] as number,
    og: (g.w[0] as number) / g.groups,
    h: of(x, 2, 1),
    w: of(x, 1, 1),
    oh: of(y, 2, 1),
    ow: of(y, 1, 1),
    kh: of(w, 2, 1),
    kw: of(w, 1, 1),
    sh: of(g.stride, 2, 1),
    sw: of(g.stride, 1, 1),
    ph: of(g.padding, 2, 0),
    pw: of(g.padding, 1, 0),
    dh: of(g.dilation, 2, 1),
    dw: of(g.dilation, 1, 1),
  };
}

/** Each channel is convolved by itself; og is the depth multiplier. */
export const isDepthwise = (p: Planar): boolean => p.cg === 1 && p.c > 1;

/** What changes the code of a kernel, for its key; batch and channels do not. */
export const windowKey = (p: Planar): string =>
  [p.kh, p.kw, p.sh, p.sw, p.ph, p.pw, p.dh, p.dw].join(",");
