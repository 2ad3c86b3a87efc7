// An option that is undefined has its default, so that wrappers can pass options through; also for
// TypeScript, under exactOptionalPropertyTypes.
import { manualSeed, ones, type Tensor, tensor } from "@tapegrad/core";
import { expect } from "chai";
import { init, nn, optim } from "../src/index.ts";

const place = { dtype: undefined, device: undefined };
const conv = {
  stride: undefined,
  padding: undefined,
  dilation: undefined,
  bias: undefined,
  ...place,
};
const grouped = { ...conv, groups: undefined };
const transposed = { ...grouped, outputPadding: undefined };
const separable = {
  ...conv,
  depthMultiplier: undefined,
  norm: undefined,
  activation: undefined,
  finalNorm: undefined,
  finalActivation: undefined,
};
const pool = { stride: undefined, padding: undefined, ceilMode: undefined };
const maxPool = { ...pool, dilation: undefined };
const avgPool = { ...pool, countIncludePad: undefined };
const norm = {
  eps: undefined,
  momentum: undefined,
  affine: undefined,
  trackRunningStats: undefined,
  ...place,
};
const layerNorm = { eps: undefined, elementwiseAffine: undefined, bias: undefined, ...place };
const image = () => ones([2, 4, 6, 6]).add(0.5);
const line = () => ones([2, 4, 6]).add(0.5);
const rows = () =>
  tensor([
    [1, 2],
    [-3, 5],
  ]);
const plain = (values: Tensor) => Array.from(values.dataSync() as Float32Array);

type Layer = { readonly call: (x: Tensor) => Tensor };
type Case = [left: () => Layer, undef: () => Layer, x: () => Tensor];
const layers: Record<string, Case> = {
  Linear: [
    () => new nn.Linear(2, 3),
    () => new nn.Linear(2, 3, { bias: undefined, ...place }),
    rows,
  ],
  Conv1d: [() => new nn.Conv1d(4, 2, 3), () => new nn.Conv1d(4, 2, 3, grouped), line],
  Conv2d: [() => new nn.Conv2d(4, 2, 3), () => new nn.Conv2d(4, 2, 3, grouped), image],
  ConvTranspose1d: [
    () => new nn.ConvTranspose1d(4, 2, 3),
    () => new nn.ConvTranspose1d(4, 2, 3, transposed),
    line,
  ],
  ConvTranspose2d: [
    () => new nn.ConvTranspose2d(4, 2, 3),
    () => new nn.ConvTranspose2d(4, 2, 3, transposed),
    image,
  ],
  SeparableConv1d: [
    () => new nn.SeparableConv1d(4, 2, 3),
    () => new nn.SeparableConv1d(4, 2, 3, separable),
    line,
  ],
  SeparableConv2d: [
    () => new nn.SeparableConv2d(4, 2, 3),
    () => new nn.SeparableConv2d(4, 2, 3, separable),
    image,
  ],
  MaxPool1d: [() => new nn.MaxPool1d(2), () => new nn.MaxPool1d(2, maxPool), line],
  MaxPool2d: [() => new nn.MaxPool2d(2), () => new nn.MaxPool2d(2, maxPool), image],
  AvgPool1d: [() => new nn.AvgPool1d(2), () => new nn.AvgPool1d(2, avgPool), line],
  AvgPool2d: [() => new nn.AvgPool2d(2), () => new nn.AvgPool2d(2, avgPool), image],
  BatchNorm1d: [() => new nn.BatchNorm1d(4), () => new nn.BatchNorm1d(4, norm), line],
  BatchNorm2d: [() => new nn.BatchNorm2d(4), () => new nn.BatchNorm2d(4, norm), image],
  LayerNorm: [() => new nn.LayerNorm(2), () => new nn.LayerNorm(2, layerNorm), rows],
  GELU: [() => new nn.GELU(), () => new nn.GELU({ approximate: undefined }), rows],
  Softplus: [
    () => new nn.Softplus(),
    () => new nn.Softplus({ beta: undefined, threshold: undefined }),
    rows,
  ],
  Flatten: [
    () => new nn.Flatten(),
    () => new nn.Flatten({ startDim: undefined, endDim: undefined }),
    image,
  ],
  Embedding: [
    () => new nn.Embedding(3, 2),
    () => new nn.Embedding(3, 2, { paddingIdx: undefined, ...place }),
    () => tensor([0n, 2n]),
  ],
};

