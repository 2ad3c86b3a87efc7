// Tensors from data, and from nothing.
import ndarray from "ndarray";
import { type ArrayOf, type DType, isHalf, newArray, type TypedArray } from "../dtype.ts";
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import { decodeHalf } from "../half.ts";
import { checkOptions, type OptionNames } from "../options.ts";
import { castTo } from "../reference/elementwise.ts";
import { type Shape, sizeOf } from "../shape.ts";
import { emptyTensor, methods, Tensor } from "../tensor.ts";
import { checkShape, finish, like, place, TENSOR_OPTIONS, type TensorOptions } from "./place.ts";

export type { RandomOptions, TensorOptions } from "./place.ts";

export type Nested = number | bigint | boolean | readonly Nested[];
export type TensorData = Nested | TypedArray | Uint16Array | ndarray.NdArray | Tensor;

function filled(op: string, shape: Shape, value: number | bigint, options: TensorOptions): Tensor {
  const { meta, backend } = place(op, shape, options);
  const t = emptyTensor(backend, meta, op);
  backend.kernels.fill(t, value);
  return finish(t, options);
}

/** As `torch.zeros`. */
export const zeros = (shape: Shape, options: TensorOptions = {}): Tensor =>
  filled("zeros", shape, 0, options);
/** As `torch.ones`. */
export const ones = (shape: Shape, options: TensorOptions = {}): Tensor =>
  filled("ones", shape, 1, options);
/** As `torch.full`; the dtype follows the value: bool for true, int64 for a bigint, else float32. */
export function full(
  shape: Shape,
  value: number | bigint | boolean,
  options: TensorOptions = {},
): Tensor {
  checkShape("full", shape);
  checkOptions("full", options, TENSOR_OPTIONS);
  if (!["number", "bigint", "boolean"].includes(typeof value)) {
    throw new ArgumentError("full", `the value must be a number, got ${typeof value}`);
  }
  const dtype = options.dtype ?? dtypeOfValue(value);
  checkFits("full", dtype, value);
  return filled("full", shape, typeof value === "boolean" ? Number(value) : value, {
    ...options,
    dtype,
  });
}
/** As `torch.empty`: the content is whatever was there. */
export function empty(shape: Shape, options: TensorOptions = {}): Tensor {
  const { meta, backend } = place("empty", shape, options);
  return finish(emptyTensor(backend, meta, "empty"), options);
}
/** The n × m identity, as `torch.eye`. */
export function eye(n: number, m: number = n, options: TensorOptions = {}): Tensor {
  const { meta } = place("eye", [n, m], options);
  const data = newArray(meta.dtype, n * m) as ArrayOf["float32"];
  const one = castTo(meta.dtype)(1) as number;
  for (let i = 0; i < Math.min(n, m); i++) data[i * m + i] = one;
  return tensor(data as TypedArray, { ...options, shape: [n, m], dtype: meta.dtype });
}

/** start, start + step, … below end; as `torch.arange`. int64 unless a number is fractional. */
export function arange(start: number, end?: number, step = 1, options: TensorOptions = {}): Tensor {
  for (const [name, value] of Object.entries({ start, end: end ?? 0, step })) {
    if (typeof value === "number") continue;
    const got = typeof value === "object" ? "options; they come fourth, after step" : typeof value;
    throw new ArgumentError("arange", `${name} must be a number, got ${got}`);
  }
  const [from, until] = end === undefined ? [0, start] : [start, end];
  if (!(step !== 0 && Number.isFinite((until - from) / step))) {
    throw new ArgumentError("arange", `step must not be 0 and the ends finite; got step ${step}`);
  }
  const size = Math.max(0, Math.ceil((until - from) / step));
  const whole = [from, until, step].every(Number.isInteger);
  const { meta, backend } = place("arange", [size], options, whole ? "int64" : "float32");
  const t = emptyTensor(backend, meta, "arange");
  backend.kernels.arange(t, from, step);
  return finish(t, options);
}

