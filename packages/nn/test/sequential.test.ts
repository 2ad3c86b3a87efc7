// Sequential and ModuleList as containers; and the ownership of what passes through Sequential: it lets
// go of what only built-in modules have seen, and of nothing else.
import {
  ArgumentError,
  detectAnomaly,
  noGrad,
  onRun,
  randn,
  ShapeError,
  scope,
  type Tensor,
} from "@tapegrad/core";
import { expect } from "chai";
import * as nn from "../src/index.ts";
import { left } from "./kit.ts";

/** User code that keeps what it sees. */
class Stasher extends nn.Module {
  seen: Tensor | null = null;
  made: Tensor | null = null;
  forward(x: Tensor): Tensor {
    this.seen = x;
    this.made = x.exp();
    return this.made;
  }
}
class LoudLinear extends nn.Linear {
  out: Tensor | null = null;
  override forward(x: Tensor): Tensor {
    this.out = super.forward(x);
    return this.out;
  }
}
class LoudSequential extends nn.Sequential {
  out: Tensor | null = null;
  override forward(x: Tensor): Tensor {
    this.out = super.forward(x);
    return this.out;
  }
}
const alive = (...tensors: (Tensor | null)[]) => {
  for (const t of tensors) expect(t?.released).to.equal(false);
};

