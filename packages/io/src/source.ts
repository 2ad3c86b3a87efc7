// Bytes that can be read in pieces: a file on disk or an array in memory. Readers check the header
// against `size` first and then fetch one tensor at a time, so a big file is never held twice.

export interface ByteSource {
  /** How messages call it: the path, or what the caller said. */
  readonly name: string;
  readonly size: number;
  /** A fresh copy of `length` bytes from `offset`, aligned for any element type. */
  read(offset: number, length: number): Uint8Array<ArrayBuffer>;
}

export const bytesSource = (bytes: Uint8Array, name: string): ByteSource => ({
  name,
  size: bytes.length,
  read(offset, length) {
    const copy = new Uint8Array(length);
    copy.set(bytes.subarray(offset, offset + length));
    return copy;
  },
});
