// Deterministic mode: plain SIMD128 kernels on the backend's own memory, the same bits as a backend that never
// had fused multiply-add.
import "@tapegrad/backend-cpu";
import {
  areDeterministicAlgorithmsEnabled,
  batchNorm,
  conv2d,
  crossEntropy,
  getBackend,
  isTuning,
  linear,
  manualSeed,
  noGrad,
  ops,
  randint,
  randn,
  registerBackend,
  scope,
  type Tensor,
  tune,
  useDeterministicAlgorithms,
  withBackend,
} from "@tapegrad/core";
import { sampleRng } from "@tapegrad/core/testing";
import { expect } from "chai";
import { wasmBackend } from "../src/backend.ts";
import { relaxedSimd } from "../src/wasm/assembler/features.ts";

const bits = (t: Tensor): string => Buffer.from(t.dataSync().buffer).toString("base64");

/** Loss and gradients of a small network, as bits. */
function step(): string[] {
  manualSeed(3);
  const x = randn([4, 6, 15, 15]);
  const weights = [
    randn([6, 1, 3, 3]),
    randn([40, 6, 1, 1]),
    randn([40, 40, 3, 3]),
    randn([10, 40]),
  ];
  for (const w of weights) w.requiresGrad = true;
  const [depthwise, pointwise, dense, last] = weights as [Tensor, Tensor, Tensor, Tensor];
  let h = conv2d(x, depthwise, { padding: 1, groups: 6 });
  h = batchNorm(conv2d(h, pointwise), { training: true }).relu();
  h = conv2d(h, dense, { padding: 1 }).tanh();
  const loss = crossEntropy(linear(h.mean([2, 3]), last), randint(0, 10, [4]));
  loss.backward();
  return [loss, ...weights.map((w) => w.grad as Tensor)].map(bits);
}

describe("deterministic mode", () => {
  let takeBack: () => void;
  before(() => {
    const make = () => ({
      ...wasmBackend({ relaxed: false, winograd: false }),
      name: "wasm-plain",
    });
    takeBack = registerBackend("wasm-plain", make, { priority: -1 });
  });
  after(() => takeBack());
  afterEach(() => {
    useDeterministicAlgorithms(false);
    tune(false);
  });

  const on = <R>(f: () => R): R => {
    useDeterministicAlgorithms(true);
    try {
      return f();
    } finally {
      useDeterministicAlgorithms(false);
    }
  };

  it("gives the bits of a backend without fused multiply-add, forward and backward", () => {
    const plain = withBackend("wasm-plain", step);
    const before = withBackend("wasm", step);
    expect(on(() => withBackend("wasm", step))).to.deep.equal(plain);
    expect(withBackend("wasm", step), "switched off again").to.deep.equal(before);
    if (relaxedSimd()) expect(before).to.not.deep.equal(plain);
  });

  it("does so for every op", () => {
    const results = (backend: string): string[] =>
      withBackend(backend, () =>
        [...ops()].flatMap(([name, op]) =>
          [...(op.spec.samples?.(sampleRng(backend, "float32")) ?? [])].map((args) => {
            const all = Array.from({ length: op.spec.inputs.length + 1 }, (_, i) => args[i]);
            const text = () => [op(...all)].flat().map((y) => bits(y as Tensor));
            return [name, ...noGrad(() => scope(text))].join(" ");
          }),
        ),
      );
    const plain = results("wasm-plain");
    const exact = on(() => results("wasm"));
    expect(exact.length).to.be.at.least(500);
    for (const [i, text] of exact.entries()) {
      if (text !== plain[i])
        expect.fail(`sample ${i}: ${text.slice(0, 80)} ≠ ${plain[i]?.slice(0, 80)}`);
    }
  });

  it("wins over tuning, and says so", () => {
    tune();
    expect(isTuning()).to.equal(true);
    on(() => {
      expect(areDeterministicAlgorithmsEnabled()).to.equal(true);
      expect(isTuning()).to.equal(false);
      expect(getBackend("wasm").describe?.()).to.match(/SIMD128 \(deterministic mode\)/);
    });
    expect(isTuning()).to.equal(true);
    expect(getBackend("wasm").describe?.()).to.not.match(/deterministic/);
  });

  it("takes nothing but true and false", () => {
    expect(() => useDeterministicAlgorithms("yes" as unknown as boolean)).to.throw(
      /useDeterministicAlgorithms: expected true or false, got yes/,
    );
  });

  it("costs nothing to speak of: tensors live through a change of mode", () => {
    withBackend("wasm", () => {
      const x = randn([100]);
      const y = on(() => x.mul(2));
      expect(bits(x.mul(2))).to.equal(bits(y));
    });
  });
});
