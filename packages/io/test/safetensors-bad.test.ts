// Bad files: one test for each way to be wrong, then random damage.
import { FormatError } from "@tapegrad/core";
import { decodeSafetensors, encodeSafetensors } from "@tapegrad/io";
import { expect } from "chai";
import fc from "fast-check";
import { expectError, rawFile, withLength } from "./make.ts";

const entry = (dtype: unknown, shape: unknown, data_offsets: unknown) => ({
  dtype,
  shape,
  data_offsets,
});
const f32 = (shape: unknown, data_offsets: unknown) => entry("F32", shape, data_offsets);
const tensorText = (fields: string) => `{"w":{${fields}}}`;

/** A valid file whose only tensor is 'w', F32 [2, 2]. */
const good = rawFile({ w: f32([2, 2], [0, 16]) }, 16);

type Case = readonly [what: string, file: Uint8Array, words: readonly string[]];

const cases: readonly Case[] = [
  // The length of the header.
  ["no bytes at all", new Uint8Array(0), ["at least 8 bytes", "got 0"]],
  ["a file too short for the length", new Uint8Array(7), ["at least 8 bytes", "got 7"]],
  ["a negative header length", withLength(-2n, 16), ["negative", "-2", "18446744073709551614"]],
  ["the most negative header length", withLength(-(2n ** 63n), 16), ["negative"]],
  ["a huge header length", withLength(2n ** 62n, 16), ["4611686018427387904", "limit", "100 MB"]],
  ["a header length of 100 MB and a byte", withLength(100_000_001n, 9), ["100000001", "limit"]],
  ["a header beyond the file", withLength(17n, 16), ["17 bytes", "only 16 bytes", "cut short"]],
  ["a file cut inside the header", good.slice(0, 40), ["only 32 bytes", "cut short"]],
  // The header as text.
  ["an empty header", withLength(0n), ["not a JSON object", "empty header"]],
  ["a list for a header", rawFile("[1,2]"), ["not a JSON object", "expected '{'", "0x5b"]],
  ["a header that starts with a space", rawFile(' {"a":1}'), ["expected '{'", "0x20"]],
  ["a byte order mark", rawFile("\ufeff{}"), ["expected '{'", "0xef"]],
  ["not UTF-8", rawFile(Uint8Array.of(0x7b, 0x22, 0xff, 0x22)), ["not valid UTF-8"]],
  ["a surrogate in UTF-8", rawFile(Uint8Array.of(0x7b, 0xed, 0xa0, 0x80)), ["not valid UTF-8"]],
  ["bad JSON", rawFile('{"w":'), ["not valid JSON"]],
  ["text after the object", rawFile("{}x"), ["not valid JSON"]],
  ["zeros after the object", rawFile("{}\0\0"), ["not valid JSON"]],
  ["a trailing comma", rawFile('{"w":{},}'), ["not valid JSON"]],
  ["an unclosed string", rawFile('{"w\\'), ["not valid JSON"]],
  ["a bad escape in a key", rawFile('{"\\x":{}}'), ["not valid JSON"]],
  ["deep nesting", rawFile(`{"w":${"[".repeat(100_000)}`), ["nested deeper"]],
  ["nesting inside a shape", rawFile({ w: f32([[1]], [0, 4]) }, 4), ["nested deeper"]],
  // Keys.
  [
    "two tensors of one name",
    rawFile(
      '{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
      1,
    ),
    ["duplicate keys", "two entries are named 'w'"],
  ],
  ["one name in two spellings", rawFile('{"a":{},"\\u0061":{}}'), ["duplicate keys", "named 'a'"]],
  [
    "a field twice",
    rawFile(tensorText('"dtype":"U8","shape":[1],"shape":[2],"data_offsets":[0,2]'), 2),
    ["duplicate keys", "tensor 'w'", "'shape' twice"],
  ],
  [
    "a metadata key twice",
    rawFile('{"__metadata__":{"a":"1","a":"2"}}'),
    ["duplicate keys", "the metadata", "'a' twice"],
  ],
  [
    "the metadata twice",
    rawFile('{"__metadata__":{},"__metadata__":{}}'),
    ["duplicate keys", "'__metadata__'"],
  ],
  ["a name that is not Unicode", rawFile('{"\\ud800":{}}'), ["not valid Unicode"]],
  // Metadata.
  ["metadata that is a list", rawFile({ __metadata__: ["a"] }), ["__metadata__", "an array"]],
  ["metadata that is null", rawFile({ __metadata__: null }), ["__metadata__", "null"]],
  ["a number in the metadata", rawFile({ __metadata__: { n: 1 } }), ["'n'", "string", "a number"]],
  ["null in the metadata", rawFile({ __metadata__: { n: null } }), ["'n'", "string", "null"]],
  // A tensor's fields.
  ["a tensor that is a number", rawFile({ w: 3 }), ["tensor 'w'", "object", "a number"]],
  ["a tensor that is a list", rawFile({ w: [] }), ["tensor 'w'", "object", "an array"]],
  ["a tensor that is null", rawFile({ w: null }), ["tensor 'w'", "object", "null"]],
  ["no dtype", rawFile({ w: { shape: [], data_offsets: [0, 4] } }, 4), ["'w'", "dtype", "string"]],
  ["a dtype that is a number", rawFile({ w: entry(32, [], [0, 4]) }, 4), ["'w'", "a number"]],
  [
    "an unknown dtype",
    rawFile({ w: entry("F31", [], [0, 4]) }, 4),
    ["tensor 'w'", "unknown dtype 'F31'", "expected one of F64, F32"],
  ],
  [
    "a dtype in small letters",
    rawFile({ w: entry("f32", [], [0, 4]) }, 4),
    ["tensor 'w'", "unknown dtype 'f32'"],
  ],
  [
    "a dtype that we do not hold",
    rawFile({ w: entry("U64", [1], [0, 8]) }, 8),
    ["tensor 'w'", "U64", "part of the format", "Convert"],
  ],
  ["no shape", rawFile({ w: { dtype: "F32", data_offsets: [0, 4] } }, 4), ["'w'", "shape must be"]],
  ["a shape that is a number", rawFile({ w: f32(2, [0, 8]) }, 8), ["'w'", "shape", "a number"]],
  ["a negative size", rawFile({ w: f32([-1], [0, 4]) }, 4), ["'w'", "shape", "'-1'"]],
  [
    "a size of -0",
    rawFile(tensorText('"dtype":"F32","shape":[-0],"data_offsets":[0,0]')),
    ["'-0'"],
  ],
  ["a fractional size", rawFile({ w: f32([1.5], [0, 6]) }, 6), ["'w'", "shape", "'1.5'"]],
  [
    "a size with an exponent",
    rawFile(tensorText('"dtype":"U8","shape":[1e1],"data_offsets":[0,10]'), 10),
    ["'w'", "shape", "'1e1'"],
  ],
  ["a size that is text", rawFile({ w: f32(["2"], [0, 8]) }, 8), ["'w'", "shape", "a string"]],
  ["a size that is null", rawFile({ w: f32([null], [0, 4]) }, 4), ["'w'", "shape", "null"]],
  [
    "a size of 2^64 - 2",
    rawFile(tensorText('"dtype":"I32","shape":[2,18446744073709551614],"data_offsets":[0,16]'), 16),
    ["'w'", "shape", "overflow"],
  ],
  [
    "a size that JSON rounds",
    rawFile(tensorText('"dtype":"U8","shape":[9007199254740993],"data_offsets":[0,0]')),
    ["'w'", "shape", "overflow"],
  ],
  [
    "sizes whose product overflows",
    rawFile({ w: f32([2 ** 30, 2 ** 30], [0, 16]) }, 16),
    ["'w'", "[1073741824, 1073741824]", "overflow"],
  ],
  [
    "an empty tensor whose strides overflow",
    rawFile({ w: f32([2 ** 30, 2 ** 30, 0], [0, 0]) }),
    ["'w'", "overflow"],
  ],
  // Offsets.
  ["no offsets", rawFile({ w: { dtype: "F32", shape: [] } }), ["'w'", "data_offsets must be"]],
  ["offsets that are text", rawFile({ w: f32([], "0,4") }, 4), ["'w'", "data_offsets", "a string"]],
  ["one offset", rawFile({ w: f32([], [4]) }, 4), ["'w'", "data_offsets [4]", "expected 2"]],
  ["three offsets", rawFile({ w: f32([], [0, 4, 4]) }, 4), ["'w'", "[0, 4, 4]", "expected 2"]],
  ["a fractional offset", rawFile({ w: f32([], [0, 4.5]) }, 8), ["'w'", "data_offsets", "'4.5'"]],
  ["a negative offset", rawFile({ w: f32([], [-4, 0]) }, 4), ["'w'", "data_offsets", "'-4'"]],
  ["a boolean offset", rawFile({ w: f32([], [false, true]) }, 4), ["data_offsets", "a boolean"]],
  [
    "an offset beyond 2^53",
    rawFile(tensorText('"dtype":"F32","shape":[],"data_offsets":[0,18446744073709551615]'), 4),
    ["'w'", "data_offsets", "overflow"],
  ],
  ["reversed offsets", rawFile({ w: f32([1], [4, 0]) }, 4), ["'w'", "[4, 0]", "reversed"]],
  [
    "offsets out of range",
    rawFile({ w: f32([4], [0, 16]) }, 8),
    ["'w'", "[0, 16]", "out of range", "8 bytes of data", "cut short"],
  ],
  [
    "a huge tensor in a small file",
    rawFile({ w: f32([2 ** 40], [0, 2 ** 42]) }, 8),
    ["'w'", "out of range", "8 bytes of data"],
  ],
  [
    "a size that does not match the shape",
    rawFile({ w: f32([2, 2], [0, 12]) }, 12),
    ["'w'", "wrong size", "[2, 2] of F32 needs 16 bytes", "hold 12"],
  ],
  [
    "a size that does not match the dtype",
    rawFile({ w: entry("F64", [4], [0, 16]) }, 16),
    ["'w'", "[4] of F64 needs 32 bytes", "hold 16"],
  ],
  [
    "bytes for a tensor without elements",
    rawFile({ w: f32([0, 3], [0, 4]) }, 4),
    ["'w'", "needs 0 bytes", "hold 4"],
  ],
  // Layout.
  [
    "overlapping tensors",
    rawFile({ a: f32([2], [0, 8]), b: f32([2], [4, 12]) }, 12),
    ["tensor 'b'", "[4, 12]", "overlapping with tensor 'a'", "ends at 8"],
  ],
  [
    "two tensors in one place",
    rawFile({ a: f32([4], [0, 16]), b: f32([4], [0, 16]) }, 16),
    ["overlapping with tensor 'a'"],
  ],
  [
    "an empty tensor inside another",
    rawFile({ a: f32([2], [0, 8]), b: f32([0], [4, 4]) }, 8),
    ["tensor 'b'", "overlapping with tensor 'a'"],
  ],
  [
    "a hole before the first tensor",
    rawFile({ a: f32([1], [4, 8]) }, 8),
    ["tensor 'a'", "[4, 8]", "hole", "expected begin 0", "4 bytes"],
  ],
  [
    "a hole between tensors",
    rawFile({ b: f32([1], [12, 16]), a: f32([1], [0, 4]) }, 16),
    ["tensor 'b'", "hole", "expected begin 4", "8 bytes"],
  ],
  [
    "trailing bytes",
    rawFile({ w: f32([1], [0, 4]) }, 9),
    ["5 trailing bytes", "expected the file to end"],
  ],
  ["data but no tensors", rawFile("{}", 3), ["3 trailing bytes"]],
  ["a file cut inside the data", good.slice(0, -1), ["'w'", "out of range", "15 bytes"]],
  // Data.
  [
    "a BOOL of 2",
    rawFile({ w: entry("BOOL", [3], [0, 3]) }, Uint8Array.of(0, 1, 2)),
    ["'w'", "0 or 1", "got 2 at element 2"],
  ],
];

