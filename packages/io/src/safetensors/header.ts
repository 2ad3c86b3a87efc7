// The header of a safetensors file: where each tensor lies. Everything that can be wrong is found
// here, against the size of the file, before a byte of tensor data is read or allocated.
// https://github.com/huggingface/safetensors#format
import { FormatError } from "@tapegrad/core";
import { quote, shapeText } from "../host.ts";
import type { ByteSource } from "../source.ts";
import { type StoredDType, storedDType, unknownDType } from "./dtypes.ts";
import { findFlaw } from "./scan.ts";

/** The limit of the reference implementation. */
export const MAX_HEADER_BYTES = 100_000_000;

export const METADATA_KEY = "__metadata__";

/** A lone surrogate: JSON can escape it, but UTF-8, and so other readers, cannot hold it. */
export const LONE_SURROGATE = /\p{Surrogate}/u;

/** One tensor of a file; `begin` and `end` count bytes from the start of the file. */
export interface TensorEntry {
  readonly name: string;
  readonly stored: StoredDType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the order of their data. */
  readonly entries: readonly TensorEntry[];
  readonly metadata: Record<string, string>;
}

const DAMAGED = "The file is damaged or not a safetensors file: fetch or save it again";

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const typeText = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`;

function headerLength(source: ByteSource): number {
  const { name, size } = source;
  if (size < 8) {
    throw new FormatError(
      `${name}: expected at least 8 bytes (the header's length), got ${size}. ${DAMAGED}.`,
    );
  }
  const field = new DataView(source.read(0, 8).buffer);
  const signed = field.getBigInt64(0, true);
  if (signed < 0n) {
    throw new FormatError(
      `${name}: the header's length is negative (${signed}; unsigned ` +
        `${field.getBigUint64(0, true)}), expected 2 to ${MAX_HEADER_BYTES}. ${DAMAGED}.`,
    );
  }
  if (signed > BigInt(MAX_HEADER_BYTES)) {
    throw new FormatError(
      `${name}: the header's length is ${signed} bytes, over the format's limit of ` +
        `${MAX_HEADER_BYTES} (100 MB). ${DAMAGED}.`,
    );
  }
  const length = Number(signed);
  if (length > size - 8) {
    throw new FormatError(
      `${name}: the header's length is ${length} bytes, but only ${size - 8} bytes follow. ` +
        `The file is cut short or not a safetensors file: fetch or save it again.`,
    );
  }
  return length;
}

function headerText(source: ByteSource, length: number): string {
  const bytes = source.read(8, length);
  if (bytes[0] !== 0x7b) {
    const got = length === 0 ? "an empty header" : `byte 0x${bytes[0]?.toString(16)}`;
    throw new FormatError(
      `${source.name}: the header is not a JSON object: expected '{' first, got ${got}. ${DAMAGED}.`,
    );
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError(`${source.name}: the header is not valid UTF-8. ${DAMAGED}.`, { cause });
  }
}

function parseHeader(file: string, text: string): Record<string, unknown> {
  const flaw = findFlaw(text);
  if (flaw?.kind === "depth") {
    throw new FormatError(
      `${file}: the header is nested deeper than its 3 levels (tensors, their fields, lists). ${DAMAGED}.`,
    );
  }
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(`${file}: the header is not valid JSON (${quote(reason)}). ${DAMAGED}.`, {
      cause,
    });
  }
  if (flaw?.kind === "duplicate") {
    const [first = "", ...rest] = flaw.path;
    const owner = first === METADATA_KEY ? "the metadata" : `tensor ${quote(first)}`;
    const what =
      rest.length === 0
        ? `two entries are named ${quote(first)}`
        : `${owner} has the key ${quote(rest.at(-1) ?? "")} twice`;
    throw new FormatError(
      `${file}: duplicate keys: ${what}; expected each once. Save the file again with unique names.`,
    );
  }
  if (flaw?.kind === "number") {
    throw new FormatError(
      `${file}: tensor ${quote(flaw.path[0] ?? "")}: ${flaw.path[1]} must hold non-negative ` +
        `integers, got ${quote(flaw.literal)}. ${DAMAGED}.`,
    );
  }
  // The text starts with '{', so what was parsed is an object.
  return header as Record<string, unknown>;
}

function readMetadata(file: string, value: unknown): Record<string, string> {
  if (!isObject(value)) {
    throw new FormatError(
      `${file}: ${METADATA_KEY} must be an object of strings, got ${typeText(value)}. ` +
        `Save the file again with text metadata.`,
    );
  }
  // fromEntries defines properties, so a key such as "__proto__" is a key like any other.
  return Object.fromEntries(
    Object.entries(value).map(([key, text]) => {
      if (typeof text !== "string") {
        throw new FormatError(
          `${file}: ${METADATA_KEY}: ${quote(key)} must be a string, got ${typeText(text)}. ` +
            `Save the file again with text metadata, JSON inside a string for anything else.`,
        );
      }
      return [key, text];
    }),
  );
}

