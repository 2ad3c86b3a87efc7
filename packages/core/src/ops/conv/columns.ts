// The columns of a convolution (im2col), and their adjoint. Each output position owns one column: the
// values under the kernel there. With the group as a batch dimension, a convolution of any stride,
// dilation and number of groups is one batched matmul.
import { type Shape, sizeOf } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { foldWindows } from "../views/fold-windows.ts";
import { pad } from "../views/pad.ts";
import { unfoldWindows } from "../views/unfold-windows.ts";
import type { ConvGeometry } from "./geometry.ts";

/** What the windows of a convolution or a pooling need to know; one entry per spatial dim. */
export interface WindowGeometry {
  /** [N, C, …spatial] */
  readonly x: Shape;
  /** [N, …, …output] */
  readonly y: Shape;
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
}

/** The length of padded input that the windows reach, in each spatial dim. */
const reach = ({ y, kernel, stride, dilation }: WindowGeometry): readonly number[] =>
  kernel.map(
    (k, d) =>
      ((y[d + 2] as number) - 1) * (stride[d] as number) + (dilation[d] as number) * (k - 1) + 1,
  );

/** What pad() wants to make x just what the windows reach: it may crop at the end. */
const padsOf = (g: WindowGeometry): readonly number[] =>
  reach(g)
    .map((n, d) => {
      const low = g.padding[d] as number;
      return [low, n - low - (g.x[d + 2] as number)];
    })
    .reverse() // pad() counts from the last dimension
    .flat();

/** x [N, C, …spatial], padded, seen through its windows: [N, C, …output, …kernel]. */
export function windowsOf(x: Tensor, g: WindowGeometry, value = 0): Tensor {
  const pads = padsOf(g);
  return unfoldWindows(pads.some((n) => n !== 0) ? pad(x, pads, { value }) : x, g);
}

/** The adjoint of windowsOf: adds windows up to [N, C, …spatial]. */
export function fromWindows(windows: Tensor, g: WindowGeometry): Tensor {
  const padded = foldWindows(windows, reach(g), g);
  const pads = padsOf(g);
  return pads.some((n) => n !== 0)
    ? pad(
        padded,
        pads.map((n) => -n),
      )
    : padded;
}

const windowGeometry = (g: ConvGeometry): WindowGeometry => ({ ...g, kernel: g.w.slice(2) });
const positions = (g: ConvGeometry): number => sizeOf(g.y.slice(2));

/** The two blocks of spatial dims of [N, C, …a, …b] swapped. */
const swapped = (t: Tensor): Tensor => {
  const dims = (t.ndim - 2) / 2;
  const block = (start: number) => Array.from({ length: dims }, (_, d) => start + d);
  return t.permute([0, 1, ...block(2 + dims), ...block(2)]);
};

/** [N, C, …spatial] as [N, G, C/G · K, positions]. */
export function columns(x: Tensor, g: ConvGeometry): Tensor {
  const [batch, channels] = g.x as [number, number];
  const taps = sizeOf(g.w.slice(2));
  return swapped(windowsOf(x, windowGeometry(g))).reshape([
    batch,
    g.groups,
    (channels / g.groups) * taps,
    positions(g),
  ]);
}

/** The adjoint of columns: [N, G, C/G · K, positions] added up to [N, C, …spatial]. */
export function fromColumns(cols: Tensor, g: ConvGeometry): Tensor {
  const [batch, channels] = g.x as [number, number];
  const windows = cols.reshape([batch, channels, ...g.w.slice(2), ...g.y.slice(2)]);
  return fromWindows(swapped(windows), windowGeometry(g));
}

/** The weight [O, C/G, …kernel] as [G, O/G, C/G · K]. */
export const byGroup = (w: Tensor, g: ConvGeometry): Tensor =>
  w.reshape([g.groups, (g.w[0] as number) / g.groups, sizeOf(g.w.slice(1))]);

/** A gradient [N, O, …output] as [N, G, O/G, positions]. */
export const gradientByGroup = (dy: Tensor, g: ConvGeometry): Tensor =>
  dy.reshape([g.y[0] as number, g.groups, (g.w[0] as number) / g.groups, positions(g)]);
