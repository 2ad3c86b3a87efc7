// Module: what belongs to it, hooks, state in and out, moving between dtypes.

import { inspect } from "node:util";
import {
  ArgumentError,
  manualSeed,
  ones,
  randn,
  scope,
  type Tensor,
  tensor,
  UseAfterFreeError,
  zeros,
} from "@tapegrad/core";
import { expect } from "chai";
import * as nn from "../src/index.ts";
import { left } from "./kit.ts";

class Net extends nn.Module {
  static override readonly stateKeys = { finalScale: "final_scale" };
  stem = new nn.Conv2d(1, 2, 3);
  blocks = [new nn.Linear(2, 2), new nn.Linear(2, 2)];
  finalScale = new nn.Parameter(ones([1]));
  mean = nn.buffer(zeros([2]));
  scratch = nn.buffer(zeros([1]), { persistent: false });
  absent = null;
  numbers = [1, 2, 3];
  loose = [new nn.Parameter(ones([1]))];
  plain = ones([1]);
  forward(x: Tensor): Tensor {
    return this.blocks.reduce((y, b) => b.call(y), x).mul(this.finalScale);
  }
}

describe("Module: members", () => {
  it("are found in declaration order, under PyTorch's keys: own ones first, then children", () => {
    const net = new Net();
    const keys = [
      "final_scale",
      "mean",
      "stem.weight",
      "stem.bias",
      "blocks.0.weight",
      "blocks.0.bias",
      "blocks.1.weight",
      "blocks.1.bias",
    ];
    expect([...net.stateDict().keys()]).to.deep.equal(keys);
    expect(net.namedParameters().map(([k]) => k)).to.deep.equal(keys.filter((k) => k !== "mean"));
    expect(net.namedBuffers().map(([k]) => k)).to.deep.equal(["mean", "scratch"]);
    expect(net.namedChildren().map(([k]) => k)).to.deep.equal(["stem", "blocks"]);
    expect(net.namedModules().map(([k]) => k)).to.deep.equal([
      "",
      "stem",
      "blocks",
      "blocks.0",
      "blocks.1",
    ]);
    expect(net.namedParameters("net").map(([k]) => k)[0]).to.equal("net.final_scale");
    expect(net.buffers()[0]).to.equal(net.mean);
  });
  it("an array of modules is a ModuleList, also after it grew", () => {
    const net = new Net();
    const [, list] = net.namedChildren()[1] as [string, nn.Module];
    expect(list).to.be.instanceOf(nn.ModuleList);
    net.blocks.push(new nn.Linear(2, 2));
    expect(net.children()[1]).to.equal(list);
    expect(net.stateDict().has("blocks.2.weight")).to.equal(true);
    net.blocks.length = 1;
    expect(net.namedModules().map(([k]) => k)).to.deep.equal(["", "stem", "blocks", "blocks.0"]);
    expect(String(net)).to.equal(
      "Net(\n  (stem): Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1))\n  (blocks): ModuleList(\n" +
        "    (0): Linear(in_features=2, out_features=2, bias=True)\n  )\n)",
    );
  });
  it("an array that is not all modules is refused, so that no parameter is lost in silence", () => {
    class Mixed extends nn.Module {
      parts = [new nn.ReLU(), null];
      forward(x: Tensor): Tensor {
        return x;
      }
    }
    expect(() => new Mixed().parameters()).to.throw(
      ArgumentError,
      /'parts' holds 1 modules and 1 other/,
    );
  });
  it("shared ones are listed once, but stand under each key of the state", () => {
    class Tied extends nn.Module {
      a = new nn.Linear(2, 2, { bias: false });
      b = new nn.Linear(2, 2, { bias: false });
      forward(x: Tensor): Tensor {
        return x;
      }
    }
    const net = new Tied();
    net.b.weight = net.a.weight;
    expect(net.parameters()).to.deep.equal([net.a.weight]);
    expect([...net.stateDict().keys()]).to.deep.equal(["a.weight", "b.weight"]);
  });
  it("stateKeys of a base class hold in a subclass with its own", () => {
    class Norm extends nn.BatchNorm1d {
      static override readonly stateKeys = { ...nn.BatchNorm1d.stateKeys, extraBit: "extra_bit" };
      extraBit = nn.buffer(zeros([1]));
    }
    expect([...new Norm(2).stateDict().keys()]).to.deep.equal([
      "weight",
      "bias",
      "running_mean",
      "running_var",
      "num_batches_tracked",
      "extra_bit",
    ]);
  });
  it("a plain tensor over a parameter is refused, one beside it is the user's own", () => {
    const linear = new nn.Linear(1, 1);
    const t = ones([1, 1]);
    // @ts-expect-error: types say so first
    linear.weight = t;
    const words = /Linear: a plain Tensor was assigned as 'weight'[\s\S]*new nn.Parameter\(t\)/;
    expect(() => new nn.Sequential(linear).parameters()).to.throw(ArgumentError, words);
    expect(() => linear.stateDict()).to.throw(ArgumentError, words);
    linear.weight = new nn.Parameter(t);
    expect(linear.parameters()).to.have.length(2);
    const norm = new nn.BatchNorm1d(1);
    norm.runningMean = zeros([1]);
    expect(() => norm.train()).to.throw(ArgumentError, /BatchNorm1d: [\s\S]*'runningMean'/);
    // Of other classes the properties that have held a parameter are known.
    const net = new Net();
    net.plain = zeros([1]);
    net.parameters();
    Object.assign(net, { mean: zeros([2]) });
    expect(() => net.parameters()).to.throw(ArgumentError, /Net: [\s\S]*'mean'/);
  });

  it("are found by their paths, under PyTorch's keys", () => {
    const net = new nn.Sequential(new Net(), new nn.BatchNorm1d(2));
    const own = net[0] as unknown as Net;
    expect(net.getSubmodule("")).to.equal(net);
    expect(net.getSubmodule("0.blocks.1")).to.equal(own.blocks[1]);
    expect(net.getSubmodule("0.blocks")).to.be.instanceOf(nn.ModuleList);
    expect(net.getParameter("0.stem.weight")).to.equal(own.stem.weight);
    expect(own.getParameter("final_scale")).to.equal(own.finalScale);
    expect(net.getBuffer("1.running_mean")).to.equal((net[1] as nn.BatchNorm1d).runningMean);
    expect(own.getBuffer("scratch")).to.equal(own.scratch);
    for (const [path, p] of net.namedParameters()) expect(net.getParameter(path)).to.equal(p);
    const linear = nn.weightNorm(new nn.Linear(1, 1));
    const g = linear.getParameter("parametrizations.weight.original0");
    expect(g).to.equal(linear.parameters()[1]);
  });
  it("a path that leads nowhere is told with the nearest, and what there is", () => {
    const net = new nn.Sequential(new Net(), new nn.BatchNorm1d(2));
    const refused = (call: () => unknown, words: string) =>
      expect(call).to.throw(ArgumentError, `Sequential.${words}`);
    refused(
      () => net.getParameter("0.stem.wieght"),
      "getParameter: there is no parameter '0.stem.wieght' (did you mean '0.stem.weight'?); " +
        "parameters of '0.stem': weight, bias",
    );
    refused(
      () => net.getBuffer("1.runningMean"),
      "getBuffer: there is no buffer '1.runningMean' (did you mean '1.running_mean'?)",
    );
    refused(
      () => net.getSubmodule("backbone.conv"),
      "getSubmodule: there is no module 'backbone.conv'; modules of Sequential: 0, 1",
    );
    refused(
      () => net.getBuffer("0.stem.x"),
      "getBuffer: there is no buffer '0.stem.x'; buffers of '0.stem': none",
    );
    refused(
      () => net.getSubmodule("1.weight"),
      "getSubmodule: '1.weight' is a parameter, not a module; use getParameter()",
    );
    refused(
      () => net.getParameter("1.weight.0"),
      "getParameter: '1.weight' is a parameter, not a module",
    );
    refused(
      () => net.getParameter("0.stem"),
      "getParameter: '0.stem' is a module, not a parameter",
    );
    refused(() => net.getSubmodule(0 as never), "getSubmodule: expected a path like");
  });

  it("a cycle is told, not followed for ever", () => {
    class Loop extends nn.Module {
      inner: nn.Module | null = null;
      forward(x: Tensor): Tensor {
        return x;
      }
    }
    const [a, b] = [new Loop(), new Loop()];
    a.inner = b;
    b.inner = a;
    expect(() => a.stateDict()).to.throw(ArgumentError, /contains itself/);
    expect(a.modules()).to.deep.equal([a, b]);
  });
});

