// Pooling. One and two dims with small windows go row by row (pool/rows.ts); for all others tables say where windows
// lie to the kernels of pool/kernels.ts. Global means need none. Planes are shared out to the threads.
import { divisorAt, type FusedKernels, type PoolGeometry, sizeOf, type View } from "@tapegrad/core";
import type { Scratch, WasmContext } from "../context.ts";
import { pieces, type Tasks, traffic } from "../threads/launch.ts";
import { addressOf, byteAddress, contiguousAt } from "../view.ts";
import { poolHalves } from "./halves.ts";
import { ENTRY_BYTES, globalFuncs, type PoolWay, planeKernel, poolKernel } from "./kernels.ts";
import { poolRows } from "./rows.ts";

type PoolKernels = Pick<
  FusedKernels,
  | "maxPool"
  | "planeScatter"
  | "planeGather"
  | "avgPool"
  | "avgPoolGrad"
  | "adaptiveAvgPool"
  | "adaptiveAvgPoolGrad"
>;

interface Window {
  /** The first input index inside of the plane. */
  readonly first: number;
  /** Taps inside of the plane. */
  readonly count: number;
  readonly divisor: number;
}

/** A spatial dim: its input size, the distance of two taps and of two windows, and the windows. */
interface SpatialDim {
  readonly size: number;
  readonly dilation: number;
  readonly stride: number;
  readonly windows: readonly Window[];
}

const NONE: SpatialDim = {
  size: 1,
  dilation: 1,
  stride: 1,
  windows: [{ first: 0, count: 1, divisor: 1 }],
};

function poolDims(g: PoolGeometry): SpatialDim[] {
  return g.kernel.map((kernel, d) => {
    const size = g.x[d + 2] as number;
    const [stride, padding, dilation] = [g.stride[d], g.padding[d], g.dilation[d]] as [
      number,
      number,
      number,
    ];
    const windows = Array.from({ length: g.y[d + 2] as number }, (_, i) => {
      const start = i * stride - padding;
      const skipped = start < 0 ? Math.ceil(-start / dilation) : 0;
      const inside = Math.min(kernel, Math.ceil((size - start) / dilation));
      const count = Math.max(0, inside - skipped);
      const first = count === 0 ? 0 : start + skipped * dilation;
      return { first, count, divisor: divisorAt(g, d, i) };
    });
    return { size, dilation, stride, windows };
  });
}

function adaptiveDims(x: readonly number[], y: readonly number[]): SpatialDim[] {
  return x.slice(2).map((size, d) => {
    const n = y[d + 2] as number;
    const windows = Array.from({ length: n }, (_, i) => {
      const first = Math.floor((i * size) / n);
      const count = Math.ceil(((i + 1) * size) / n) - first;
      return { first, count, divisor: count };
    });
    // The windows are not evenly spaced: no stride, so nothing is made four at a time.
    return { size, dilation: 1, stride: 0, windows };
  });
}

/** The longest stretch of windows with all taps, as [from, count]. */
function fullWindows({ windows, stride }: SpatialDim): readonly [number, number, number] {
  if (stride === 0) return [0, 0, 0];
  const taps = windows.reduce((most, w) => Math.max(most, w.count), 0);
  const from = windows.findIndex((w) => w.count === taps);
  let end = from;
  // Every window of the stretch starts a stride after the one before: none of its taps were cut off.
  const follows = (i: number): boolean => {
    const w = windows[i];
    return (
      w !== undefined &&
      w.count === taps &&
      w.first === (windows[from] as Window).first + (i - from) * stride &&
      w.divisor === (windows[from] as Window).divisor
    );
  };
  while (follows(end)) end++;
  return [from, end - from, taps];
}

