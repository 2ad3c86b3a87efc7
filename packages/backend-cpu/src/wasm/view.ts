// From views to addresses: where a view starts, and a contiguous copy of one that is not.
import type { ArenaBlock, View } from "@tapegrad/core";
import { copyBytes, countdown, doWhile, f32, func, i32, select, when } from "./assembler.ts";
import type { Scratch, WasmContext } from "./context.ts";
import { axis, nextRun, ODOMETER, odometer, startAt } from "./odometer.ts";

/** The byte address of element 0 of a float32 view. */
export const addressOf = (view: View): number =>
  (view.storage.block as ArenaBlock).ptr + view.offset * 4;

/** The byte address of element 0 of a view whose elements have `bytes` bytes. */
export const byteAddress = (view: View, bytes: number): number =>
  (view.storage.block as ArenaBlock).ptr + view.offset * bytes;

/** The first element of a view that may be touched, and the one behind the last. */
function extent(v: View): readonly [number, number] {
  const span = v.shape.reduce((sum, n, d) => sum + (n - 1) * (v.strides[d] as number), 0);
  return [v.offset, v.offset + span + 1];
}

/**
 * Whether what is written into y may be read through x by another element: then the order counts, and the
 * work stays on one thread. The same window of the same memory (in place) is no such case.
 */
export function tangled(x: View, y: View): boolean {
  if (x.storage !== y.storage) return false;
  const same = (stride: number, d: number): boolean =>
    stride === y.strides[y.shape.length - x.shape.length + d];
  if (x.offset === y.offset && x.strides.every(same) && x.dtype === y.dtype) return false;
  if (x.dtype !== y.dtype) return true;
  const [[xFirst, xEnd], [yFirst, yEnd]] = [extent(x), extent(y)];
  return xFirst < yEnd && yFirst < xEnd;
}

/** gather(to, from, count, …odometer): `count` floats of a strided view, in its order, side by side. */
const gatherCopy = () =>
  func("gather", { to: "i32", from: "i32", count: "i32", ...ODOMETER }, (f, p) => {
    const [run, source] = [f.local("i32"), f.local("i32")];
    return doWhile(
      [
        run.set(i32.sub(p.n3, p.c3)),
        run.set(select(run, p.count, i32.ltU(run, p.count))),
        p.count.set(i32.sub(p.count, run)),
        source.set(i32.add(p.from, p.offset)),
        p.offset.add(i32.mul(run, p.s3)),
        when(
          i32.eq(p.s3, 4),
          [copyBytes(p.to, source, i32.mul(run, 4)), p.to.add(i32.mul(run, 4))],
          countdown(run, [f32.store(p.to, f32.load(source)), p.to.add(4), source.add(p.s3)]),
        ),
        p.c3.set(p.n3),
        nextRun(odometer(p)),
      ],
      i32.ne(p.count, 0),
    );
  });

/** The address of the view's elements in row-major order: its own, or that of a copy in scratch memory. */
export function contiguousAt(ctx: WasmContext, scratch: Scratch, view: View): number {
  if (view.contiguous) return addressOf(view);
  const size = view.shape.reduce((product, n) => product * n, 1);
  const to = scratch.take(size * 4);
  if (size === 0) return to;
  const { gather } = ctx.get<"gather">("gather", () => [gatherCopy()]);
  // The odometer has four levels; further ones are walked here.
  const levels = view.shape.map((n, d) => [n, (view.strides[d] as number) * 4] as const);
  const inner = axis(...levels.slice(-4));
  const chunk = levels.slice(-4).reduce((product, [n]) => product * n, 1);
  const outer = levels.slice(0, -4);
  for (let index = 0; index * chunk < size; index++) {
    let rest = index;
    let offset = 0;
    for (let d = outer.length - 1; d >= 0; d--) {
      const [n, stride] = outer[d] as readonly [number, number];
      offset += (rest % n) * stride;
      rest = Math.floor(rest / n);
    }
    gather(to + index * chunk * 4, addressOf(view) + offset, chunk, ...startAt(inner, 0));
  }
  return to;
}
