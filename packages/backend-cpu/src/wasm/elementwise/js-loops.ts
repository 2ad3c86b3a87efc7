// Codes that have no SIMD kernel, on float32: the scalar functions of the reference, over the same memory.
// They are what this backend offers for them, and are named as such, not counted as gaps.
import {
  type BinaryCode,
  binaryFunctions,
  requiredLoops,
  sizeOf,
  type UnaryCode,
  unaryFunctions,
  type View,
} from "@tapegrad/core";
import type { WasmContext } from "../context.ts";
import { byteAddress } from "../view.ts";

const NAME = "js-loop";

export function unaryLoop(ctx: WasmContext, code: UnaryCode, x: View, y: View): string {
  if (!(x.contiguous && y.contiguous && y.dtype === "float32")) {
    requiredLoops.unary(code, x, y);
    return NAME;
  }
  const f = unaryFunctions[code] as (x: number) => number;
  const heap = ctx.arena.f32;
  const [from, to] = [byteAddress(x, 4) / 4, byteAddress(y, 4) / 4];
  const n = sizeOf(y.shape);
  for (let i = 0; i < n; i++) heap[to + i] = f(heap[from + i] as number);
  return NAME;
}

export function binaryLoop(ctx: WasmContext, code: BinaryCode, a: View, b: View, y: View): string {
  const n = sizeOf(y.shape);
  const dense = a.contiguous && b.contiguous && y.contiguous && y.dtype === "float32";
  if (!dense || sizeOf(a.shape) !== n || sizeOf(b.shape) !== n) {
    requiredLoops.binary(code, a, b, y);
    return NAME;
  }
  const f = binaryFunctions[code] as (a: number, b: number) => number;
  const heap = ctx.arena.f32;
  const [left, right, to] = [byteAddress(a, 4) / 4, byteAddress(b, 4) / 4, byteAddress(y, 4) / 4];
  for (let i = 0; i < n; i++) {
    heap[to + i] = f(heap[left + i] as number, heap[right + i] as number);
  }
  return NAME;
}

export function scalarLoop(code: BinaryCode, x: View, scalar: number | bigint, y: View): string {
  requiredLoops.binaryScalar(code, x, scalar, y);
  return NAME;
}
