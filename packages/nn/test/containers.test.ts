// Containers, copies of modules, lazy layers, and parameters that several modules share.
import { ArgumentError, manualSeed, ShapeError, type Tensor, tensor, zeros } from "@tapegrad/core";
import { expect } from "chai";
import { F, nn, optim } from "../src/index.ts";

const plain = (t: Tensor | null): number[] => Array.from((t as Tensor).dataSync(), Number);

describe("ModuleDict", () => {
  it("holds modules by name, in order, as parts of the module around it", () => {
    class Net extends nn.Module {
      readonly parts = new nn.ModuleDict({ up: new nn.Linear(2, 3), act: new nn.ReLU() });
      forward(x: Tensor): Tensor {
        return this.parts.values().reduce((y, part) => part.call(y), x);
      }
    }
    const net = new Net();
    expect([...net.stateDict().keys()]).to.deep.equal(["parts.up.weight", "parts.up.bias"]);
    expect([...net.call(zeros([1, 2])).shape]).to.deep.equal([1, 3]);
    net.parts.set("act", new nn.Tanh()).set("down", new nn.Linear(3, 1));
    expect(net.parts.keys()).to.deep.equal(["up", "act", "down"]);
    expect(net.parts.get("act")).to.be.instanceOf(nn.Tanh);
    expect(net.parts.delete("up")).to.equal(true);
    expect(net.parts.has("up")).to.equal(false);
    expect(net.parts.length).to.equal(2);
    net.parts.clear();
    expect([...net.parts]).to.deep.equal([]);
  });
  it("refuses names that it has itself, dots, and what is no module", () => {
    const dict = new nn.ModuleDict();
    for (const key of ["training", "forward", "a.b", ""]) {
      expect(() => dict.set(key, new nn.ReLU())).to.throw(ArgumentError, /cannot be a key/);
    }
    expect(() => dict.set("x", 3 as never)).to.throw(ArgumentError, /'x' must be a Module/);
    expect(() => dict.forward()).to.throw(ArgumentError, /no forward/);
  });
});

describe("ParameterList and ParameterDict", () => {
  it("make parameters of tensors, with PyTorch's keys", () => {
    class Net extends nn.Module {
      readonly list = new nn.ParameterList([zeros([2]), zeros([3])]);
      readonly dict = new nn.ParameterDict({ scale: zeros([1]) });
      forward(): null {
        return null;
      }
    }
    const net = new Net();
    net.list.append(new nn.Parameter(zeros([1])));
    expect([...net.stateDict().keys()]).to.deep.equal(["list.0", "list.1", "list.2", "dict.scale"]);
    expect(net.parameters().every((p) => p instanceof nn.Parameter)).to.equal(true);
    expect(net.list.at(-1)).to.equal(net.list[2]);
    expect(net.dict.get("scale")?.shape).to.deep.equal([1]);
    expect(() => net.list.append(1 as never)).to.throw(ArgumentError, /Parameter or a Tensor/);
  });
});

describe("ModuleList", () => {
  it("takes more modules at the end and in between", () => {
    const list = new nn.ModuleList([new nn.ReLU()]).extend([new nn.Tanh(), new nn.GELU()]);
    list.insert(1, new nn.SiLU());
    expect([...list].map((m) => m.constructor.name)).to.deep.equal([
      "ReLU",
      "SiLU",
      "Tanh",
      "GELU",
    ]);
  });
});

describe("cloneModule", () => {
  it("copies values and keeps what is shared inside shared", () => {
    const block = new nn.Sequential(new nn.Linear(2, 2), new nn.BatchNorm1d(2));
    (block[0] as nn.Linear).bias = (block[1] as nn.BatchNorm1d).bias;
    block.eval();
    const copy = nn.cloneModule(block);
    expect(String(copy)).to.equal(String(block));
    expect([...copy.stateDict().keys()]).to.deep.equal([...block.stateDict().keys()]);
    expect((copy[0] as nn.Linear).bias).to.equal((copy[1] as nn.BatchNorm1d).bias);
    expect(copy.training).to.equal(false);
    expect(copy.parameters().length).to.equal(3);
    nn.init.ones_((copy[0] as nn.Linear).weight);
    expect(plain((block[0] as nn.Linear).weight)).to.not.deep.equal([1, 1, 1, 1]);
    copy.append(new nn.ReLU());
    expect(block.length).to.equal(2);
  });
});

