// Every op above 3 GiB, where an address as a signed number is negative: the samples of all ops, and tensors
// large enough to be cut into tasks, forward and backward. Memory that is never touched costs nothing.
import { wasmBackend } from "@tapegrad/backend-cpu";
import {
  adamStep,
  add,
  avgPool2d,
  batchNorm,
  conv1d,
  conv2d,
  convTranspose2d,
  crossEntropy,
  embedding,
  exp,
  getBackend,
  grad,
  layerNorm,
  manualSeed,
  matmul,
  maxPool2d,
  noGrad,
  ops,
  powerSum,
  randint,
  randn,
  registerBackend,
  scaleAll,
  scope,
  sgdStep,
  softmax,
  sum,
  type Tensor,
  where,
  withBackend,
  zeros,
} from "@tapegrad/core";
import { opSuite } from "@tapegrad/core/testing";
import { expect } from "chai";
import { expectClose } from "./wasm-support.ts";

const HIGH = "wasm above 3 GiB";
const FILLER = 3 * 2 ** 30;

/** Whether the engine reserves and grows that much. */
function fill(): boolean {
  try {
    getBackend(HIGH).memory.take(FILLER);
    return true;
  } catch {
    return false;
  }
}

type Work = (r: (...shape: number[]) => Tensor) => readonly Tensor[];
const labels = (n: number, classes: number): Tensor => randint(0, classes, [n]);

/** Name, and a computation whose results and gradients are compared with the reference. */
const WORK: Readonly<Record<string, Work>> = {
  elementwise: (r) => [
    exp(add(r(70_001), 1))
      .div(r(70_001).square().add(1))
      .tanh(),
  ],
  "broadcast, strided": (r) => [r(301, 233).permute(1, 0).mul(r(301)).sub(r(233, 1))],
  where: (r) => [where(randn([199, 331]).gt(0), r(199, 331), r(331))],
  reductions: (r) => [
    r(257, 301).sum(0),
    r(301, 257).sum(1),
    r(65_537).mean(),
    r(257, 301).amax(1),
  ],
  softmax: (r) => [softmax(r(501, 133), 1), softmax(r(133, 501), 0)],
  "cross-entropy": (r) => [crossEntropy(r(301, 97), labels(301, 97))],
  "batch norm": (r) => [batchNorm(r(6, 9, 33, 31), { training: true, weight: r(9), bias: r(9) })],
  "layer norm": (r) => [layerNorm(r(301, 203), [203], { weight: r(203), bias: r(203) })],
  pooling: (r) => [maxPool2d(r(4, 9, 41, 43), 3, { stride: 2 }), avgPool2d(r(4, 9, 41, 43), 2)],
  "gather, scatter": (r) => [embedding(randint(0, 97, [3001]), r(97, 33))],
  "matrix products": (r) => [matmul(r(131, 97), r(97, 113)), matmul(r(5, 67, 33), r(5, 33, 41))],
  "convolution, dense": (r) => [conv2d(r(2, 16, 24, 23), r(24, 16, 3, 3), { padding: 1 })],
  "convolution, first layer": (r) => [conv2d(r(2, 3, 32, 31), r(16, 3, 3, 3), { stride: 2 })],
  "convolution, pointwise": (r) => [conv2d(r(2, 33, 19, 17), r(34, 33, 1, 1))],
  "convolution, depthwise": (r) => [
    conv2d(r(2, 20, 33, 31), r(20, 1, 3, 3), { groups: 20, padding: 1 }),
    conv2d(r(2, 12, 33, 31), r(24, 1, 5, 5), { groups: 12, stride: 2, padding: 2 }),
  ],
  "convolution, grouped": (r) => [conv2d(r(2, 16, 21, 23), r(16, 4, 3, 3), { groups: 4 })],
  "convolution, 1-D and transposed": (r) => [
    conv1d(r(3, 8, 301), r(8, 8, 7), { padding: 3 }),
    convTranspose2d(r(2, 8, 13, 11), r(8, 6, 4, 4), { stride: 2 }),
  ],
};

/** Values of the results and gradients of all that was drawn. */
function run(backend: string, work: Work): Float64Array[] {
  return withBackend(backend, () =>
    scope(() => {
      manualSeed(7);
      const drawn: Tensor[] = [];
      const results = work((...shape) => {
        const t = randn(shape, { requiresGrad: true });
        drawn.push(t);
        return t;
      });
      const gradients = grad(
        results.map((y) => sum(y.mul(y.detach().cos()))),
        drawn,
      );
      return [...results, ...gradients].map((t) => Float64Array.from(t.dataSync() as Float32Array));
    }),
  );
}

describe("addresses above 3 GiB", function () {
  this.timeout(60_000);
  let forget = (): void => {};
  before(function () {
    forget = registerBackend(HIGH, () => ({ ...wasmBackend(), name: HIGH }));
    if (!fill()) this.skip(); // shows as pending: this engine cannot reserve so much
  });
  after(() => forget());

  it("tensors lie there", () => {
    const t = zeros([8], { device: HIGH });
    expect((t.storage.block as unknown as { ptr: number }).ptr).to.be.greaterThan(FILLER);
    t.release();
  });

  it("the samples of every op: values, strided inputs", () => {
    let checks = 0;
    for (const check of opSuite(HIGH, { gradients: false, only: (op) => registered.has(op) })) {
      // What is refused has no address, and compositions are ops that have samples of their own.
      if (!/values|strided/.test(check.name)) continue;
      checks++;
      try {
        check.run();
      } catch (cause) {
        throw new Error(`${check.op}, ${check.name}`, { cause });
      }
    }
    expect(checks).to.be.greaterThan(500);
  });

  for (const [name, work] of Object.entries(WORK)) {
    it(`${name}: results and gradients`, () => {
      const [got, wanted] = [run(HIGH, work), run("reference", work)];
      got.forEach((values, i) => {
        expectClose(values, wanted[i] as Float64Array, `${name}, ${i}`, 2e-5);
      });
    });
  }

  it("passes over many tensors", () => {
    const passes = (backend: string) =>
      withBackend(backend, () =>
        noGrad(() => {
          manualSeed(3);
          const list = () => [40_003, 5, 30_000].map((n) => randn([n]));
          const [p, g, v] = [list(), list(), list()];
          const [m, s] = [list(), list().map((t) => t.abs())];
          const sgd = { lr: 0.1, momentum: 0.9, dampening: 0, weightDecay: 0.1, nesterov: true };
          expect(sgdStep(p, g, v, { ...sgd, maximize: false, first: false })).to.equal(true);
          const adam = { lr: 0.1, beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.1, step: 2 };
          const rest = { decoupled: true, maximize: false };
          expect(adamStep(p, g, m, s, undefined, { ...adam, ...rest })).to.equal(true);
          expect(scaleAll(g, 0.5)).to.equal(true);
          const norm = powerSum(g, 2) as Tensor;
          return [...p, ...g, ...v, ...m, ...s, norm].map((t) => t.dataSync() as Float32Array);
        }),
      );
    const wanted = passes("reference");
    passes(HIGH).forEach((values, i) => {
      expectClose(values, wanted[i] as Float32Array, `tensor ${i}`);
    });
  });
});

/** As this file loads: other tests define ops of their own later. */
const registered = new Set(ops().keys());
