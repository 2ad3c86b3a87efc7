// The codec against the reference implementation's bytes, and against itself.
import { readFileSync } from "node:fs";
import { ArgumentError, DTypeError, ShapeError } from "@tapegrad/core";
import { decodeSafetensors, encodeSafetensors, type HostTensor } from "@tapegrad/io";
import { expect } from "chai";
import fc from "fast-check";
import { expectError, rawFile } from "./make.ts";

const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`fixtures/${name}.safetensors`, import.meta.url)));

const f32 = (shape: number[], ...data: number[]): HostTensor => ({
  dtype: "float32",
  shape,
  data: Float32Array.from(data),
});

/** The bits of an array, so that NaN and -0 count. */
const bitsOf = ({ data }: HostTensor) =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex");

describe("safetensors: the reference implementation's files", () => {
  const named: [string, HostTensor][] = [
    ["z", f32([2, 3], 1.5, -2, Infinity, 0, -0, 3e-45)],
    ["0", f32([], 7.25)],
    ["empty", f32([2, 0, 3])],
    ['quote " slash \\ line\n\x1f é \u2028', f32([1], 1)],
    ["\u{1f600}", f32([1], 2)],
    ["\uffff", f32([1], 3)],
    ["double", { dtype: "float64", shape: [2], data: Float64Array.of(1 / 3, -1e300) }],
    ["int", { dtype: "int32", shape: [2], data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) }],
    [
      "long",
      { dtype: "int64", shape: [2, 1], data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) },
    ],
    ["byte", { dtype: "uint8", shape: [3], data: Uint8Array.of(0, 255, 7) }],
    ["flag", { dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) }],
  ];

  it("are written byte for byte, whatever the order of insertion", () => {
    const expected = fixture("written");
    expect(encodeSafetensors(new Map(named), { format: "pt" })).to.deep.equal(expected);
    expect(encodeSafetensors(new Map([...named].reverse()), { format: "pt" })).to.deep.equal(
      expected,
    );
    expect(encodeSafetensors(Object.fromEntries(named), { format: "pt" })).to.deep.equal(expected);
  });

  it("are read back, in the order of their data", () => {
    const { tensors, metadata } = decodeSafetensors(fixture("written"), "written");
    expect(metadata).to.deep.equal({ format: "pt" });
    expect([...tensors.keys()].slice(0, 3)).to.deep.equal(["long", "double", "0"]);
    for (const [name, { dtype, shape, data }] of named) {
      const got = tensors.get(name) as HostTensor;
      expect(got.dtype, name).to.equal(dtype);
      expect(got.shape, name).to.deep.equal(shape);
      expect(got.data.constructor, name).to.equal(data.constructor);
      expect(bitsOf(got), name).to.equal(bitsOf({ dtype, shape, data }));
    }
    expect(tensors.size).to.equal(named.length);
  });

  it("may hold narrower dtypes, widened exactly", () => {
    const { tensors } = decodeSafetensors(fixture("read"));
    const data = (name: string) => Array.from<number | bigint>(tensors.get(name)?.data ?? []);
    const { half, brain, ...rest } = Object.fromEntries(tensors);
    expect(half?.dtype).to.equal("float16");
    expect(data("half").slice(0, -1)).to.deep.equal([
      0,
      -0,
      2 ** -24,
      -1023 * 2 ** -24,
      1,
      -5,
      65504,
      Infinity,
      -Infinity,
    ]);
    expect(data("half").at(-1)).to.be.NaN;
    expect(brain?.dtype).to.equal("bfloat16");
    expect(data("brain").slice(0, 8)).to.deep.equal([
      0,
      -0,
      2 ** -133,
      1,
      -5,
      (2 - 2 ** -7) * 2 ** 127,
      Infinity,
      -Infinity,
    ]);
    expect(data("brain")[8]).to.be.NaN;
    expect(data("brain")[9]).to.equal(0.333984375);
    expect(rest).to.deep.equal({
      i8: { dtype: "int32", shape: [4], data: Int32Array.of(-128, -1, 0, 127) },
      i16: { dtype: "int32", shape: [2], data: Int32Array.of(-32768, 32767) },
      u16: { dtype: "int32", shape: [2], data: Int32Array.of(0, 65535) },
      u32: { dtype: "int64", shape: [2], data: BigInt64Array.of(0n, 2n ** 32n - 1n) },
      scalar: { dtype: "int32", shape: [], data: Int32Array.of(-5) },
    });
  });
});