describe("Module: modes", () => {
  it("a child that holds its parent: printing, apply, parameters and modes end", () => {
    class Child extends nn.Module {
      linear = new nn.Linear(2, 1);
      parent: nn.Module | null = null;
      forward(x: Tensor): Tensor {
        return this.linear.call(x);
      }
    }
    class Parent extends nn.Module {
      child = new Child();
      forward(x: Tensor): Tensor {
        return this.child.call(x);
      }
    }
    const net = new Parent();
    net.child.parent = net;
    const seen: string[] = [];
    net.eval().apply((m) => seen.push(m.constructor.name));
    expect(seen).to.deep.equal(["Linear", "Child", "Parent"]);
    expect(net.parameters()).to.have.length(2);
    expect(net.toString()).to.match(/\(parent\): Parent\(…\)/);
    expect(() => net.stateDict()).to.throw(ArgumentError, /contains itself/);
  });
  it("train and eval reach everything; apply goes children first", () => {
    const net = new Net().eval();
    expect(net.modules().every((m) => !m.training)).to.equal(true);
    expect(net.train().blocks[1]?.training).to.equal(true);
    const order: string[] = [];
    net.apply((m) => order.push(m.constructor.name));
    expect(order).to.deep.equal(["Conv2d", "Linear", "Linear", "ModuleList", "Net"]);
  });
  it("requiresGrad_ freezes and thaws; zeroGrad lets gradients go", () => {
    const net = new nn.Linear(2, 1);
    net.requiresGrad_(false);
    expect(net.call(ones([1, 2])).requiresGrad).to.equal(false);
    net.requiresGrad_();
    net
      .call(ones([1, 2]))
      .sum()
      .backward();
    expect(net.weight.grad?.dataSync()).to.deep.equal(Float32Array.of(1, 1));
    net.zeroGrad();
    expect(net.weight.grad).to.equal(null);
  });
  it("to(dtype) converts floats in place: optimizers keep their parameters", () => {
    const net = new nn.BatchNorm1d(2);
    const weight = net.weight as nn.Parameter;
    net
      .call(randn([3, 2]))
      .sum()
      .backward();
    expect(left(() => net.to("float64"))).to.equal(0);
    expect(net.weight).to.equal(weight);
    expect(weight.dtype).to.equal("float64");
    expect(weight.grad?.dtype).to.equal("float64");
    expect(net.runningVar?.dtype).to.equal("float64");
    expect(net.numBatchesTracked?.dtype).to.equal("int64");
    expect(left(() => net.to("float64"))).to.equal(0);
    expect(() => net.to("int32")).to.throw(ArgumentError, /not int32/);
    expect(net.to("cpu").to("reference").weight).to.equal(weight);
  });
  it("double, float, half, bfloat16 are to(dtype): whole numbers stay", () => {
    const net = new nn.Sequential(new nn.BatchNorm1d(2));
    const dtypes = () => [...net.stateDict().values()].map((t) => t.dtype);
    for (const [convert, dtype] of [
      [() => net.double(), "float64"],
      [() => net.half(), "float16"],
      [() => net.bfloat16(), "bfloat16"],
      [() => net.float(), "float32"],
    ] as const) {
      expect(convert()).to.equal(net);
      expect(dtypes()).to.deep.equal([dtype, dtype, dtype, dtype, "int64"]);
    }
  });
});

