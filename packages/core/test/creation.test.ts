// Tensors from the data that people have, and back: nested and typed arrays, ndarrays.
import {
  ArgumentError,
  arange,
  full,
  getNumThreads,
  matmul,
  ShapeError,
  setNumThreads,
  tensor,
  zeros,
} from "@tapegrad/core";
import { expect } from "chai";
import ndarray from "ndarray";

describe("tensor()", () => {
  it("takes an ndarray with strides and an offset, and gives one back", () => {
    const base = ndarray(
      Float64Array.from({ length: 12 }, (_, i) => i),
      [3, 4],
    );
    const x = tensor(base.transpose(1, 0).lo(1, 1).step(2, 1));
    expect([x.dtype, x.shape]).to.deep.equal(["float64", [2, 2]]);
    expect(x.tolist()).to.deep.equal([
      [5, 9],
      [7, 11],
    ]);
    const back = x.permute(1, 0).ndarray();
    expect([back.shape, back.get(0, 1), back.get(1, 0)]).to.deep.equal([[2, 2], 7, 9]);
    back.set(0, 0, -1);
    expect(x.tolist()).to.deep.equal([
      [5, 9],
      [7, 11],
    ]);
  });

  it("takes its dtype from the data, and copies it", () => {
    const dtypes = [
      [1],
      [1n],
      [true],
      new Int32Array(1),
      new Uint8Array(1),
      new BigInt64Array(1),
    ].map((data) => tensor(data).dtype);
    expect(dtypes).to.deep.equal(["float32", "int64", "bool", "int32", "uint8", "int64"]);
    const data = new Float32Array([1, 2]);
    const x = tensor(data);
    data[0] = 9;
    (x.dataSync() as Float32Array)[1] = 9;
    expect(x.tolist()).to.deep.equal([1, 2]);
  });

  it("refuses what does not fill its shape, and rows of different length", () => {
    expect(() => tensor([1, 2, 3], { shape: [2, 2] })).to.throw(ShapeError, /3 values do not fill/);
    expect(() => tensor([[1, 2], [3]])).to.throw(ShapeError, /regular/);
    expect(zeros([0, 3]).tolist()).to.deep.equal([]);
  });

  it("refuses numbers that an integer dtype cannot hold, as PyTorch does; fractions are cut off", () => {
    const wrong: [value: number | bigint, dtype: "uint8" | "int32" | "int64"][] = [
      [256, "uint8"],
      [-256, "uint8"],
      [2 ** 31, "int32"],
      [-(2 ** 31) - 1, "int32"],
      [2n ** 40n, "int32"],
      [2 ** 63, "int64"],
      [Number.NaN, "int32"],
      [Number.POSITIVE_INFINITY, "int64"],
    ];
    for (const [value, dtype] of wrong) {
      const words = new RegExp(`${value} does not fit into ${dtype}`);
      expect(() => tensor([0, value], { dtype })).to.throw(ArgumentError, words);
      expect(() => full([2], value, { dtype })).to.throw(ArgumentError, words);
    }
    expect(tensor([255.0, -1, 1.9], { dtype: "uint8" }).tolist()).to.deep.equal([255, 255, 1]);
    expect(tensor([2 ** 31 - 1, -(2 ** 31)], { dtype: "int32" }).tolist()).to.deep.equal([
      2147483647, -2147483648,
    ]);
  });

  it("says what is wrong with options in the place of a number", () => {
    expect(() => arange(5, { dtype: "float64" } as unknown as number)).to.throw(
      ArgumentError,
      /arange: end must be a number, got options; they come fourth/,
    );
    expect(() => zeros([2]).add([1] as unknown as number)).to.throw(
      ArgumentError,
      /got an array; make it a tensor/,
    );
    expect(() => zeros([2]).add(null as unknown as number)).to.throw(ArgumentError, /got null/);
    expect(() => matmul(tensor([[1n]]), tensor([[1]]))).to.throw(/with to\("float32"\)/);
  });
});

describe("setNumThreads()", () => {
  it("takes up to four times the cores, at least 16, and says how many there are", () => {
    const before = getNumThreads();
    try {
      setNumThreads(16);
      expect(getNumThreads()).to.equal(16);
      for (const n of [0, 1.5, 100_000]) {
        expect(() => setNumThreads(n)).to.throw(
          ArgumentError,
          /whole number of threads from 1 to \d+ \(this machine has \d+ cores\)/,
        );
      }
      expect(getNumThreads()).to.equal(16);
    } finally {
      setNumThreads(before);
    }
  });
});
