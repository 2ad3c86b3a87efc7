// Losses and embedding beyond the fixtures: bad targets, ignored ones, stability, few ops.
import {
  ArgumentError,
  binaryCrossEntropyWithLogits,
  crossEntropy,
  DTypeError,
  embedding,
  huberLoss,
  IndexError,
  l1Loss,
  manualSeed,
  mseLoss,
  nllLoss,
  onRun,
  randn,
  ShapeError,
  smoothL1Loss,
  type Tensor,
  tensor,
  zeros,
} from "@tapegrad/core";
import { expect } from "chai";

const f64 = { dtype: "float64" } as const;
const values = (t: Tensor): number[] => Array.from(t.dataSync() as Float64Array);

describe("crossEntropy", () => {
  beforeEach(() => manualSeed(6));

  it("takes any integer dtype for class numbers", () => {
    const x = randn([2, 3], f64);
    const losses = (["int64", "int32", "uint8"] as const).map((dtype) =>
      crossEntropy(x, tensor([2, 0], { dtype })).item(),
    );
    expect(new Set(losses).size).to.equal(1);
  });

  it("says which target is out of range, and of how many classes", () => {
    const x = randn([2, 3], { requiresGrad: true });
    expect(() => crossEntropy(x, tensor([0n, 3n]))).to.throw(
      IndexError,
      /crossEntropy: target 3 is out of range for 3 classes; expected 0 to 2, or ignoreIndex -100/,
    );
    expect(() => crossEntropy(x, tensor([0n, -1n]))).to.throw(IndexError, /target -1/);
    expect(() => nllLoss(x, tensor([7, 0], { dtype: "int32" }))).to.throw(
      IndexError,
      /nllLoss: target 7/,
    );
    expect(x.grad).to.equal(null);
  });

  it("refuses targets of the wrong shape or dtype", () => {
    const x = randn([2, 3]);
    expect(() => crossEntropy(x, tensor([0n]))).to.throw(
      ShapeError,
      /target must have the shape of input without its classes[\s\S]*expected: \[2\][\s\S]*target: \[1\]/,
    );
    expect(() => crossEntropy(x, zeros([2]))).to.throw(
      ShapeError,
      /class numbers must be integers/,
    );
    expect(() => nllLoss(x, zeros([2]))).to.throw(
      DTypeError,
      /nllLoss: target holds class numbers/,
    );
    expect(() => crossEntropy(x, zeros([2, 3], f64))).to.throw(DTypeError, /float32.*float64/);
    expect(() => crossEntropy(x, tensor([0n, 1n]), { weight: zeros([2]) })).to.throw(
      ShapeError,
      /weight must have one value for each of 3 classes/,
    );
    expect(() => crossEntropy(x, tensor([0n, 1n]), { labelSmoothing: 1.5 })).to.throw(
      ArgumentError,
      /labelSmoothing goes from 0 to 1/,
    );
    expect(() => crossEntropy(x, tensor([0n, 1n]), { reduction: "avg" as "mean" })).to.throw(
      ArgumentError,
      /reduction is "none", "mean" or "sum"; got "avg"/,
    );
  });

  it("gives ignored positions no gradient, whatever is there", () => {
    const x = tensor(
      [
        [1, 2, Number.NEGATIVE_INFINITY],
        [0.5, -1, 2],
      ],
      { ...f64, requiresGrad: true },
    );
    // Class 0 stands in for the ignored one; minus infinity there must not spoil the sum.
    const y = nllLoss(x, tensor([-100n, 1n]), { reduction: "sum" });
    y.backward();
    expect(y.item()).to.equal(1);
    expect(values(x.grad as Tensor)).to.deep.equal([0, 0, 0, 0, -1, 0]);
  });

  it("needs few ops in the common case", () => {
    const x = randn([8, 10], { requiresGrad: true });
    const target = tensor(new BigInt64Array(8));
    const ran: string[] = [];
    const stop = onRun((e) => {
      if (e.variant !== "view") ran.push(e.op);
    });
    crossEntropy(x, target);
    stop();
    expect(ran.length).to.be.at.most(4);
  });
});

describe("losses of real values", () => {
  it("want equal shapes and dtypes", () => {
    for (const loss of [mseLoss, l1Loss, smoothL1Loss, binaryCrossEntropyWithLogits]) {
      expect(() => loss(zeros([3, 1]), zeros([3]))).to.throw(
        ShapeError,
        new RegExp(`${loss.name}: input and target must have the same shape`),
      );
      expect(() => loss(zeros([3]), zeros([3], f64))).to.throw(
        DTypeError,
        /input is float32 and target/,
      );
      expect(() => loss(zeros([3]), zeros([3], { dtype: "int64" }))).to.throw(DTypeError, /int64/);
    }
    expect(() => smoothL1Loss(zeros([1]), zeros([1]), { beta: -1 })).to.throw(
      ArgumentError,
      /beta/,
    );
  });

  it("stay finite for huge logits", () => {
    const x = tensor([1000, -1000], { ...f64, requiresGrad: true });
    const y = binaryCrossEntropyWithLogits(x, tensor([1, 1], f64), { reduction: "sum" });
    y.backward();
    expect(y.item()).to.equal(1000);
    expect(values(x.grad as Tensor)).to.deep.equal([0, -1]);
  });
});

describe("embedding", () => {
  it("adds up the gradient of repeated rows, and leaves out paddingIdx", () => {
    const weight = randn([3, 2], { ...f64, requiresGrad: true });
    const input = tensor([0n, 2n, 2n, 1n]);
    embedding(input, weight, { paddingIdx: 1 }).sum().backward();
    expect(values(weight.grad as Tensor)).to.deep.equal([1, 1, 0, 0, 2, 2]);
  });

  it("says which index is out of range", () => {
    const weight = zeros([3, 2]);
    expect(() => embedding(tensor([0n, 3n]), weight)).to.throw(
      IndexError,
      /embedding: index 3 .*size 3/,
    );
    expect(() => embedding(tensor([-1n]), weight)).to.throw(IndexError, /embedding: index -1/);
    expect(() => embedding(zeros([1]), weight)).to.throw(
      DTypeError,
      /embedding: indices must be integers/,
    );
    expect(() => embedding(tensor([0n]), zeros([3]))).to.throw(
      ShapeError,
      /embedding: weight must be a table/,
    );
    expect(() => embedding(tensor([0n]), weight, { paddingIdx: 3 })).to.throw(
      IndexError,
      /paddingIdx 3/,
    );
  });
});

describe("smoothL1Loss, huberLoss", () => {
  it("have a gradient where the prediction is infinite", () => {
    for (const f of [smoothL1Loss, huberLoss]) {
      const x = tensor([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1], {
        requiresGrad: true,
      });
      f(x, zeros([3]), { reduction: "sum" }).backward();
      expect(x.grad?.tolist()).to.deep.equal([1, -1, 1]);
    }
  });
});