describe("Module: hooks", () => {
  it("run around forward in order, may replace, and can be removed", () => {
    const net = new nn.Identity();
    const log: string[] = [];
    const offPre = net.registerForwardPreHook((m, [x]) => {
      log.push(`pre ${m === net}`);
      return x.add(1);
    });
    const off = net.registerForwardHook((_m, [x], y) => {
      log.push(`post ${x === y}`);
      return y.mul(10);
    });
    const offSecond = net.registerForwardHook(() => {
      log.push("second");
    });
    expect(net.call(tensor([1])).item()).to.equal(20);
    expect(log).to.deep.equal(["pre true", "post true", "second"]);
    for (const remove of [offPre, off, offSecond, off]) remove();
    expect(net.hasHooks).to.equal(false);
    expect(net.call(tensor([1])).item()).to.equal(1);
  });
  it("a hook that removes itself does not disturb the others", () => {
    const net = new nn.Identity();
    let count = 0;
    const off = net.registerForwardHook(() => off());
    net.registerForwardHook(() => {
      count++;
    });
    net.call(tensor([1]));
    net.call(tensor([1]));
    expect(count).to.equal(2);
  });
  it("a pre-hook replaces several arguments by a list", () => {
    const loss = new nn.MSELoss();
    loss.registerForwardPreHook((_m, [a, b]) => [b, a.mul(2)]);
    expect(loss.call(tensor([1]), tensor([5])).item()).to.equal(9);
  });
});

