// index, indexPut and the scatter family: what fixtures cannot say. Shared memory, refusals, repeated places.
import {
  ArgumentError,
  DTypeError,
  diagEmbed,
  embedding,
  IndexError,
  type IndexSpec,
  index,
  indexAdd,
  indexCopy,
  indexFill,
  indexPut,
  linspace,
  logspace,
  maskedFill,
  maskedScatter,
  maskedSelect,
  memory,
  meshgrid,
  multinomial,
  nonzero,
  oneHot,
  ones,
  repeat,
  repeatInterleave,
  ShapeError,
  scatter,
  type TapegradError,
  type Tensor,
  take,
  tensor,
  unbind,
  zeros,
} from "@tapegrad/core";
import { expect } from "chai";
import { useBackend } from "./use-backend.ts";

const list = (t: Tensor): number[] => Array.from(t.dataSync() as Float64Array, Number);
const grid = (...shape: number[]): Tensor =>
  tensor(
    Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
    { shape },
  );
const ids = (...values: number[]): Tensor => tensor(BigInt64Array.from(values, BigInt));

type ErrorType = abstract new (...args: never[]) => TapegradError;
const refused = (call: () => unknown, type: ErrorType, text: RegExp) =>
  expect(call).to.throw(type as unknown as typeof ArgumentError, text);

