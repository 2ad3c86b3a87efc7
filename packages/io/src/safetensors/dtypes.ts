// The element types of the safetensors format, and how each becomes one of ours without loss.
// The format is little-endian, as WebAssembly memory is.
import { type ArrayOf, type DType, decodeHalf, type TypedArray } from "@tapegrad/core";
import { quote } from "../host.ts";

export interface StoredDType {
  /** The format's name. */
  readonly name: string;
  /** Bytes of one stored element. */
  readonly bytes: number;
  /** Our dtype: the same, or the narrowest that holds every value. */
  readonly dtype: DType;
  /** The elements of a fresh, aligned copy of the stored bytes. */
  load(raw: Uint8Array<ArrayBuffer>): TypedArray;
}

const stored = (
  name: string,
  bytes: number,
  dtype: DType,
  load: StoredDType["load"],
): [string, StoredDType] => [name, { name, bytes, dtype, load }];

const STORED: ReadonlyMap<string, StoredDType> = new Map([
  stored("F64", 8, "float64", (raw) => new Float64Array(raw.buffer)),
  stored("F32", 4, "float32", (raw) => new Float32Array(raw.buffer)),
  stored("F16", 2, "float16", (raw) => decodeHalf("float16", new Uint16Array(raw.buffer))),
  stored("BF16", 2, "bfloat16", (raw) => decodeHalf("bfloat16", new Uint16Array(raw.buffer))),
  stored("I64", 8, "int64", (raw) => new BigInt64Array(raw.buffer)),
  stored("I32", 4, "int32", (raw) => new Int32Array(raw.buffer)),
  stored("I16", 2, "int32", (raw) => new Int32Array(new Int16Array(raw.buffer))),
  stored("I8", 1, "int32", (raw) => new Int32Array(new Int8Array(raw.buffer))),
  stored("U32", 4, "int64", (raw) => BigInt64Array.from(new Uint32Array(raw.buffer), BigInt)),
  stored("U16", 2, "int32", (raw) => new Int32Array(new Uint16Array(raw.buffer))),
  stored("U8", 1, "uint8", (raw) => raw),
  stored("BOOL", 1, "bool", (raw) => raw),
]);

/** Parts of the format that are not read: U64 and C64 fit none of our dtypes, nobody trains in the rest. */
const NOT_OURS: ReadonlySet<string> = new Set([
  "U64",
  "C64",
  "F8_E5M2",
  "F8_E4M3",
  "F8_E4M3FNUZ",
  "F8_E5M2FNUZ",
  "F8_E8M0",
  "F6_E2M3",
  "F6_E3M2",
  "F4",
]);

export const storedDType = (name: string): StoredDType | undefined => STORED.get(name);

/** What to say of a dtype that `storedDType` does not know. */
export function unknownDType(name: string): string {
  const what = NOT_OURS.has(name)
    ? `dtype ${name} is part of the format, but tapegrad has none to hold it`
    : `unknown dtype ${quote(name)}`;
  return (
    `${what}; expected one of ${[...STORED.keys()].join(", ")}. Convert the tensor where the ` +
    `file was made (in PyTorch: t.to(torch.float32) or t.to(torch.int64))`
  );
}

/**
 * The types that are written, in the order of the reference implementation: its enumeration of
 * dtypes "in increasing alignment order", backwards, so that the data of each tensor is aligned.
 */
export const WRITTEN: readonly {
  readonly name: string;
  readonly dtype: DType;
  readonly array: ArrayConstructorOf;
}[] = [
  { name: "I64", dtype: "int64", array: BigInt64Array },
  { name: "F64", dtype: "float64", array: Float64Array },
  { name: "F32", dtype: "float32", array: Float32Array },
  { name: "I32", dtype: "int32", array: Int32Array },
  { name: "BF16", dtype: "bfloat16", array: Float32Array },
  { name: "F16", dtype: "float16", array: Float32Array },
  { name: "U8", dtype: "uint8", array: Uint8Array },
  { name: "BOOL", dtype: "bool", array: Uint8Array },
];

type ArrayConstructorOf = { readonly name: string } & (new (size: number) => ArrayOf[DType]);
