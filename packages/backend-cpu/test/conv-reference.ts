// Convolution and its two gradients as plain loops in double precision, for any number of dims; and
// the grid of geometries that every path has to get right.
import type { ConvGeometry } from "@tapegrad/core";

export interface Case {
  readonly name: string;
  readonly g: ConvGeometry;
}

/** A geometry from sizes: x [n, c, …size], o output channels. */
export function geometry(options: {
  readonly n: number;
  readonly c: number;
  readonly o: number;
  readonly size: readonly number[];
  readonly kernel: readonly number[];
  readonly stride?: readonly number[];
  readonly padding?: readonly number[];
  readonly dilation?: readonly number[];
  readonly groups?: number;
}): ConvGeometry {
  const { n, c, o, size, kernel, groups = 1 } = options;
  const ones = size.map(() => 1);
  const { stride = ones, padding = size.map(() => 0), dilation = ones } = options;
  const out = size.map((s, d) => {
    const span = (dilation[d] as number) * ((kernel[d] as number) - 1) + 1;
    return Math.floor((s + 2 * (padding[d] as number) - span) / (stride[d] as number)) + 1;
  });
  return {
    x: [n, c, ...size],
    w: [o, c / groups, ...kernel],
    y: [n, o, ...out],
    stride,
    padding,
    dilation,
    groups,
  };
}

const product = (sizes: readonly number[]): number => sizes.reduce((p, n) => p * n, 1);

function digits(index: number, sizes: readonly number[]): number[] {
  const out = sizes.map(() => 0);
  let rest = index;
  for (let d = sizes.length - 1; d >= 0; d--) {
    out[d] = rest % (sizes[d] as number);
    rest = Math.floor(rest / (sizes[d] as number));
  }
  return out;
}

/** Every triple (index in x, in w, in y) that the convolution multiplies. */
function eachProduct(g: ConvGeometry, visit: (x: number, w: number, y: number) => void): void {
  const [, channels, ...size] = g.x as [number, number, ...number[]];
  const [outChannels, perGroup, ...kernel] = g.w as [number, number, ...number[]];
  const out = g.y.slice(2);
  const outPer = outChannels / g.groups;
  const taps = Array.from({ length: product(kernel) }, (_, t) => digits(t, kernel));
  for (let pixel = 0; pixel < product(out); pixel++) {
    const at = digits(pixel, out);
    taps.forEach((tap, t) => {
      let inside = 0;
      for (let d = 0; d < size.length; d++) {
        const i =
          (at[d] as number) * (g.stride[d] as number) +
          (tap[d] as number) * (g.dilation[d] as number) -
          (g.padding[d] as number);
        if (i < 0 || i >= (size[d] as number)) return;
        inside = inside * (size[d] as number) + i;
      }
      for (let n = 0; n < (g.x[0] as number); n++) {
        for (let o = 0; o < outChannels; o++) {
          const group = Math.floor(o / outPer);
          for (let c = 0; c < perGroup; c++) {
            visit(
              (n * channels + group * perGroup + c) * product(size) + inside,
              (o * perGroup + c) * taps.length + t,
              (n * outChannels + o) * product(out) + pixel,
            );
          }
        }
      }
    });
  }
}

type Numbers = ArrayLike<number>;

export function referenceForward(g: ConvGeometry, x: Numbers, w: Numbers, bias?: Numbers) {
  const y = new Float64Array(product(g.y));
  const plane = product(g.y.slice(2));
  if (bias !== undefined) {
    for (let i = 0; i < y.length; i++) {
      y[i] = bias[Math.floor(i / plane) % (g.y[1] as number)] as number;
    }
  }
  eachProduct(g, (xi, wi, yi) => {
    (y[yi] as number) += (x[xi] as number) * (w[wi] as number);
  });
  return y;
}

export function referenceInputGrad(g: ConvGeometry, dy: Numbers, w: Numbers) {
  const dx = new Float64Array(product(g.x));
  eachProduct(g, (xi, wi, yi) => {
    (dx[xi] as number) += (dy[yi] as number) * (w[wi] as number);
  });
  return dx;
}

