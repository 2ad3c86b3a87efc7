// The element types, their sizes, and PyTorch's promotion.
export type DType = "float32" | "float64" | "int32" | "int64" | "uint8" | "bool";

export const DTYPES: readonly DType[] = ["float32", "float64", "int32", "int64", "uint8", "bool"];

const BYTES: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  int32: 4,
  int64: 8,
  uint8: 1,
  bool: 1,
};

/** Bytes of one element. */
export const bytesPer = (dtype: DType): number => BYTES[dtype];

export const isFloating = (dtype: DType): boolean => dtype === "float32" || dtype === "float64";
export const isIntegral = (dtype: DType): boolean => !isFloating(dtype) && dtype !== "bool";

export type TypedArray = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

/** The JS array that holds elements of a dtype; bool is 0 or 1 in a Uint8Array. */
export interface ArrayOf {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

export function newArray<D extends DType>(dtype: D, size: number): ArrayOf[D] {
  const make = {
    float32: () => new Float32Array(size),
    float64: () => new Float64Array(size),
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
  float32: 4,
  float64: 5,
};

/**
 * The dtype both convert to without loss of category, as `torch.promote_types`.
 * @see https://docs.pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
 */
export const promoteTypes = (a: DType, b: DType): DType => (WIDTH[a] >= WIDTH[b] ? a : b);

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
