// How operands of elementwise ops meet: dtype promotion, JS numbers beside tensors, shapes, and the
// adjoint of broadcasting.
import type { BinaryCode, Meta } from "../backend.ts";
import { type DType, isFloating, resultType, scalarResultType } from "../dtype.ts";
import { ArgumentError } from "../errors.ts";
import { broadcastShapes, type Shape, sameShape } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { to } from "./elementwise/to.ts";
import { sum } from "./reduce/sum.ts";

/** A tensor, or a JS number that takes part as PyTorch's Python scalars do. */
export type Operand = Tensor | number | bigint | boolean;
export type Scalar = number | bigint;

/** Codes that swap sides, for a scalar on the left. */
export const REVERSED: Partial<Record<BinaryCode, BinaryCode>> = {
  add: "add",
  mul: "mul",
  sub: "rsub",
  div: "rdiv",
  pow: "rpow",
  maximum: "maximum",
  minimum: "minimum",
};

const kindOf = (value: unknown): string =>
  Array.isArray(value) ? "an array; make it a tensor(…)" : value === null ? "null" : typeof value;

export function asScalar(op: string, value: unknown): Scalar {
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  throw new ArgumentError(op, `expected a Tensor or a number, got ${kindOf(value)}`);
}

/** Both in their common dtype; the cast is recorded, so its gradient comes back in the input's dtype. */
export function promoted(a: Tensor, b: Tensor): readonly [Tensor, Tensor] {
  if (a.dtype === b.dtype) return [a, b];
  const dtype = resultType(a.dtype, a.shape.length, b.dtype, b.shape.length);
  return [to(a, dtype), to(b, dtype)];
}

/** x in the dtype of `x op scalar`. */
export function promotedWith(x: Tensor, scalar: Scalar): Tensor {
  if (!isTensor(x)) return x; // dispatch refuses it
  const dtype = scalarResultType(x.dtype, scalar);
  return dtype === x.dtype ? x : to(x, dtype);
}

/** Integers and bools as float32, for functions that have no integer values. */
export const floating = (x: Tensor): Tensor =>
  !isTensor(x) || isFloating(x.dtype) ? x : to(x, "float32"); // dispatch refuses what is no tensor

/** The Meta of an elementwise op: broadcast shape; the dtype of a (operands are promoted before). */
export function broadcastMeta(op: string, a: Meta, b: Meta, dtype: DType = a.dtype): Meta {
  if (dtype === a.dtype && sameShape(a.shape, b.shape)) return a; // a tensor is a Meta, too
  return { shape: broadcastShapes(op, a.shape, b.shape), dtype };
}

/** The adjoint of broadcasting: sums g down to `shape`. The same tensor when there is nothing to do. */
export function sumTo(g: Tensor, shape: Shape): Tensor {
  if (sameShape(g.shape, shape)) return g;
  const lead = g.shape.length - shape.length;
  const dims = Array.from({ length: lead }, (_, d) => d);
  shape.forEach((n, d) => {
    if (n === 1 && g.shape[d + lead] !== 1) dims.push(d + lead);
  });
  const summed = dims.length > 0 ? sum(g, dims, { keepdim: true }) : g;
  return lead > 0 ? summed.reshape(shape) : summed;
}

export const isTensor = (value: unknown): value is Tensor => value instanceof Tensor;
