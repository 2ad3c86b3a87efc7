// What makers of tensors share: where and in which dtype the new one lies, checked.
import { setRequiresGrad } from "../autograd/hooks.ts";
import type { Device } from "../backend.ts";
import { resolveBackend } from "../backends.ts";
import { DTYPES, type DType } from "../dtype.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { checkOptions, described, type KnownOptions, type OptionNames } from "../options.ts";
import type { Generator } from "../random/generator.ts";
import type { Shape } from "../shape.ts";
import { checkLive, type Tensor } from "../tensor.ts";

export interface TensorOptions {
  /** Default: float32 (tensor(): from the data). */
  readonly dtype?: DType | undefined;
  /** "cpu", "gpu", or the name of a backend. Default: the current backend. */
  readonly device?: Device | (string & {}) | undefined;
  readonly requiresGrad?: boolean | undefined;
}
export const TENSOR_OPTIONS: OptionNames<TensorOptions> = {
  dtype: true,
  device: true,
  requiresGrad: true,
};
export interface RandomOptions extends TensorOptions {
  /** Default: the generator that manualSeed seeds. */
  readonly generator?: Generator | undefined;
}
export const RANDOM_OPTIONS: OptionNames<RandomOptions> = { ...TENSOR_OPTIONS, generator: true };

/** @param after what followed the shape in the call: with zeros(2, 3) the second size */
export function checkShape(op: string, shape: unknown, after?: unknown): asserts shape is Shape {
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
export function place(
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

export function finish(t: Tensor, options: TensorOptions): Tensor {
  return options.requiresGrad ? setRequiresGrad(t, true) : t;
}

/** The options of a tensor like x: its dtype and device where none are given. */
export function like<O extends TensorOptions>(
  op: string,
  x: Tensor,
  options: O,
  known: KnownOptions = TENSOR_OPTIONS,
): O {
  checkLive(op, x);
  checkOptions(op, options, known);
  // Not spread last: an explicit undefined would win.
  return { ...options, dtype: options.dtype ?? x.dtype, device: options.device ?? x.backend };
}
