// AveragedModel and updateBn against PyTorch; what they keep, restore and refuse.
import {
  ArgumentError,
  currentBackend,
  ones,
  randn,
  ShapeError,
  type Tensor,
  tensor,
} from "@tapegrad/core";
import { expect } from "chai";
import * as nn from "../src/index.ts";
import { build, close, type Described, fixture, left, type ModuleSpec, made } from "./kit.ts";

type State = Readonly<Record<string, Described>>;
const tensors = (state: State): Map<string, Tensor> =>
  new Map(Object.entries(state).map(([key, d]) => [key, made(d)]));
function expectState(net: nn.Module, expected: State, when: string): void {
  const state = net.stateDict();
  expect([...state.keys()]).to.deep.equal(Object.keys(expected));
  for (const [key, d] of Object.entries(expected)) {
    close(`${key} ${when}`, state.get(key) as Tensor, d.data, d.dtype);
  }
}

describe("AveragedModel: as PyTorch", () => {
  const { getSwaAvgFn, getEmaAvgFn, getSwaMultiAvgFn, getEmaMultiAvgFn } = nn;
  const functions = { getSwaAvgFn, getEmaAvgFn, getSwaMultiAvgFn, getEmaMultiAvgFn };
  interface AveragedCase extends ModuleSpec {
    readonly name: string;
    readonly options: nn.AveragedModelOptions;
    readonly function:
      | readonly ["avgFn" | "multiAvgFn", name: keyof typeof functions, decay?: number]
      | null;
    readonly states: readonly State[];
    readonly after: readonly State[];
  }
  function averageOf(c: AveragedCase, net: nn.Module): nn.AveragedModel {
    if (c.function === null) return new nn.AveragedModel(net, c.options);
    const [argument, name, decay] = c.function;
    return new nn.AveragedModel(net, { ...c.options, [argument]: functions[name](decay) });
  }
  for (const c of fixture<AveragedCase>("optim-averaged")) {
    it(`${c.name}; a state loaded half-way goes on to the same bits`, () => {
      const net = build(c).double();
      const [averaged, resumed] = [averageOf(c, net), averageOf(c, net)];
      c.states.forEach((state, k) => {
        net.loadStateDict(tensors(state));
        if (k === 2) resumed.loadStateDict(averaged.stateDict());
        averaged.updateParameters(net);
        expectState(averaged, c.after[k] as State, `after update ${k}`);
        if (k < 2) return;
        resumed.updateParameters(net);
        for (const [key, t] of resumed.stateDict()) {
          expect(t.tolist(), key).to.deep.equal(averaged.stateDict().get(key)?.tolist());
        }
      });
    });
  }

  const net = () => new nn.Sequential(new nn.Linear(2, 2), new nn.BatchNorm1d(2), new nn.ReLU());
  it("is a copy: it computes as the model did, is trained by nobody, prints as in PyTorch", () => {
    const model = net().eval();
    const averaged = new nn.AveragedModel(model);
    const x = randn([3, 2]);
    expect(averaged.call(x).tolist()).to.deep.equal(model.call(x).tolist());
    expect(averaged.module.training).to.equal(false);
    const params: readonly nn.Parameter[] = model.parameters();
    expect(averaged.parameters().some((p) => params.includes(p))).to.equal(false);
    expect(String(new nn.AveragedModel(new nn.ReLU()))).to.equal(
      "AveragedModel(\n  (module): ReLU()\n)",
    );
    const y: Tensor = new nn.AveragedModel(new nn.MSELoss()).call(x, x);
    expect(y.item()).to.equal(0);
    // @ts-expect-error it takes what its module takes
    expect(() => new nn.AveragedModel(new nn.MSELoss()).call("x")).to.throw();
  });
  it("an update leaves nothing behind, whatever averages", () => {
    const model = net();
    for (const options of [
      {},
      { useBuffers: true },
      { multiAvgFn: nn.getEmaMultiAvgFn(0.9), useBuffers: true },
    ]) {
      const averaged = new nn.AveragedModel(model, options);
      expect(
        left(() => Array.from({ length: 3 }, () => averaged.updateParameters(model))),
      ).to.equal(0);
    }
  });
  it("functions of one's own see each tensor, or all of a dtype, and the count", () => {
    const model = net();
    const seen: unknown[] = [];
    const one = new nn.AveragedModel(model, {
      avgFn: (averaged, current, count) => {
        seen.push([averaged.requiresGrad, current.numel, count]);
        return current.mul(2);
      },
    });
    for (let k = 0; k < 2; k++) one.updateParameters(model);
    expect(seen).to.deep.equal([4, 2, 2, 2].map((numel) => [true, numel, 1]));
    const [doubled, own] = [one, model].map((m) => m.parameters()[0] as Tensor) as [Tensor, Tensor];
    expect(doubled.tolist()).to.deep.equal(own.mul(2).tolist());
    const kinds: unknown[] = [];
    const all = new nn.AveragedModel(model, {
      useBuffers: true,
      multiAvgFn: (averaged, current, count) => {
        kinds.push([averaged.map((t) => t.dtype).join(" "), current.length, count]);
      },
    });
    for (let k = 0; k < 2; k++) all.updateParameters(model);
    expect(kinds).to.deep.equal([
      ["float32 float32 float32 float32 float32 float32", 6, 1],
      ["int64", 1, 1],
    ]);
  });
  it("moves its module; the count stays a whole number on the CPU", () => {
    const averaged = new nn.AveragedModel(net(), { device: "reference" }).double();
    expect(averaged.module.parameters()[0]?.backend).to.equal("reference");
    expect(averaged.module.parameters()[0]?.dtype).to.equal("float64");
    averaged.updateParameters(net());
    expect([averaged.nAveraged.dtype, averaged.nAveraged.item()]).to.deep.equal(["int64", 1]);
  });
  it("mistakes are refused, and nothing was changed", () => {
    const averaged = new nn.AveragedModel(net());
    const refused = (call: () => unknown, type: typeof ArgumentError, words: RegExp) =>
      expect(call).to.throw(type, words);
    const both = { avgFn: nn.getSwaAvgFn(), multiAvgFn: nn.getSwaMultiAvgFn() };
    refused(
      () => new nn.AveragedModel(net(), both),
      ArgumentError,
      /avgFn or multiAvgFn, not both/,
    );
    refused(() => new nn.AveragedModel(3 as never), ArgumentError, /expected a Module, got number/);
    refused(
      () => nn.getEmaAvgFn(2),
      ArgumentError,
      /getEmaAvgFn: decay must be in \[0, 1\]; got 2/,
    );
    refused(() => nn.getEmaMultiAvgFn(-1), ArgumentError, /getEmaMultiAvgFn: decay must be in/);
    const wider = new nn.Sequential(new nn.Linear(3, 2), new nn.BatchNorm1d(2));
    expect(() => averaged.updateParameters(wider)).to.throw(ShapeError, /another shape/);
    const fewer = new nn.Linear(2, 2);
    refused(() => averaged.updateParameters(fewer), ArgumentError, /has 4 .* the model has 2/);
    expect(averaged.nAveraged.item()).to.equal(0);
  });
});

