// IDX: what goes in comes out; everything damaged is refused with a message that names file and sizes.
import { gunzipSync, gzipSync } from "node:zlib";
import { FormatError } from "@tapegrad/core";
import { readIdx, readIdxAsync } from "@tapegrad/data";
import { expect } from "chai";
import fc from "fast-check";
import { type IdxType, writeIdx } from "./idx-writer.ts";

const images = writeIdx("uint8", [2, 2, 3], [0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255]);
const patched = (at: number, ...values: number[]): Uint8Array => {
  const bytes = images.slice();
  bytes.set(values, at);
  return bytes;
};
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("readIdx", () => {
  const values: Record<IdxType, fc.Arbitrary<number>> = {
    uint8: fc.integer({ min: 0, max: 255 }),
    int8: fc.integer({ min: -128, max: 127 }),
    int16: fc.integer({ min: -32768, max: 32767 }),
    int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    float32: fc.float(),
    float64: fc.double(),
  };
  const dtypes = {
    uint8: "uint8",
    int8: "int32",
    int16: "int32",
    int32: "int32",
    float32: "float32",
    float64: "float64",
  } as const;

  for (const type of Object.keys(values) as IdxType[]) {
    it(`reads back any ${type} array, as ${dtypes[type]}, gzipped or not`, async () => {
      const arrays = fc
        .array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 })
        .chain((shape) => {
          const size = shape.reduce((a, b) => a * b, 1);
          const data = fc.array(values[type], { minLength: size, maxLength: size });
          return fc.record({ shape: fc.constant(shape), data });
        });
      await fc.assert(
        fc.asyncProperty(arrays, async ({ shape, data }) => {
          const bytes = writeIdx(type, shape, data);
          const zipped = gzipSync(bytes);
          for (const got of [readIdx(bytes), readIdx(zipped), await readIdxAsync(zipped)]) {
            expect(got.shape).to.deep.equal(shape);
            expect(got.dtype).to.equal(dtypes[type]);
            expect(Array.from(got.data as Float64Array)).to.deep.equal(data);
          }
        }),
        { numRuns: 50 },
      );
    });
  }

  it("copies: later changes of the bytes do not reach the array", () => {
    const bytes = images.slice();
    const { data } = readIdx(bytes);
    bytes.fill(9);
    expect(data[0]).to.equal(0);
  });

  it("reads bytes that begin anywhere in their buffer", () => {
    const bytes = writeIdx("float64", [2], [1.5, -2]);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(Array.from(readIdx(shifted.subarray(3)).data as Float64Array)).to.deep.equal([1.5, -2]);
  });

  const bad: readonly [what: string, bytes: Uint8Array, message: RegExp][] = [
    ["nothing", new Uint8Array(), /x\.idx: truncated: .* 4 bytes .* got 0\. Fetch/],
    ["half a magic number", images.subarray(0, 3), /truncated: .* got 3/],
    ["half a header", images.subarray(0, 9), /header of rank 3 takes 16 bytes, got 9/],
    ["a wrong first byte", patched(0, 1), /not an IDX file.* got 01 00 08 03/],
    ["an unknown type code", patched(2, 0x0a), /not an IDX file.* got 00 00 0a 03/],
    ["rank 0", patched(3, 0), /rank of at least 1; got 00 00 08 00/],
    ["a web page", utf8("<!DOCTYPE html>"), /not an IDX file.* web page/],
    ["a zip archive", utf8("PK\x03\x04…"), /not an IDX file.* unpack it first/],
    [
      "a missing byte",
      images.subarray(0, 27),
      /truncated: .* 2 × 2 × 3 uint8 = 12 bytes .* got 11/,
    ],
    ["a header alone", images.subarray(0, 16), /truncated: .* = 12 bytes after it, got 0/],
    ["trailing bytes", new Uint8Array([...images, 7]), /trailing bytes: .* = 12 bytes .* got 13/],
    ["a count too large", patched(7, 3), /truncated: .* 3 × 2 × 3 uint8 = 18 bytes .* got 12/],
    ["a count too small", patched(7, 1), /trailing bytes: .* = 6 bytes .* got 12/],
    [
      "sizes beyond any memory",
      patched(4, ...new Array<number>(12).fill(255)),
      /truncated: .* 4294967295 × 4294967295 × 4294967295 uint8 = .* got 12/,
    ],
    [
      "255 huge sizes",
      new Uint8Array(4 + 4 * 255).fill(255).map((v, i) => [0, 0, 14, 255][i] ?? v),
      /truncated: .* = Infinity bytes/,
    ],
  ];
  for (const [what, bytes, message] of bad) {
    it(`refuses ${what}`, async () => {
      expect(() => readIdx(bytes, "x.idx")).to.throw(FormatError, message);
      expect(await failure(readIdxAsync(bytes, "x.idx")))
        .to.be.instanceOf(FormatError)
        .with.property("message")
        .that.matches(message);
    });
    it(`refuses ${what}, gzipped`, async () => {
      // What the header does not cover is found before all of it is unpacked.
      const early = /trailing bytes|unpacks to more|truncated|not an IDX|rank/;
      const zipped = gzipSync(bytes);
      expect(() => readIdx(zipped, "x.idx")).to.throw(FormatError, early);
      expect(await failure(readIdxAsync(zipped, "x.idx"))).to.be.instanceOf(FormatError);
    });
  }

  const zipped = gzipSync(images);
  const damaged = zipped.map((b, i) => (i === zipped.length - 6 ? b ^ 255 : b));
  for (const [what, bytes] of [
    ["cut short", zipped.subarray(0, zipped.length - 4)],
    ["cut in its header", zipped.subarray(0, 5)],
    ["with a wrong checksum", damaged],
    ["of noise", new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 255, 254, 253])],
  ] as const) {
    it(`refuses gzip ${what}`, async () => {
      const message = /x\.gz: (the gzip data is corrupt|truncated)/;
      expect(() => readIdx(bytes, "x.gz")).to.throw(FormatError, message);
      expect(await failure(readIdxAsync(bytes, "x.gz")))
        .to.be.instanceOf(FormatError)
        .with.property("message")
        .that.matches(message);
    });
  }

  it("unpacks a gzip bomb no further than its header says", async () => {
    const bomb = gzipSync(Buffer.concat([images, Buffer.alloc(20e6)]));
    const zlib = process.getBuiltinModule("node:zlib");
    let unpacked = 0;
    zlib.gunzipSync = (...args) => {
      const out = gunzipSync(...args);
      unpacked += out.length;
      return out;
    };
    try {
      expect(() => readIdx(bomb, "bomb")).to.throw(FormatError, /more bytes than its header/);
      // Only the head: what the first 4 KiB of the stream hold.
      expect(unpacked).to.be.below(5e6);
    } finally {
      zlib.gunzipSync = gunzipSync;
    }
    const error = await failure(readIdxAsync(bomb, "bomb"));
    expect(error)
      .to.be.instanceOf(FormatError)
      .with.property("message")
      .that.matches(/trailing/);
  });

  it("finds the header behind a gzip header of any length", () => {
    const plain = gzipSync(images);
    const extra = new Uint8Array(2 + 60_000);
    new DataView(extra.buffer).setUint16(0, 60_000, true);
    const long = new Uint8Array([...plain.subarray(0, 10), ...extra, ...plain.subarray(10)]);
    long[3] = 4; // FEXTRA
    expect(readIdx(long)).to.deep.equal(readIdx(images));
  });

  it("refuses a gzipped header that no such file can hold before it unpacks", () => {
    const huge = gzipSync(patched(4, 255, 255, 255, 255));
    expect(() => readIdx(huge, "x.gz")).to.throw(
      FormatError,
      /x\.gz: truncated or damaged: .* bytes of gzip can hold/,
    );
  });

  it("says what to do where there is no zlib", () => {
    const original = process.getBuiltinModule;
    Object.assign(process, { getBuiltinModule: undefined });
    try {
      expect(() => readIdx(zipped, "x.gz")).to.throw(FormatError, /x\.gz: .* readIdxAsync/);
    } finally {
      Object.assign(process, { getBuiltinModule: original });
    }
  });
});

/** What a promise fails with. */
async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}
