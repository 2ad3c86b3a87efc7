// Training on the GPU: the loss curve of the reference backend, no read-back but the loss, flat memory, large submits.
import {
  batchNorm,
  collect,
  conv2d,
  crossEntropy,
  grad,
  manualSeed,
  noGrad,
  randn,
  setBackend,
  type Tensor,
  tensor,
  zeros,
} from "@tapegrad/core";
import { expect } from "chai";
import { gpu, NAME } from "../src/index.ts";
import { describeGpu } from "./gpu.ts";

const CHANNELS = 4;
const BATCH = 4;
/** A collection every so many steps. */
const COLLECT = 20;

/** A separable network of core's functions alone; its parameters, and its loss on a batch. */
function network(blockCount: number) {
  const parameters: Tensor[] = [];
  const parameter = (shape: number[], scale: number): Tensor => {
    const p = randn(shape).mul(scale).detach();
    p.requiresGrad = true;
    parameters.push(p);
    return p;
  };
  const stem = parameter([CHANNELS, 1, 3, 3], 0.3);
  const blocks = Array.from({ length: blockCount }, () => ({
    depthwise: parameter([CHANNELS, 1, 3, 3], 0.3),
    gain: parameter([CHANNELS], 1),
    shift: parameter([CHANNELS], 0.1),
    pointwise: parameter([CHANNELS, CHANNELS, 1, 1], 0.5),
  }));
  const head = parameter([CHANNELS, 3], 0.5);
  const loss = (images: Tensor, labels: Tensor): Tensor => {
    let x = conv2d(images, stem, { padding: 1 });
    for (const { depthwise, gain, shift, pointwise } of blocks) {
      x = conv2d(x, depthwise, { padding: 1, groups: CHANNELS });
      x = batchNorm(x, { weight: gain, bias: shift, training: true }).relu();
      x = conv2d(x, pointwise);
    }
    return crossEntropy(x.mean([2, 3]).matmul(head), labels);
  };
  return { parameters, loss };
}

/** Trains by momentum; the loss of each step, and the live bytes after it. */
async function train(steps: number, blocks = 3): Promise<{ losses: number[]; live: number[] }> {
  manualSeed(3);
  const { parameters, loss } = network(blocks);
  const speeds = parameters.map((p) => zeros(p.shape));
  const images = randn([BATCH, 1, 6, 6]);
  const labels = tensor(Array.from({ length: BATCH }, (_, i) => BigInt(i % 3)));
  const losses: number[] = [];
  const live: number[] = [];
  for (let k = 0; k < steps; k++) {
    const value = loss(images, labels);
    const gradients = grad(value, parameters);
    noGrad(() => {
      parameters.forEach((p, i) => {
        const g = gradients[i] as Tensor;
        const speed = speeds[i] as Tensor;
        speed.mul_(0.9).add_(g);
        const change = speed.mul(0.05);
        p.sub_(change);
        change.release();
        g.release();
      });
    });
    losses.push(await value.itemAsync());
    value.release();
    if (k % COLLECT === COLLECT - 1) collect();
    if (gpu.ready) live.push(gpu.counters().liveBytes);
  }
  return { losses, live };
}

describeGpu("training on the GPU", () => {
  it("the reference backend's losses to 1e-3 for 20 steps, and one read-back a step", async () => {
    await train(1); // compiles
    gpu.resetCounters();
    const { losses } = await train(20);
    const { readbacks, uploads, dispatches, submits } = gpu.counters();
    expect(readbacks).to.equal(20);
    expect(uploads).to.equal(1); // the labels
    expect(dispatches / submits).to.be.at.least(50);
    setBackend("reference");
    const truth = (await train(20)).losses;
    setBackend(NAME);
    losses.forEach((v, k) => {
      expect(v, `step ${k}`).to.be.closeTo(truth[k] as number, 1e-3);
    });
    expect(losses[19]).to.be.below(losses[0] as number);
  });

  it("live bytes are flat over 200 steps", async () => {
    const { live } = await train(200, 1);
    // What a collection leaves every 20th step: parameters, speeds, the batch, and what other tests still hold.
    const left = live.filter((_, k) => k % COLLECT === COLLECT - 1);
    expect(left.length).to.equal(10);
    expect(Math.max(...left.slice(5))).to.be.at.most(1.05 * (left[0] as number));
  });
});
