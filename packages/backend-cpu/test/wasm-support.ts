// What the kernel tests share: contexts of both SIMD kinds, views on an arena, numbers, comparison.
import { Arena, type Storage, type View } from "@tapegrad/core";
import { expect } from "chai";
import { relaxedSimd } from "../src/wasm/assembler/features.ts";
import { WasmContext } from "../src/wasm/context.ts";

export interface Kind {
  readonly name: string;
  readonly relaxed: boolean;
}

/** The kinds of SIMD that this engine runs; detection comes first, it may have to set an engine flag. */
export const kinds: readonly Kind[] = [
  { name: "plain", relaxed: false },
  ...(relaxedSimd() ? [{ name: "relaxed", relaxed: true }] : []),
];

export const newContext = (relaxed: boolean): WasmContext =>
  new WasmContext(new Arena({ maxPages: 16384 }), { relaxed });

const product = (sizes: readonly number[]): number => sizes.reduce((p, n) => p * n, 1);

/** Reproducible numbers in [-1, 1). */
export function numbers(size: number, seed: number): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  const out = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    out[i] = state / 2 ** 31 - 1;
  }
  return out;
}

export function rowMajor(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let d = shape.length - 2; d >= 0; d--) {
    strides[d] = (strides[d + 1] as number) * (shape[d + 1] as number);
  }
  return strides;
}

/**
 * A float32 view with these elements (in logical order), or filled with NaN. `layout` gives other
 * strides than row-major ones and an offset.
 */
export function viewOf(
  ctx: WasmContext,
  shape: readonly number[],
  data?: ArrayLike<number>,
  layout: { strides?: readonly number[]; offset?: number } = {},
): View {
  const strides = layout.strides ?? rowMajor(shape);
  const offset = layout.offset ?? 0;
  const span = shape.reduce((sum, n, d) => sum + Math.max(n - 1, 0) * (strides[d] as number), 1);
  const block = ctx.arena.take((offset + span) * 4);
  ctx.arena.f32.fill(Number.NaN, block.ptr / 4, (block.ptr + block.bytes) / 4);
  const view: View = {
    shape,
    strides,
    offset,
    dtype: "float32",
    contiguous: layout.strides === undefined,
    storage: { block } as unknown as Storage,
  };
  if (data !== undefined && view.contiguous && data.length === product(shape)) {
    ctx.arena.f32.set(data, block.ptr / 4 + offset);
  } else if (data !== undefined) {
    eachIndex(view, (at, i) => {
      ctx.arena.f32[at] = data[i] as number;
    });
  }
  return view;
}

function eachIndex(view: View, visit: (at: number, index: number) => void): void {
  const start = (view.storage.block as { ptr?: number }).ptr as number;
  const size = product(view.shape);
  for (let index = 0; index < size; index++) {
    let rest = index;
    let at = start / 4 + view.offset;
    for (let d = view.shape.length - 1; d >= 0; d--) {
      at += (rest % (view.shape[d] as number)) * (view.strides[d] as number);
      rest = Math.floor(rest / (view.shape[d] as number));
    }
    visit(at, index);
  }
}

export function read(ctx: WasmContext, view: View): Float32Array {
  if (view.contiguous) {
    const start = ((view.storage.block as { ptr?: number }).ptr as number) / 4 + view.offset;
    return ctx.arena.f32.slice(start, start + product(view.shape));
  }
  const out = new Float32Array(product(view.shape));
  eachIndex(view, (at, i) => {
    out[i] = ctx.arena.f32[at] as number;
  });
  return out;
}

/** |got − wanted| ≤ tolerance · (1 + largest |wanted|) everywhere. */
export function expectClose(
  got: ArrayLike<number>,
  wanted: ArrayLike<number>,
  what: string,
  tolerance = 1e-5,
): void {
  expect(got.length, `${what}: length`).to.equal(wanted.length);
  let scale = 1;
  for (let i = 0; i < wanted.length; i++) scale = Math.max(scale, Math.abs(wanted[i] as number));
  for (let i = 0; i < wanted.length; i++) {
    const difference = Math.abs((got[i] as number) - (wanted[i] as number));
    if (!(difference <= tolerance * scale)) {
      expect.fail(`${what}: element ${i} is ${got[i]}, expected ${wanted[i]}`);
    }
  }
}
