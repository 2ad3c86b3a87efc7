// Options that do not exist are errors in layers, optimizers, schedules and initialisation.
import { ArgumentError, Generator, tensor, zeros } from "@tapegrad/core";
import { expect } from "chai";
import * as nn from "../src/index.ts";

/** Calls as JavaScript makes them. */
// biome-ignore lint/suspicious/noExplicitAny: what TypeScript would refuse is what is tested
const js = nn as any;
const none = { nonsense: 1 };
const parameters = () => [new nn.Parameter(tensor([1, 2]))];
const sgd = () => new nn.SGD(parameters());

const refused = (name: string, call: () => unknown, pattern: RegExp) =>
  it(name, () => {
    expect(call).to.throw(ArgumentError, pattern);
  });

describe("options", () => {
  describe("a name that does not exist", () => {
    const make: Record<string, () => unknown> = {
      Linear: () => new js.Linear(2, 2, none),
      Embedding: () => new js.Embedding(2, 2, none),
      BatchNorm1d: () => new js.BatchNorm1d(2, none),
      BatchNorm2d: () => new js.BatchNorm2d(2, none),
      LayerNorm: () => new js.LayerNorm(2, none),
      GELU: () => new js.GELU(none),
      Softplus: () => new js.Softplus(none),
      Flatten: () => new js.Flatten(none),
      CrossEntropyLoss: () => new js.CrossEntropyLoss(none),
      NLLLoss: () => new js.NLLLoss(none),
      MSELoss: () => new js.MSELoss(none),
      L1Loss: () => new js.L1Loss(none),
      SmoothL1Loss: () => new js.SmoothL1Loss(none),
      BCEWithLogitsLoss: () => new js.BCEWithLogitsLoss(none),
      Parameter: () => new js.Parameter(zeros([1]), none),
      buffer: () => js.buffer(zeros([1]), none),
      SGD: () => new js.SGD(parameters(), none),
      Adam: () => new js.Adam(parameters(), none),
      AdamW: () => new js.AdamW(parameters(), none),
      StepLR: () => new js.StepLR(sgd(), 1, none),
      CosineAnnealingLR: () => new js.CosineAnnealingLR(sgd(), 1, none),
      OneCycleLR: () => new js.OneCycleLR(sgd(), 1, { totalSteps: 2, ...none }),
      SWALR: () => new js.SWALR(sgd(), 1, none),
      AveragedModel: () => new js.AveragedModel(new nn.Linear(2, 2), none),
      clipGradNorm: () => js.clipGradNorm(parameters(), 1, none),
      uniform_: () => js.init.uniform_(zeros([2]), 0, 1, none),
      normal_: () => js.init.normal_(zeros([2]), 0, 1, none),
      kaimingUniform_: () => js.init.kaimingUniform_(zeros([2, 2]), none),
      kaimingNormal_: () => js.init.kaimingNormal_(zeros([2, 2]), none),
      xavierUniform_: () => js.init.xavierUniform_(zeros([2, 2]), none),
      xavierNormal_: () => js.init.xavierNormal_(zeros([2, 2]), none),
      loadStateDict: () => js.Linear.prototype.loadStateDict.call(new nn.Linear(1, 1), {}, none),
    };
    for (const dims of [1, 2, 3]) {
      for (const name of [`Conv${dims}d`, `ConvTranspose${dims}d`]) {
        make[name] = () => new js[name](2, 2, 1, none);
      }
      for (const name of [`MaxPool${dims}d`, `AvgPool${dims}d`]) {
        make[name] = () => new js[name](2, none);
      }
    }
    const before: Record<string, unknown[]> = {
      ...Object.fromEntries(
        [
          "ELU",
          "CELU",
          "LeakyReLU",
          "RReLU",
          "PReLU",
          "Hardtanh",
          "Hardshrink",
          "Softshrink",
          "GLU",
        ]
          .concat([
            "BCELoss",
            "HuberLoss",
            "KLDivLoss",
            "PoissonNLLLoss",
            "GaussianNLLLoss",
            "CTCLoss",
          ])
          .concat(["HingeEmbeddingLoss", "MarginRankingLoss", "SoftMarginLoss", "MultiMarginLoss"])
          .concat(["MultiLabelMarginLoss", "MultiLabelSoftMarginLoss", "CosineEmbeddingLoss"])
          .concat(["TripletMarginLoss", "TripletMarginWithDistanceLoss"])
          .concat(["PairwiseDistance", "CosineSimilarity", "Upsample", "Transformer"])
          .map((name) => [name, []]),
      ),
      ...Object.fromEntries(
        ["InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "BatchNorm3d", "RMSNorm", "Unfold"]
          .concat(["LocalResponseNorm", "AdaptiveMaxPool2d", "MaxUnpool2d"])
          .map((name) => [name, [2]]),
      ),
      ...Object.fromEntries(
        ["GroupNorm", "LPPool2d", "Fold", "RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell"]
          .concat(["MultiheadAttention", "TransformerEncoderLayer", "TransformerDecoderLayer"])
          .map((name) => [name, [2, 2]]),
      ),
      Bilinear: [2, 2, 2],
    };
    for (const [name, args] of Object.entries(before))
      make[name] = () => new js[name](...args, none);
    for (const name of ["SeparableConv1d", "SeparableConv2d"]) {
      make[name] = () => new js[name](2, 2, 1, none);
    }
    for (const [name, call] of Object.entries(make)) {
      refused(name, call, new RegExp(`^${name}: there is no option 'nonsense'; there are `));
    }
    refused(
      "with the nearest one",
      () => new js.Conv2d(1, 8, 3, { strides: 2 }),
      /^Conv2d: there is no option 'strides' \(did you mean 'stride'\?\); there are stride, padding, dilation, groups, bias, paddingMode, dtype, device$/,
    );
    refused(
      "outputPadding of a convolution",
      () => new js.Conv2d(1, 8, 3, { outputPadding: 1 }),
      /'outputPadding'/,
    );
    refused(
      "learningRate",
      () => new js.AdamW(parameters(), { learningRate: 1 }),
      /^AdamW: .*'learningRate'; there are lr, betas/,
    );
    refused(
      "weight_decay",
      () => new js.AdamW(parameters(), { weight_decay: 1 }),
      /did you mean 'weightDecay'/,
    );
    refused(
      "of a parameter group",
      () => new js.SGD([{ params: parameters(), learningRate: 1 }]),
      /^SGD: there is no option 'learningRate'; there are lr, momentum/,
    );
  });

  describe("something else where the options belong", () => {
    refused(
      "a stride",
      () => new js.Conv2d(1, 8, 3, 2),
      /^Conv2d: got 2 where the options belong; options go by name/,
    );
    refused("a pooling's stride", () => new js.MaxPool2d(2, 2), /^MaxPool2d: got 2 where/);
    refused("whether to have a bias", () => new js.Linear(1, 2, false), /^Linear: got false where/);
    refused(
      "a learning rate",
      () => new js.SGD(parameters(), 0.1),
      /^SGD: got 0.1 where .*\{ lr, /,
    );
    refused(
      "a learning rate of AdamW",
      () => new js.AdamW(parameters(), 0.1),
      /^AdamW: got 0.1 where/,
    );
    refused("gamma", () => new js.StepLR(sgd(), 1, 0.5), /^StepLR: got 0.5 where .*\{ gamma \}/);
    refused(
      "class weights",
      () => new js.CrossEntropyLoss(zeros([3])),
      /got a Tensor .*\{ weight \} \(of weight, /,
    );
    refused(
      "strict",
      () => new nn.Linear(1, 1).loadStateDict({}, false as never),
      /loadStateDict: got false/,
    );
  });

  it("takes what TypeScript takes", () => {
    const optimizer = new nn.SGD([{ params: parameters(), lr: 0.5 }], { momentum: 0.9 });
    new nn.StepLR(optimizer, 1, { gamma: 0.5 });
    // A group as an optimizer has it, with the first rate that a schedule noted.
    const [group] = optimizer.paramGroups;
    const again = new nn.SGD([{ ...(group as NonNullable<typeof group>) }]);
    expect(again.paramGroups[0].momentum).to.equal(0.9);
    const generator = new Generator(1);
    nn.init.kaimingUniform_(zeros([2, 2]), { a: 1, mode: "fan_out", generator });
    nn.init.xavierNormal_(zeros([2, 2]), { gain: 2, generator });
  });
});
