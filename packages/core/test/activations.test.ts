// Activations that draw random numbers: PyTorch's generator is another one, so their distributions are looked at.
import { gumbelSoftmax, manualSeed, ones, rrelu, type Tensor, tensor, zeros } from "@tapegrad/core";
import { expect } from "chai";
import { useBackend } from "./use-backend.ts";

useBackend("reference");

const plain = (t: Tensor): number[] => Array.from(t.dataSync(), Number);
const near = (got: number, expected: number, tolerance: number) =>
  expect(Math.abs(got - expected), `${got} beside ${expected}`).to.be.below(tolerance);

describe("rrelu in training", () => {
  it("draws slopes in [lower, upper) for what is negative; the gradient is the slope", () => {
    manualSeed(3);
    const x = ones([2000]).neg().requiresGrad_();
    const y = rrelu(x, { lower: 0.2, upper: 0.6, training: true });
    y.sum().backward();
    const slopes = plain(y).map((v) => -v);
    expect(slopes.every((s) => s >= 0.2 && s < 0.6)).to.equal(true);
    near(slopes.reduce((a, b) => a + b) / 2000, 0.4, 0.02);
    expect(plain(x.grad as Tensor)).to.deep.equal(slopes);
    expect(plain(rrelu(tensor([3]), { training: true }))).to.deep.equal([3]);
  });
});

describe("gumbelSoftmax", () => {
  it("sums to 1 along dim, and chooses as often as the logits say", () => {
    manualSeed(4);
    const logits = tensor([Math.log(0.7), Math.log(0.2), Math.log(0.1)]).expand(3000, 3);
    const soft = gumbelSoftmax(logits, { tau: 0.5 });
    near(Math.max(...plain(soft.sum(1).sub(1).abs())), 0, 1e-5);
    const shares = plain(gumbelSoftmax(logits, { hard: true }).mean(0));
    [0.7, 0.2, 0.1].forEach((p, i) => {
      near(shares[i] as number, p, 0.03);
    });
  });
  it("hard: a choice along any dim, with the gradient of the soft one", () => {
    const [logits, others] = [zeros([2, 3, 2]).requiresGrad_(), zeros([2, 3, 2]).requiresGrad_()];
    manualSeed(5);
    const hard = gumbelSoftmax(logits, { hard: true, dim: 1 });
    expect([...hard.shape]).to.deep.equal([2, 3, 2]);
    for (const v of plain(hard)) expect(Math.min(Math.abs(v), Math.abs(v - 1))).to.be.below(1e-6);
    near(Math.max(...plain(hard.sum(1).sub(1).abs())), 0, 1e-5);
    const weight = tensor(Array.from({ length: 12 }, (_, i) => i / 10)).reshape([2, 3, 2]);
    hard.mul(weight).sum().backward();
    manualSeed(5);
    gumbelSoftmax(others, { dim: 1 }).mul(weight).sum().backward();
    expect(plain(logits.grad as Tensor)).to.deep.equal(plain(others.grad as Tensor));
  });
});
