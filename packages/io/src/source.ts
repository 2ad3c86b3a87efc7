// Bytes that can be read in pieces: a file on disk or an array in memory. Readers check the header
// against `size` first and then fetch one tensor at a time, so a big file is never held twice.
import { FormatError } from "@tapegrad/core";

export interface ByteSource {
  /** How messages call it: the path, or what the caller said. */
  readonly name: string;
  readonly size: number;
  /** A fresh copy of `length` bytes from `offset`, aligned for any element type. */
  read(offset: number, length: number): Uint8Array<ArrayBuffer>;
}

/** @throws FormatError for what is no array of bytes */
export function bytesSource(bytes: Uint8Array, name: string): ByteSource {
  if (!(bytes instanceof Uint8Array)) {
    const got: unknown = bytes;
    const hint = got instanceof Promise ? "a promise: await it first" : typeof got;
    throw new FormatError(`${name}: expected bytes (a Uint8Array), got ${hint}`);
  }
  return {
    name,
    size: bytes.length,
    read(offset, length) {
      const copy = new Uint8Array(length);
      copy.set(bytes.subarray(offset, offset + length));
      return copy;
    },
  };
}