describe("updateBn: as PyTorch", () => {
  interface UpdateCase extends ModuleSpec {
    readonly name: string;
    readonly state: State;
    readonly batches: readonly Described[];
    readonly after: State;
  }
  for (const c of fixture<UpdateCase>("optim-update-bn")) {
    it(c.name, async () => {
      const net = build(c).double().eval();
      net.loadStateDict(tensors(c.state));
      const momenta = () => net.modules().map((m) => "momentum" in m && m.momentum);
      const before = momenta();
      await nn.updateBn(
        c.batches.map((d) => [made(d), null]),
        net,
        { device: currentBackend().name },
      );
      expectState(net, c.after, "afterwards");
      expect(momenta()).to.deep.equal(before);
      expect(net.modules().some((m) => m.training || m.hasHooks)).to.equal(false);
    });
  }
  it("takes what for await takes, restores each module's mode, records nothing", async () => {
    const [norm, frozen] = [new nn.BatchNorm1d(1), new nn.Dropout(1)];
    const net = new nn.Sequential(norm, frozen);
    frozen.eval();
    async function* loader(): AsyncGenerator<Tensor> {
      for (const mean of [1, 3]) yield tensor([[mean - 1], [mean + 1]]);
    }
    let recorded: boolean | undefined;
    frozen.registerForwardHook((_m, _x, y) => {
      recorded = y.requiresGrad;
    });
    await nn.updateBn(loader(), net);
    expect([...(norm.runningMean as Tensor).dataSync()]).to.deep.equal([2]);
    expect(net.modules().map((m) => m.training)).to.deep.equal([true, true, false]);
    expect([recorded, norm.momentum]).to.deep.equal([false, 0.1]);
  });
  it("a batch of another kind is refused, and modes are restored; without batch norms nothing runs", async () => {
    const net = new nn.Sequential(new nn.BatchNorm1d(1)).eval();
    let error: unknown;
    await nn.updateBn([[ones([2, 1])], { x: ones([2, 1]) }], net).catch((e) => {
      error = e;
    });
    expect(error).to.be.instanceOf(ArgumentError);
    expect(String(error)).to.match(/updateBn: each batch must be a tensor, or a list/);
    expect(net.modules().some((m) => m.training || m.hasHooks)).to.equal(false);
    await nn.updateBn(["nothing"], new nn.Linear(1, 1));
  });
});
