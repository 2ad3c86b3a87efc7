// Tensors from data, and from nothing.
import ndarray from "ndarray";
import { setRequiresGrad } from "../autograd/hooks.ts";
import type { Device } from "../backend.ts";
import { resolveBackend } from "../backends.ts";
import {
  type ArrayOf,
  DTYPES,
  type DType,
  isFloating,
  newArray,
  type TypedArray,
} from "../dtype.ts";
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import { checkOptions, described, type KnownOptions, type OptionNames } from "../options.ts";
import { defaultGenerator, type Generator } from "../random/generator.ts";
import { castTo } from "../reference/elementwise.ts";
import { type Shape, sizeOf } from "../shape.ts";
import { emptyTensor, Tensor } from "../tensor.ts";

export interface TensorOptions {
  /** Default: float32 (tensor(): from the data). */
  readonly dtype?: DType | undefined;
  /** "cpu", "gpu", or the name of a backend. Default: the current backend. */
  readonly device?: Device | (string & {}) | undefined;
  readonly requiresGrad?: boolean | undefined;
}
const TENSOR_OPTIONS: OptionNames<TensorOptions> = {
  dtype: true,
  device: true,
  requiresGrad: true,
};
export interface RandomOptions extends TensorOptions {
  /** Default: the generator that manualSeed seeds. */
  readonly generator?: Generator | undefined;
}
const RANDOM_OPTIONS: OptionNames<RandomOptions> = { ...TENSOR_OPTIONS, generator: true };

export type Nested = number | bigint | boolean | readonly Nested[];
export type TensorData = Nested | TypedArray | ndarray.NdArray | Tensor;

/** @param after what followed the shape in the call: with zeros(2, 3) the second size */
function checkShape(op: string, shape: unknown, after?: unknown): asserts shape is Shape {
  if (Array.isArray(shape)) return;
  if (typeof shape !== "number") {
    throw new ShapeError(op, `the shape must be an array of sizes, got ${described(shape)}`);
  }
  const sizes = typeof after === "number" ? `[${shape}, ${after}]` : `[${shape}]`;
  const call = AFTER_SHAPE[op]?.(sizes) ?? `${op}(${sizes})`;
  throw new ShapeError(op, `give the shape as an array: ${call}`);
}
/** Calls of more than a shape. */
const AFTER_SHAPE: Readonly<Record<string, (shape: string) => string>> = {
  full: (shape) => `full(${shape}, value)`,
  randint: (shape) => `randint(low, high, ${shape})`,
  tensor: (shape) => `tensor(data, { shape: ${shape} })`,
};

/** Where and how a new tensor is made, checked. */
function place(
  op: string,
  shape: Shape,
  options: TensorOptions,
  dtype: DType = "float32",
  known: KnownOptions = TENSOR_OPTIONS,
) {
  checkShape(op, shape, options);
  checkOptions(op, options, known);
  const meta = { shape, dtype: options.dtype ?? dtype };
  if (!DTYPES.includes(meta.dtype)) {
    throw new ArgumentError(op, `there is no dtype ${meta.dtype}; there are ${DTYPES.join(", ")}`);
  }
  if (shape.some((n) => !Number.isInteger(n) || n < 0)) {
    throw new ShapeError(op, `sizes must be whole numbers ≥ 0, got ${JSON.stringify(shape)}`);
  }
  return { meta, backend: resolveBackend(options.device, op) };
}

function finish(t: Tensor, options: TensorOptions): Tensor {
  return options.requiresGrad ? setRequiresGrad(t, true) : t;
}

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

// ---- like another -------------------------------------------------------------------------------------

function like<O extends TensorOptions>(
  op: string,
  x: Tensor,
  options: O,
  known: KnownOptions = TENSOR_OPTIONS,
): O {
  checkOptions(op, options, known);
  // Not spread last: an explicit undefined would win.
  return { ...options, dtype: options.dtype ?? x.dtype, device: options.device ?? x.backend };
}
export const zerosLike = (x: Tensor, options: TensorOptions = {}): Tensor =>
  filled("zerosLike", x.shape, 0, like("zerosLike", x, options));
export const onesLike = (x: Tensor, options: TensorOptions = {}): Tensor =>
  filled("onesLike", x.shape, 1, like("onesLike", x, options));
export const fullLike = (x: Tensor, value: number | bigint, options: TensorOptions = {}): Tensor =>
  filled("fullLike", x.shape, value, like("fullLike", x, options));
export const emptyLike = (x: Tensor, options: TensorOptions = {}): Tensor =>
  empty(x.shape, like("emptyLike", x, options));

// ---- random -------------------------------------------------------------------------------------------