/** The list of a field, each element a non-negative safe integer. */
function readCounts(where: string, field: string, value: unknown): number[] {
  if (!Array.isArray(value)) {
    throw new FormatError(
      `${where}: ${field} must be a list of non-negative integers, got ${typeText(value ?? null)}. ${DAMAGED}.`,
    );
  }
  for (const count of value) {
    if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0) {
      const got = typeof count === "number" ? `${count}` : typeText(count);
      const why = typeof count === "number" && count > 0 ? " (overflow: beyond 2^53 - 1)" : "";
      throw new FormatError(
        `${where}: ${field} must hold non-negative integers, got ${got}${why}. ${DAMAGED}.`,
      );
    }
  }
  return value;
}

function byteSize(where: string, shape: readonly number[], stored: StoredDType): number {
  let extent = stored.bytes;
  // A dim of 0 counts as 1, so that shape and strides of an empty tensor stay exact too.
  for (const size of shape) extent *= Math.max(size, 1);
  if (extent > Number.MAX_SAFE_INTEGER) {
    throw new FormatError(
      `${where}: shape ${shapeText(shape)} of ${stored.name} is an overflow: more than 2^53 - 1 bytes. ${DAMAGED}.`,
    );
  }
  return shape.includes(0) ? 0 : extent;
}

function readEntry(
  file: string,
  name: string,
  value: unknown,
  dataStart: number,
  dataBytes: number,
): TensorEntry {
  const where = `${file}: tensor ${quote(name)}`;
  if (LONE_SURROGATE.test(name)) {
    throw new FormatError(
      `${where}: the name is not valid Unicode (a lone surrogate). ${DAMAGED}.`,
    );
  }
  if (!isObject(value)) {
    throw new FormatError(
      `${where}: expected an object with dtype, shape and data_offsets, got ${typeText(value)}. ${DAMAGED}.`,
    );
  }
  const { dtype } = value;
  if (typeof dtype !== "string") {
    throw new FormatError(
      `${where}: dtype must be a string such as "F32", got ${typeText(dtype ?? null)}. ${DAMAGED}.`,
    );
  }
  const stored = storedDType(dtype);
  if (stored === undefined) {
    throw new FormatError(`${where}: ${unknownDType(dtype)}.`);
  }
  const shape = readCounts(where, "shape", value.shape);
  const offsets = readCounts(where, "data_offsets", value.data_offsets);
  const [begin, end] = offsets;
  const range = `data_offsets ${shapeText(offsets)}`;
  if (begin === undefined || end === undefined || offsets.length !== 2) {
    throw new FormatError(`${where}: expected 2 numbers in ${range} (begin, end). ${DAMAGED}.`);
  }
  if (begin > end) {
    throw new FormatError(`${where}: ${range} are reversed: begin lies behind end. ${DAMAGED}.`);
  }
  if (end > dataBytes) {
    throw new FormatError(
      `${where}: ${range} are out of range: the file holds ${dataBytes} bytes of data. ` +
        `The file is cut short: fetch or save it again.`,
    );
  }
  const size = byteSize(where, shape, stored);
  if (end - begin !== size) {
    throw new FormatError(
      `${where}: wrong size: shape ${shapeText(shape)} of ${dtype} needs ${size} bytes, ` +
        `${range} hold ${end - begin}. ${DAMAGED}.`,
    );
  }
  return { name, stored, shape, begin: dataStart + begin, end: dataStart + end };
}

/** The tensors must cover the data exactly, each byte once. */
function checkLayout(file: string, entries: readonly TensorEntry[], start: number, size: number) {
  let at = start;
  let before: TensorEntry | undefined;
  for (const entry of entries) {
    const { name, begin, end } = entry;
    const where = `${file}: tensor ${quote(name)}: data_offsets [${begin - start}, ${end - start}]`;
    if (begin < at) {
      throw new FormatError(
        `${where} are overlapping with tensor ${quote(before?.name ?? "")}, which ends at ${at - start}. ${DAMAGED}.`,
      );
    }
    if (begin > at) {
      throw new FormatError(
        `${where} leave a hole: expected begin ${at - start}, ${begin - at} bytes belong to no tensor. ${DAMAGED}.`,
      );
    }
    at = end;
    before = entry;
  }
  if (at !== size) {
    throw new FormatError(
      `${file}: ${size - at} trailing bytes: expected the file to end after the last tensor at byte ${at}, ` +
        `got ${size} bytes. ${DAMAGED}.`,
    );
  }
}

/**
 * Reads and checks the header; allocates nothing but the header itself.
 * @throws FormatError naming the file, the tensor, what was expected and got
 */
export function readHeader(source: ByteSource): SafetensorsHeader {
  const length = headerLength(source);
  const header = parseHeader(source.name, headerText(source, length));
  const start = 8 + length;
  let metadata: Record<string, string> = {};
  const entries: TensorEntry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === METADATA_KEY) metadata = readMetadata(source.name, value);
    else entries.push(readEntry(source.name, name, value, start, source.size - start));
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkLayout(source.name, entries, start, source.size);
  return { entries, metadata };
}
