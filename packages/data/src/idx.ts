// IDX, the format of MNIST: two zero bytes, a type code, the rank, big-endian sizes, big-endian elements.
// Source: the description on Yann LeCun's MNIST page (yann.lecun.com/exdb/mnist).
//
// Sizes are checked against the bytes that are there before anything of that size is allocated; a
// gzip stream is never unpacked further than its IDX header says.
import { FormatError, type TypedArray } from "@tapegrad/core";

export interface IdxArray {
  readonly shape: readonly number[];
  /** int8 and int16 are widened to int32, which holds them exactly. */
  readonly dtype: "uint8" | "int32" | "float32" | "float64";
  readonly data: TypedArray;
}

interface Element {
  readonly name: string;
  readonly dtype: IdxArray["dtype"];
  readonly bytes: number;
  readonly make: (size: number) => Exclude<TypedArray, BigInt64Array>;
  readonly read: (view: DataView, at: number) => number;
}

const CODES: Readonly<Record<number, Element>> = {
  8: element(
    "uint8",
    "uint8",
    1,
    (n) => new Uint8Array(n),
    (v, at) => v.getUint8(at),
  ),
  9: element(
    "int8",
    "int32",
    1,
    (n) => new Int32Array(n),
    (v, at) => v.getInt8(at),
  ),
  11: element(
    "int16",
    "int32",
    2,
    (n) => new Int32Array(n),
    (v, at) => v.getInt16(at),
  ),
  12: element(
    "int32",
    "int32",
    4,
    (n) => new Int32Array(n),
    (v, at) => v.getInt32(at),
  ),
  13: element(
    "float32",
    "float32",
    4,
    (n) => new Float32Array(n),
    (v, at) => v.getFloat32(at),
  ),
  14: element(
    "float64",
    "float64",
    8,
    (n) => new Float64Array(n),
    (v, at) => v.getFloat64(at),
  ),
};

function element(
  name: string,
  dtype: IdxArray["dtype"],
  bytes: number,
  make: Element["make"],
  read: Element["read"],
): Element {
  return { name, dtype, bytes, make, read };
}

const AGAIN = "Fetch the file again.";
/** Deflate cannot do better than about 1,032 to 1. */
const BEST_RATIO = 1032;
/** An IDX header of the highest rank. */
const LONGEST_HEADER = 4 + 4 * 255;

/**
 * The array in an IDX file, gzipped or not (told by its first bytes). Synchronous; where there is no
 * zlib (a browser), gzip needs `readIdxAsync`.
 * @param name how messages call the file
 * @throws FormatError for anything but one complete, well-formed IDX array
 */
export function readIdx(bytes: Uint8Array, name = "IDX data"): IdxArray {
  if (!isGzip(bytes)) return decode(bytes, readHeader(bytes, name), name);
  const zlib = globalThis.process?.getBuiltinModule?.("node:zlib");
  if (zlib === undefined) {
    throw new FormatError(
      `${name}: it is gzipped, and there is no synchronous gunzip here (a browser). ` +
        "Use await readIdxAsync(bytes), or unpack it first.",
    );
  }
  // Enough of the stream to see the header; more only where gzip's own header is as long as it may be.
  const peek = (size: number): Uint8Array =>
    unpack(name, () =>
      zlib.gunzipSync(bytes.subarray(0, size), { finishFlush: zlib.constants.Z_SYNC_FLUSH }),
    );
  const few = peek(1 << 12);
  const header = readHeader(few.length < LONGEST_HEADER ? peek(1 << 18) : few, name);
  refuseAbsurd(header, bytes, name);
  const whole = unpack(name, () =>
    zlib.gunzipSync(bytes, { maxOutputLength: header.start + header.bytes + 1 }),
  );
  return decode(whole, header, name);
}