export function referenceWeightGrad(g: ConvGeometry, dy: Numbers, x: Numbers) {
  const dw = new Float64Array(product(g.w));
  eachProduct(g, (xi, wi, yi) => {
    (dw[wi] as number) += (dy[yi] as number) * (x[xi] as number);
  });
  return dw;
}

/** Spatial settings that have broken convolutions before, for 1, 2 and 3 dims. */
export const SPATIAL: readonly Omit<Parameters<typeof geometry>[0], "n" | "c" | "o" | "groups">[] =
  [
    { size: [7], kernel: [3], padding: [1] },
    { size: [16], kernel: [4], stride: [3], padding: [2] },
    { size: [5], kernel: [7], padding: [3] },
    { size: [33], kernel: [3], dilation: [5], padding: [5] },
    { size: [12, 12], kernel: [3, 3], padding: [1, 1] },
    { size: [7, 7], kernel: [3, 3], padding: [1, 1] },
    { size: [14, 14], kernel: [3, 3], stride: [2, 2], padding: [1, 1] },
    { size: [9, 13], kernel: [3, 3], stride: [2, 2] }, // does not divide
    { size: [10, 6], kernel: [2, 4], stride: [1, 3], padding: [1, 2] }, // even, asymmetric
    { size: [8, 11], kernel: [3, 5], stride: [2, 1], padding: [0, 2], dilation: [1, 2] },
    { size: [9, 18], kernel: [5, 5], padding: [2, 2] },
    { size: [11, 10], kernel: [5, 3], stride: [2, 2], padding: [2, 1] },
    { size: [3, 4], kernel: [5, 7], padding: [2, 3] }, // larger than the image
    { size: [2, 3], kernel: [3, 3], stride: [2, 2], padding: [2, 2] },
    { size: [13, 9], kernel: [3, 3], stride: [3, 4], padding: [1, 0] },
    { size: [12, 12], kernel: [3, 3], stride: [2, 2], padding: [2, 2], dilation: [2, 2] },
    { size: [5, 6], kernel: [1, 1] },
    { size: [8, 7], kernel: [1, 1], stride: [2, 2] },
    { size: [5, 5], kernel: [1, 1], padding: [1, 1] },
    { size: [1, 1], kernel: [3, 3], padding: [1, 1] },
    { size: [6, 40], kernel: [3, 3], padding: [1, 1] },
    { size: [6, 41], kernel: [3, 3], stride: [2, 2], padding: [1, 1] },
    { size: [5, 70], kernel: [7, 7], padding: [3, 3] },
    { size: [13, 13], kernel: [11, 9], padding: [5, 4] },
    { size: [4, 5, 6], kernel: [3, 3, 3], padding: [1, 1, 1] },
    { size: [5, 4, 7], kernel: [2, 3, 1], stride: [2, 1, 3], padding: [1, 0, 0] },
    {
      size: [5, 6, 4],
      kernel: [2, 2, 2],
      stride: [1, 2, 1],
      padding: [0, 1, 1],
      dilation: [2, 1, 2],
    },
  ];

/** Every spatial setting with these channels. */
export const casesFor = (
  channels: readonly {
    readonly n: number;
    readonly c: number;
    readonly o: number;
    readonly groups: number;
  }[],
): Case[] =>
  SPATIAL.flatMap((spatial) =>
    channels.map((counts) => {
      const { n, c, o, groups } = counts;
      const { size, kernel, stride, padding, dilation } = spatial;
      const extras = [
        stride && `stride ${stride}`,
        padding && `padding ${padding}`,
        dilation && `dilation ${dilation}`,
      ];
      return {
        name: [`[${n}, ${c}, ${size}] → ${o}, kernel ${kernel}, groups ${groups}`, ...extras]
          .filter(Boolean)
          .join(", "),
        g: geometry({ ...spatial, ...counts }),
      };
    }),
  );