/**
 * `steps` numbers from start to end, both included, at equal distances; as `torch.linspace`. float32 unless said;
 * integer dtypes cut the fractions off.
 * @throws ArgumentError unless steps is a whole number ≥ 0 and the ends are finite
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linspace.html
 */
export const linspace = (
  start: number,
  end: number,
  steps: number,
  options: TensorOptions = {},
): Tensor => spaced("linspace", start, end, steps, options, (at) => at);

export interface LogspaceOptions extends TensorOptions {
  /** Default 10. */
  readonly base?: number | undefined;
}
const LOGSPACE_OPTIONS: OptionNames<LogspaceOptions> = { ...TENSOR_OPTIONS, base: true };

/**
 * base to the power of each of linspace(start, end, steps), as `torch.logspace`.
 * @throws ArgumentError as linspace
 */
export function logspace(
  start: number,
  end: number,
  steps: number,
  options: LogspaceOptions = {},
): Tensor {
  checkOptions("logspace", options, LOGSPACE_OPTIONS);
  const { base = 10, ...rest } = options;
  return spaced("logspace", start, end, steps, rest, (at) => base ** at);
}

function spaced(
  op: string,
  start: number,
  end: number,
  steps: number,
  options: TensorOptions,
  f: (at: number) => number,
): Tensor {
  if (!Number.isFinite(start) || !Number.isFinite(end)) {
    throw new ArgumentError(op, `the ends must be finite; got ${start} and ${end}`);
  }
  if (!Number.isInteger(steps) || steps < 0) {
    throw new ArgumentError(op, `steps must be a whole number ≥ 0; got ${steps}`);
  }
  const { meta } = place(op, [steps], options);
  const cast = castTo(meta.dtype);
  const data = newArray(meta.dtype, steps) as ArrayOf["float32"];
  const step = steps > 1 ? (end - start) / (steps - 1) : 0;
  for (let i = 0; i < steps; i++) {
    // From both ends, so that both are exact.
    const at = 2 * i < steps ? start + i * step : end - (steps - 1 - i) * step;
    data[i] = cast(f(at)) as number;
  }
  return tensor(data as TypedArray, { ...options, dtype: meta.dtype });
}

// ---- like another -------------------------------------------------------------------------------------

export const zerosLike = (x: Tensor, options: TensorOptions = {}): Tensor =>
  filled("zerosLike", x.shape, 0, like("zerosLike", x, options));
export const onesLike = (x: Tensor, options: TensorOptions = {}): Tensor =>
  filled("onesLike", x.shape, 1, like("onesLike", x, options));
export const fullLike = (x: Tensor, value: number | bigint, options: TensorOptions = {}): Tensor =>
  filled("fullLike", x.shape, value, like("fullLike", x, options));
export const emptyLike = (x: Tensor, options: TensorOptions = {}): Tensor =>
  empty(x.shape, like("emptyLike", x, options));

// ---- from data ----------------------------------------------------------------------------------------

const dtypeOfValue = (value: unknown): DType =>
  typeof value === "boolean" ? "bool" : typeof value === "bigint" ? "int64" : "float32";

const DTYPE_OF_ARRAY: Readonly<Record<string, DType>> = {
  Float32Array: "float32",
  Float64Array: "float64",
  Int32Array: "int32",
  BigInt64Array: "int64",
  Uint8Array: "uint8",
  Uint8ClampedArray: "uint8",
};

interface HostData {
  readonly values: ArrayLike<number | bigint | boolean>;
  readonly shape: Shape;
  readonly dtype: DType;
}

export interface FromDataOptions extends TensorOptions {
  /** Default: that of the data. */
  readonly shape?: Shape | undefined;
}
const FROM_DATA_OPTIONS: OptionNames<FromDataOptions> = { ...TENSOR_OPTIONS, shape: true };

/**
 * A tensor from numbers, nested arrays, a typed array (with `shape`), or an ndarray. Always copies.
 * Numbers give float32, bigints int64, booleans bool; a typed array its own dtype. A Uint16Array holds the bits of
 * float16 or bfloat16, and needs that dtype beside it.
 * @throws ShapeError when rows differ in length or the values do not fill `shape`
 */
