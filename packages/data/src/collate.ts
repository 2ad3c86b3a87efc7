// Samples to batches: what a DataLoader does with a list of samples unless told otherwise.
import { ArgumentError, ShapeError, stack, Tensor, type TypedArray, tensor } from "@tapegrad/core";

/** What `collate` makes of samples of type T. */
export type Collated<T> = T extends number | bigint | boolean | Tensor | TypedArray
  ? Tensor
  : T extends string
    ? string[]
    : T extends readonly unknown[] | Readonly<Record<string, unknown>>
      ? { -readonly [K in keyof T]: Collated<T[K]> }
      : never;

/**
 * Stacks samples along a new first dimension, as PyTorch's `default_collate`: Tensors and typed arrays of
 * equal shape; numbers to int64 if all of them are whole, else float32; bigints to int64, booleans to
 * bool; strings to a list; arrays and plain objects member by member. Where a column of numbers may
 * be whole by chance and its dtype matters, give `Float32Array.of(x)` or a bigint.
 * @throws ShapeError for tensors of unequal shape; ArgumentError for samples that do not go together
 */
export function collate<T>(samples: readonly T[]): Collated<T> {
  if (samples.length === 0) throw new ArgumentError("collate", "there are no samples to batch");
  return gather(samples, "sample") as Collated<T>;
}

function gather(items: readonly unknown[], where: string): unknown {
  const first = items[0];
  const all = <U>(is: (item: unknown) => item is U): readonly U[] => {
    const odd = items.findIndex((item) => !is(item));
    if (odd >= 0) {
      throw new ArgumentError(
        "collate",
        `${where} is ${kindOf(first)} in the first sample of the batch but ${kindOf(items[odd])} in ` +
          `sample ${odd}; samples of one batch must be alike`,
      );
    }
    return items as readonly U[];
  };
  if (first instanceof Tensor) return stackTensors(all(isTensor), where);
  if (ArrayBuffer.isView(first)) return joinArrays(all(isTypedArray), where);
  if (typeof first === "number") {
    const numbers = all((x): x is number => typeof x === "number");
    return numbers.every(Number.isSafeInteger)
      ? tensor(BigInt64Array.from(numbers, BigInt), { dtype: "int64" })
      : tensor(Float32Array.from(numbers), { dtype: "float32" });
  }
  if (typeof first === "bigint") {
    return tensor(BigInt64Array.from(all((x): x is bigint => typeof x === "bigint")));
  }
  if (typeof first === "boolean") {
    const flags = all((x): x is boolean => typeof x === "boolean");
    return tensor(Uint8Array.from(flags, Number), { dtype: "bool" });
  }
  if (typeof first === "string") return all((x): x is string => typeof x === "string");
  if (Array.isArray(first)) {
    const rows = all((x): x is unknown[] => Array.isArray(x) && x.length === first.length);
    return first.map((_, k) =>
      gather(
        rows.map((row) => row[k]),
        `${where}[${k}]`,
      ),
    );
  }
  if (isPlainObject(first)) {
    const keys = Object.keys(first);
    const rows = all(
      (x): x is Record<string, unknown> => isPlainObject(x) && keys.every((key) => key in x),
    );
    const column = (key: string) =>
      gather(
        rows.map((row) => row[key]),
        `${where}.${key}`,
      );
    return Object.fromEntries(keys.map((key) => [key, column(key)]));
  }
  throw new ArgumentError(
    "collate",
    `${where} is ${kindOf(first)}, which has no place in a batch; give numbers, booleans, strings, typed ` +
      `arrays, Tensors, or arrays and plain objects of them, or pass the DataLoader a collate of your own`,
  );
}

const isTensor = (x: unknown): x is Tensor => x instanceof Tensor;
const isTypedArray = (x: unknown): x is TypedArray =>
  ArrayBuffer.isView(x) && !(x instanceof DataView);

function isPlainObject(x: unknown): x is Record<string, unknown> {
  if (typeof x !== "object" || x === null) return false;
  const prototype = Object.getPrototypeOf(x);
  return prototype === Object.prototype || prototype === null;
}

function kindOf(x: unknown): string {
  if (Array.isArray(x)) return `an array of ${x.length}`;
  if (isPlainObject(x)) return `an object with keys ${Object.keys(x).join(", ") || "(none)"}`;
  if (typeof x === "object" && x !== null) return `a ${x.constructor.name}`;
  return x === undefined || x === null ? String(x) : `a ${typeof x}`;
}

function stackTensors(tensors: readonly Tensor[], where: string): Tensor {
  const shape = (tensors[0] as Tensor).shape;
  const odd = tensors.find((t) => t.shape.join() !== shape.join());
  if (odd) throw unequal(where, shape, odd.shape);
  return stack(tensors);
}

function joinArrays(arrays: readonly TypedArray[], where: string): Tensor {
  const first = arrays[0] as TypedArray;
  const size = first.length;
  // Of the kind of the first: set() would convert silently.
  const odd = arrays.find((a) => a.length !== size || a.constructor !== first.constructor);
  if (odd) {
    if (odd.length !== size) throw unequal(where, [size], [odd.length]);
    throw new ArgumentError(
      "collate",
      `${where} is ${kindOf(first)} in one sample of the batch and ${kindOf(odd)} in another`,
    );
  }
  const Kind = first.constructor as new (length: number) => TypedArray;
  const joined = new Kind(arrays.length * size);
  arrays.forEach((a, i) => {
    joined.set(a as never, i * size);
  });
  return tensor(joined, { shape: [arrays.length, size] });
}

const unequal = (where: string, a: readonly number[], b: readonly number[]): ShapeError =>
  new ShapeError(
    "collate",
    `${where} has different shapes within one batch; crop, pad or resize to one shape, ` +
      "or pass the DataLoader a collate of your own",
    { first: a, other: b },
  );
