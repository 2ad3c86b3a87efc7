// How the plain loops reach memory: a view's elements by logical number, strides hidden.
import type { Backend, View } from "../backend.ts";
import { type DType, isHalf } from "../dtype.ts";
import { halfBits, halfValue } from "../half.ts";
import type { Arena, ArenaBlock } from "../memory/arena.ts";
import { type Shape, sizeOf } from "../shape.ts";

/** A backend whose tensors lie in an arena that JS can read: reference and wasm. */
export interface CpuBackend extends Backend {
  readonly memory: Arena;
}

export type Heap =
  | Float32Array
  | Float64Array
  | Uint16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array;
export type Value = number | bigint;

const SHIFT: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  bool: 1,
};

/** The byte address of the block that holds v; unsigned, up to 4 GiB. */
export const pointerOf = (v: View): number => (v.storage.block as ArenaBlock).ptr;

export function heapOf(v: View): Heap {
  const arena = (v.storage.backend as CpuBackend).memory;
  switch (v.dtype) {
    case "float32":
      return arena.f32;
    case "float64":
      return arena.f64;
    case "float16":
    case "bfloat16":
      return arena.u16;
    case "int32":
      return arena.i32;
    case "int64":
      return arena.i64;
    default:
      return arena.u8;
  }
}

/** The index in heapOf(v) of its element 0. */
export const startOf = (v: View): number => pointerOf(v) / SHIFT[v.dtype] + v.offset;

/** Heap indices of the elements of v seen as `shape` (v may be broadcast to it), in row-major order. */
export function positions(v: View, shape: Shape = v.shape): Float64Array {
  const rank = shape.length;
  const lead = rank - v.shape.length;
  const steps = shape.map((_, d) =>
    d < lead || v.shape[d - lead] === 1 ? 0 : (v.strides[d - lead] as number),
  );
  const result = new Float64Array(sizeOf(shape));
  const index = new Array<number>(rank).fill(0);
  for (let i = 0, p = startOf(v); i < result.length; i++) {
    result[i] = p;
    for (let d = rank - 1; d >= 0; d--) {
      p += steps[d] as number;
      index[d] = (index[d] as number) + 1;
      if ((index[d] as number) < (shape[d] as number)) break;
      p -= (steps[d] as number) * (shape[d] as number);
      index[d] = 0;
    }
  }
  return result;
}

export interface Elements<V = Value> {
  readonly size: number;
  get(i: number): V;
  set(i: number, value: V): void;
}

/**
 * Read and write access by logical element number, broadcast to `shape`. int64 gives bigints, all other
 * dtypes numbers; bool stores 0 or 1, float16 and bfloat16 round what they store.
 */
export function elements<V = Value>(v: View, shape: Shape = v.shape): Elements<V> {
  const inMemory = cells<V>(v, shape);
  const { dtype } = v;
  if (dtype === "bool") {
    return { ...inMemory, set: (i, value) => inMemory.set(i, (value ? 1 : 0) as V) };
  }
  if (!isHalf(dtype)) return inMemory;
  return {
    size: inMemory.size,
    get: (i) => halfValue(dtype, inMemory.get(i) as number) as V,
    set: (i, value) => inMemory.set(i, halfBits(dtype, value as number) as V),
  };
}

/** elements() as they lie in memory, for loops that only move them: what it gives is of use to one of the same dtype. */
export function cells<V = Value>(v: View, shape: Shape = v.shape): Elements<V> {
  const heap = heapOf(v) as unknown as V[];
  const size = sizeOf(shape);
  if (v.contiguous && sizeOf(v.shape) === size) {
    const start = startOf(v);
    return {
      size,
      get: (i) => heap[start + i] as V,
      set: (i, value) => {
        heap[start + i] = value;
      },
    };
  }
  const at = positions(v, shape);
  return {
    size,
    get: (i) => heap[at[i] as number] as V,
    set: (i, value) => {
      heap[at[i] as number] = value;
    },
  };
}

/** elements() for dtypes whose values are numbers (all but int64). */
export const numbers = (v: View, shape?: Shape): Elements<number> => elements<number>(v, shape);

/** Reads an index of any integer dtype as a number. */
export function indices(v: View, shape?: Shape): { size: number; get(i: number): number } {
  const from = elements(v, shape);
  return { size: from.size, get: (i) => Number(from.get(i)) };
}