export function poolKernels(ctx: WasmContext): PoolKernels {
  function table(scratch: Scratch, { windows }: SpatialDim): number {
    const at = scratch.take(windows.length * ENTRY_BYTES);
    const words = windows.flatMap(({ first, count, divisor }) => [first, count, divisor]);
    ctx.after(() => ctx.arena.i32.set(words, at / 4));
    return at;
  }

  function run(
    way: PoolWay,
    scratch: Scratch,
    planes: number,
    dims: readonly SpatialDim[],
    x: number,
    y: number,
    indices: number,
  ): string {
    const [d, h, w] = [NONE, NONE, NONE, ...dims].slice(-3) as [SpatialDim, SpatialDim, SpatialDim];
    const stride = w.stride === 1 || w.stride === 2 ? w.stride : 3;
    const full = fullWindows(w);
    const taps = way !== "avgGrad" && full[2] <= 3 ? full[2] : 0;
    const { pool } = ctx.get<"pool">(`pool/${way}/${stride}/${taps}`, () => [
      poolKernel(way, stride, taps),
    ]);
    const row = w.size * 4;
    const slice = h.size * row;
    const tables = [table(scratch, d), table(scratch, h), table(scratch, w)];
    const outputs = d.windows.length * h.windows.length * w.windows.length;
    const most = (dim: SpatialDim): number =>
      dim.windows.reduce((n, { count }) => Math.max(n, count), 0);
    const cost = planes * (traffic(d.size * slice) + outputs * most(d) * most(h) * most(w));
    ctx.launch(cost, (tasks) => {
      pieces(planes, cost, (first, size) => {
        const at = first * outputs * 4;
        tasks.add(
          pool,
          ...[size, x + first * d.size * slice, y + at, indices === 0 ? 0 : indices + at],
          ...[...tables, d.windows.length, h.windows.length, w.windows.length],
          ...[d.size * slice, slice, row],
          ...[d.dilation * slice, h.dilation * row, w.dilation * 4, w.stride * 4],
          ...full,
        );
      });
    });
    return `windows-${way}`;
  }

  /** Shares planes out; `bytes` says what one is worth. */
  function inPlanes(
    planes: number,
    bytes: number,
    body: (tasks: Tasks, first: number, size: number) => void,
  ): void {
    const cost = traffic(planes * bytes);
    ctx.launch(cost, (tasks) => {
      pieces(planes, cost, (first, size) => body(tasks, first, size));
    });
  }

  const planesOf = (shape: readonly number[]): number =>
    (shape[0] as number) * (shape[1] as number);
  const isGlobal = (y: View): boolean => sizeOf(y.shape.slice(2)) === 1;
  const global = () => ctx.get<"mean" | "spread">("pool/global", globalFuncs);
  const float32 = (...views: readonly View[]): boolean => views.every((v) => v.dtype === "float32");

  return {
    maxPool(x, y, indices, g) {
      if (!float32(x, y)) return undefined;
      return ctx.withScratch((scratch) => {
        const [from, to] = [contiguousAt(ctx, scratch, x), addressOf(y)];
        const places = indices === undefined ? 0 : byteAddress(indices, 4);
        return (
          poolRows(ctx, scratch, "max", g, from, to, places) ??
          run("max", scratch, planesOf(g.x), poolDims(g), from, to, places)
        );
      });
    },
    avgPool(x, y, g) {
      if (!float32(x, y)) return undefined;
      return ctx.withScratch((scratch) => {
        const from = contiguousAt(ctx, scratch, x);
        const to = addressOf(y);
        return (
          poolRows(ctx, scratch, "avg", g, from, to, 0) ??
          run("avg", scratch, planesOf(g.x), poolDims(g), from, to, 0)
        );
      });
    },
    avgPoolGrad(g, dx, geometry) {
      if (!float32(g, dx)) return undefined;
      return ctx.withScratch((scratch) => {
        const from = contiguousAt(ctx, scratch, g);
        const to = addressOf(dx);
        return (
          poolRows(ctx, scratch, "avgGrad", geometry, from, to, 0) ??
          run("avgGrad", scratch, planesOf(dx.shape), poolDims(geometry), to, from, 0)
        );
      });
    },
    adaptiveAvgPool(x, y) {
      if (!float32(x, y)) return undefined;
      return ctx.withScratch((scratch) => {
        const from = contiguousAt(ctx, scratch, x);
        const plane = sizeOf(x.shape.slice(2));
        if (isGlobal(y) && plane > 0) {
          const [{ mean }, to] = [global(), addressOf(y)];
          inPlanes(planesOf(x.shape), plane * 4, (tasks, first, size) => {
            tasks.add(mean, size, plane, from + first * plane * 4, to + first * 4);
          });
          return "global";
        }
        const dims = adaptiveDims(x.shape, y.shape);
        return run("avg", scratch, planesOf(x.shape), dims, from, addressOf(y), 0);
      });
    },
    adaptiveAvgPoolGrad(g, dx) {
      if (!float32(g, dx)) return undefined;
      return ctx.withScratch((scratch) => {
        const from = contiguousAt(ctx, scratch, g);
        const plane = sizeOf(dx.shape.slice(2));
        if (isGlobal(g) && plane > 0) {
          const [{ spread }, to] = [global(), addressOf(dx)];
          inPlanes(planesOf(dx.shape), plane * 4, (tasks, first, size) => {
            tasks.add(spread, size, plane, to + first * plane * 4, from + first * 4);
          });
          return "global";
        }
        const dims = adaptiveDims(dx.shape, g.shape);
        return run("avgGrad", scratch, planesOf(dx.shape), dims, addressOf(dx), from, 0);
      });
    },
    planeScatter(g, indices, dx, windows) {
      if (!float32(g, dx) || indices.dtype !== "int32") return undefined;
      const { run: kernel } = ctx.get<"run">("plane/scatter", () => [planeKernel("scatter")]);
      return ctx.withScratch((scratch) => {
        const [small, large] = [sizeOf(g.shape.slice(2)), sizeOf(dx.shape.slice(2)) * 4];
        const [from, at] = [contiguousAt(ctx, scratch, g), contiguousAt(ctx, scratch, indices)];
        const to = addressOf(dx);
        const done = windows && poolHalves(ctx, "maxGrad", windows, to, from, at);
        if (done !== undefined) return done;
        inPlanes(planesOf(dx.shape), large + small * 32, (tasks, first, size) => {
          const given = first * small * 4;
          tasks.add(kernel, size, small, from + given, at + given, to + first * large, large);
        });
        return "planes";
      });
    },
    planeGather(x, indices, y) {
      if (!float32(x, y) || indices.dtype !== "int32") return undefined;
      const { run: kernel } = ctx.get<"run">("plane/gather", () => [planeKernel("gather")]);
      return ctx.withScratch((scratch) => {
        const [small, large] = [sizeOf(y.shape.slice(2)), sizeOf(x.shape.slice(2)) * 4];
        const [from, at] = [contiguousAt(ctx, scratch, x), contiguousAt(ctx, scratch, indices)];
        const to = addressOf(y);
        inPlanes(planesOf(x.shape), small * 32, (tasks, first, size) => {
          const taken = first * small * 4;
          tasks.add(kernel, size, small, to + taken, at + taken, from + first * large, large);
        });
        return "planes";
      });
    },
  };
}