describe("Sequential", () => {
  it("applies modules in order and knows them by position and name", () => {
    const net = new nn.Sequential(new nn.Linear(2, 3), new nn.ReLU());
    expect(net.length).to.equal(2);
    expect(net[1]).to.be.instanceOf(nn.ReLU);
    expect(net.at(-1)).to.equal(net[1]);
    expect([...net]).to.deep.equal([net[0], net[1]]);
    expect([...net.append(new nn.Tanh()).call(randn([4, 2])).shape]).to.deep.equal([4, 3]);
    expect(net.length).to.equal(3);
    net[1] = new nn.Sigmoid();
    expect(String(net)).to.match(/\(1\): Sigmoid\(\)\n {2}\(2\): Tanh/);
  });
  it("takes a record of names", () => {
    const net = new nn.Sequential({ conv: new nn.Conv2d(1, 2, 3), act: new nn.ReLU() });
    expect([...net.stateDict().keys()]).to.deep.equal(["conv.weight", "conv.bias"]);
    expect(String(net)).to.match(/\(conv\): Conv2d/);
    expect(() => new nn.Sequential({ call: new nn.ReLU() })).to.throw(ArgumentError, /'call'/);
    expect(() => new nn.Sequential({ "a.b": new nn.ReLU() })).to.throw(ArgumentError, /'a\.b'/);
  });
  it("refuses what is no module", () => {
    expect(() => new nn.Sequential(3 as unknown as nn.Layer)).to.throw(
      ArgumentError,
      /'0'.*number/,
    );
    expect(() => new nn.ModuleList([null as unknown as nn.Module])).to.throw(ArgumentError);
  });
  it("runs the same module as often as it stands there", () => {
    const twice = new nn.Linear(2, 2);
    const net = new nn.Sequential(twice, twice);
    const x = randn([3, 2]);
    expect([...net.call(x).dataSync()]).to.deep.equal([...twice.call(twice.call(x)).dataSync()]);
    expect(net.parameters()).to.have.length(2);
    expect(net.children()).to.have.length(1);
    expect([...net.stateDict().keys()]).to.deep.equal(["0.weight", "0.bias", "1.weight", "1.bias"]);
  });
  it("names the module in which an op failed", () => {
    const net = new nn.Sequential({ stem: new nn.Sequential(new nn.ReLU(), new nn.Linear(3, 2)) });
    class Net extends nn.Module {
      body = net;
      forward(x: Tensor): Tensor {
        return this.body.call(x);
      }
    }
    expect(() => new Net().call(randn([1, 5]))).to.throw(
      ShapeError,
      /linear: [\s\S]*in 'body\.stem\.1' of Net: Linear\(in_features=3/,
    );
  });
});

describe("Sequential: a norm and the activation behind it in one pass", () => {
  const activations = [() => new nn.ReLU(), () => new nn.ReLU6()];
  /** The ops that f runs. */
  function opsOf(f: () => void): string[] {
    const names: string[] = [];
    const stop = onRun(({ op }) => names.push(op));
    try {
      f();
    } finally {
      stop();
    }
    return names;
  }
  /** Two equal networks on the same input. */
  function pair(activation: () => nn.Layer) {
    const make = () =>
      new nn.Sequential(new nn.Conv2d(2, 3, 3), new nn.BatchNorm2d(3), activation());
    const [fused, apart] = [make(), make()];
    apart.loadStateDict(fused.stateDict());
    for (const net of [fused, apart]) {
      const norm = net[1] as nn.BatchNorm2d;
      noGrad(() => norm.weight?.mul_(4));
    }
    (apart[1] as nn.BatchNorm2d).registerForwardHook(() => undefined);
    return { fused, apart };
  }
  it("gives the same bits, forward and backward, in training and evaluation", () => {
    for (const activation of activations) {
      const { fused, apart } = pair(activation);
      const values = randn([4, 2, 7, 6]);
      for (const training of [true, false]) {
        const results = [fused, apart].map((net) => {
          const x = values.clone().detach().requiresGrad_();
          net.train(training);
          net.zeroGrad();
          const y = net.call(x);
          y.square().sum().backward();
          const tensors = [y, x.grad, ...net.parameters().map((p) => p.grad), ...net.buffers()];
          return tensors.map((t) => [...(t as Tensor).dataSync()].map(Number));
        });
        expect(results[0]).to.deep.equal(results[1]);
      }
    }
  });
  it("runs one op instead of two", () => {
    const { fused, apart } = pair(() => new nn.ReLU());
    const x = randn([4, 2, 7, 6]);
    expect(opsOf(() => fused.call(x))).to.not.include("relu");
    expect(opsOf(() => apart.call(x))).to.include("relu");
    const relu = new nn.ReLU();
    const seen: Tensor[] = [];
    const hooked = new nn.Sequential(new nn.BatchNorm2d(2), relu);
    const remove = relu.registerForwardPreHook((_, [input]) => void seen.push(input as Tensor));
    hooked.call(x);
    expect(seen[0]?.min().item()).to.be.below(0);
    remove();
    expect(opsOf(() => hooked.call(x))).to.not.include("relu");
    expect(opsOf(() => detectAnomaly(() => hooked.call(x)))).to.include("relu");
    class Mine extends nn.ReLU {
      override forward(input: Tensor): Tensor {
        return input.relu().add(1);
      }
    }
    const own = new nn.Sequential(new nn.BatchNorm2d(2), new Mine());
    expect(own.call(x).min().item()).to.equal(1);
    const other = new nn.Sequential(new nn.BatchNorm2d(2), new nn.Tanh());
    expect(opsOf(() => other.call(x))).to.include("tanh");
  });
  it("changes neither what is printed nor the keys, and errors name the norm", () => {
    const net = new nn.Sequential(new nn.BatchNorm2d(3), new nn.ReLU());
    expect(String(net)).to.match(/\(1\): ReLU\(\)\n\)$/);
    expect([...net.stateDict().keys()])
      .to.include("0.running_mean")
      .and.have.length(5);
    expect(() => net.call(randn([1, 2, 3, 3]))).to.throw(ShapeError, /in '0' of Sequential/);
  });
  it("also in separable blocks, and releases what it consumed", () => {
    const block = new nn.SeparableConv2d(2, 3, 3, {
      norm: (c) => new nn.BatchNorm2d(c),
      activation: () => new nn.ReLU6(),
      finalNorm: (c) => new nn.BatchNorm2d(c),
      finalActivation: () => new nn.ReLU(),
    });
    const x = randn([2, 2, 6, 6]);
    expect(opsOf(() => block.call(x)).filter((op) => /relu/.test(op))).to.deep.equal([]);
    expect(left(() => noGrad(() => block.call(x)))).to.equal(1);
  });
});

describe("ModuleList", () => {
  it("registers its modules under numbers", () => {
    const list = new nn.ModuleList([new nn.Linear(1, 1)]).append(new nn.ReLU());
    expect(list.length).to.equal(2);
    expect(list[1]).to.be.instanceOf(nn.ReLU);
    expect([...list].map((m) => m.constructor.name)).to.deep.equal(["Linear", "ReLU"]);
    expect([...list.stateDict().keys()]).to.deep.equal(["0.weight", "0.bias"]);
    expect(() => list.call()).to.throw(ArgumentError, /no forward/);
  });
});

