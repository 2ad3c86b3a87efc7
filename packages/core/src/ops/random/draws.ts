// Random tensors. Philox: the same seed gives the same numbers on every backend.
import { type ArrayOf, isFloating, newArray, type TypedArray } from "../../dtype.ts";
import { ArgumentError, DTypeError } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import { defaultGenerator } from "../../random/generator.ts";
import { castTo } from "../../reference/elementwise.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import { emptyTensor, type Tensor } from "../../tensor.ts";
import { tensor } from "../creation.ts";
import {
  checkShape,
  finish,
  like,
  place,
  RANDOM_OPTIONS,
  type RandomOptions,
  type TensorOptions,
} from "../place.ts";

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
export function hostUniform(count: number, options: RandomOptions): Float64Array {
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

/** As `torch.randint_like`: whole numbers in [low, high) of x's shape, in its dtype unless said. */
export const randintLike = (
  x: Tensor,
  low: number,
  high: number,
  options: RandomOptions = {},
): Tensor => randint(low, high, x.shape, like("randintLike", x, options, RANDOM_OPTIONS));

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
