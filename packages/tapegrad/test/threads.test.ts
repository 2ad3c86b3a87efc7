// The number of threads changes the time and nothing else: 50 steps of training, bit by bit.
import { expect } from "chai";
import {
  crossEntropy,
  data,
  getNumThreads,
  manualSeed,
  models,
  optim,
  setNumThreads,
  withBackend,
} from "../src/index.ts";

const STEPS = 50;

/** The loss of each step and the bytes of all parameters and buffers after the last. */
function train(
  threads: number,
  steps = STEPS,
): { losses: number[]; state: Record<string, number[]> } {
  setNumThreads(threads);
  return withBackend("wasm", () => {
    manualSeed(7);
    const images = data.glyphs({ size: 64 });
    const model = models.create("separable", images);
    const optimizer = new optim.AdamW(model.parameters(), { lr: 2e-3 });
    const loader = new data.DataLoader(images, { batchSize: 8, shuffle: true, seed: 1 });
    const losses: number[] = [];
    while (losses.length < steps) {
      for (const batch of loader) {
        if (losses.length === steps) break;
        const loss = crossEntropy(model.call(batch.images), batch.labels);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        losses.push(loss.item());
      }
    }
    const state = Object.entries(model.stateDict()).map(([key, t]) => [
      key,
      [...new Uint32Array(Float32Array.from(t.dataSync() as Float32Array).buffer)],
    ]);
    return { losses, state: Object.fromEntries(state) };
  });
}

describe("threads", () => {
  const before = getNumThreads();
  afterEach(() => setNumThreads(before));

  it("1, 2 and 3 train to the same bits", () => {
    const one = train(1);
    expect(one.losses[STEPS - 1]).to.be.below(one.losses[0] as number);
    for (const threads of [2, 3]) expect(train(threads)).to.deep.equal(one);
    // And from run to run: a loss has all bits of the steps before in it.
    expect(train(2, 10).losses).to.deep.equal(one.losses.slice(0, 10));
  }).timeout(300_000);

  it("are checked when they are set", () => {
    for (const bad of [0, -1, 1.5, Number.NaN, 1e9]) {
      expect(() => setNumThreads(bad)).to.throw(
        /setNumThreads: expected a whole number of threads/,
      );
    }
  });
});
