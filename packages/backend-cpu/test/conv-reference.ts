// Convolution and its two gradients as plain loops in double precision, for any number of dims; and
// the grid of geometries that every path has to get right.
import type { ConvGeometry } from "@tapegrad/core";
import { numbers } from "./wasm-support.ts";

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

type Numbers = ArrayLike<number>;

/**
 * Every product of the convolution, as runs along a row of the output: x[xAt + k · step] · w[wAt] belongs to
 * y[yAt + k], for k below count.
 */
function eachRun(
  g: ConvGeometry,
  visit: (xAt: number, wAt: number, yAt: number, count: number, step: number) => void,
): void {
  const [images, channels, ...size] = g.x as [number, number, ...number[]];
  const [outChannels, perGroup, ...kernel] = g.w as [number, number, ...number[]];
  const out = g.y.slice(2);
  const last = out.length - 1;
  const [width, outWidth, step] = [size, out, g.stride].map((s) => s[last] as number) as [
    number,
    number,
    number,
  ];
  /** In one plane: tap, first element of x and of y, count. */
  const runs: number[] = [];
  for (let t = 0; t < product(kernel); t++) {
    const tap = digits(t, kernel);
    const at = (d: number, o: number): number =>
      o * (g.stride[d] as number) +
      (tap[d] as number) * (g.dilation[d] as number) -
      (g.padding[d] as number);
    let [first, end] = [0, outWidth];
    while (first < end && at(last, first) < 0) first++;
    while (end > first && at(last, end - 1) >= width) end--;
    if (first === end) continue;
    for (let row = 0; row < product(out.slice(0, last)); row++) {
      const places = digits(row, out.slice(0, last)).map((o, d) => at(d, o));
      if (places.some((i, d) => i < 0 || i >= (size[d] as number))) continue;
      const xRow = places.reduce((index, i, d) => index * (size[d] as number) + i, 0);
      runs.push(t, xRow * width + at(last, first), row * outWidth + first, end - first);
    }
  }
  const [xPlane, wPlane, yPlane] = [product(size), product(kernel), product(out)];
  for (let n = 0; n < images; n++) {
    for (let o = 0; o < outChannels; o++) {
      const group = Math.floor((o * g.groups) / outChannels);
      for (let c = 0; c < perGroup; c++) {
        const xAt = (n * channels + group * perGroup + c) * xPlane;
        const wAt = (o * perGroup + c) * wPlane;
        const yAt = (n * outChannels + o) * yPlane;
        for (let r = 0; r < runs.length; r += 4) {
          visit(
            xAt + (runs[r + 1] as number),
            wAt + (runs[r] as number),
            yAt + (runs[r + 2] as number),
            runs[r + 3] as number,
            step,
          );
        }
      }
    }
  }
}

export function referenceForward(g: ConvGeometry, x: Numbers, w: Numbers) {
  const y = new Float64Array(product(g.y));
  eachRun(g, (xAt, wAt, yAt, count, step) => {
    const weight = w[wAt] as number;
    for (let k = 0; k < count; k++) {
      (y[yAt + k] as number) += (x[xAt + k * step] as number) * weight;
    }
  });
  return y;
}

export function referenceInputGrad(g: ConvGeometry, dy: Numbers, w: Numbers) {
  const dx = new Float64Array(product(g.x));
  eachRun(g, (xAt, wAt, yAt, count, step) => {
    const weight = w[wAt] as number;
    for (let k = 0; k < count; k++) {
      (dx[xAt + k * step] as number) += (dy[yAt + k] as number) * weight;
    }
  });
  return dx;
}

export function referenceWeightGrad(g: ConvGeometry, dy: Numbers, x: Numbers) {
  const dw = new Float64Array(product(g.w));
  eachRun(g, (xAt, wAt, yAt, count, step) => {
    let sum = 0;
    for (let k = 0; k < count; k++) {
      sum += (dy[yAt + k] as number) * (x[xAt + k * step] as number);
    }
    (dw[wAt] as number) += sum;
  });
  return dw;
}

/** Inputs of a convolution's three kernels, and what plain loops make of them. */
export interface Solved {
  readonly x: Float32Array;
  readonly w: Float32Array;
  readonly dy: Float32Array;
  readonly bias: Float32Array;
  readonly forward: Float64Array;
  readonly withBias: Float64Array;
  readonly inputGrad: Float64Array;
  readonly weightGrad: Float64Array;
}
const known = new Map<string, Solved>();

/** The same for each geometry; kept, since each kind of SIMD is compared with it. */
export function solved(g: ConvGeometry): Solved {
  const key = JSON.stringify(g);
  let problem = known.get(key);
  if (problem === undefined) {
    const x = numbers(product(g.x), 1);
    const w = numbers(product(g.w), 2);
    const dy = numbers(product(g.y), 3);
    const bias = numbers(g.w[0] as number, 4);
    const forward = referenceForward(g, x, w);
    const plane = product(g.y.slice(2));
    const withBias = forward.map(
      (y, i) => y + (bias[Math.floor(i / plane) % bias.length] as number),
    );
    const inputGrad = referenceInputGrad(g, dy, w);
    const weightGrad = referenceWeightGrad(g, dy, x);
    problem = { x, w, dy, bias, forward, withBias, inputGrad, weightGrad };
    known.set(key, problem);
  }
  return problem;
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