/** As `readIdx`, also for gzip in a browser. */
export async function readIdxAsync(bytes: Uint8Array, name = "IDX data"): Promise<IdxArray> {
  if (!isGzip(bytes)) return readIdx(bytes, name);
  const reader = new Blob([new Uint8Array(bytes)])
    .stream()
    .pipeThrough(new DecompressionStream("gzip"))
    .getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  let limit = Infinity;
  while (size <= limit) {
    const { value, done } = await reader.read().catch((cause: unknown) => {
      throw corrupt(name, cause);
    });
    if (done) break;
    chunks.push(value);
    size += value.length;
    if (limit === Infinity && size >= LONGEST_HEADER) {
      const header = readHeader(join(chunks, size), name);
      refuseAbsurd(header, bytes, name);
      limit = header.start + header.bytes;
    }
  }
  if (size > limit) await reader.cancel();
  const whole = join(chunks, size);
  return decode(whole, readHeader(whole, name), name);
}

function join(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

function unpack(name: string, gunzip: () => Uint8Array): Uint8Array {
  try {
    return gunzip();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      throw new FormatError(`${name}: unpacks to more bytes than its header announces. ${AGAIN}`, {
        cause,
      });
    }
    throw corrupt(name, cause);
  }
}

const corrupt = (name: string, cause: unknown): FormatError =>
  new FormatError(
    `${name}: the gzip data is corrupt or cut short (${(cause as Error).message}). ${AGAIN}`,
    { cause },
  );

interface Header {
  readonly element: Element;
  readonly shape: readonly number[];
  /** Where the elements begin, and how many bytes they must take. */
  readonly start: number;
  readonly bytes: number;
}

function readHeader(bytes: Uint8Array, name: string): Header {
  if (bytes.length < 4) {
    throw new FormatError(
      `${name}: truncated: an IDX file begins with 4 bytes of magic number, got ${bytes.length}. ${AGAIN}`,
    );
  }
  const kind = CODES[bytes[2] as number];
  const rank = bytes[3] as number;
  if (bytes[0] !== 0 || bytes[1] !== 0 || kind === undefined || rank === 0) {
    const got = Array.from(bytes.subarray(0, 4), (b) => b.toString(16).padStart(2, "0")).join(" ");
    throw new FormatError(
      `${name}: not an IDX file: expected the magic number 00 00, a type code of 08, 09, 0b, 0c, 0d or 0e, ` +
        `and a rank of at least 1; got ${got}${guess(bytes)}`,
    );
  }
  const start = 4 + 4 * rank;
  if (bytes.length < start) {
    throw new FormatError(
      `${name}: truncated: a header of rank ${rank} takes ${start} bytes, got ${bytes.length}. ${AGAIN}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, start);
  const shape = Array.from({ length: rank }, (_, d) => view.getUint32(4 + 4 * d));
  // 0 × Infinity is no number, and an empty array takes no bytes.
  const count = shape.includes(0) ? 0 : shape.reduce((a, b) => a * b, 1);
  return { element: kind, shape, start, bytes: count * kind.bytes };
}

function guess(bytes: Uint8Array): string {
  if (bytes[0] === 0x3c)
    return ". It looks like a web page: the download link was not a direct one.";
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return ". It is a zip archive: unpack it first.";
  return ". Is it another kind of file?";
}

const announced = (header: Header): string =>
  `the header announces ${header.shape.join(" × ")} ${header.element.name} = ${header.bytes} bytes`;

/** Before unpacking: a stream cannot hold more than its length times the best ratio. */
function refuseAbsurd(header: Header, packed: Uint8Array, name: string): void {
  if (header.bytes > BEST_RATIO * packed.length + LONGEST_HEADER) {
    throw new FormatError(
      `${name}: truncated or damaged: ${announced(header)}, more than ${packed.length} bytes of gzip ` +
        `can hold. ${AGAIN}`,
    );
  }
}

function decode(bytes: Uint8Array, header: Header, name: string): IdxArray {
  const { element, shape, start } = header;
  const got = bytes.length - start;
  if (got !== header.bytes) {
    const what = got < header.bytes ? "truncated" : "trailing bytes";
    throw new FormatError(`${name}: ${what}: ${announced(header)} after it, got ${got}. ${AGAIN}`);
  }
  const count = header.bytes / element.bytes;
  if (element.name === "uint8") {
    return { shape, dtype: "uint8", data: new Uint8Array(bytes.subarray(start)) };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, header.bytes);
  const data = element.make(count);
  for (let i = 0; i < count; i++) data[i] = element.read(view, i * element.bytes);
  return { shape, dtype: element.dtype, data };
}
