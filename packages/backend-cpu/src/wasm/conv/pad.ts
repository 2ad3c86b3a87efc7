// Planes copied with zeros around them, so that the packing of patches needs no edge cases; and its
// counterpart, planes spread out over every s-th element.
import {
  type Code,
  countdown,
  countdownOrSkip,
  doWhile,
  type Func,
  f32,
  f32x4,
  fillZero,
  func,
  type IntLocal,
  i32,
  select,
  v128,
  when,
} from "../assembler/assembler.ts";
import type { Scratch, WasmContext } from "../context.ts";
import { type Axis, nextRun, ODOMETER, odometer, startAt } from "../gemm/odometer.ts";
import { pieces, traffic } from "../threads/launch.ts";
import type { Triple } from "./geometry.ts";

/** pad(planes, slices, rows, floats, to, toPlane, toSlice, toRow, from, …): the inner box alone, in bytes. */
function padKernel(): Func {
  const params = {
    planes: "i32",
    slices: "i32",
    rows: "i32",
    floats: "i32",
    to: "i32",
    toPlane: "i32",
    toSlice: "i32",
    toRow: "i32",
    from: "i32",
    fromPlane: "i32",
    fromSlice: "i32",
    fromRow: "i32",
  } as const;
  return func("pad", params, (f, p) => {
    const local = (): IntLocal => f.local("i32");
    const [slice, row, left, toS, toR, to, fromS, fromR, from] = [
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
    ] as const;
    const copyRow: Code = [
      to.set(toR),
      from.set(fromR),
      left.set(i32.shrU(p.floats, 2)),
      countdownOrSkip(left, [v128.store(to, v128.load(from)), to.add(16), from.add(16)]),
      left.set(i32.and(p.floats, 3)),
      countdownOrSkip(left, [f32.store(to, f32.load(from)), to.add(4), from.add(4)]),
    ];
    return countdown(p.planes, [
      slice.set(p.slices),
      toS.set(p.to),
      fromS.set(p.from),
      countdown(slice, [
        row.set(p.rows),
        toR.set(toS),
        fromR.set(fromS),
        countdown(row, [copyRow, toR.add(p.toRow), fromR.add(p.fromRow)]),
        toS.add(p.toSlice),
        fromS.add(p.fromSlice),
      ]),
      p.to.add(p.toPlane),
      p.from.add(p.fromPlane),
    ]);
  });
}

const clearKernel = (): Func =>
  func("clear", { to: "i32", bytes: "i32" }, (_, { to, bytes }) => fillZero(to, bytes));

/** Planes in memory: floats along width are side by side. */
export interface Planes {
  readonly at: number;
  readonly size: Triple;
}

/** Whether a box needs no zeros around the plane, so that it can be read in place. */
export const inside = (plane: Triple, low: Triple, size: Triple): boolean =>
  plane.every((n, d) => low[d] === 0 && (size[d] as number) <= n);

/**
 * `count` planes, one after the other, as boxes of `size` that start `low` ≥ 0 elements before the
 * plane, zeros outside of it. Written to `to`.
 */
export function padPlanes(
  ctx: WasmContext,
  count: number,
  plane: Planes,
  low: Triple,
  size: Triple,
  to: number,
): void {
  if (count === 0) return;
  const { pad, clear } = ctx.get<"pad" | "clear">("pad", () => [padKernel(), clearKernel()]);
  const [, h, w] = plane.size;
  const fits = (d: 0 | 1 | 2): number => Math.min(plane.size[d], size[d] - low[d]);
  const [slices, rows, floats] = [fits(0), fits(1), fits(2)];
  const empty = slices <= 0 || rows <= 0 || floats <= 0;
  const bytes = size[0] * size[1] * size[2] * 4;
  const planeBytes = plane.size[0] * h * w * 4;
  const inner = ((low[0] * size[1] + low[1]) * size[2] + low[2]) * 4;
  const cost = traffic(count * (2 * bytes + planeBytes));
  ctx.launch(cost, (tasks) => {
    pieces(count, cost, (first, planes) => {
      const box = to + first * bytes;
      tasks.add(clear, box, planes * bytes);
      if (empty) return;
      tasks.also(
        pad,
        planes,
        slices,
        rows,
        floats,
        box + inner,
        bytes,
        size[1] * size[2] * 4,
        size[2] * 4,
        plane.at + first * planeBytes,
        planeBytes,
        h * w * 4,
        w * 4,
      );
    });
  });
}

