// Several indices as one: the row-major numbers of the places that tensors of indices name together. Negative
// ones count from the end.
import type { TypedArray } from "../../dtype.ts";
import { IndexError } from "../../errors.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { tensor } from "../creation.ts";
import { add } from "../elementwise/add.ts";
import { lt } from "../elementwise/lt.ts";
import { mul } from "../elementwise/mul.ts";
import { to } from "../elementwise/to.ts";
import { where } from "../elementwise/where.ts";
import { expand } from "../views/expand.ts";
import { reshape } from "../views/view.ts";
import { checkIndexDType } from "./indices.ts";

export interface DimIndex {
  readonly index: Tensor;
  /** The dimension, for messages, and its size. */
  readonly dim: number;
  readonly size: number;
}

/**
 * int64 [number of elements of shape]: Σ indexₖ · (product of the later sizes), indices broadcast to `shape`. Devices
 * that cannot be read at once throw at the next read.
 * @throws IndexError naming the first index out of range; DTypeError
 */
export function linearIndex(op: string, parts: readonly DimIndex[], shape: Shape): Tensor {
  for (const { index } of parts) checkIndexDType(op, index.dtype);
  const [{ index: first }] = parts as [DimIndex];
  return first.storage.backend.readSync === undefined
    ? inOps(op, parts, shape)
    : onHost(op, parts, shape, first.backend);
}

const outside = (op: string, { dim, size }: DimIndex, value: unknown, at: number): IndexError =>
  new IndexError(
    op,
    `index ${value} (element ${at}) is out of range for dim ${dim} of size ${size}; ` +
      (size === 0 ? "it has no elements" : `expected ${-size} to ${size - 1}`),
  );

function onHost(op: string, parts: readonly DimIndex[], shape: Shape, device: string): Tensor {
  const sums = new Float64Array(sizeOf(shape));
  for (const part of parts) {
    const { index, size } = part;
    const data = expand(index, shape).dataSync();
    const read = reader(data);
    for (let i = 0; i < sums.length; i++) {
      const at = read(i);
      if (!(at >= -size && at < size)) {
        throw outside(op, part, data[i], i);
      }
      sums[i] = (sums[i] as number) * size + (at < 0 ? at + size : at);
    }
  }
  const out = new BigInt64Array(sums.length);
  const words = new Uint32Array(out.buffer);
  for (let i = 0; i < sums.length; i++) words[2 * i] = sums[i] as number;
  return tensor(out, { device });
}

/** int64 by halves of 32 bits: making a number of each bigint would take most of the time. */
function reader(data: TypedArray): (i: number) => number {
  if (!(data instanceof BigInt64Array)) return (i) => data[i] as number;
  const halves = new Int32Array(data.buffer, data.byteOffset, 2 * data.length);
  return (i) => {
    const low = halves[2 * i] as number;
    const high = halves[2 * i + 1] as number;
    return (high === 0 && low >= 0) || (high === -1 && low < 0) ? low : Number(data[i]);
  };
}

function inOps(op: string, parts: readonly DimIndex[], shape: Shape): Tensor {
  let sum: Tensor | undefined;
  for (const part of parts) {
    const { index, size } = part;
    const allowed = { first: -size, end: size };
    index.storage.backend.watch?.(expand(index, shape), allowed, (value, at) =>
      outside(op, part, value, at),
    );
    const whole = to(index, "int64");
    const at = where(lt(whole, 0), add(whole, size), whole);
    sum = sum === undefined ? at : add(mul(sum, size), at);
  }
  return reshape(expand(sum as Tensor, shape), [sizeOf(shape)]);
}
