// Tensors from the data that people have, and back: nested and typed arrays, ndarrays.
import { ShapeError, tensor, zeros } from "@tapegrad/core";
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
});
