// From views to addresses: where a view starts, and a contiguous copy of one that is not.
import { type ArenaBlock, sizeOf, type View } from "@tapegrad/core";
import type { Scratch, WasmContext } from "./context.ts";
import { wordCopy } from "./copy/strided-copy.ts";

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

/** Row-major strides. */
export function denseStrides(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let d = shape.length - 2; d >= 0; d--) {
    strides[d] = (strides[d + 1] as number) * (shape[d + 1] as number);
  }
  return strides;
}

/** A new copy overlaps nothing. */
const alwaysApart = (): boolean => true;

/** The address of the view's elements in row-major order: its own, or that of a copy in scratch memory. */
export function contiguousAt(ctx: WasmContext, scratch: Scratch, view: View): number {
  if (view.contiguous) return addressOf(view);
  const { shape } = view;
  const to = scratch.take(sizeOf(shape) * 4);
  const target = { shape, strides: denseStrides(shape), contiguous: true };
  wordCopy(ctx)(view, target, to, addressOf(view), alwaysApart);
  return to;
}