export function tensor(data: TensorData, options: FromDataOptions = {}): Tensor {
  checkOptions("tensor", options, FROM_DATA_OPTIONS);
  if (data instanceof Tensor) {
    throw new ArgumentError(
      "tensor",
      "the data is a Tensor already; use clone(), detach() or to()",
    );
  }
  const host = hostData(data, options.dtype);
  const shape = options.shape ?? host.shape;
  const { meta, backend } = place("tensor", shape, options, host.dtype, FROM_DATA_OPTIONS);
  if (host.values.length !== sizeOf(shape)) {
    throw new ShapeError("tensor", `${host.values.length} values do not fill the shape`, { shape });
  }
  const t = emptyTensor(backend, meta, "tensor");
  if (!ArrayBuffer.isView(data)) {
    for (let i = 0; i < host.values.length; i++) checkFits("tensor", meta.dtype, host.values[i]);
  }
  backend.upload(castValues(host, meta.dtype), t);
  return finish(t, options);
}

/** The smallest and the largest value that is taken; uint8 takes negative ones and wraps them, as PyTorch does. */
const RANGE: Partial<Record<DType, readonly [bigint, bigint]>> = {
  uint8: [-255n, 255n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
};

/** Refuses numbers that an integer dtype would have to change into others. */
function checkFits(op: string, dtype: DType, value: unknown): void {
  const range = RANGE[dtype];
  if (range === undefined || typeof value === "boolean") return;
  if ((value as number) >= range[0] && (value as number) <= range[1]) return;
  throw new ArgumentError(op, `${String(value)} does not fit into ${dtype}`);
}

function castValues(host: HostData, dtype: DType): TypedArray {
  const floats = isHalf(dtype) && host.values instanceof Float32Array;
  if (floats || (ArrayBuffer.isView(host.values) && host.dtype === dtype)) {
    return host.values as unknown as TypedArray;
  }
  const cast = castTo(dtype);
  const data = newArray(dtype, host.values.length) as ArrayOf["float32"];
  for (let i = 0; i < data.length; i++) data[i] = cast(host.values[i] as number) as number;
  return data as TypedArray;
}

function hostData(data: Exclude<TensorData, Tensor>, wanted: DType | undefined): HostData {
  if (data instanceof Uint16Array && wanted !== undefined && isHalf(wanted)) {
    return { values: decodeHalf(wanted, data), shape: [data.length], dtype: wanted };
  }
  if (ArrayBuffer.isView(data)) {
    const values = data as TypedArray;
    const dtype = DTYPE_OF_ARRAY[values.constructor.name];
    if (dtype === undefined) {
      throw new DTypeError(
        "tensor",
        `a ${values.constructor.name} has no dtype here; convert it to one of ` +
          `${Object.keys(DTYPE_OF_ARRAY).join(", ")}, or say { dtype: "float16" } if a Uint16Array is its bits`,
      );
    }
    return { values, shape: [values.length], dtype };
  }
  if (isNdarray(data)) return fromNdarray(data);
  const values: (number | bigint | boolean)[] = [];
  const shape = shapeOfNested(data as Nested);
  flatten(data as Nested, shape, 0, values);
  const kinds = new Set(values.map((v) => typeof v));
  // Mixed values promote: booleans beside numbers are numbers, bigints beside numbers are floats.
  const dtype = kinds.size === 1 ? dtypeOfValue(values[0]) : "float32";
  return { values, shape, dtype };
}

function shapeOfNested(data: Nested): Shape {
  const shape: number[] = [];
  let level = data;
  while (Array.isArray(level)) {
    shape.push(level.length);
    level = level[0] as Nested;
    if (level === undefined) break;
  }
  return shape;
}

function flatten(
  data: Nested,
  shape: Shape,
  depth: number,
  into: (number | bigint | boolean)[],
): void {
  const isLeaf = !Array.isArray(data);
  if (isLeaf !== (depth === shape.length) || (!isLeaf && data.length !== shape[depth])) {
    const found = isLeaf ? "a value" : `${data.length} items`;
    const wanted = depth === shape.length ? "a value" : `${shape[depth]} items`;
    throw new ShapeError(
      "tensor",
      `nested arrays must be regular: expected ${wanted} at depth ${depth}, found ${found}`,
    );
  }
  if (isLeaf) {
    if (!["number", "bigint", "boolean"].includes(typeof data)) {
      throw new ArgumentError("tensor", `cannot make a number of ${typeof data} '${String(data)}'`);
    }
    into.push(data as number);
  } else for (const item of data) flatten(item, shape, depth + 1, into);
}

function isNdarray(data: unknown): data is ndarray.NdArray {
  return typeof data === "object" && data !== null && "stride" in data && "shape" in data;
}

function fromNdarray(data: ndarray.NdArray): HostData {
  const shape = [...data.shape];
  const values: number[] = [];
  const index = shape.map(() => 0);
  for (let i = 0; i < sizeOf(shape); i++) {
    values.push(data.get(...index) as number);
    for (let d = shape.length - 1; d >= 0; d--) {
      index[d] = (index[d] as number) + 1;
      if ((index[d] as number) < (shape[d] as number)) break;
      index[d] = 0;
    }
  }
  const name = (data.data as { constructor: { name: string } }).constructor.name;
  return { values, shape, dtype: DTYPE_OF_ARRAY[name] ?? dtypeOfValue(values[0]) };
}

/** A copy as an ndarray of the same shape, row-major. */
export function toNdarray(t: Tensor, data: TypedArray): ndarray.NdArray {
  return ndarray(data as Float32Array, [...t.shape]) as ndarray.NdArray;
}

// ---- new, on the device and in the dtype of another -----------------------------------------------------

/** As `torch.Tensor.new_zeros`: zeros of `shape` in x's dtype, on its device, unless said. */
export const newZeros = (x: Tensor, shape: Shape, options: TensorOptions = {}): Tensor =>
  filled("newZeros", shape, 0, like("newZeros", x, options));
/** As `torch.Tensor.new_ones`. */
export const newOnes = (x: Tensor, shape: Shape, options: TensorOptions = {}): Tensor =>
  filled("newOnes", shape, 1, like("newOnes", x, options));
/** As `torch.Tensor.new_full`. */
export const newFull = (
  x: Tensor,
  shape: Shape,
  value: number | bigint | boolean,
  options: TensorOptions = {},
): Tensor => full(shape, value, like("newFull", x, options));
/** As `torch.Tensor.new_empty`: the content is whatever was there. */
export const newEmpty = (x: Tensor, shape: Shape, options: TensorOptions = {}): Tensor =>
  empty(shape, like("newEmpty", x, options));
/** As `torch.Tensor.new_tensor`: data in x's dtype, on its device, unless said. */
export const newTensor = (x: Tensor, data: TensorData, options: FromDataOptions = {}): Tensor =>
  tensor(data, like("newTensor", x, options, FROM_DATA_OPTIONS));

declare module "../tensor.ts" {
  interface TensorMethods {
    newZeros(shape: Shape, options?: TensorOptions): Tensor;
    newOnes(shape: Shape, options?: TensorOptions): Tensor;
    newFull(shape: Shape, value: number | bigint | boolean, options?: TensorOptions): Tensor;
    newEmpty(shape: Shape, options?: TensorOptions): Tensor;
    newTensor(data: TensorData, options?: FromDataOptions): Tensor;
  }
}
methods({
  newZeros(shape, options) {
    return newZeros(this, shape, options);
  },
  newOnes(shape, options) {
    return newOnes(this, shape, options);
  },
  newFull(shape, value, options) {
    return newFull(this, shape, value, options);
  },
  newEmpty(shape, options) {
    return newEmpty(this, shape, options);
  },
  newTensor(data, options) {
    return newTensor(this, data, options);
  },
});
