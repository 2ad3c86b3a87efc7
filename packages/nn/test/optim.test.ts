// Optimizers against PyTorch, step by step; their state in and out; what they hold and refuse.
import { ArgumentError, memory, ones, randn, scope, type Tensor } from "@tapegrad/core";
import { expect } from "chai";
import * as nn from "../src/index.ts";
import { close, type Described, fixture, left, made, type Numbers } from "./kit.ts";
import { type Kind, leaf, optimizer } from "./optimizers.ts";

interface OptimCase {
  readonly name: string;
  readonly optim: Kind;
  readonly options: object;
  readonly groups?: readonly { readonly params: readonly number[]; readonly options: object }[];
  readonly params: readonly Described[];
  readonly grads: readonly (readonly (Numbers | null)[])[];
  readonly after: readonly (readonly Numbers[])[];
}

function start(c: OptimCase) {
  const params = c.params.map(leaf);
  const given = c.groups?.map((g) => ({ params: g.params.map((i) => params[i]), ...g.options }));
  return { params, opt: optimizer(c.optim, (given ?? params) as nn.Params<never>, c.options) };
}

function setGrads(c: OptimCase, params: readonly Tensor[], step: number): void {
  params.forEach((p, i) => {
    const data = c.grads[step]?.[i] ?? null;
    p.grad = data === null ? null : made({ ...(c.params[i] as Described), data });
  });
}

describe("optimizers: as PyTorch, step by step", () => {
  for (const c of ["optim", "optim-more"].flatMap((file) => fixture<OptimCase>(file))) {
    it(c.name, () => {
      const { params, opt } = start(c);
      c.after.forEach((after, step) => {
        setGrads(c, params, step);
        opt.step();
        params.forEach((p, i) => {
          close(`parameter ${i} after step ${step}`, p, after[i] as Numbers, p.dtype);
        });
      });
    });
    it(`${c.name}: state saved and loaded half-way goes on to the same bits`, () => {
      const [a, b] = [start(c), start(c)];
      c.after.forEach((_, step) => {
        if (step === 3) {
          a.params.forEach((p, i) => {
            nn.setData(b.params[i] as nn.Parameter, p.detach().clone());
          });
          const { state, tensors } = a.opt.stateDict();
          b.opt.loadStateDict({ tensors, state: JSON.parse(JSON.stringify(state)) });
        }
        for (const run of step < 3 ? [a] : [a, b]) {
          setGrads(c, run.params, step);
          run.opt.step();
        }
      });
      a.params.forEach((p, i) => {
        expect([...(b.params[i] as Tensor).dataSync()]).to.deep.equal([...p.dataSync()]);
      });
    });
  }
});

