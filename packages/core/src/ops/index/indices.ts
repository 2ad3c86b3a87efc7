// What indexing ops check of their indices: an integer dtype, and every index inside of the dimension.
import type { View } from "../../backend.ts";
import { type DType, isIntegral, type TypedArray } from "../../dtype.ts";
import { DTypeError, IndexError } from "../../errors.ts";
import { checkLive, type Tensor } from "../../tensor.ts";

/** @throws DTypeError unless the indices are of an integer dtype */
export function checkIndexDType(op: string, dtype: DType): void {
  if (!isIntegral(dtype)) {
    throw new DTypeError(op, `indices must be integers, got ${dtype}; cast them with to("int64")`);
  }
}

declare module "../../backend.ts" {
  interface Backend {
    /**
     * Where the device cannot be read at once: looks at the elements of an integer view there. The first one
     * outside of [first, end) that is not `except` becomes an error, which the next read() throws.
     */
    watch?(x: View, allowed: Allowed, complain: (value: number, element: number) => Error): void;
  }
}

/** What integers may be. */
export interface Allowed {
  readonly first: number;
  readonly end: number;
  readonly except?: number;
}

/**
 * Looks at every index on the host, before a kernel would read or write outside of its tensor. Devices
 * that cannot be read at once look at them too, and throw where something is read next.
 * @throws IndexError naming the value, the dimension and its size
 */
export function checkIndices(op: string, index: Tensor, dim: number, size: number): void {
  checkLive(op, index);
  lookAtIndices(op, index, dim, size);
}

/** checkIndices() of what is known to be alive. */
export function lookAtIndices(op: string, index: View, dim: number, size: number): void {
  checkIndexDType(op, index.dtype);
  const { backend } = index.storage;
  if (backend.allBelow?.(index, size)) return;
  const complain = (value: number | bigint | undefined, at: number) =>
    new IndexError(
      op,
      `index ${value} (element ${at}) is out of range for dim ${dim} of size ${size}; expected 0 to ${size - 1}`,
    );
  const data = backend.readSync?.(index);
  if (data === undefined) {
    backend.watch?.(index, { first: 0, end: size }, complain);
    return;
  }
  const at = firstOutside(data, size);
  if (at >= 0) throw complain(data[at], at);
}

function firstOutside(data: TypedArray, size: number): number {
  if (data instanceof BigInt64Array) {
    // Halves of 32 bits, low first: comparing bigints would cost more than the gather.
    const halves = new Uint32Array(data.buffer, data.byteOffset, 2 * data.length);
    for (let i = 0; i < data.length; i++) {
      if (halves[2 * i + 1] !== 0 || (halves[2 * i] as number) >= size) return i;
    }
    return -1;
  }
  for (let i = 0; i < data.length; i++) {
    const v = data[i] as number;
    if (v < 0 || v >= size) return i;
  }
  return -1;
}