/** Zeros over so many bytes. */
export function clearBytes(ctx: WasmContext, to: number, bytes: number): void {
  const { clear } = ctx.get<"pad" | "clear">("pad", () => [padKernel(), clearKernel()]);
  const cost = traffic(bytes);
  ctx.launch(cost, (tasks) => {
    pieces(bytes, cost, (first, size) => tasks.add(clear, to + first, size), 64);
  });
}

/** spread(from, to, count, …odometer): floats side by side to where the odometer says. */
const spreadKernel = (): Func =>
  func("spread", { from: "i32", to: "i32", count: "i32", ...ODOMETER }, (f, p) => {
    const [run, target] = [f.local("i32"), f.local("i32")];
    return doWhile(
      [
        run.set(i32.sub(p.n3, p.c3)),
        run.set(select(run, p.count, i32.ltU(run, p.count))),
        p.count.set(i32.sub(p.count, run)),
        target.set(i32.add(p.to, p.offset)),
        p.offset.add(i32.mul(run, p.s3)),
        countdown(run, [f32.store(target, f32.load(p.from)), p.from.add(4), target.add(p.s3)]),
        p.c3.set(p.n3),
        nextRun(odometer(p)),
      ],
      i32.ne(p.count, 0),
    );
  });

/** `count` floats from `from` on, one after the other, to `to` + the offsets of an axis. */
export function spread(
  ctx: WasmContext,
  from: number,
  to: number,
  count: number,
  along: Axis,
): void {
  if (count === 0) return;
  const { spread: kernel } = ctx.get<"spread">("spread", () => [spreadKernel()]);
  const cost = count / 2;
  ctx.launch(cost, (tasks) => {
    pieces(count, cost, (first, size) => {
      tasks.add(kernel, from + first * 4, to, size, ...startAt(along, first));
    });
  });
}

/** A copy of `count` floats, readable a tile further, as the bias of a contraction has to be. */
export function paddedBias(
  ctx: WasmContext,
  scratch: Scratch,
  from: number,
  count: number,
): number {
  const to = scratch.take((count + 8) * 4);
  ctx.after(() => ctx.arena.f32.copyWithin(to / 4, from / 4, from / 4 + count));
  return to;
}

/** sum(count, parts, stride, from, to, accumulate): to[i] (+)= Σ over parts, in order, of from[i]. */
const sumPartsKernel = (): Func => {
  const params = {
    count: "i32",
    parts: "i32",
    stride: "i32",
    from: "i32",
    to: "i32",
    accumulate: "i32",
  } as const;
  return func("sumParts", params, (f, p) => {
    const [at, left, vectors] = [f.local("i32"), f.local("i32"), f.local("i32")];
    const [sum, one] = [f.local("v128"), f.local("f32")];
    return [
      vectors.set(i32.shrU(p.count, 2)),
      countdownOrSkip(vectors, [
        when(p.accumulate, sum.set(v128.load(p.to)), sum.set(v128.zero())),
        at.set(p.from),
        left.set(p.parts),
        countdown(left, [sum.set(f32x4.add(sum, v128.load(at))), at.add(p.stride)]),
        v128.store(p.to, sum),
        p.to.add(16),
        p.from.add(16),
      ]),
      p.count.set(i32.and(p.count, 3)),
      countdownOrSkip(p.count, [
        when(p.accumulate, one.set(f32.load(p.to)), one.set(f32.const(0))),
        at.set(p.from),
        left.set(p.parts),
        countdown(left, [one.set(f32.add(one, f32.load(at))), at.add(p.stride)]),
        f32.store(p.to, one),
        p.to.add(4),
        p.from.add(4),
      ]),
    ];
  });
};

/** Adds up `parts` ≥ 1 partial results of `count` floats that lie one after the other, in that order. */
export function sumParts(
  ctx: WasmContext,
  count: number,
  parts: number,
  from: number,
  to: number,
  accumulate: boolean,
): void {
  const { sumParts: kernel } = ctx.get<"sumParts">("sumParts", () => [sumPartsKernel()]);
  const cost = traffic(count * 4 * (parts + 1));
  ctx.launch(cost, (tasks) => {
    const add = (first: number, size: number): void =>
      tasks.add(
        kernel,
        size,
        parts,
        count * 4,
        from + first * 4,
        to + first * 4,
        accumulate ? 1 : 0,
      );
    pieces(count, cost, add, 16);
  });
}