describe("Parameter and buffer", () => {
  it("take over the storage; no scope tracks them", () => {
    const t = zeros([2]);
    const p = new nn.Parameter(t);
    expect(t.released).to.equal(true);
    expect(p.storage.count).to.equal(1);
    expect([p.requiresGrad, p.isLeaf, nn.isParameter(p), nn.isParameter(t)]).to.deep.equal([
      true,
      true,
      true,
      false,
    ]);
    const net = scope(() => new nn.BatchNorm1d(2));
    expect(net.stateDict().get("weight")?.released).to.equal(false);
    let inner: nn.Linear | null = null;
    scope(() => {
      inner = new nn.Linear(2, 2);
    });
    expect((inner as unknown as nn.Linear).call(ones([1, 2])).shape).to.deep.equal([1, 2]);
    expect(() => new nn.Parameter(t)).to.throw(UseAfterFreeError);
    expect(() => new nn.Parameter(3 as unknown as Tensor)).to.throw(ArgumentError, /number/);
  });
  it("print as in PyTorch", () => {
    const text = "Parameter containing:\ntensor([1., 1.], requiresGrad=true)";
    expect(String(new nn.Parameter(ones([2])))).to.equal(text);
    expect(inspect({ w: new nn.Parameter(ones([2])) })).to.equal(
      `{\n  w: ${text.replace("\n", "\n  ")}\n}`,
    );
    expect(String(nn.buffer(ones([2])))).to.equal("tensor([1., 1.])");
  });
  it("a frozen one, and one over another's data", () => {
    const a = new nn.Parameter(ones([2]), { requiresGrad: false });
    expect(a.requiresGrad).to.equal(false);
    const b = new nn.Parameter(a);
    expect(a.released).to.equal(false);
    expect(b.storage).to.equal(a.storage);
  });
  it("building a layer leaves its parameters and nothing else", () => {
    expect(left(() => new nn.Conv2d(2, 4, 3))).to.equal(2);
    expect(left(() => new nn.BatchNorm2d(4))).to.equal(5);
    expect(left(() => new nn.Embedding(4, 2, { paddingIdx: 1 }))).to.equal(1);
    expect(left(() => new nn.Linear(2, 3, { bias: false, dtype: "float64" }))).to.equal(1);
  });
});

describe("Module: state", () => {
  const values = (net: nn.Module) => [...net.stateDict().values()].map((t) => [...t.dataSync()]);
  it("goes over into another module, from a map or a record, by copy", () => {
    manualSeed(1);
    const [a, b, c] = [new Net(), new Net(), new Net()];
    expect(b.loadStateDict(a.stateDict())).to.deep.equal({ missingKeys: [], unexpectedKeys: [] });
    c.loadStateDict(Object.fromEntries(a.stateDict()));
    expect(values(b)).to.deep.equal(values(a));
    expect(values(c)).to.deep.equal(values(a));
    expect(b.stem.weight.storage).not.to.equal(a.stem.weight.storage);
    expect(left(() => b.loadStateDict(a.stateDict()))).to.equal(0);
    expect(b.stem.weight.requiresGrad).to.equal(true);
  });
  it("that does not fit is told completely and changes nothing", () => {
    const net = new Net();
    const before = values(net);
    const state = new Map(new Net().stateDict());
    state.delete("stem.bias");
    state.delete("mean");
    state.set("ghost", ones([1]));
    state.set("final_scale", ones([3]));
    state.set("stem.weight", ones([2, 1, 3, 3], { dtype: "float64" }));
    state.set("blocks.0.bias", "text" as unknown as Tensor);
    let error: unknown;
    try {
      net.loadStateDict(state);
    } catch (e) {
      error = e;
    }
    expect(error).to.be.instanceOf(nn.StateDictError);
    const { missing, unexpected, mismatched, message } = error as nn.StateDictError;
    expect(missing).to.deep.equal(["mean", "stem.bias"]);
    expect(unexpected).to.deep.equal(["ghost"]);
    expect([...mismatched.keys()]).to.deep.equal(["final_scale", "stem.weight", "blocks.0.bias"]);
    expect(message).to.match(/does not fit Net; nothing was changed/);
    expect(message).to.match(/"final_scale": expected float32 \[1\], got float32 \[3\]/);
    expect(message).to.match(/"stem\.weight": expected float32 .*got float64/);
    expect(message).to.match(/missing keys: "mean", "stem\.bias"/);
    expect(values(net)).to.deep.equal(before);
  });
  it("not strict: loads what fits and names the rest; wrong shapes stay errors", () => {
    const net = new Net();
    const state = new Map<string, Tensor>([
      ["final_scale", tensor([7])],
      ["ghost", ones([1])],
    ]);
    const { missingKeys, unexpectedKeys } = net.loadStateDict(state, { strict: false });
    expect(net.finalScale.item()).to.equal(7);
    expect(missingKeys).to.have.length(7);
    expect(unexpectedKeys).to.deep.equal(["ghost"]);
    state.set("final_scale", ones([2]));
    expect(() => net.loadStateDict(state, { strict: false })).to.throw(nn.StateDictError);
    expect(() => net.loadStateDict(null as unknown as Map<string, Tensor>)).to.throw(ArgumentError);
  });
  it("released tensors are refused", () => {
    const gone = ones([1]);
    gone.release();
    expect(() => new Net().loadStateDict({ final_scale: gone }, { strict: false })).to.throw(
      nn.StateDictError,
      /was released/,
    );
  });
});
