// Builds safetensors files by hand, right ones and wrong ones.
import { expect } from "chai";

const encoder = new TextEncoder();

/** A file of a header (an object, or its text, or raw bytes) and `data` bytes; no padding. */
export function rawFile(
  header: object | string | Uint8Array,
  data: number | Uint8Array = 0,
): Uint8Array {
  const json =
    header instanceof Uint8Array
      ? header
      : encoder.encode(typeof header === "string" ? header : JSON.stringify(header));
  const body = typeof data === "number" ? new Uint8Array(data) : data;
  const bytes = new Uint8Array(8 + json.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(body, 8 + json.length);
  return bytes;
}

/** Eight bytes of header length, then `rest` zero bytes. */
export function withLength(length: bigint, rest = 0): Uint8Array {
  const bytes = new Uint8Array(8 + rest);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, length), true);
  return bytes;
}

// biome-ignore lint/suspicious/noExplicitAny: any class of errors
type ErrorClass = new (...args: any[]) => Error;

/** `run` throws `type`, and the message has all `words`. */
export function expectError(run: () => unknown, type: ErrorClass, words: readonly string[]): Error {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).to.be.instanceOf(type);
  const error = thrown as Error;
  for (const word of words) expect(error.message).to.contain(word);
  return error;
}
