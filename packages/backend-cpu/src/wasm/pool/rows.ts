// Which poolings go row by row (pool/row-kernels.ts), and the tables that their kernels read.
import { divisorAt, type PoolGeometry } from "@tapegrad/core";
import type { Scratch, WasmContext } from "../context.ts";
import { pieces } from "../threads/launch.ts";
import { poolHalves } from "./halves.ts";
import {
  MOST_TAPS,
  paddedWidth,
  ROW_ENTRY,
  type RowPooling,
  rowPoolKernel,
} from "./row-kernels.ts";

/** Nanoseconds of one thread for four steps of one fold, with or without places; roughly. */
const STEP = 0.6;

/** A spatial dim of a pooling. */
interface Dim {
  readonly size: number;
  readonly windows: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  divisor(window: number): number;
}

const NONE: Dim = {
  ...{ size: 1, windows: 1, kernel: 1, stride: 1, padding: 0, dilation: 1 },
  divisor: () => 1,
};

function dimOf(g: PoolGeometry, d: number): Dim {
  const [size, windows] = [g.x[d + 2], g.y[d + 2]] as [number, number];
  const [kernel, stride] = [g.kernel[d], g.stride[d]] as [number, number];
  const [padding, dilation] = [g.padding[d], g.dilation[d]] as [number, number];
  const divisor = (i: number): number => divisorAt(g, d, i);
  return { size, windows, kernel, stride, padding, dilation, divisor };
}

/** The first tap of window i inside of the dim, and how many are. */
function inside({ size, kernel, stride, padding, dilation }: Dim, i: number) {
  const start = i * stride - padding;
  const skipped = start < 0 ? Math.ceil(-start / dilation) : 0;
  const end = Math.min(kernel, Math.ceil((size - start) / dilation));
  return { first: start + skipped * dilation, count: Math.max(0, end - skipped) };
}

/** The windows that element i lies in. */
function covering({ windows, kernel, stride, padding }: Dim, i: number) {
  const first = Math.max(0, Math.ceil((i + padding - kernel + 1) / stride));
  const last = Math.min(windows - 1, Math.floor((i + padding) / stride));
  return { first, count: Math.max(0, last - first + 1) };
}

const sees = (d: Dim): boolean => {
  for (let i = 0; i < d.windows; i++) if (inside(d, i).count === 0) return false;
  return true;
};

/**
 * Pools x into y, or spreads the gradient `from` into `to`; both dense.
 * @param places address of int32 places, or 0
 * @returns undefined where it is not the case for this way: three dims, large windows, windows beyond the image
 */
export function poolRows(
  ctx: WasmContext,
  scratch: Scratch,
  way: RowPooling["way"],
  g: PoolGeometry,
  from: number,
  to: number,
  places: number,
): string | undefined {
  const dims = g.kernel.length;
  if (dims > 2) return undefined;
  const h = dims === 2 ? dimOf(g, 0) : NONE;
  const w = dimOf(g, dims - 1);
  if (w.kernel > MOST_TAPS || h.kernel > MOST_TAPS || !sees(h) || !sees(w)) return undefined;
  const planes = (g.x[0] as number) * (g.x[1] as number);
  if (planes === 0 || w.windows * h.windows === 0) return undefined;
  const back = way === "avgGrad";
  const [large, small] = back ? [to, from] : [from, to];
  const done = poolHalves(ctx, way, g, large, small, places);
  if (done !== undefined) return done;
  const p: RowPooling = {
    way,
    taps: w.kernel,
    dilation: w.dilation,
    stride: w.stride,
    rows: back ? Math.ceil(h.kernel / h.stride) : h.kernel,
    rowDilation: back ? 1 : h.dilation,
    places: places !== 0,
    relaxed: ctx.relaxed,
  };
  const key = `poolRows/${way}/${p.taps}/${p.dilation}/${p.stride}/${p.rows}/${p.rowDilation}/${p.places}`;
  const { pool } = ctx.get<"pool">(key, () => [rowPoolKernel(p)]);

  const [inRows, inWidth] = back ? [h.windows, w.windows] : [h.size, w.size];
  const [outRows, outWidth] = back ? [h.size, w.size] : [h.windows, w.windows];
  const left = back ? w.kernel - 1 - w.padding : w.padding;
  const rounded = Math.ceil(outWidth / 4) * 4;
  const columns = Math.ceil(w.windows / 4) * 4;
  const table = scratch.take(outRows * ROW_ENTRY + (columns + h.windows) * 4) / 4;
  const [columnAt, divisorAtRow] = [table + outRows * 3, table + outRows * 3 + columns];
  const { i32, f32 } = ctx.arena;
  for (let i = 0; i < outRows; i++) {
    const { first, count } = back ? covering(h, i) : inside(h, i);
    i32[table + i * 3] = first;
    i32[table + i * 3 + 1] = count;
    i32[table + i * 3 + 2] = back ? 1 : h.divisor(i);
  }
  for (let i = 0; i < columns; i++) {
    const window = Math.min(i, w.windows - 1);
    if (way === "max") i32[columnAt + i] = inside(w, window).first;
    else f32[columnAt + i] = w.divisor(window);
  }
  for (let i = 0; i < h.windows; i++) f32[divisorAtRow + i] = h.divisor(i);

  const paddedBytes = paddedWidth(p, inWidth, outWidth, left) * 4;
  const ring = (p.rows - 1) * p.rowDilation + 1;
  const rowBytes = rounded * 4;
  const sides = p.places ? 2 : 1;
  const steps = (inRows * p.taps + outRows * p.rows) * rounded * sides;
  ctx.launch(planes * steps * (STEP / 4), (tasks) => {
    const buffer = tasks.local(paddedBytes + (ring + 1) * rowBytes * sides);
    pieces(planes, planes * steps * (STEP / 4), (first, size) => {
      const result = first * outRows * outWidth * 4;
      tasks.add(
        pool,
        ...[size, from + first * inRows * inWidth * 4, to + result],
        ...[places === 0 ? 0 : places + result, inRows, inWidth, outRows, outWidth],
        ...[table * 4, columnAt * 4, divisorAtRow * 4, buffer, paddedBytes, rowBytes, ring, left],
      );
    });
  });
  return `rows-${way}`;
}