function drawn(
  op: string,
  code: "uniform" | "normal",
  shape: Shape,
  options: RandomOptions,
): Tensor {
  const { meta, backend } = place(op, shape, options, "float32", RANDOM_OPTIONS);
  if (!isFloating(meta.dtype)) {
    throw new DTypeError(op, `random numbers are floats, not ${meta.dtype}; use randint`);
  }
  const t = emptyTensor(backend, meta, op);
  const generator = options.generator ?? defaultGenerator;
  backend.kernels.random(code, t, generator.next(sizeOf(shape)));
  return finish(t, options);
}

/** Uniform in [0, 1), as `torch.rand`. Same seed, same numbers on every backend. */
export const rand = (shape: Shape, options: RandomOptions = {}): Tensor =>
  drawn("rand", "uniform", shape, options);
/** Standard normal, as `torch.randn`. */
export const randn = (shape: Shape, options: RandomOptions = {}): Tensor =>
  drawn("randn", "normal", shape, options);
export const randLike = (x: Tensor, options: RandomOptions = {}): Tensor =>
  rand(x.shape, like("randLike", x, options, RANDOM_OPTIONS));
export const randnLike = (x: Tensor, options: RandomOptions = {}): Tensor =>
  randn(x.shape, like("randnLike", x, options, RANDOM_OPTIONS));

/** Uniform in [0, 1) on the host, for draws that end as indices. */
function hostUniform(count: number, options: RandomOptions): Float64Array {
  const t = rand([count], {
    ...options,
    device: "reference",
    dtype: "float64",
    requiresGrad: false,
  });
  const data = t.storage.backend.readSync?.(t) as Float64Array;
  t.release();
  return data;
}

const withoutGenerator = ({ generator: _, ...options }: RandomOptions): TensorOptions => options;

/** Whole numbers in [low, high), int64 unless said; as `torch.randint`. */
export function randint(
  low: number,
  high: number,
  shape: Shape,
  options: RandomOptions = {},
): Tensor {
  checkShape("randint", shape);
  checkOptions("randint", options, RANDOM_OPTIONS);
  if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low) {
    throw new ArgumentError("randint", `needs whole numbers low < high, got ${low} and ${high}`);
  }
  const dtype = options.dtype ?? "int64";
  const cast = castTo(dtype);
  const u = hostUniform(sizeOf(shape), options);
  const data = newArray(dtype, u.length) as ArrayOf["float32"];
  u.forEach((v, i) => {
    data[i] = cast(low + Math.floor(v * (high - low))) as number;
  });
  return tensor(data as TypedArray, { ...withoutGenerator(options), shape, dtype });
}

/** A random order of 0 … n − 1, int64; as `torch.randperm`. */
export function randperm(n: number, options: RandomOptions = {}): Tensor {
  checkOptions("randperm", options, RANDOM_OPTIONS);
  const u = hostUniform(n, options);
  const data = BigInt64Array.from({ length: n }, (_, i) => BigInt(i));
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor((u[i] as number) * (i + 1));
    [data[i], data[j]] = [data[j] as bigint, data[i] as bigint];
  }
  const t = tensor(data, { ...withoutGenerator(options), dtype: "int64" });
  return options.dtype === undefined || options.dtype === "int64" ? t : t.to(options.dtype);
}

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
 * Numbers give float32, bigints int64, booleans bool; a typed array its own dtype.
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
  const host = hostData(data);
  const shape = options.shape ?? host.shape;
  const { meta, backend } = place("tensor", shape, options, host.dtype, FROM_DATA_OPTIONS);
  if (host.values.length !== sizeOf(shape)) {
    throw new ShapeError("tensor", `${host.values.length} values do not fill the shape`, { shape });
  }
  const t = emptyTensor(backend, meta, "tensor");
  backend.upload(castValues(host, meta.dtype), t);
  return finish(t, options);
}

function castValues(host: HostData, dtype: DType): TypedArray {
  if (ArrayBuffer.isView(host.values) && host.dtype === dtype) {
    return host.values as unknown as TypedArray;
  }
  const cast = castTo(dtype);
  const data = newArray(dtype, host.values.length) as ArrayOf["float32"];
  for (let i = 0; i < data.length; i++) data[i] = cast(host.values[i] as number) as number;
  return data as TypedArray;
}

function hostData(data: Exclude<TensorData, Tensor>): HostData {
  if (ArrayBuffer.isView(data)) {
    const values = data as TypedArray;
    const dtype = DTYPE_OF_ARRAY[values.constructor.name];
    if (dtype === undefined) {
      throw new DTypeError(
        "tensor",
        `a ${values.constructor.name} has no dtype here; convert it to one of ` +
          Object.keys(DTYPE_OF_ARRAY).join(", "),
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
