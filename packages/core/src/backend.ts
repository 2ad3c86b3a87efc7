// What a backend is: memory, a set of required strided kernels, and any number of fused ones.
//
// Core checks shapes and dtypes before it calls a kernel; a kernel may assume valid input. Every
// kernel returns the name of the variant that ran (read by trace, profiler and explain), or
// undefined: "not my case", and the op is composed from others, which is counted.
import type { DType, TypedArray } from "./dtype.ts";
import type { Storage } from "./memory/storage.ts";
import type { Shape } from "./shape.ts";

export interface Meta {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** What a kernel sees of a tensor. Offset and strides count elements; Tensor itself implements it. */
export interface View extends Meta {
  readonly storage: Storage;
  readonly offset: number;
  readonly strides: readonly number[];
  /** Row-major without gaps (the offset may still be anything). */
  readonly contiguous: boolean;
}

/** The name of the variant that ran, or undefined: compose it. */
export type Ran = string | undefined;

export type UnaryCode =
  | "neg"
  | "abs"
  | "sign"
  | "square"
  | "sqrt"
  | "rsqrt"
  | "reciprocal"
  | "exp"
  | "expm1"
  | "log"
  | "log1p"
  | "log2"
  | "log10"
  | "sin"
  | "cos"
  | "tan"
  | "asin"
  | "acos"
  | "atan"
  | "sinh"
  | "cosh"
  | "tanh"
  | "erf"
  | "sigmoid"
  | "softplus"
  | "relu"
  | "relu6"
  | "gelu"
  | "geluTanh"
  | "silu"
  | "hardswish"
  | "hardsigmoid"
  | "floor"
  | "ceil"
  | "round"
  | "trunc"
  | "logicalNot"
  | "isnan"
  | "isinf"
  | "isfinite"
  | "exp2"
  | "asinh"
  | "acosh"
  | "atanh"
  | "erfc"
  | "erfinv"
  | "lgamma"
  | "digamma"
  | "sinc"
  | "i0"
  | "i1"
  | "signbit"
  | "bitwiseNot";

/** The reversed ones (rsub: b − a) exist for scalars on the left. Comparisons write bool. */
export type BinaryCode =
  | "add"
  | "sub"
  | "rsub"
  | "mul"
  | "div"
  | "rdiv"
  | "pow"
  | "rpow"
  | "maximum"
  | "minimum"
  | "fmod"
  | "remainder"
  | "atan2"
  | "eq"
  | "ne"
  | "lt"
  | "le"
  | "gt"
  | "ge"
  | "logicalAnd"
  | "logicalOr"
  | "logicalXor"
  | "floorDivide"
  | "truncDivide"
  | "hypot"
  | "copysign"
  | "logaddexp"
  | "logaddexp2"
  | "xlogy"
  | "igamma"
  | "igammac"
  | "fmax"
  | "fmin"
  | "heaviside"
  | "nextafter"
  | "gcd"
  | "lcm"
  | "bitwiseAnd"
  | "bitwiseOr"
  | "bitwiseXor"
  | "bitwiseLeftShift"
  | "bitwiseRightShift"
  // The n-th derivative of digamma: a is x, b the order n.
  | "polygamma"
  // Gradients of activations, a = upstream gradient, b = the input of the activation
  // (tanhGrad, sigmoidGrad: its output). One pass instead of five.
  | "reluGrad"
  | "relu6Grad"
  | "geluGrad"
  | "geluTanhGrad"
  | "siluGrad"
  | "hardswishGrad"
  | "hardsigmoidGrad"
  | "sigmoidGrad"
  | "tanhGrad";

export type ReduceCode = "sum" | "prod" | "max" | "min" | "any" | "all";
export type ArgReduceCode = "argmax" | "argmin";

/** A draw: Philox4x32-10 with this key; the counter is `offset` + element index / 4. */
export interface RandomKey {
  readonly seed: bigint;
  readonly offset: bigint;
}
export type RandomCode = "uniform" | "normal";

/**
 * Every backend has these. Inputs of one call share a dtype unless said otherwise and are strided;
 * outputs come last, are contiguous, or (fill, copy, in-place ops) any strided window.
 */
export interface RequiredKernels {
  fill(y: View, value: number | bigint): Ran;
  /** y = x, cast to y's dtype. Equal shapes; both strided. float → integer truncates, → bool is ≠ 0. */
  copy(x: View, y: View): Ran;
  unary(code: UnaryCode, x: View, y: View): Ran;
  /** a and b broadcast to y. y may be a (in place). */
  binary(code: BinaryCode, a: View, b: View, y: View): Ran;
  /** x op scalar. */
  binaryScalar(code: BinaryCode, x: View, scalar: number | bigint, y: View): Ran;
  /** cond is bool; all three broadcast to y. */
  where(cond: View, a: View, b: View, y: View): Ran;
  /** y has the rank of x, with 1 in each reduced dimension. sum of integers is int64, any/all write bool. */
  reduce(code: ReduceCode, x: View, y: View): Ran;
  /** y is int64 with the shape of x but 1 at dim. The first of equals wins; NaN beats all. */
  argReduce(code: ArgReduceCode, x: View, y: View, dim: number): Ran;
  /** [..., m, k] × [..., k, n] → [..., m, n]; equal ranks, batch dims already broadcast (stride 0). */
  matmul(a: View, b: View, y: View): Ran;
  /** y[i][j][k] = x[i][index[i][j][k]][k] for dim 1; index is any integer dtype, in range. */
  gather(x: View, index: View, y: View, dim: number): Ran;
  /** y[i][index[i][j][k]][k] += src[i][j][k] for dim 1; index as above, y filled before. */
  scatterAdd(index: View, src: View, y: View, dim: number): Ran;
  /** uniform in [0, 1) or standard normal, into a float y. Same key, same numbers on every backend. */
  random(code: RandomCode, y: View, key: RandomKey): Ran;
  /** y[i] = start + i · step. */
  arange(y: View, start: number, step: number): Ran;
}

/** Op files add their slots by declaration merging; a backend implements those it likes. */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging
export interface FusedKernels {}

export type Kernels = RequiredKernels & Partial<FusedKernels>;

/** A piece of a backend's memory. */
export interface Block {
  readonly bytes: number;
}

/** Where a backend's tensors live. take() may throw OutOfMemoryError. */
export interface Memory {
  /** @param origin the op that asks, for messages */
  take(bytes: number, origin?: string): Block;
  give(block: Block): void;
  /** Bytes held in free lists. */
  readonly pooledBytes: number;
}

export type Device = "cpu" | "gpu";

export interface Backend {
  readonly name: string;
  readonly device: Device;
  readonly memory: Memory;
  readonly kernels: Kernels;
  /** Copies host data into a contiguous view of the same number of elements. */
  upload(data: TypedArray, y: View): void;
  /** A copy of the elements in logical order. */
  read(x: View): Promise<TypedArray>;
  /** The same at once; absent where the device cannot. */
  readSync?(x: View): TypedArray;
  /**
   * True if all elements of an integer view are in [0, end). False says nothing: then who asks looks at each of
   * them. Absent: always false.
   */
  allBelow?(x: View, end: number): boolean;
  /** How many threads it computes with at present; absent: one. */
  readonly threads?: number;
  /** Bytes of one element, where they are not those of the CPU. @throws DTypeError for one it cannot hold */
  readonly bytesPer?: (dtype: DType) => number;
  /**
   * Devices with a clock of their own: how long they compute in each stretch of `run` that ends with a call of `mark`;
   * undefined where this one has none.
   */
  timed?(run: (mark: () => void) => void): Promise<readonly DeviceSpan[] | undefined>;
  /**
   * Computes all that was asked of it so far: results may be read as soon as they are there, but a clock may not. On a
   * CPU it is done when this returns. Absent: there is nothing to wait for.
   * @throws what went wrong in ops that had returned already
   */
  synchronize?(): void | Promise<void>;
  /** One line for people: processor features, limits. */
  describe?(): string;
}

/** Milliseconds by a device's clock, from the beginning of what was timed. */
export interface DeviceSpan {
  /** Without the pauses in it. */
  readonly ms: number;
  readonly start: number;
  readonly end: number;
}
