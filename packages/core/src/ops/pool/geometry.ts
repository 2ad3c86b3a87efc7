// The geometry of a pooling, and PyTorch's rules about its output size.
import { ArgumentError, ShapeError } from "../../errors.ts";
import type { OptionNames } from "../../options.ts";
import type { Shape } from "../../shape.ts";
import { perDim } from "../conv/geometry.ts";

/** For n spatial dims: `kernel`, `stride`, `padding`, `dilation` have n entries. */
export interface PoolGeometry {
  /** [N, C, …spatial] */
  readonly x: Shape;
  /** [N, C, …output] */
  readonly y: Shape;
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  /** Before the first element; a window may reach as far beyond the last, and with ceilMode further. */
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  /** Averages: whether padding counts in the divisor. Beyond the padding nothing ever counts. */
  readonly countIncludePad: boolean;
}

export interface PoolSettings {
  /** Default: the kernel. */
  readonly stride?: number | readonly number[] | undefined;
  /** At most half of the kernel. Default 0. */
  readonly padding?: number | readonly number[] | undefined;
  /** Rounds the output size up, as long as the last window starts inside. Default false. */
  readonly ceilMode?: boolean | undefined;
}
export const POOL_OPTIONS: OptionNames<PoolSettings> = {
  stride: true,
  padding: true,
  ceilMode: true,
};

export function poolGeometry(
  op: string,
  x: Shape,
  size: number | readonly number[],
  settings: PoolSettings & {
    readonly dilation?: number | readonly number[] | undefined;
    readonly countIncludePad?: boolean | undefined;
  },
): PoolGeometry {
  const dims = x.length - 2;
  const kernel = perDim(op, "kernel", size, dims, 1);
  const stride = perDim(op, "stride", settings.stride ?? kernel, dims, 1);
  const padding = perDim(op, "padding", settings.padding ?? 0, dims, 0);
  const dilation = perDim(op, "dilation", settings.dilation ?? 1, dims, 1);
  const round = settings.ceilMode ? Math.ceil : Math.floor;
  const out = kernel.map((k, d) => {
    const [n, s, p] = [x[d + 2], stride[d], padding[d]] as [number, number, number];
    const span = (dilation[d] as number) * (k - 1) + 1;
    if (p > span / 2) {
      throw new ArgumentError(
        op,
        `padding must be at most half of the kernel; it is ${p} in spatial dim ${d}, where the kernel spans ${span}`,
      );
    }
    let count = round((n + 2 * p - span) / s) + 1;
    if (settings.ceilMode && (count - 1) * s >= n + p) count--; // it would start in the padding
    if (count < 1) {
      throw new ShapeError(
        op,
        `the window spans ${span} in spatial dim ${d} but the padded input has ${n + 2 * p}; ` +
          "use a smaller kernel, or padding",
        { input: x },
      );
    }
    return count;
  });
  return {
    x,
    y: [x[0] as number, x[1] as number, ...out],
    kernel,
    stride,
    padding,
    dilation,
    countIncludePad: settings.countIncludePad ?? true,
  };
}

/** How many elements the window at position i of a spatial dim divides by. */
export function divisorAt(g: PoolGeometry, d: number, i: number): number {
  const size = g.x[d + 2] as number;
  const padding = g.padding[d] as number;
  const start = i * (g.stride[d] as number) - padding;
  const end = Math.min(start + (g.kernel[d] as number), size + padding);
  return g.countIncludePad ? end - start : Math.min(end, size) - Math.max(start, 0);
}