/** Elements of the typed arrays made while `run` runs. */
function allocated(run: () => void): number {
  const constructors = [Float32Array, Float64Array, Int32Array, BigInt64Array, Uint8Array] as const;
  let largest = 0;
  const global: Record<string, unknown> = globalThis as never;
  for (const original of constructors) {
    global[original.name] = new Proxy(original, {
      construct(target, args, newTarget) {
        const made = Reflect.construct(target, args, newTarget) as Uint8Array;
        largest = Math.max(largest, made.byteLength);
        return made;
      },
    });
  }
  try {
    run();
  } finally {
    for (const original of constructors) global[original.name] = original;
  }
  return largest;
}

describe("safetensors: bad files", () => {
  for (const [what, file, words] of cases) {
    it(`${what}: a FormatError that names it`, () => {
      let limit = 0;
      const made = allocated(() => {
        const name = "some/model.safetensors";
        const error = expectError(() => decodeSafetensors(file, name), FormatError, words);
        expect(error.message.startsWith(`${name}: `), error.message).to.equal(true);
        expect(error.message).to.match(/\. [A-Z].*\.$/s); // ends with the fix
        limit = file.length;
      });
      expect(made, "bytes allocated at once").to.be.at.most(limit + 8);
    });
  }

  it("the valid file of the table is valid, and its allocation is seen", () => {
    expect(allocated(() => void decodeSafetensors(good))).to.be.at.least(16);
    expect(decodeSafetensors(good).tensors.get("w")?.shape).to.deep.equal([2, 2]);
  });

  it("names of any length and content stay on one line of the message", () => {
    const name = `\u001b[31m\n${"x".repeat(100_000)}`;
    const error = expectError(() => decodeSafetensors(rawFile({ [name]: 1 })), FormatError, []);
    expect(error.message.length).to.be.below(400);
    expect(error.message).to.match(/^[\x20-\x7e]+$/);
  });

  const valid = encodeSafetensors(
    {
      "conv.weight": { dtype: "float32", shape: [2, 1, 3], data: new Float32Array(6).fill(0.5) },
      steps: { dtype: "int64", shape: [], data: BigInt64Array.of(77n) },
      mask: { dtype: "bool", shape: [5], data: Uint8Array.of(1, 0, 1, 1, 0) },
      none: { dtype: "float64", shape: [0, 7], data: new Float64Array(0) },
    },
    { epoch: "3", note: 'a "quoted" text' },
  );

  /** Either the bytes are a file, or a FormatError says why not; nothing large is made. */
  function survives(bytes: Uint8Array) {
    const made = allocated(() => {
      try {
        decodeSafetensors(bytes);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    });
    expect(made).to.be.at.most(8 * bytes.length + 8);
  }

  it("survive any flipped bits", () => {
    const flip = fc.tuple(fc.nat(valid.length - 1), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(fc.array(flip, { minLength: 1, maxLength: 6 }), (flips) => {
        const bytes = valid.slice();
        for (const [at, mask] of flips) bytes[at] = (bytes[at] as number) ^ mask;
        survives(bytes);
      }),
      { numRuns: 3000 },
    );
  });

  it("survive being cut anywhere", () => {
    for (let end = 0; end < valid.length; end++) {
      const cut = () => decodeSafetensors(valid.subarray(0, end));
      expect(cut, `${end} bytes`).to.throw(FormatError);
    }
  });

  it("survive other text and numbers in the header", () => {
    const text = new TextDecoder().decode(valid);
    const json = text.slice(8, text.indexOf("}}") + 2);
    const pieces: string[] = json.match(/"[^"]*"|\d+|[{}[\],:]/g) ?? [];
    const other = fc.constantFrom<string>(
      ...'{ } [ ] , : " \\ 0 -1 1.5 1e400 9007199254740993 null true'.split(" "),
      '"F64"',
      '"__metadata__"',
      '"w"',
      "",
    );
    fc.assert(
      fc.property(fc.nat(pieces.length - 1), other, fc.nat(64), (at, piece, data) => {
        survives(rawFile(pieces.with(at, piece).join(""), data));
      }),
      { numRuns: 2000 },
    );
  });

  it("survive any JSON", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.nat(16), (json, data) => {
        survives(rawFile(`{"w":${json}}`, data));
      }),
    );
  });

  it("survive any bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), survives));
  });
});