describe("safetensors", () => {
  it("widens all 65,536 halves by the definition of IEEE 754", () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const header = { h: { dtype: "F16", shape: [65536], data_offsets: [0, 131072] } };
    const got = decodeSafetensors(rawFile(header, new Uint8Array(all.buffer))).tensors.get("h")
      ?.data as Float32Array;
    for (const h of all) {
      const exponent = (h >> 10) & 31;
      const fraction = (h & 1023) / 1024;
      const size =
        exponent === 31
          ? fraction === 0
            ? Infinity
            : NaN
          : exponent === 0
            ? fraction * 2 ** -14
            : (1 + fraction) * 2 ** (exponent - 15);
      const expected = h & 0x8000 ? -size : size;
      if (!Object.is(got[h], expected)) expect.fail(`0x${h.toString(16)}: ${got[h]}`);
    }
  });

  it("reads data that is not aligned, and from the middle of a buffer", () => {
    const data = new Uint8Array(Float64Array.of(Math.PI, -1).buffer);
    const file = rawFile('{"x":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}} \t\n', data);
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    const { tensors } = decodeSafetensors(shifted.subarray(3));
    expect(tensors.get("x")?.data).to.deep.equal(Float64Array.of(Math.PI, -1));
    expect(decodeSafetensors(Buffer.from(file)).tensors.get("x")?.data[1]).to.equal(-1);
  });

  it("gives copies", () => {
    const file = encodeSafetensors({ b: { dtype: "uint8", shape: [1], data: Uint8Array.of(3) } });
    const { tensors } = decodeSafetensors(file);
    file.fill(0);
    expect(tensors.get("b")?.data[0]).to.equal(3);
  });

  it("writes views of larger arrays", () => {
    const data = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    const file = encodeSafetensors({ v: { dtype: "float32", shape: [2], data } });
    expect(decodeSafetensors(file).tensors.get("v")?.data).to.deep.equal(Float32Array.of(1, 2));
  });

  it("takes names that objects treat specially", () => {
    const names = ["__proto__", "constructor", "10", "9", ""];
    const tensors = new Map(names.map((name, i) => [name, f32([1], i)]));
    const metadata = Object.fromEntries(names.map((name) => [name, `text of ${name}`]));
    const read = decodeSafetensors(encodeSafetensors(tensors, metadata));
    for (const [i, name] of names.entries()) {
      expect(read.tensors.get(name)?.data[0]).to.equal(i);
      expect(Object.entries(read.metadata)).to.deep.include([name, `text of ${name}`]);
    }
  });

  it("tells keys from what only looks like keys", () => {
    const tricky = '","a":"2","a":{"shape":[-1';
    const metadata = { a: tricky, [tricky]: "b", shape: "-1", "\\": '\\"', '\\"': "\\" };
    const tensors = { [tricky]: f32([1], 1), a: f32([1], 2), shape: f32([1], 3) };
    const read = decodeSafetensors(encodeSafetensors(tensors, metadata));
    expect(read.metadata).to.deep.equal(metadata);
    expect(Object.fromEntries(read.tensors)).to.deep.equal(tensors);
  });

  it("takes headers in any order, empty tensors anywhere between others", () => {
    const info = (n: number, begin: number) => ({
      dtype: "U8",
      shape: [n],
      data_offsets: [begin, begin + n],
    });
    const header = {
      c: info(2, 1),
      a: info(1, 0),
      none: info(0, 1),
      end: info(0, 3),
      z: info(0, 0),
    };
    const { tensors } = decodeSafetensors(rawFile(header, Uint8Array.of(5, 6, 7)));
    expect([...tensors.keys()]).to.deep.equal(["z", "a", "none", "c", "end"]);
    expect(tensors.get("a")?.data).to.deep.equal(Uint8Array.of(5));
    expect(tensors.get("c")?.data).to.deep.equal(Uint8Array.of(6, 7));
  });

  it("takes a file without tensors, with and without metadata", () => {
    // The reference implementation's bytes.
    const empty = [8, 0, 0, 0, 0, 0, 0, 0, 123, 125, 32, 32, 32, 32, 32, 32];
    expect(Array.from(encodeSafetensors({}))).to.deep.equal(empty);
    expect(decodeSafetensors(Uint8Array.from(empty))).to.deep.equal({
      tensors: new Map(),
      metadata: {},
    });
    const text = new TextDecoder().decode(encodeSafetensors(new Map(), { framework: "pt" }));
    expect(text).to.equal('(\0\0\0\0\0\0\0{"__metadata__":{"framework":"pt"}}     ');
  });

  const dtypes = {
    float32: fc.float32Array,
    float64: fc.float64Array,
    int32: fc.int32Array,
    int64: fc.bigInt64Array,
    uint8: fc.uint8Array,
    bool: ({ minLength, maxLength }: { minLength: number; maxLength: number }) =>
      fc.uint8Array({ minLength, maxLength, max: 1 }),
  };
  const hostTensor = fc
    .tuple(
      fc.constantFrom(...(Object.keys(dtypes) as (keyof typeof dtypes)[])),
      fc.array(fc.nat(3), { maxLength: 4 }),
    )
    .chain(([dtype, shape]): fc.Arbitrary<HostTensor> => {
      const size = shape.reduce((a, b) => a * b, 1);
      const arrays: fc.Arbitrary<HostTensor["data"]> = dtypes[dtype]({
        minLength: size,
        maxLength: size,
      });
      return arrays.map((data) => ({ dtype, shape, data }));
    });
  const name = fc.string({ unit: "binary", maxLength: 12 }).filter((n) => n !== "__metadata__");

  it("gives back what went in, and the same bytes from that", () => {
    fc.assert(
      fc.property(
        fc.dictionary(name, hostTensor, { maxKeys: 8 }),
        fc.dictionary(name, fc.string({ unit: "binary" }), { maxKeys: 4 }),
        (tensors, metadata) => {
          const bytes = encodeSafetensors(tensors, metadata);
          expect(new DataView(bytes.buffer).getUint32(0, true) % 8).to.equal(0);
          const read = decodeSafetensors(bytes);
          expect(read.tensors.size).to.equal(Object.keys(tensors).length);
          for (const [key, tensor] of Object.entries(tensors)) {
            const got = read.tensors.get(key) as HostTensor;
            expect([got.dtype, got.shape, bitsOf(got)]).to.deep.equal([
              tensor.dtype,
              tensor.shape,
              bitsOf(tensor),
            ]);
          }
          expect(Object.entries(read.metadata).sort()).to.deep.equal(
            Object.entries(metadata).sort(),
          );
          expect(encodeSafetensors(read.tensors, read.metadata)).to.deep.equal(bytes);
        },
      ),
    );
  });

  describe("refuses to write", () => {
    const one = { dtype: "float32", shape: [2], data: new Float32Array(2) } as const;
    const cases: [
      string,
      Record<string, unknown>,
      typeof ShapeError | typeof DTypeError | typeof ArgumentError,
      string[],
    ][] = [
      [
        "a wrong number of elements",
        { w: { ...one, shape: [3] } },
        ShapeError,
        ["'w'", "expected 3", "got 2", "[3]"],
      ],
      ["a negative size", { w: { ...one, shape: [-1, -2] } }, ShapeError, ["'w'", "non-negative"]],
      ["a fractional size", { w: { ...one, shape: [0.5, 4] } }, ShapeError, ["'w'", "integers"]],
      [
        "an unknown dtype",
        { w: { ...one, dtype: "float8" } },
        DTypeError,
        ["'w'", "float8", "float32, int32"],
      ],
      [
        "an array of another dtype",
        { w: { ...one, data: new Float64Array(2) } },
        DTypeError,
        ["'w'", "needs Float32Array", "got Float64Array"],
      ],
      [
        "a bool of 2",
        { w: { dtype: "bool", shape: [1], data: Uint8Array.of(2) } },
        ArgumentError,
        ["'w'", "0 and 1"],
      ],
      ["the format's own name", { __metadata__: one }, ArgumentError, ["'__metadata__'", "rename"]],
      ["a name that is not Unicode", { "\ud800": one }, ArgumentError, ["Unicode"]],
    ];
    for (const [what, tensors, type, words] of cases) {
      it(what, () => {
        expectError(() => encodeSafetensors(tensors as Record<string, HostTensor>), type, [
          "encodeSafetensors",
          ...words,
        ]);
      });
    }

    it("metadata that is not text", () => {
      const metadata = { epoch: 3 } as unknown as Record<string, string>;
      const words = ["'epoch'", "must be a string", "number", "JSON.stringify"];
      expectError(() => encodeSafetensors({}, metadata), ArgumentError, words);
      expectError(() => encodeSafetensors({}, { a: "\udc00" }), ArgumentError, ["'a'", "Unicode"]);
    });

    it("a header beyond 100 MB", () => {
      const metadata = { big: "x".repeat(100_000_000) };
      const words = ["100000000", "into tensors"];
      expectError(() => encodeSafetensors({}, metadata), ArgumentError, words);
    });
  });
});
