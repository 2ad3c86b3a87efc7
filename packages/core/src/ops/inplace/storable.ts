// What an in-place op may take: PyTorch casts the other operand to the target's dtype unless a category
// (bool < integer < float) would be lost.
import { resultType, scalarResultType } from "../../dtype.ts";
import { DTypeError } from "../../errors.ts";
import type { Tensor } from "../../tensor.ts";
import { clone } from "../elementwise/clone.ts";
import { to } from "../elementwise/to.ts";
import { isTensor, type Scalar } from "../promote.ts";

const CATEGORY: Readonly<Record<string, number>> = { bool: 0, uint8: 1, int32: 1, int64: 1 };
const category = (dtype: string): number => CATEGORY[dtype] ?? 2;

/**
 * The other operand as the kernel may read it while it writes the target: in its dtype, and a copy where
 * it lies in the same memory (x.mul_(x), x.add_(x.select(0, 0))), which the kernel and the version
 * counter would otherwise see changed halfway.
 */
export function requireStorable<T extends Tensor | Scalar>(
  op: string,
  target: Tensor,
  other: T,
): T {
  if (isTensor(other) && other.dtype === target.dtype) return apart(other, target) as T;
  const result = isTensor(other)
    ? resultType(target.dtype, target.ndim, other.dtype, other.ndim)
    : scalarResultType(target.dtype, other as Scalar);
  if (category(result) > category(target.dtype)) {
    throw new DTypeError(
      op,
      `the result is ${result} and cannot be stored in a ${target.dtype} target; use the out-of-place form`,
    );
  }
  return (isTensor(other) ? apart(to(other, target.dtype), target) : other) as T;
}

/** x, or a copy of it where it shares memory with the target. */
export const apart = (x: Tensor, target: Tensor): Tensor =>
  x.storage === target.storage ? clone(x) : x;
