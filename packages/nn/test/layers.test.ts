// Constructor arguments and inputs that make no sense: each error names module, argument and fix.
import {
  ArgumentError,
  manualSeed,
  ones,
  randn,
  ShapeError,
  type Tensor,
  tensor,
} from "@tapegrad/core";
import { expect } from "chai";
import * as nn from "../src/index.ts";

describe("layers refuse", () => {
  const cases: [string, () => unknown, new (...args: never[]) => Error, RegExp][] = [
    [
      "channels that groups do not divide",
      () => new nn.Conv2d(6, 8, 3, { groups: 4 }),
      ArgumentError,
      /Conv2d: inChannels=6 must be divisible by groups=4/,
    ],
    [
      "output channels that groups do not divide",
      () => new nn.ConvTranspose1d(4, 6, 3, { groups: 4 }),
      ArgumentError,
      /ConvTranspose1d: outChannels=6/,
    ],
    [
      "no channels",
      () => new nn.Conv1d(0, 1, 3),
      ArgumentError,
      /Conv1d: inChannels must be a whole number ≥ 1; got 0/,
    ],
    [
      "a negative stride",
      () => new nn.Conv3d(1, 1, 3, { stride: -1 }),
      ArgumentError,
      /Conv3d: stride must be/,
    ],
    [
      "a kernel of the wrong rank",
      () => new nn.Conv2d(1, 1, [3]),
      ArgumentError,
      /Conv2d: kernelSize .* or 2 of them; got \[3\]/,
    ],
    [
      "same padding with a stride",
      () => new nn.Conv2d(1, 1, 3, { padding: "same", stride: 2 }),
      ArgumentError,
      /"same" needs stride 1/,
    ],
    [
      "an unknown padding",
      () => new nn.Conv2d(1, 1, 3, { padding: "full" as "same" }),
      ArgumentError,
      /got "full"/,
    ],
    [
      "too much output padding",
      () => new nn.ConvTranspose2d(1, 1, 3, { outputPadding: 1 }),
      ArgumentError,
      /outputPadding must be smaller than stride or dilation/,
    ],
    [
      "a fractional multiplier",
      () => new nn.SeparableConv2d(2, 4, 3, { depthMultiplier: 1.5 }),
      ArgumentError,
      /SeparableConv2d: depthMultiplier/,
    ],
    ["no features", () => new nn.Linear(3, -1), ArgumentError, /Linear: outFeatures/],
    [
      "a probability of 2",
      () => new nn.Dropout(2),
      ArgumentError,
      /Dropout: p must be in \[0, 1\]; got 2/,
    ],
    [
      "an unknown reduction",
      () => new nn.MSELoss({ reduction: "max" as "mean" }),
      ArgumentError,
      /MSELoss: reduction must be one of "mean", "sum", "none"; got "max"/,
    ],
    [
      "padding beyond the table",
      () => new nn.Embedding(4, 2, { paddingIdx: 4 }),
      ArgumentError,
      /paddingIdx must be in \[-4, 4\)/,
    ],
    ["a negative eps", () => new nn.BatchNorm2d(4, { eps: -1 }), ArgumentError, /BatchNorm2d: eps/],
    [
      "an unknown approximation",
      () => new nn.GELU({ approximate: "fast" as "tanh" }),
      ArgumentError,
      /GELU: approximate/,
    ],
    ["a pool without a size", () => new nn.MaxPool2d(0), ArgumentError, /MaxPool2d: kernelSize/],
    [
      "images for BatchNorm1d",
      () => new nn.BatchNorm1d(3).call(randn([2, 3, 4, 4])),
      ShapeError,
      /BatchNorm1d: expected an input \[N, C\] or \[N, C, L\][\s\S]*\[2, 3, 4, 4\]/,
    ],
    [
      "rows for BatchNorm2d",
      () => new nn.BatchNorm2d(3).call(randn([2, 3])),
      ShapeError,
      /BatchNorm2d: expected an input \[N, C, H, W\]/,
    ],
    [
      "other channels than numFeatures",
      () => new nn.BatchNorm2d(3).call(randn([1, 4, 2, 2])),
      ShapeError,
      /4 channels in dimension 1, but numFeatures is 3/,
    ],
    [
      "other channels than inChannels",
      () => new nn.Conv2d(3, 4, 3).call(randn([1, 2, 5, 5])),
      ShapeError,
      /conv2d: input has 2 channels[\s\S]*in Conv2d\(3, 4/,
    ],
  ];
  for (const [name, call, type, message] of cases) {
    it(name, () => expect(call).to.throw(type, message));
  }
  it("one value per channel in training, and then nothing was counted", () => {
    const norm = new nn.BatchNorm1d(2);
    expect(() => norm.call(ones([1, 2]))).to.throw(ShapeError, /more than one value per channel/);
    expect(norm.numBatchesTracked?.item()).to.equal(0);
  });
});

describe("Embedding", () => {
  it("gives the padding row no gradient", () => {
    const table = new nn.Embedding(3, 2, { paddingIdx: -1 });
    expect(table.paddingIdx).to.equal(2);
    table
      .call(tensor([0n, 2n, 2n]))
      .sum()
      .backward();
    expect([...(table.weight.grad as Tensor).dataSync()]).to.deep.equal([1, 1, 0, 0, 0, 0]);
  });
});

describe("Dropout", () => {
  it("drops and scales in training, and gives back its input otherwise", () => {
    manualSeed(5);
    const drop = new nn.Dropout(0.25);
    const x = ones([1000]);
    const values = [...drop.call(x).dataSync()].map(Number);
    const kept = values.filter((v) => v !== 0);
    expect(kept.every((v) => Math.abs(v - 4 / 3) < 1e-6)).to.equal(true);
    expect(kept.length).to.be.within(680, 820);
    expect(drop.eval().call(x)).to.equal(x);
  });
});

describe("Flatten", () => {
  it("takes its dims by themselves too", () => {
    expect(String(new nn.Flatten(0, 1))).to.equal("Flatten(start_dim=0, end_dim=1)");
    expect(new nn.Flatten(2).call(ones([2, 2, 3, 4])).shape).to.deep.equal([2, 2, 12]);
  });
});

describe("Transformer", () => {
  it("generateSquareSubsequentMask: −∞ above the diagonal, in the dtype asked for", () => {
    const mask = nn.Transformer.generateSquareSubsequentMask(2, { dtype: "float64" });
    expect([mask.dtype, mask.tolist()]).to.deep.equal([
      "float64",
      [
        [0, Number.NEGATIVE_INFINITY],
        [0, 0],
      ],
    ]);
    const options = { dtyp: "float64" } as object;
    expect(() => nn.Transformer.generateSquareSubsequentMask(2, options)).to.throw(
      ArgumentError,
      /'dtype'/,
    );
  });
});

describe("SeparableConv", () => {
  it("has its parts in order, prints them, and keys them by name", () => {
    const conv = new nn.SeparableConv2d(2, 5, 3, {
      ...{ depthMultiplier: 2, padding: "same", bias: false },
      norm: (c) => new nn.BatchNorm2d(c),
      activation: () => new nn.ReLU(),
      finalNorm: (c) => new nn.BatchNorm2d(c, { affine: false }),
      finalActivation: () => new nn.SiLU(),
    });
    expect(conv.children().map((m) => m.constructor.name)).to.deep.equal([
      "Conv2d",
      "BatchNorm2d",
      "ReLU",
      "Conv2d",
      "BatchNorm2d",
      "SiLU",
    ]);
    expect([...conv.stateDict().keys()].filter((k) => k.endsWith("weight"))).to.deep.equal([
      "depthwise.weight",
      "norm.weight",
      "pointwise.weight",
    ]);
    expect([...conv.depthwise.weight.shape]).to.deep.equal([4, 1, 3, 3]);
    expect([...conv.call(randn([1, 2, 4, 6])).shape]).to.deep.equal([1, 5, 4, 6]);
    expect(String(conv)).to.match(
      /^SeparableConv2d\(\n {2}\(depthwise\): Conv2d\(2, 4, .*groups=2, bias=False\)/,
    );
  });
  it("makes its parts in the dtype asked for", () => {
    const conv = new nn.SeparableConv1d(2, 3, 3, { dtype: "float64" });
    expect(conv.parameters().map((p) => p.dtype)).to.deep.equal(new Array(4).fill("float64"));
  });
});

describe("losses", () => {
  it("share the class weights that they were given; the caller's handle stays hers", () => {
    const weight = tensor([1, 3]);
    const loss = new nn.CrossEntropyLoss({ weight });
    expect(weight.released).to.equal(false);
    expect([...loss.stateDict().keys()]).to.deep.equal(["weight"]);
    expect(loss.weight?.storage).to.equal(weight.storage);
    expect([...new nn.BCEWithLogitsLoss({ posWeight: weight }).stateDict().keys()]).to.deep.equal([
      "pos_weight",
    ]);
  });
});
