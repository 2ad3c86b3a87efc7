// What TypeScript must know of modules: call() has the signature of forward, Sequential takes layers.
import { randn, type Tensor } from "@tapegrad/core";
import { expect } from "chai";
import { F, nn, optim } from "../src/index.ts";

class Net extends nn.Module {
  conv = new nn.Conv2d(1, 8, 3);
  forward(x: Tensor) {
    return this.conv.call(x).relu();
  }
}
class Two extends nn.Module {
  forward(a: Tensor, scale: number): [Tensor, Tensor] {
    return [a, a.mul(scale)];
  }
}

describe("types", () => {
  it("call takes and gives what forward does", () => {
    const y: Tensor = new Net().call(randn([1, 1, 4, 4]));
    expect([...y.shape]).to.deep.equal([1, 8, 2, 2]);
    const [, b]: [Tensor, Tensor] = new Two().call(randn([2]), 3);
    expect(b.numel).to.equal(2);
    const wrong = () => {
      // @ts-expect-error a module of one tensor takes no text
      new Net().call("x");
      // @ts-expect-error the scale is missing
      new Two().call(randn([2]));
      // @ts-expect-error a loss takes two tensors, so it is no layer
      new nn.Sequential(new nn.MSELoss());
      // @ts-expect-error there is no such option
      new nn.Conv2d(1, 1, 3, { strides: 2 });
      // @ts-expect-error SGD has no betas
      new optim.SGD([], { betas: [0, 0] });
    };
    expect(wrong).to.be.a("function");
  });
  it("hooks know their module", () => {
    const net = new Two();
    net.registerForwardHook((m, [a, scale], [, b]) => {
      expect([m === net, a.numel, scale, b.numel]).to.deep.equal([true, 2, 3, 2]);
    });
    net.call(randn([2]), 3);
  });
  it("any module is a Module, and its children are too", () => {
    const all: nn.Module[] = [new Net(), new Two(), new nn.MSELoss(), new nn.Sequential()];
    const plain: optim.Optimizer = new optim.AdamW(new Net().parameters());
    expect(all.map((m) => m.children().length)).to.deep.equal([1, 0, 0, 0]);
    expect(plain.paramGroups[0].lr).to.equal(1e-3);
    expect(F.relu(randn([2])).numel).to.equal(2);
  });
});
