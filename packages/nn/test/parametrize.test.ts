// Parametrizations beyond the numbers of modules-parametrized.json: handles, removal, older states, copies, mistakes.
import { ArgumentError, memory, noGrad, ShapeError, type Tensor, tensor } from "@tapegrad/core";
import { expect } from "chai";
import { useBackend } from "../../core/test/use-backend.ts";
import * as nn from "../src/index.ts";

const numbers = (t: Tensor): number[] => Array.from(t.dataSync(), Number);
const rounded = (t: Tensor): number[] => numbers(t).map((v) => Math.round(v * 1e5) / 1e5);

/** A weight twice as large as what is learnt. */
class Doubled extends nn.Module {
  calls = 0;
  forward(x: Tensor): Tensor {
    this.calls++;
    return x.mul(2);
  }
  rightInverse(y: Tensor): Tensor {
    return y.div(2);
  }
}
class Flat extends nn.Module {
  forward(x: Tensor): Tensor {
    return x.flatten();
  }
  rightInverse(y: Tensor): Tensor {
    return y.mul(2);
  }
}

describe("parametrizations", () => {
  useBackend("reference");

  it("keep the parameter's handle and its values; assigning goes through rightInverse", () => {
    const net = new nn.Linear(2, 1, { bias: false });
    const { weight } = net;
    noGrad(() => weight.copy_(tensor([[3, 4]])));
    nn.registerParametrization(net, "weight", new Doubled());
    expect(numbers(net.weight)).to.deep.equal([3, 4]);
    expect(net.parameters()).to.deep.equal([weight]);
    expect(numbers(weight)).to.deep.equal([1.5, 2]);
    expect([...net.stateDict().keys()]).to.deep.equal(["parametrizations.weight.original"]);
    expect(String(net)).to.match(/^ParametrizedLinear\(/);
    net
      .call(tensor([[1, 1]]))
      .sum()
      .backward();
    expect(numbers(weight.grad as Tensor)).to.deep.equal([2, 2]);
    net.weight = new nn.Parameter(tensor([[8, 6]]));
    expect(numbers(weight)).to.deep.equal([4, 3]);
    expect(net.weight).not.to.equal(weight);
  });

  it("are removed, with the values they gave or those they began with", () => {
    const net = nn.registerParametrization(new nn.Linear(2, 1), "weight", new Doubled());
    const [, bias] = net.parameters();
    const given = numbers(net.weight);
    nn.removeParametrizations(net, "weight");
    expect(numbers(net.weight)).to.deep.equal(given);
    expect(net.constructor).to.equal(nn.Linear);
    expect([...net.stateDict().keys()]).to.deep.equal(["bias", "weight"]);
    expect(bias).to.be.instanceOf(nn.Parameter);
    nn.weightNorm(net);
    expect(nn.isParametrized(net)).to.equal(true);
    expect(nn.isParametrized(net, { tensorName: "bias" })).to.equal(false);
    expect(() => nn.removeParametrizations(net, "weight", { leaveParametrized: false })).to.throw(
      ArgumentError,
      /'weight' is made of 2 tensors/,
    );
    nn.removeParametrizations(net, "weight");
    expect(net.weight).to.be.instanceOf(nn.Parameter);
    expect(net.weight.requiresGrad).to.equal(true);
    expect(rounded(net.weight)).to.deep.equal(given.map((v) => Math.round(v * 1e5) / 1e5));
    nn.registerParametrization(net, "weight", new Doubled());
    nn.removeParametrizations(net, "weight", { leaveParametrized: false });
    expect(rounded(net.weight)).to.deep.equal(given.map((v) => Math.round((v / 2) * 1e5) / 1e5));
    expect(() => nn.removeParametrizations(net, "weight")).to.throw(
      ArgumentError,
      /'weight' of Linear is not parametrized/,
    );
  });

  it("weightNorm understands states with weight_g and weight_v, inside other modules too", () => {
    const net = new nn.Sequential(nn.weightNorm(new nn.Linear(2, 2, { bias: false })));
    const state = {
      "0.weight_g": tensor([[5], [2]]),
      "0.weight_v": tensor([
        [3, 4],
        [0, 1],
      ]),
    };
    net.loadStateDict(state);
    expect(numbers((net.children()[0] as nn.Linear).weight)).to.deep.equal([3, 4, 0, 2]);
  });

  it("spectralNorm goes on in training and stands still in evaluation; a copy is one of its own", () => {
    const net = nn.spectralNorm(new nn.Linear(3, 3));
    const u = (): number[] =>
      numbers(net.stateDict().get("parametrizations.weight.0._u") as Tensor);
    net.eval();
    const before = u();
    void net.weight;
    expect(u()).to.deep.equal(before);
    const copy = nn.cloneModule(net);
    copy.train();
    for (let i = 0; i < 60; i++) void copy.weight;
    expect(u()).to.deep.equal(before);
    expect(rounded(copy.weight.detach().norm(2))[0]).to.be.at.least(1);
    nn.removeParametrizations(copy, "weight");
    expect(nn.isParametrized(net)).to.equal(true);
    expect(net.weight.shape).to.deep.equal([3, 3]);
  });

  it("orthogonal gives orthonormal columns or rows, and begins with an orthogonal weight as it is", () => {
    for (const [inputs, outputs] of [
      [3, 3],
      [2, 4],
      [4, 2],
    ] as const) {
      const { weight } = nn.orthogonal(new nn.Linear(inputs, outputs));
      const w = inputs > outputs ? weight.detach().mT : weight.detach();
      const product = rounded(w.mT.matmul(w)).map(Math.abs);
      const n = Math.min(inputs, outputs);
      expect(product).to.deep.equal(
        Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0)),
      );
    }
    const turned = new nn.Linear(2, 2, { bias: false });
    noGrad(() =>
      turned.weight.copy_(
        tensor([
          [0, -1],
          [1, 0],
        ]),
      ),
    );
    expect(rounded(nn.orthogonal(turned).weight)).to.deep.equal([0, -1, 1, 0]);
    expect(() => nn.orthogonal(turned, { name: "none" })).to.throw(ArgumentError, /no parameter/);
  });

  it("cachedParametrizations computes each once", () => {
    const step = new Doubled();
    const net = nn.registerParametrization(new nn.Linear(2, 2), "weight", step);
    const before = step.calls;
    nn.cachedParametrizations(() => expect(net.weight).to.equal(net.weight));
    expect(step.calls).to.equal(before + 1);
    expect(net.weight).not.to.equal(net.weight);
  });

  it("of ours leave nothing of a call but its result", () => {
    const net = nn.weightNorm(new nn.Linear(2, 2));
    const x = tensor([[1, 2]]);
    const before = memory().liveBytes;
    noGrad(() => net.call(x)).release();
    expect(memory().liveBytes).to.equal(before);
  });

  it("mistakes are refused, and nothing was changed", () => {
    const net = new nn.Linear(2, 2);
    const before = numbers(net.weight);
    expect(() => nn.registerParametrization(net, "wieght", new Doubled())).to.throw(
      ArgumentError,
      /Linear has no parameter 'wieght'/,
    );
    expect(() => nn.registerParametrization(net, "weight", new Flat())).to.throw(
      ShapeError,
      /'weight' would become another shape[\s\S]*\[2, 2\][\s\S]*\[4\]/,
    );
    expect(nn.isParametrized(net)).to.equal(false);
    expect(numbers(net.weight)).to.deep.equal(before);
    expect(() => nn.weightNorm(net, { dim: 2 })).to.throw(ArgumentError, /dim must be in \[0, 2\)/);
    expect(() => nn.spectralNorm(net, { nPowerIterations: 0 })).to.throw(
      ArgumentError,
      /nPowerIterations/,
    );
    expect(() => nn.orthogonal(net, { name: "bias" })).to.throw(ArgumentError, /has 1 dims/);
  });
});
