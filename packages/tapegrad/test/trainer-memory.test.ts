// The command's training step lets go of all that it has made: live bytes are the same after each step, though
// nothing is collected.
import { expect } from "chai";
import { data, memory } from "../src/index.ts";
import type { Reporter, TrainOptions } from "../src/train/options.ts";
import { Trainer } from "../src/train/trainer.ts";

describe("the trainer's memory", () => {
  const options: TrainOptions = {
    ...{ dataset: "glyphs", model: "separable", data: undefined, epochs: 1, batch: 2, maxSteps: 6 },
    ...{ optim: "adamw", lr: 0.001, schedule: "cosine", weightDecay: 0.01, clip: 1, seed: 0 },
    ...{ out: undefined, resume: false, overwrite: false },
  };

  it("is the same after each step", async () => {
    const images = data.glyphs({ size: 12 });
    const bytes: number[] = [];
    const nothing = () => {};
    const reporter: Reporter = {
      ...{ start: nothing, epoch: nothing, note: nothing, stop: nothing },
      step: () => void bytes.push(memory().liveBytes),
    };
    const { collections } = memory();
    const trainer = new Trainer(options, { train: images, test: images });
    await trainer.run(reporter, { requested: false });
    expect(memory().collections).to.equal(collections);
    expect(bytes).to.have.lengthOf(6);
    // The first step makes the optimizer's state.
    expect(bytes.slice(1)).to.deep.equal(Array(5).fill(bytes[1]));
  });
});