describe("index", () => {
  useBackend("reference");

  it("is a view where numbers, slices and new axes say all, a copy where tensors pick", () => {
    const x = grid(3, 4);
    for (const specs of [[1], ["1:", 2], ["...", null], [null, "::2"], []] as IndexSpec[][]) {
      expect(x.index(specs).storage, JSON.stringify(specs)).to.equal(x.storage);
    }
    expect(x.index([]).strides).to.deep.equal(x.strides);
    expect(x.index(tensor(1n)).storage, "a zero-dim integer is a number").to.equal(x.storage);
    expect(x.index(ids(1)).storage).not.to.equal(x.storage);
    x.index(0, "1:3").fill_(9);
    expect(list(x).slice(0, 4)).to.deep.equal([0, 9, 9, 3]);
  });

  it("takes its specs one by one or as an array", () => {
    const x = grid(2, 3);
    expect(list(x.index(1, ids(0, -1)))).to.deep.equal([3, 5]);
    expect(list(x.index([1, ids(0, -1)]))).to.deep.equal([3, 5]);
    expect(list(x.index("...", 1))).to.deep.equal([1, 4]);
    expect(list(x.index(x.gt(3)))).to.deep.equal([4, 5]);
  });

  it("refuses what is no index", () => {
    const x = grid(3, 4);
    const call =
      (...specs: unknown[]) =>
      () =>
        index(x, specs as IndexSpec[]);
    refused(call(3), IndexError, /index: index 3 is out of range for dim 0 of size 3/);
    refused(call("...", -5), IndexError, /index -5 is out of range for dim 1/);
    refused(call(null, 0, 7), IndexError, /index 7 is out of range for dim 1 of size 4/);
    refused(
      call(ids(0, 3)),
      IndexError,
      /index 3 \(element 1\) .* dim 0 of size 3; expected -3 to 2/,
    );
    refused(call(0, 0, 0), ShapeError, /too many indices: 3 for 2 dimensions/);
    refused(call("...", " ..."), ArgumentError, /spec 1 must be .*null.* got " \.\.\."/);
    refused(call("...", "..."), ArgumentError, /only once/);
    refused(call(1.5), ArgumentError, /spec 0 must be a whole number/);
    refused(call("::-1"), ArgumentError, /step must be .* got -1 \(a negative step/);
    refused(call([0, 1], 0), ArgumentError, /spec 0 is an array; .* tensor\(\[1n, 2n\]\)/);
    refused(call(undefined), ArgumentError, /spec 0/);
    refused(call(ones([2])), DTypeError, /spec 0 is a tensor of float32; indices are integers/);
    refused(call(ids(1).to("uint8")), DTypeError, /uint8 tensor, which could be indices or a mask/);
    refused(call(x.t().gt(3)), ShapeError, /mask must have the sizes[\s\S]*mask: \[4, 3\]/);
    refused(call(ids(0, 1), ids(0, 1, 2)), ShapeError, /do not broadcast together/);
    refused(() => index(x, 1 as never), ArgumentError, /expects an array of specs/);
    refused(() => index(zeros([0, 2]), [ids(0)]), IndexError, /it has no elements/);
  });

  it("leaves no handle behind but its result", () => {
    const x = grid(3, 4, 2);
    const before = memory().storages;
    const picked = index(x, [ids(0, 1), ":", ids(1, 0)]);
    expect(memory().storages).to.equal(before + 1 + 2); // the two index tensors are the test's
    picked.release();
    expect(memory().storages).to.equal(before + 2);
  });
});

describe("indexPut", () => {
  useBackend("reference");

  it("the last of several wins, accumulate adds all up", () => {
    const x = zeros([3], { dtype: "float64" });
    const value = tensor([1, 2, 4], { dtype: "float64" });
    expect(list(indexPut(x, [ids(1, 1, 0)], value))).to.deep.equal([4, 2, 0]);
    expect(list(indexPut(x, [ids(1, 1, 0)], value, { accumulate: true }))).to.deep.equal([4, 3, 0]);
    expect(list(x)).to.deep.equal([0, 0, 0]);
  });

  it("refuses values that do not fit", () => {
    const x = grid(3, 4);
    refused(() => indexPut(x, [0], ones([3])), DTypeError, /x is float64 but the value is float32/);
    refused(() => indexPut(x, [0], grid(3)), ShapeError, /sizes 4 and 3|does not broadcast/);
    refused(() => indexPut(x, [0], grid(2, 4)), ShapeError, /value does not broadcast/);
    refused(
      () => indexPut(ids(1), [0], 0.5),
      DTypeError,
      /0\.5 cannot be stored in a tensor of int64/,
    );
  });
});

describe("scatters and masks", () => {
  useBackend("reference");

  it("the last of several wins", () => {
    expect(list(scatter(zeros([2]), 0, ids(1, 1, 1), tensor([1, 2, 3])))).to.deep.equal([0, 3]);
    expect(list(indexCopy(zeros([2, 1]), 0, ids(1, 1), tensor([[1], [2]])))).to.deep.equal([0, 2]);
  });

  it("NaN is the largest and the smallest", () => {
    const src = tensor([Number.NaN, 1]);
    for (const reduce of ["amax", "amin"] as const) {
      const y = zeros([2]).scatterReduce(0, ids(0, 0), src, reduce);
      expect(list(y)).to.deep.equal([Number.NaN, 0]);
    }
  });

  it("refuse what does not go together", () => {
    const x = grid(3, 4);
    refused(
      () => indexAdd(x, 0, ids(0), grid(2, 4)),
      ShapeError,
      /a slice for each of the 1 indices, \[1, 4\]/,
    );
    refused(() => indexAdd(x, 0, ids(3), grid(1, 4)), IndexError, /indexAdd: index 3/);
    refused(
      () => indexCopy(x, 0, ids(0), ones([1, 4])),
      DTypeError,
      /input is float64 but src is float32/,
    );
    refused(() => indexFill(x, 0, ids(0), grid(2)), ArgumentError, /a number or a zero-dim tensor/);
    refused(() => indexFill(x, 0, ids(0).reshape(1, 1), 1), ShapeError, /one dimension/);
    refused(() => maskedFill(x, x, 1), DTypeError, /maskedFill: mask must be bool, got float64/);
    refused(() => maskedFill(x, x.gt(1), grid(2)), ShapeError, /zero-dim tensor; use where/);
    refused(() => maskedSelect(x, grid(3).gt(0)), ShapeError, /maskedSelect: sizes 4 and 3/);
    refused(
      () => maskedScatter(x, x.gt(1), grid(2)),
      ShapeError,
      /mask names 10 elements .* only 2/,
    );
    refused(() => take(x, ids(12)), IndexError, /take: index 12 .* size 12; expected -12 to 11/);
    refused(() => oneHot(ids()), ArgumentError, /oneHot: no element says/);
    refused(
      () => embedding(ids(0), x, { maxNorm: 0 }),
      ArgumentError,
      /embedding: maxNorm must be > 0; got 0/,
    );
  });

  it("nonzero of a strided tensor, and of none", () => {
    const x = tensor([
      [0, 1],
      [2, 0],
    ]).t();
    expect(nonzero(x).tolist()).to.deep.equal([
      [0n, 1n],
      [1n, 0n],
    ]);
    expect(nonzero(zeros([2, 2])).shape).to.deep.equal([0, 2]);
  });
});

describe("more views", () => {
  useBackend("reference");

  it("T and mT are views", () => {
    const x = grid(2, 3);
    expect([x.T.shape, x.T.storage === x.storage]).to.deep.equal([[3, 2], true]);
    expect(grid(4, 2, 3).mT.shape).to.deep.equal([4, 3, 2]);
    expect(grid(3).T.shape).to.deep.equal([3]);
  });

  it("view and reshape share memory where the strides allow it", () => {
    const x = grid(4, 6);
    const part = x.slice([":", "2:"]); // rows of 4, 6 apart
    expect(part.view([2, 2, 4]).storage).to.equal(x.storage);
    expect(list(part.view([4, 2, 2]).select(1, 1))).to.deep.equal([4, 5, 10, 11, 16, 17, 22, 23]);
    expect(part.reshape([16]).storage).not.to.equal(x.storage);
    expect(part.reshape([2, 2, 2, 2]).storage).to.equal(x.storage);
    expect(x.t().view([2, 3, 4]).storage).to.equal(x.storage);
    refused(() => part.view([16]), ShapeError, /view: dimensions would merge .* use reshape/);
  });

  it("refuse what does not fit", () => {
    const x = grid(2, 3);
    refused(() => repeat(x, [2]), ShapeError, /repeat: 1 repeats for 2 dimensions/);
    refused(() => repeat(x, [2, -1]), ArgumentError, /repeat: repeats must be whole numbers ≥ 0/);
    refused(() => repeatInterleave(x, -1), ArgumentError, /repeats must be a whole number/);
    refused(() => repeatInterleave(x, ids(1, 1), { dim: 1 }), ShapeError, /one for each of 3/);
    refused(() => unbind(tensor(1)), IndexError, /zero-dimensional/);
    refused(() => meshgrid([x]), ShapeError, /meshgrid: expects tensors of one dimension/);
    refused(
      () => meshgrid([grid(2), ids(1)]),
      DTypeError,
      /tensor 0 is float64 and tensor 1 int64/,
    );
    refused(() => diagEmbed(tensor(1)), ShapeError, /diagEmbed: expects at least 1 dimension/);
    refused(() => linspace(0, 1, -1), ArgumentError, /linspace: steps must be .* got -1/);
    refused(() => logspace(0, Number.NaN, 3), ArgumentError, /logspace: the ends must be finite/);
    refused(() => multinomial(zeros([2]), 1), ArgumentError, /row 0 has 0 weights > 0/);
    refused(
      () => multinomial(tensor([1, -1]), 1),
      ArgumentError,
      /finite and ≥ 0; row 0 has -1 at 1/,
    );
  });
});