describe("lazy layers", () => {
  it("draw what the plain layer draws, keep their parameters, and become the plain layer", () => {
    manualSeed(7);
    const lazy = new nn.LazyLinear(3);
    const optimizer = new optim.SGD(lazy.parameters(), { lr: 1 });
    manualSeed(9);
    lazy
      .call(zeros([4, 5]))
      .sum()
      .backward();
    expect(lazy.constructor).to.equal(nn.Linear);
    expect(String(lazy)).to.equal("Linear(in_features=5, out_features=3, bias=True)");
    manualSeed(9);
    const plainLayer = new nn.Linear(5, 3);
    expect(plain(lazy.weight)).to.deep.equal(plain(plainLayer.weight));
    optimizer.step();
    expect(plain(lazy.bias)).to.deep.equal(plain((plainLayer.bias as Tensor).sub(4)));
  });
  it("work in a Sequential, and take over a state before they know their shapes", () => {
    const make = () => new nn.Sequential(new nn.LazyConv2d(4, 3), new nn.LazyBatchNorm2d());
    const [a, b] = [make(), make()];
    const x = tensor(
      Array.from({ length: 50 }, (_, i) => i % 7),
      { shape: [1, 2, 5, 5] },
    );
    a.call(x);
    b.loadStateDict(a.stateDict());
    expect(String(b)).to.match(/LazyConv2d\(0, 4/);
    expect(plain(b.eval().call(x))).to.deep.equal(plain(a.eval().call(x)));
    expect(String(b)).to.equal(String(a));
  });
  it("say when the input does not tell", () => {
    expect(() => new nn.LazyLinear(2).call(zeros([]))).to.throw(ShapeError, /does not tell/);
  });
});

describe("one parameter in two modules", () => {
  it("is one parameter, two keys, and its gradient the sum", () => {
    class Tied extends nn.Module {
      readonly embed = new nn.Embedding(3, 2);
      readonly out = new nn.Linear(2, 3, { bias: false });
      constructor() {
        super();
        this.out.weight = this.embed.weight;
      }
      forward(index: Tensor): Tensor {
        return this.out.call(this.embed.call(index));
      }
    }
    const net = new Tied();
    expect(net.parameters().length).to.equal(1);
    expect([...net.stateDict().keys()]).to.deep.equal(["embed.weight", "out.weight"]);
    const index = tensor([0n, 2n, 2n]);
    net.call(index).square().sum().backward();
    // The same with two tensors, whose gradients are added.
    const values = net.embed.weight.detach();
    const [table, matrix] = [values.clone().requiresGrad_(), values.clone().requiresGrad_()];
    F.linear(F.embedding(index, table), matrix).square().sum().backward();
    const sum = (table.grad as Tensor).add(matrix.grad as Tensor);
    plain(net.embed.weight.grad).forEach((g, i) => {
      expect(g).to.be.closeTo(plain(sum)[i] as number, 1e-5);
    });
  });
  it("expanded as a convolution's weight gets the sum over its uses", () => {
    const x = tensor(
      Array.from({ length: 32 }, (_, i) => Math.sin(i)),
      { shape: [1, 2, 4, 4] },
    );
    const small = tensor([0.5, -1, 2, 0.25], { shape: [1, 1, 2, 2], requiresGrad: true });
    const full = small.detach().expand(2, 1, 2, 2).clone().requiresGrad_();
    F.conv2d(x, small.expand(2, 1, 2, 2), { groups: 2 })
      .square()
      .sum()
      .backward();
    F.conv2d(x, full, { groups: 2 }).square().sum().backward();
    const sum = plain((full.grad as Tensor).sum(0));
    plain(small.grad).forEach((g, i) => {
      expect(g).to.be.closeTo(sum[i] as number, 1e-4);
    });
  });
});

describe("a transformer's layer", () => {
  it("keeps what an activation of the user's own or a hook has seen", () => {
    const seen: Tensor[] = [];
    const look = (x: Tensor): Tensor => {
      seen.push(x);
      return x.relu();
    };
    const options = { dimFeedforward: 3, dropout: 0, activation: look };
    const layer = new nn.TransformerEncoderLayer(4, 2, options);
    const x = zeros([3, 2, 4]);
    new nn.TransformerEncoder(layer, 2).call(x);
    const hooked = new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 3, dropout: 0 });
    hooked.linear1.registerForwardHook((_m, [input], output) => {
      seen.push(input as Tensor, output as Tensor);
    });
    hooked.call(x);
    expect(seen.length).to.equal(4);
    expect(seen.some((t) => t.released)).to.equal(false);
  });
});

describe("max pooling with indices", () => {
  it("goes there and back", () => {
    const x = tensor([1, 5, 2, 3, 4, 0], { shape: [1, 1, 6] });
    const pooled = new nn.MaxPool1d(2, { returnIndices: true }).call(x);
    expect(plain(pooled.indices)).to.deep.equal([1, 3, 4]);
    const back = new nn.MaxUnpool1d(2).call(pooled.values, pooled.indices);
    expect(plain(back)).to.deep.equal([0, 5, 0, 3, 4, 0]);
    const same: Tensor = new nn.MaxPool1d(2).call(x);
    expect(plain(same)).to.deep.equal([5, 3, 4]);
  });
});
