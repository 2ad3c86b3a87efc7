// Full backward hooks: what they see, what their answers do, and where PyTorch has rules of its own.
import { noGrad, type Tensor, tensor } from "@tapegrad/core";
import { expect } from "chai";
import { nn } from "../src/index.ts";

class Scale extends nn.Module {
  forward(x: Tensor, y?: Tensor): Tensor {
    return y === undefined ? x.mul(3) : x.mul(3).add(y.mul(5));
  }
}
class Two extends nn.Module {
  forward(x: Tensor): { low: Tensor; high: Tensor } {
    return { low: x.mul(2), high: x.mul(7) };
  }
}
const leaf = (...data: number[]) => tensor(data, { requiresGrad: true });
const lists = (gs: readonly (Tensor | null)[]) => gs.map((g) => g?.tolist() ?? null);

describe("full backward hooks", () => {
  it("see the gradients of inputs and outputs", () => {
    const seen: unknown[] = [];
    const m = new Scale();
    m.registerFullBackwardHook((module, gradInputs, gradOutputs) => {
      seen.push(module === m, lists(gradInputs), lists(gradOutputs));
    });
    const x = leaf(1, 2);
    const y = tensor([1, 1]);
    m.call(x, y)
      .mul(tensor([10, 100]))
      .sum()
      .backward();
    expect(seen).to.deep.equal([true, [[30, 300], null], [[10, 100]]]);
    expect(x.grad?.tolist()).to.deep.equal([30, 300]);
  });

  it("replace the gradients of inputs, and of outputs before", () => {
    const m = new Scale();
    const order: string[] = [];
    m.registerFullBackwardPreHook((_m, [g]) => {
      order.push("pre");
      return [(g as Tensor).mul(2)];
    });
    m.registerFullBackwardHook((_m, [g]) => {
      order.push("first");
      return (g as Tensor).add(1);
    });
    m.registerFullBackwardHook((_m, [g], [out]) => {
      order.push(`second ${out?.item()}`);
      return [(g as Tensor).mul(10)];
    });
    const x = leaf(4);
    m.call(x).sum().backward();
    expect(x.grad?.tolist()).to.deep.equal([(2 * 3 + 1) * 10]);
    expect(order).to.deep.equal(["pre", "first", "second 2"]);
  });

  it("run once a call, for results in a record, with null for what nobody used", () => {
    const m = new Two();
    const seen: unknown[] = [];
    m.registerFullBackwardHook((_m, ins, outs) => {
      seen.push([lists(ins), lists(outs)]);
    });
    const x = leaf(1);
    const { high } = m.call(x);
    high.mul(1).sum().backward();
    expect(seen).to.deep.equal([[[[7]], [null, [1]]]]);
  });

  it("run for a module whose inputs have no gradient, as its parameters have", () => {
    const m = new nn.Linear(2, 1, { bias: false });
    const seen: unknown[] = [];
    m.registerFullBackwardHook((_m, ins, outs) => {
      seen.push([lists(ins), lists(outs)]);
    });
    m.call(tensor([[1, 2]]))
      .sum()
      .backward();
    expect(seen).to.deep.equal([[[null], [[[1]]]]]);
    expect(m.weight.grad?.tolist()).to.deep.equal([[1, 2]]);
  });

  it("go when removed, and are not there without recording", () => {
    const m = new Scale();
    let calls = 0;
    const remove = m.registerFullBackwardHook(() => {
      calls++;
    });
    noGrad(() => m.call(leaf(1)));
    const x = leaf(1);
    m.call(x).sum().backward();
    remove();
    remove();
    expect(m.hasHooks).to.equal(false);
    m.call(x).sum().backward();
    expect(calls).to.equal(1);
  });

  it("keep their place inside of a Sequential that fuses", () => {
    const x = tensor([[1, -2, 3]], { requiresGrad: true });
    const net = new nn.Sequential(new nn.Linear(3, 3), new nn.ReLU());
    const plain: Tensor = net.call(x);
    plain.sum().backward();
    const gradient = () => x.grad?.tolist();
    const expected = gradient();
    x.grad = null;
    const seen: unknown[] = [];
    net.at(0)?.registerFullBackwardHook((_m, _ins, outs) => {
      seen.push(lists(outs));
    });
    net.call(x).sum().backward();
    expect(gradient()).to.deep.equal(expected);
    expect(seen).to.deep.equal([[plain.gt(0).to("float32").tolist()]]);
  });

  it("refuse what is no hook, and lists of another length", () => {
    const m = new Scale();
    expect(() => m.registerFullBackwardHook(3 as never)).to.throw(/expected a function/);
    m.registerFullBackwardHook(() => []);
    expect(() => m.call(leaf(1)).sum().backward()).to.throw(/a list of 1 gradients; got 0/);
  });
});
