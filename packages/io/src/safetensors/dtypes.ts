// The element types of the safetensors format, and how each becomes one of ours without loss.
// The format is little-endian, as WebAssembly memory is.
import type { ArrayOf, DType, TypedArray } from "@tapegrad/core";
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

/**
 * IEEE half precision, exactly: sign 1, exponent 5 (bias 15), fraction 10 bits.
 * Works on bits, so that the payload of a NaN stays.
 */
function widenHalf(raw: Uint8Array<ArrayBuffer>): Float32Array {
  const half = new Uint16Array(raw.buffer);
  const out = new Float32Array(half.length);
  const bits = new Uint32Array(out.buffer);
  for (let i = 0; i < half.length; i++) {
    const h = half[i] as number;
    const sign = (h & 0x8000) << 16;
    const exponent = (h >> 10) & 0x1f;
    const fraction = h & 0x3ff;
    if (exponent === 0) {
      // Zero or subnormal: fraction · 2^-24, a normal float32.
      out[i] = fraction * 2 ** -24;
      bits[i] = (bits[i] as number) | sign;
    } else {
      // 112 = 127 - 15 moves the bias; infinity and NaN keep all ones.
      bits[i] = sign | ((exponent === 31 ? 255 : exponent + 112) << 23) | (fraction << 13);
    }
  }
  return out;
}

/** bfloat16 is the upper half of a float32. */
function widenBrain(raw: Uint8Array<ArrayBuffer>): Float32Array {
  const brain = new Uint16Array(raw.buffer);
  const bits = new Uint32Array(brain.length);
  for (let i = 0; i < brain.length; i++) bits[i] = (brain[i] as number) << 16;
  return new Float32Array(bits.buffer);
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
  stored("F16", 2, "float32", widenHalf),
  stored("BF16", 2, "float32", widenBrain),
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
  { name: "U8", dtype: "uint8", array: Uint8Array },
  { name: "BOOL", dtype: "bool", array: Uint8Array },
];

type ArrayConstructorOf = { readonly name: string } & (new (size: number) => ArrayOf[DType]);
