// safetensors: named tensors as bytes. 8 bytes of header length, a JSON header, the data.
// What is written is byte for byte what the reference implementation writes (metadata in key
// order, where the reference's order is random), so equal models make equal files.
import {
  ArgumentError,
  DTypeError,
  encodeHalf,
  FormatError,
  isHalf,
  ShapeError,
} from "@tapegrad/core";
import { type HostTensor, type Named, namedEntries, quote } from "../host.ts";
import { type ByteSource, bytesSource } from "../source.ts";
import { WRITTEN } from "./dtypes.ts";
import {
  LONE_SURROGATE,
  MAX_HEADER_BYTES,
  METADATA_KEY,
  readHeader,
  type TensorEntry,
} from "./header.ts";

export interface DecodedSafetensors {
  /** In the order of their data. */
  readonly tensors: Map<string, HostTensor>;
  readonly metadata: Record<string, string>;
}

/** One tensor of a checked header, widened to our dtype. */
export function readEntryData(source: ByteSource, entry: TensorEntry): HostTensor {
  const { stored, shape, begin, end } = entry;
  const raw = source.read(begin, end - begin);
  if (stored.dtype === "bool") {
    const bad = raw.findIndex((byte) => byte > 1);
    if (bad >= 0) {
      throw new FormatError(
        `${source.name}: tensor ${quote(entry.name)}: a BOOL is 0 or 1, got ${raw[bad]} at element ` +
          `${bad}. The file is damaged: fetch or save it again.`,
      );
    }
  }
  return { dtype: stored.dtype, shape, data: stored.load(raw) };
}

export function decodeSource(source: ByteSource): DecodedSafetensors {
  const { entries, metadata } = readHeader(source);
  const tensors = new Map<string, HostTensor>();
  for (const entry of entries) tensors.set(entry.name, readEntryData(source, entry));
  return { tensors, metadata };
}

/**
 * The tensors and metadata of a safetensors file. Arrays are copies. F16 and BF16 are
 * float16 and bfloat16, whose values lie in a Float32Array; I8, I16 and U16 become int32, U32 int64, all exactly.
 * @param name how errors call the file
 * @throws FormatError naming the file, the tensor, what was expected and got; the header is
 *   checked as a whole before any tensor is allocated
 * @see https://github.com/huggingface/safetensors#format
 */
export const decodeSafetensors = (bytes: Uint8Array, name = "safetensors"): DecodedSafetensors =>
  decodeSource(bytesSource(bytes, name));

/** Orders as UTF-8 bytes do (Rust's strings), which UTF-16 comparison does not. */
function compareNames(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a.charCodeAt(i) !== b.charCodeAt(i)) {
      // Code points, unless both end a pair whose first halves are equal; then the second decides.
      return (a.codePointAt(i) as number) - (b.codePointAt(i) as number);
    }
  }
  return a.length - b.length;
}

const arrayName = (value: unknown): string =>
  (value as { constructor?: { name?: string } } | null | undefined)?.constructor?.name ??
  `${value}`;

/** Checks one tensor and gives its place in the order of dtypes. */
function dtypeRank(op: string, name: string, { dtype, shape, data }: HostTensor): number {
  const where = `tensor ${quote(name)}`;
  const rank = WRITTEN.findIndex((written) => written.dtype === dtype);
  const written = WRITTEN[rank];
  if (written === undefined) {
    const known = WRITTEN.map((w) => w.dtype).join(", ");
    throw new DTypeError(op, `${where}: expected one of ${known}, got '${dtype}'.`);
  }
  if (!(data instanceof written.array)) {
    throw new DTypeError(
      op,
      `${where}: ${dtype} needs ${written.array.name}, got ${arrayName(data)}.`,
    );
  }
  let numel = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new ShapeError(op, `${where}: sizes must be non-negative integers`, { shape });
    }
    numel *= size;
  }
  if (numel !== data.length) {
    throw new ShapeError(op, `${where}: expected ${numel} elements, got ${data.length}`, { shape });
  }
  if (dtype === "bool" && (data as Uint8Array).some((byte) => byte > 1)) {
    throw new ArgumentError(op, `${where}: a bool array holds 0 and 1 only.`);
  }
  return rank;
}

function checkText(op: string, what: string, text: string): void {
  if (LONE_SURROGATE.test(text)) {
    throw new ArgumentError(
      op,
      `${what} is not valid Unicode (a lone surrogate); UTF-8 cannot hold it.`,
    );
  }
}

function metadataJson(op: string, metadata: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(metadata).sort(([a], [b]) => compareNames(a, b));
  const fields = pairs.map(([key, value]) => {
    checkText(op, `metadata key ${quote(key)}`, key);
    if (typeof value !== "string") {
      throw new ArgumentError(
        op,
        `metadata ${quote(key)} must be a string, got ${typeof value}. Use JSON.stringify.`,
      );
    }
    checkText(op, `metadata ${quote(key)}`, value);
    return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
  });
  return `${JSON.stringify(METADATA_KEY)}:{${fields.join(",")}}`;
}

/** As they are stored; of 16-bit floats the array holds the values. */
function bytesOf({ dtype, data }: HostTensor): Uint8Array {
  const stored = isHalf(dtype) ? encodeHalf(dtype, data as Float32Array) : data;
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}

/**
 * A safetensors file in pieces: the header, then the bytes of each tensor as a view of its array.
 * For writers that need not hold the whole.
 */
export function safetensorsParts(
  tensors: Named<HostTensor>,
  metadata?: Readonly<Record<string, string>>,
  op = "encodeSafetensors",
): Uint8Array[] {
  const ordered = namedEntries(tensors)
    .map(([name, tensor]) => {
      if (name === METADATA_KEY) {
        throw new ArgumentError(
          op,
          `the name ${quote(name)} is the format's own; rename the tensor.`,
        );
      }
      checkText(op, `tensor name ${quote(name)}`, name);
      return { name, tensor, rank: dtypeRank(op, name, tensor), bytes: bytesOf(tensor) };
    })
    .sort((a, b) => a.rank - b.rank || compareNames(a.name, b.name));

  // Text, not an object: an object would put keys such as "0" first.
  const fields = metadata === undefined ? [] : [metadataJson(op, metadata)];
  let offset = 0;
  for (const { name, tensor, rank, bytes } of ordered) {
    const end = offset + bytes.length;
    const info = {
      dtype: WRITTEN[rank]?.name,
      shape: [...tensor.shape],
      data_offsets: [offset, end],
    };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(info)}`);
    offset = end;
  }
  const json = new TextEncoder().encode(`{${fields.join(",")}}`);
  const length = Math.ceil(json.length / 8) * 8;
  if (length > MAX_HEADER_BYTES) {
    throw new ArgumentError(
      op,
      `the header would take ${length} bytes, the format allows ${MAX_HEADER_BYTES}. ` +
        `Put large values into tensors instead of metadata.`,
    );
  }
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, 8);
  return [header, ...ordered.map(({ bytes }) => bytes)];
}

/**
 * The bytes of a safetensors file: tensors by descending alignment of their dtype, then by name.
 * @throws DTypeError, ShapeError, ArgumentError naming the tensor
 * @see https://github.com/huggingface/safetensors#format
 */
export function encodeSafetensors(
  tensors: Named<HostTensor>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const parts = safetensorsParts(tensors, metadata);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
