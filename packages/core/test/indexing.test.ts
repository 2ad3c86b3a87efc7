// Indexing: every index is looked at before a kernel runs.
import {
  ArgumentError,
  type DType,
  DTypeError,
  gather,
  IndexError,
  indexSelect,
  matmul,
  memory,
  oneHot,
  ones,
  ShapeError,
  scatterAdd,
  type Tensor,
  tensor,
  tril,
  triu,
  zeros,
} from "@tapegrad/core";
import { expect } from "chai";
import fc from "fast-check";
import { useBackend } from "./use-backend.ts";

const list = (t: Tensor): number[] => Array.from(t.dataSync() as Float64Array, Number);
const int = (data: readonly number[], dtype: DType = "int64"): Tensor =>
  tensor(data as number[], { dtype });

describe("indices", () => {
  useBackend("reference");

  for (const dtype of ["int64", "int32", "uint8"] as const) {
    it(`of ${dtype} are checked, all of them, with nothing allocated`, () => {
      const x = ones([3]);
      const bad = int([0, 2, 3, 1], dtype);
      const before = memory().storages;
      const text = /: index 3 \(element 2\) is out of range for dim 0 of size 3; expected 0 to 2/;
      expect(() => gather(x, 0, bad)).to.throw(IndexError, text);
      expect(() => indexSelect(x, 0, bad)).to.throw(IndexError, text);
      expect(() => scatterAdd(x, -1, bad, ones([4]))).to.throw(IndexError, text);
      expect(() => oneHot(bad, 3)).to.throw(IndexError, /oneHot: index 3/);
      expect(memory().storages).to.be.at.most(before + 1); // ones([4])
    });
  }

  it("beyond 32 bits, and negative ones, are out of range", () => {
    for (const value of [2n ** 32n, 2n ** 40n + 1n, -1n, -(2n ** 63n)]) {
      const index = tensor([0n, value]);
      expect(() => gather(ones([3]), 0, index)).to.throw(IndexError, `index ${value} (element 1)`);
    }
    expect(() => gather(ones([3]), 0, int([-1], "int32"))).to.throw(IndexError, /index -1/);
  });

  it("of strided tensors are read in order", () => {
    const index = int([0, 1, 2, 9, 1, 0]).reshape(2, 3).t(); // [[0, 9], [1, 1], [2, 0]]
    expect(() => gather(ones([3, 2]), 0, index)).to.throw(IndexError, /index 9 \(element 1\)/);
  });

  it("must be integers, of a shape that fits", () => {
    expect(() => gather(ones([3]), 0, ones([2]))).to.throw(DTypeError, /gather: indices must be/);
    expect(() => indexSelect(ones([3]), 0, tensor([true]))).to.throw(DTypeError, /got bool/);
    expect(() => indexSelect(ones([3]), 0, int([0]).reshape(1, 1))).to.throw(ShapeError, /one dim/);
    expect(() => indexSelect(ones([3]), 1, int([0]))).to.throw(IndexError, /indexSelect: dim 1/);
    expect(() => scatterAdd(ones([3]), 0, int([0, 1]), ones([1]))).to.throw(
      ShapeError,
      /scatterAdd: index has 2 in dim 0 where src has 1/,
    );
  });
});

describe("gather and scatterAdd", () => {
  useBackend("reference");

  it("are adjoint", () => {
    const place = fc.record({ at: fc.nat(4), value: fc.integer({ min: -9, max: 9 }) });
    fc.assert(
      fc.property(fc.array(place, { maxLength: 12 }), (places) => {
        const x = tensor([1, -2, 3, -4, 5], { dtype: "float64" });
        const index = tensor(BigInt64Array.from(places, (p) => BigInt(p.at)));
        const g = tensor(Float64Array.from(places, (p) => p.value));
        const left = gather(x, 0, index).mul(g).sum().item();
        const right = scatterAdd(zeros([5], { dtype: "float64" }), 0, index, g)
          .mul(x)
          .sum()
          .item();
        expect(left).to.equal(right);
      }),
    );
  });

  it("use what src has within index, and pad its gradient", () => {
    const src = ones([2, 3], { dtype: "float64", requiresGrad: true });
    const x = zeros([2, 3], { dtype: "float64" });
    const y = scatterAdd(x, 1, int([2, 2]).reshape(1, 2), src);
    expect(list(y)).to.deep.equal([0, 0, 2, 0, 0, 0]);
    y.sum().backward();
    expect(list(src.grad as Tensor)).to.deep.equal([1, 1, 0, 0, 0, 0]);
  });

  it("leave x as it is", () => {
    const x = zeros([3]);
    scatterAdd(x, 0, int([1]), ones([1]));
    expect(list(x)).to.deep.equal([0, 0, 0]);
  });
});

describe("indexSelect", () => {
  useBackend("reference");

  it("keeps its index expanded: nothing is copied for it", () => {
    const x = ones([50, 40], { dtype: "float64", requiresGrad: true });
    const index = int([3, 3, 7]);
    const before = memory().liveBytes;
    const y = indexSelect(x, 0, index);
    expect(memory().liveBytes - before).to.be.at.most(3 * 40 * 8 + 256);
    y.sum().backward();
    const counts = list((x.grad as Tensor).sum(1));
    expect([counts[3], counts[7], counts[0]]).to.deep.equal([80, 40, 0]);
  });

  it("takes one number for an index", () => {
    expect(indexSelect(ones([3, 2]), 0, tensor(1n)).shape).to.deep.equal([1, 2]);
    expect(indexSelect(tensor(5), 0, tensor([0n])).shape).to.deep.equal([]);
  });
});

describe("oneHot", () => {
  useBackend("reference");

  it("counts from zero", () => {
    const y = oneHot(int([2, 0]), 3);
    expect(y.dtype).to.equal("int64");
    expect(list(y)).to.deep.equal([0, 0, 1, 1, 0, 0]);
    expect(oneHot(tensor(1n), 2).shape).to.deep.equal([2]);
  });
});

describe("tril and triu", () => {
  useBackend("reference");

  it("keep one side of a diagonal", () => {
    const x = ones([2, 2, 3], { dtype: "float64", requiresGrad: true });
    expect(list(tril(x).slice([1]))).to.deep.equal([1, 0, 0, 1, 1, 0]);
    expect(list(triu(x, { diagonal: 1 }).slice([0]))).to.deep.equal([0, 1, 1, 0, 0, 1]);
    expect(list(tril(x, { diagonal: -1 }).slice([0]))).to.deep.equal([0, 0, 0, 1, 0, 0]);
    tril(x).sum().backward();
    expect(list((x.grad as Tensor).slice([0]))).to.deep.equal([1, 0, 0, 1, 1, 0]);
    expect(tril(tensor([[true, true]])).dtype).to.equal("bool");
    expect(() => tril(ones([3]))).to.throw(ShapeError, /tril: expects matrices/);
  });
});

describe("a missing tensor", () => {
  useBackend("reference");

  it("is named as such", () => {
    const none = undefined as unknown as Tensor;
    const calls = [
      () => matmul(ones([2]), none),
      () => gather(none, 0, int([0])),
      () => gather(ones([2]), 0, none),
      () => scatterAdd(ones([2]), 0, int([0]), none),
    ];
    for (const call of calls) {
      expect(call).to.throw(ArgumentError, /expected a Tensor, got undefined/);
    }
  });
});
