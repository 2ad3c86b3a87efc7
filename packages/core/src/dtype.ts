// The element types, their sizes, and PyTorch's promotion.
import { DTypeError } from "./errors.ts";

export type DType = "float32" | "float64" | HalfDType | "int32" | "int64" | "uint8" | "bool";

/** Storage of 16 bits: what is computed with them is computed in float32 and rounded once per op. */
export type HalfDType = "float16" | "bfloat16";

export const DTYPES: readonly DType[] = [
  "float32",
  "float64",
  "float16",
  "bfloat16",
  "int32",
  "int64",
  "uint8",
  "bool",
];

const BYTES: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  bool: 1,
};

/** Bytes of one element. */
export const bytesPer = (dtype: DType): number => BYTES[dtype];

export const isHalf = (dtype: DType): dtype is HalfDType =>
  dtype === "float16" || dtype === "bfloat16";
export const isFloating = (dtype: DType): boolean =>
  dtype === "float32" || dtype === "float64" || isHalf(dtype);
export const isIntegral = (dtype: DType): boolean => !isFloating(dtype) && dtype !== "bool";

export type TypedArray = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

/**
 * The JS array that holds values of a dtype; bool is 0 or 1 in a Uint8Array, float16 and bfloat16 are exactly
 * float32 values.
 */
export interface ArrayOf {
  float32: Float32Array;
  float64: Float64Array;
  float16: Float32Array;
  bfloat16: Float32Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

export function newArray<D extends DType>(dtype: D, size: number): ArrayOf[D] {
  const make = {
    float32: () => new Float32Array(size),
    float64: () => new Float64Array(size),
    float16: () => new Float32Array(size),
    bfloat16: () => new Float32Array(size),
    int32: () => new Int32Array(size),
    int64: () => new BigInt64Array(size),
    uint8: () => new Uint8Array(size),
    bool: () => new Uint8Array(size),
  };
  return make[dtype]() as ArrayOf[D];
}

/** bool < integers < floats; a scalar or zero-dim operand only lifts the other one to its category. */
const category = (dtype: DType): number => (dtype === "bool" ? 0 : isIntegral(dtype) ? 1 : 2);
const WIDTH: Readonly<Record<DType, number>> = {
  bool: 0,
  uint8: 1,
  int32: 2,
  int64: 3,
  float16: 4,
  bfloat16: 4,
  float32: 5,
  float64: 6,
};

/**
 * The dtype both convert to without loss of category, as `torch.promote_types`. Neither float16 nor bfloat16
 * holds the other: together they give float32.
 * @see https://docs.pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
 */
export function promoteTypes(a: DType, b: DType): DType {
  if (a !== b && isHalf(a) && isHalf(b)) return "float32";
  return WIDTH[a] >= WIDTH[b] ? a : b;
}

/**
 * The dtype of `a op b` where one of them may be zero-dimensional: a zero-dim operand counts
 * only if its category is higher, as in `torch.result_type`.
 */
export function resultType(a: DType, aRank: number, b: DType, bRank: number): DType {
  if (a === b) return a;
  if ((aRank === 0) === (bRank === 0)) return promoteTypes(a, b);
  const [tensor, scalar] = aRank === 0 ? [b, a] : [a, b];
  return category(scalar) > category(tensor) ? promoteTypes(scalar, tensor) : tensor;
}

/**
 * The dtype of `tensor op number`: an integral JS number is an integer scalar, any other a float
 * scalar; a bigint is an int64. A float scalar beside an integer tensor gives float32.
 */
export function scalarResultType(a: DType, scalar: number | bigint): DType {
  if (typeof scalar === "bigint" || Number.isInteger(scalar)) return a === "bool" ? "int64" : a;
  return isFloating(a) ? a : "float32";
}

export interface FloatInfo {
  readonly bits: number;
  /** The distance from 1 to the next larger number. */
  readonly eps: number;
  readonly max: number;
  readonly min: number;
  /** The smallest positive number of full precision. */
  readonly tiny: number;
}
const floatInfo = (bits: number, fraction: number, exponent: number): FloatInfo => {
  const max = (2 - 2 ** -fraction) * 2 ** exponent;
  return { bits, eps: 2 ** -fraction, max, min: -max, tiny: 2 ** (1 - exponent) };
};
const FLOATS: Readonly<Partial<Record<DType, FloatInfo>>> = {
  float64: floatInfo(64, 52, 1023),
  float32: floatInfo(32, 23, 127),
  float16: floatInfo(16, 10, 15),
  bfloat16: floatInfo(16, 7, 127),
};

/**
 * The limits of a floating dtype, as `torch.finfo`.
 * @throws DTypeError for one that has no fractions
 */
export function finfo(dtype: DType): FloatInfo {
  const info = FLOATS[dtype];
  if (info === undefined) throw new DTypeError("finfo", `${dtype} is no floating dtype`);
  return info;
}