describe("optimizers: what they refuse", () => {
  const p = () => new nn.Parameter(ones([1]));
  const q = p();
  const cases: [string, () => unknown, RegExp][] = [
    [
      "no parameters",
      () => new nn.SGD([]),
      /SGD: the list of parameters is empty; pass model\.parameters\(\)/,
    ],
    [
      "an empty group",
      () => new nn.Adam([{ params: [] }]),
      /Adam: the list of parameters is empty/,
    ],
    [
      "a negative rate",
      () => new nn.AdamW([p()], { lr: -1 }),
      /AdamW: lr must be a number ≥ 0; got -1/,
    ],
    ["a negative rate of a group", () => new nn.SGD([{ params: [p()], lr: -1 }]), /SGD: lr/],
    ["a parameter twice", () => new nn.SGD([q, q]), /parameter 1 of group 0 appears twice/],
    [
      "a parameter in two groups",
      () => new nn.SGD([{ params: [q] }, { params: [q] }]),
      /parameter 0 of group 1 appears twice/,
    ],
    [
      "betas beyond 1",
      () => new nn.Adam([p()], { betas: [0.9, 1] }),
      /betas must be two numbers in \[0, 1\)/,
    ],
    [
      "etas that do not part",
      () => new nn.Rprop([p()], { etas: [1.2, 0.5] }),
      /Rprop: etas must be/,
    ],
    ["eps below 0", () => new nn.Adafactor([p()], { eps: [null, -1] }), /Adafactor: eps\[1\] must/],
    ["d below 1", () => new nn.Adafactor([p()], { d: 0.5 }), /Adafactor: d must be ≥ 1; got 0.5/],
    ["a decay above 0", () => new nn.Adafactor([p()], { beta2Decay: 1 }), /beta2Decay must be ≤ 0/],
    ["rho beyond 1", () => new nn.Adadelta([p()], { rho: 2 }), /Adadelta: rho must be in \[0, 1\]/],
    [
      "nesterov without momentum",
      () => new nn.SGD([p()], { nesterov: true }),
      /nesterov needs momentum/,
    ],
    ["a result of an op", () => new nn.SGD([p().mul(2)]), /was made by 'mul.*only leaves/],
    ["what is no tensor", () => new nn.SGD([3 as unknown as Tensor]), /SGD: .*number|neither/],
    [
      "no list",
      () => new nn.SGD(new nn.Linear(1, 1) as unknown as Tensor[]),
      /expected a list of parameters/,
    ],
  ];
  for (const [name, call, message] of cases)
    it(name, () => expect(call).to.throw(ArgumentError, message));
});

describe("optimizers: state", () => {
  const net = () => new nn.Linear(2, 2);
  it("has stable keys", () => {
    const m = net();
    const opt = new nn.AdamW(
      [{ params: [m.bias as nn.Parameter] }, { params: [m.weight], lr: 1 }],
      { amsgrad: true },
    );
    m.call(ones([1, 2]))
      .sum()
      .backward();
    opt.step();
    const { state, tensors } = opt.stateDict();
    expect([...tensors.keys()]).to.deep.equal([
      "0.exp_avg",
      "0.exp_avg_sq",
      "0.max_exp_avg_sq",
      "1.exp_avg",
      "1.exp_avg_sq",
      "1.max_exp_avg_sq",
    ]);
    expect(state.steps).to.deep.equal({ 0: 1, 1: 1 });
    expect(state.paramGroups.map((g) => [g.lr, g.params])).to.deep.equal([
      [1e-3, [0]],
      [1, [1]],
    ]);
  });
  it("that does not fit is told completely and changes nothing", () => {
    const [a, b] = [net(), new nn.Linear(3, 2)];
    const [from, to] = [
      new nn.SGD(a.parameters(), { momentum: 0.5, lr: 2 }),
      new nn.SGD(b.parameters(), { momentum: 0.9 }),
    ];
    a.call(ones([1, 2]))
      .sum()
      .backward();
    from.step();
    expect(() => to.loadStateDict(from.stateDict())).to.throw(
      nn.StateDictError,
      /"0\.momentum_buffer": expected float32 \[2, 3\], got float32 \[2, 2\]/,
    );
    expect(to.paramGroups[0].lr).to.equal(1e-3);
    const fewer = new nn.SGD([b.weight]);
    expect(() => fewer.loadStateDict(from.stateDict())).to.throw(
      nn.StateDictError,
      /expected 1 parameters, got 2/,
    );
    expect(() => new nn.Adam(a.parameters()).loadStateDict(from.stateDict())).to.throw(
      nn.StateDictError,
      /expected Adam, got SGD/,
    );
    expect(() => from.loadStateDict({ tensors: new Map(), state: null })).to.throw(
      nn.StateDictError,
    );
  });
  it("with tensors missing or too many, or a rate without sense, is refused", () => {
    const m = net();
    const opt = new nn.Adam(m.parameters());
    m.call(ones([1, 2]))
      .sum()
      .backward();
    opt.step();
    const { state, tensors } = opt.stateDict();
    const fewer = new Map(tensors);
    fewer.delete("1.exp_avg");
    fewer.set("7.exp_avg", ones([2]));
    expect(() => opt.loadStateDict({ state, tensors: fewer }))
      .to.throw(nn.StateDictError, /missing keys: "1\.exp_avg"\n.*unexpected keys: "7\.exp_avg"/)
      .with.property("missing")
      .deep.equal(["1.exp_avg"]);
    const bad = JSON.parse(JSON.stringify(state));
    bad.paramGroups[0].lr = -1;
    expect(() => opt.loadStateDict({ state: bad, tensors })).to.throw(ArgumentError, /lr must be/);
    expect(opt.stateDict().state).to.deep.equal(state);
  });
  it("loading copies: the given tensors stay the user's", () => {
    const [a, b] = [net(), net()];
    const [from, to] = [
      new nn.SGD(a.parameters(), { momentum: 0.5 }),
      new nn.SGD(b.parameters(), { momentum: 0.5 }),
    ];
    a.call(ones([1, 2]))
      .sum()
      .backward();
    from.step();
    const { state, tensors } = from.stateDict();
    expect(left(() => scope(() => to.loadStateDict({ state, tensors })))).to.equal(2);
    expect(left(() => to.loadStateDict({ state, tensors }))).to.equal(0);
    for (const t of tensors.values()) t.release();
    expect(to.stateDict().tensors.get("0.momentum_buffer")?.dataSync()).to.have.length(4);
  });
  it("is one storage per parameter and kind, flat over steps, also inside scope()", () => {
    const m = net();
    const opt = new nn.Adam(m.parameters(), { amsgrad: true, weightDecay: 0.1, maximize: true });
    const x = randn([3, 2]);
    const step = () =>
      scope(() => {
        opt.zeroGrad();
        m.call(x).sum().backward();
        opt.step();
      });
    expect(left(step), "two gradients, three means for each of two").to.equal(8);
    expect(left(() => Array.from({ length: 20 }, step))).to.equal(0);
    const { liveBytes } = memory();
    step();
    expect(memory().liveBytes).to.equal(liveBytes);
  });
  it("step reads gradients without making the user's handle, and skips parameters without one", () => {
    const m = net();
    m.call(ones([1, 2]))
      .sum()
      .backward();
    const storage = (m.weight.source as { grad: Tensor }).grad.storage;
    (m.bias as nn.Parameter).grad = null;
    const before = [...(m.bias as nn.Parameter).dataSync()];
    new nn.SGD(m.parameters(), { lr: 1, weightDecay: 1 }).step();
    expect(storage.count).to.equal(1);
    expect([...(m.bias as nn.Parameter).dataSync()]).to.deep.equal(before);
    m.requiresGrad_(false);
    new nn.SGD(m.parameters(), { lr: 1 }).step();
  });
});
