// The main job through every layer: a training step without any fallback, memory that stays flat, and the
// same bits from run to run.
import { expect } from "chai";
import {
  collect,
  crossEntropy,
  data,
  F,
  fallbacks,
  manualSeed,
  memory,
  models,
  nn,
  optim,
  resetFallbacks,
  setCollectionThreshold,
  setFallback,
  type Tensor,
  tensor,
  withBackend,
} from "../src/index.ts";

const MB = 1 << 20;

describe("the main model", () => {
  afterEach(() => setFallback("allow"));

  it("trains a step on wasm without a single fallback, under TAPEGRAD_FALLBACK=error", () => {
    withBackend("wasm", () => {
      manualSeed(0);
      const images = data.glyphs({ size: 20 });
      const model = models.create("separable", images);
      const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-3 });
      const { images: x, labels } = images.batch([...Array(8).keys()]);
      setFallback("error");
      resetFallbacks();
      const losses = [0, 1, 2].map(() => {
        const loss = crossEntropy(model.call(x), labels);
        optimizer.zeroGrad();
        loss.backward();
        nn.clipGradNorm(model.parameters(), 1);
        optimizer.step();
        return loss.item();
      });
      model.eval();
      expect(F.softmax(model.call(x), 1).argmax(1).eq(labels).sum().item()).to.be.at.least(0);
      expect(fallbacks().filter((f) => f.refusable)).to.deep.equal([]);
      expect(losses[2]).to.be.below(losses[0] as number);
    });
  });

  it("gives the same bits on two runs of five steps", () => {
    const bits = () =>
      withBackend("wasm", () => {
        manualSeed(3);
        const images = data.glyphs({ size: 40 });
        const model = models.create("separable", images);
        const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
        const loader = new data.DataLoader(images, { batchSize: 8, shuffle: true, seed: 1 });
        for (const batch of loader) {
          optimizer.zeroGrad();
          crossEntropy(model.call(batch.images), batch.labels).backward();
          optimizer.step();
        }
        return model.parameters().map((p) => p.dataSync());
      });
    expect(bits()).to.deep.equal(bits());
  });
});

describe("memory stays flat", () => {
  after(() => setCollectionThreshold());

  class Small extends nn.Module {
    features = new nn.Sequential(
      new nn.SeparableConv2d(2, 8, 3, {
        ...{ padding: 1, bias: false, depthMultiplier: 2 },
        norm: (channels) => new nn.BatchNorm2d(channels),
        activation: () => new nn.ReLU(),
      }),
      new nn.Dropout(0.1),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
    );
    classifier = new nn.Linear(8 * 4 * 4, 4);
    forward(x: Tensor): Tensor {
      return this.classifier.call(this.features.call(x));
    }
  }

  const BATCH = 4;
  const pixels = Float32Array.from({ length: BATCH * 128 }, (_, i) => Math.sin(i * 12.9898) * 0.5);
  const labels = BigInt64Array.from({ length: BATCH }, (_, i) => BigInt(i % 4));

  /** The largest live bytes over steps 50–150 and over steps 900–1,000. */
  function watch() {
    const most = { early: 0, late: 0 };
    return {
      most,
      at(step: number) {
        const { liveBytes } = memory();
        if (step >= 50 && step <= 150) most.early = Math.max(most.early, liveBytes);
        if (step >= 900) most.late = Math.max(most.late, liveBytes);
      },
    };
  }

  function setUp() {
    manualSeed(0);
    const model = new Small();
    const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-3 });
    collect();
    setCollectionThreshold({ bytes: memory().liveBytes + MB / 4, count: 1e9 });
    return (x: Tensor, y: Tensor) => {
      const loss = crossEntropy(model.call(x), y);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss.item();
    };
  }

  it("over 1,000 steps of a synchronous loop", () => {
    withBackend("wasm", () => {
      const step = setUp();
      const { most, at } = watch();
      for (let i = 0; i <= 1000; i++) {
        step(tensor(pixels, { shape: [BATCH, 2, 8, 8] }), tensor(labels));
        at(i);
      }
      expect(most.late).to.be.at.most(1.05 * most.early);
    });
  }).timeout(300_000);

  it("over 1,000 steps of the README's loop", async () => {
    const step = setUp();
    const images = tensor(pixels, { shape: [BATCH, 2, 8, 8] });
    const set = new data.TensorDataset(images, tensor(labels));
    const loader = new data.DataLoader(set, { batchSize: BATCH });
    const { most, at } = watch();
    for (let i = 0; i <= 1000; i++) {
      for await (const [x, y] of loader) step(x, y);
      at(i);
    }
    expect(most.late).to.be.at.most(1.05 * most.early);
  }).timeout(300_000);
});