describe("Sequential: what it releases", () => {
  it("intermediates of built-in modules, with and without recording", () => {
    const x = randn([2, 3]);
    const net = new nn.Sequential(
      new nn.Tanh(),
      new nn.Sigmoid(),
      new nn.Linear(3, 3),
      new nn.Tanh(),
    );
    expect(
      left(() => noGrad(() => net.call(x))),
      "the output alone",
    ).to.equal(1);
    const y = net.call(x);
    expect(
      left(() => y.sum().backward()),
      "gradients of weight and bias; saved tensors went",
    ).to.be.below(3);
    alive(x, y);
  });
  it("every built-in layer leaves nothing but its output", () => {
    const images = randn([2, 4, 6, 6]);
    const rows = randn([4, 6]);
    const cases: [Tensor, nn.Layer][] = [
      [images, new nn.Conv2d(4, 4, 3, { padding: 1, groups: 4 })],
      [images, new nn.Conv2d(4, 2, 3, { padding: "same" })],
      [images, new nn.ConvTranspose2d(4, 2, 3, { stride: 2, outputPadding: 1 })],
      [randn([2, 4, 6]), new nn.Conv1d(4, 4, 3)],
      [randn([2, 4, 6]), new nn.ConvTranspose1d(4, 4, 3)],
      [randn([1, 2, 4, 4, 4]), new nn.Conv3d(2, 2, 3)],
      [randn([1, 2, 4, 4, 4]), new nn.ConvTranspose3d(2, 2, 3)],
      [
        images,
        new nn.SeparableConv2d(4, 8, 3, {
          norm: (c) => new nn.BatchNorm2d(c),
          activation: () => new nn.ReLU(),
        }),
      ],
      [images, new nn.BatchNorm2d(4)],
      [images, new nn.BatchNorm2d(4, { momentum: null })],
      [images, new nn.BatchNorm2d(4).eval()],
      [images, new nn.LayerNorm([6, 6])],
      [rows, new nn.Linear(6, 5)],
      [rows, new nn.Dropout(0.3)],
      [rows, new nn.Softmax(1)],
      [rows, new nn.LogSoftmax(1)],
      [rows, new nn.GELU()],
      [rows, new nn.GELU({ approximate: "tanh" })],
      [rows, new nn.Softplus()],
      [rows, new nn.Hardswish()],
      [rows, new nn.Hardsigmoid()],
      [rows, new nn.SiLU()],
      [rows, new nn.ReLU6()],
      [images, new nn.MaxPool2d(2)],
      [images, new nn.AvgPool2d(3, { stride: 2, padding: 1 })],
      [images, new nn.AdaptiveAvgPool2d(1)],
      [images, new nn.AdaptiveAvgPool2d([3, 2])],
    ];
    for (const [x, layer] of cases) {
      expect(
        left(() => noGrad(() => layer.call(x))),
        String(layer),
      ).to.equal(1);
    }
  });
  it("every built-in layer gives back all it held when backward has run", () => {
    const layers: [number[], nn.Layer][] = [
      [[2, 4, 6, 6], new nn.Conv2d(4, 4, 3, { padding: 1, groups: 4 })],
      [[2, 4, 6, 6], new nn.ConvTranspose2d(4, 2, 3, { stride: 2 })],
      [[2, 4, 6, 6], new nn.BatchNorm2d(4)],
      [[2, 4, 6, 6], new nn.MaxPool2d(2)],
      [[2, 4, 6, 6], new nn.AvgPool2d(2)],
      [[2, 4, 6, 6], new nn.AdaptiveAvgPool2d(1)],
      [[4, 6], new nn.Linear(6, 5)],
      [[4, 6], new nn.LayerNorm(6)],
      [[4, 6], new nn.Dropout(0.3)],
      [[4, 6], new nn.Softmax(1)],
      [[4, 6], new nn.LogSoftmax(1)],
      [[4, 6], new nn.GELU()],
      [[4, 6], new nn.SiLU()],
      [[4, 6], new nn.Hardswish()],
    ];
    for (const [shape, layer] of layers) {
      const x = randn(shape, { requiresGrad: true });
      const step = () => {
        layer.zeroGrad();
        const y = layer.call(x);
        const loss = y.sum();
        loss.backward();
        y.release();
        loss.release();
      };
      step();
      expect(left(step), String(layer)).to.equal(0);
    }
  });
  it("never its input, nor a handle that Identity or Dropout in evaluation pass on", () => {
    const x = randn([2, 3]);
    const nested = new nn.Sequential(new nn.Identity());
    const passing = new nn.Sequential(new nn.Identity(), new nn.Dropout(), nested).eval();
    expect(passing.call(x)).to.equal(x);
    alive(x);
    const tail = new nn.Sequential(
      new nn.Tanh(),
      new nn.Identity(),
      new nn.Dropout(),
      new nn.Tanh(),
      new nn.Identity(),
    ).eval();
    expect(left(() => alive(tail.call(x)))).to.equal(1);
    expect(new nn.Sequential().call(x)).to.equal(x);
  });
  it("nothing that a user's module saw or made", () => {
    const stasher = new Stasher();
    const loud = new LoudLinear(3, 3);
    const loudChain = new LoudSequential(new nn.Tanh(), new nn.Tanh());
    const chain = [
      new nn.Tanh(),
      stasher,
      new nn.Tanh(),
      loud,
      new nn.Tanh(),
      loudChain,
      new nn.Tanh(),
    ];
    new nn.Sequential(...chain).call(randn([2, 3]));
    alive(stasher.seen, stasher.made, loud.out, loudChain.out);
  });
  it("nothing that a user's module passed on: it may have kept it", () => {
    let kept: Tensor | null = null;
    class Passing extends nn.Module {
      forward(x: Tensor): Tensor {
        kept = x;
        return x;
      }
    }
    new nn.Sequential(new nn.Tanh(), new Passing(), new nn.Tanh()).call(randn([2]));
    alive(kept);
  });
  it("nothing that a hook saw, on the module, on its neighbours, or deep inside", () => {
    const seen: Tensor[] = [];
    const watched = new nn.Tanh();
    const remove = watched.registerForwardHook((_m, [input], output) => {
      seen.push(input, output);
    });
    const early = new nn.Tanh();
    early.registerForwardPreHook((_m, [input]) => {
      seen.push(input);
    });
    const net = new nn.Sequential(
      new nn.Tanh(),
      watched,
      new nn.Tanh(),
      new nn.Sequential(new nn.Tanh(), new nn.Sequential(early)),
      new nn.Tanh(),
    );
    const x = randn([2]);
    net.call(x);
    expect(seen).to.have.length(3);
    alive(...seen, x);
    remove();
    expect(
      left(() => noGrad(() => new nn.Sequential(new nn.Tanh(), watched, new nn.Tanh()).call(x))),
    ).to.equal(1);
  });
  it("nothing that a replaced forward or call saw", () => {
    let seen: Tensor | null = null;
    const patched = new nn.Tanh();
    patched.forward = (x) => {
      seen = x;
      return x.tanh();
    };
    const called = new nn.Tanh();
    let out: Tensor | null = null;
    called.call = (x) => {
      out = x.tanh();
      return out;
    };
    new nn.Sequential(new nn.Tanh(), patched, new nn.Tanh(), called, new nn.Tanh()).call(
      randn([2]),
    );
    alive(seen, out);
  });
  it("nothing that a stasher inside of a separable convolution saw", () => {
    const stasher = new Stasher();
    const conv = new nn.SeparableConv2d(2, 3, 3, { activation: () => stasher });
    new nn.Sequential(new nn.Tanh(), conv, new nn.Tanh()).call(randn([1, 2, 4, 4]));
    alive(stasher.seen, stasher.made);
  });
  it("a view outlives the tensor that it looks into", () => {
    const x = randn([2, 3, 2]);
    const net = new nn.Sequential(new nn.Tanh(), new nn.Flatten(), new nn.Identity());
    expect([...net.call(x).dataSync()]).to.deep.equal([...x.tanh().dataSync()]);
    expect(left(() => noGrad(() => net.call(x)))).to.equal(1);
  });
  it("in scope() the output survives by being returned", () => {
    const net = new nn.Sequential(new nn.Tanh(), new nn.Tanh());
    const x = randn([2]);
    const y = scope(() => net.call(x));
    alive(x, y);
  });
  it("training leaves nothing behind, without scope() and without a collection", () => {
    const net = new nn.Sequential(
      new nn.Conv2d(2, 4, 3, { groups: 2, padding: 1 }),
      new nn.BatchNorm2d(4),
      new nn.ReLU(),
      new nn.SeparableConv2d(4, 4, 3, { padding: 1, norm: (c) => new nn.BatchNorm2d(c) }),
      new nn.MaxPool2d(2),
      new nn.Dropout(0.2),
      new nn.Flatten(),
      new nn.Linear(16, 3),
    );
    const optimizer = new nn.AdamW(net.parameters(), { lr: 0.001 });
    const x = randn([2, 2, 4, 4]);
    const step = () => {
      optimizer.zeroGrad();
      const y = net.call(x);
      const loss = y.sum();
      loss.backward();
      nn.clipGradNorm(net.parameters(), 1);
      optimizer.step();
      loss.release();
      y.release();
    };
    step();
    expect(left(() => Array.from({ length: 20 }, step))).to.equal(0);
  });
});