describe("options that are undefined", () => {
  for (const [name, [left, undef, x]] of Object.entries(layers)) {
    it(name, () => {
      const run = (make: () => Layer) => {
        manualSeed(3);
        const layer = make();
        return [String(layer), plain(layer.call(x()))];
      };
      expect(run(undef)).to.deep.equal(run(left));
    });
  }

  it("losses", () => {
    const reduction = undefined;
    const pairs: [
      { call(x: Tensor, y: Tensor): Tensor },
      { call(x: Tensor, y: Tensor): Tensor },
    ][] = [
      [new nn.MSELoss(), new nn.MSELoss({ reduction })],
      [new nn.L1Loss(), new nn.L1Loss({ reduction })],
      [new nn.SmoothL1Loss(), new nn.SmoothL1Loss({ reduction, beta: undefined })],
      [
        new nn.BCEWithLogitsLoss(),
        new nn.BCEWithLogitsLoss({ reduction, weight: undefined, posWeight: undefined }),
      ],
    ];
    for (const [left, undef] of pairs) {
      const y = ones([2, 2]);
      expect(undef.call(rows(), y).item()).to.equal(left.call(rows(), y).item());
    }
    const undef = { reduction, weight: undefined, ignoreIndex: undefined };
    const target = tensor([0n, 1n]);
    const cross = new nn.CrossEntropyLoss({ ...undef, labelSmoothing: undefined });
    expect(cross.call(rows(), target).item()).to.equal(
      new nn.CrossEntropyLoss().call(rows(), target).item(),
    );
    expect(new nn.NLLLoss(undef).call(rows(), target).item()).to.equal(
      new nn.NLLLoss().call(rows(), target).item(),
    );
  });

  it("optimizers, groups and schedules", () => {
    const params = () => [new nn.Parameter(ones([2]), { requiresGrad: undefined })];
    const shared = { lr: undefined, weightDecay: undefined, maximize: undefined };
    const momentum = { momentum: undefined, dampening: undefined, nesterov: undefined };
    const adam = { ...shared, betas: undefined, eps: undefined, amsgrad: undefined };
    const hyper = ({ paramGroups: [{ params: _, ...rest }] }: optim.SGD | optim.Adam) => rest;
    const sgd = (options = {}) => new optim.SGD(params(), { momentum: 0.9, ...options });
    expect(hyper(new optim.SGD(params(), { ...shared, ...momentum }))).to.deep.equal(
      hyper(new optim.SGD(params())),
    );
    expect(hyper(new optim.Adam(params(), adam))).to.deep.equal(hyper(new optim.Adam(params())));
    expect(hyper(new optim.AdamW(params(), adam))).to.deep.equal(hyper(new optim.AdamW(params())));
    const group = new optim.AdamW([{ params: params(), ...adam }], { lr: 0.5 });
    expect(group.paramGroups[0].lr).to.equal(0.5);

    const step = new optim.StepLR(sgd(), 1, { gamma: undefined });
    const cosine = new optim.CosineAnnealingLR(sgd(), 4, { etaMin: undefined });
    const cycle = new optim.OneCycleLR(sgd(), 1, {
      totalSteps: 8,
      epochs: undefined,
      stepsPerEpoch: undefined,
      pctStart: undefined,
      annealStrategy: undefined,
      cycleMomentum: undefined,
      baseMomentum: undefined,
      maxMomentum: undefined,
      divFactor: undefined,
      finalDivFactor: undefined,
      threePhase: undefined,
    });
    expect(step.stateDict()).to.deep.equal(new optim.StepLR(sgd(), 1).stateDict());
    expect(cosine.stateDict()).to.deep.equal(new optim.CosineAnnealingLR(sgd(), 4).stateDict());
    expect(cycle.stateDict()).to.deep.equal(
      new optim.OneCycleLR(sgd(), 1, { totalSteps: 8 }).stateDict(),
    );
    expect(optim.clipGradNorm(params(), 1, { normType: undefined })).to.equal(0);
  });

  it("initialisation and state", () => {
    const kaiming = { a: undefined, mode: undefined, nonlinearity: undefined };
    const drawn = (fill: (t: Tensor) => unknown) => {
      manualSeed(1);
      const t = ones([3, 3]);
      fill(t);
      return plain(t);
    };
    const generator = undefined;
    expect(drawn((t) => init.kaimingUniform_(t, { ...kaiming, generator }))).to.deep.equal(
      drawn((t) => init.kaimingUniform_(t)),
    );
    expect(drawn((t) => init.xavierNormal_(t, { gain: undefined, generator }))).to.deep.equal(
      drawn((t) => init.xavierNormal_(t)),
    );
    const buffer = nn.buffer(ones([1]), { persistent: undefined });
    expect(buffer.item()).to.equal(1);
    expect(() => new nn.Linear(1, 1).loadStateDict({}, { strict: undefined })).to.throw(/weight/);
  });
});
