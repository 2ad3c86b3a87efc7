// Optimizers and clipping against PyTorch; their state in and out; what they hold.
import {
  ArgumentError,
  type Backend,
  fallbacks,
  getBackend,
  memory,
  ones,
  onRun,
  randn,
  registerBackend,
  requiredLoops,
  resetFallbacks,
  SavedTensorChangedError,
  scope,
  type Tensor,
  tensor,
  withBackend,
} from "@tapegrad/core";
import { expect } from "chai";
import * as nn from "../src/index.ts";
import { close, type Described, fixture, left, made, type Numbers } from "./kit.ts";
import { type Kind, optimizer } from "./optimizers.ts";

interface OptimCase {
  readonly name: string;
  readonly optim: Kind;
  readonly options: object;
  readonly groups?: readonly { readonly params: readonly number[]; readonly options: object }[];
  readonly params: readonly Described[];
  readonly grads: readonly (readonly (Numbers | null)[])[];
  readonly after: readonly (readonly Numbers[])[];
}

const leaf = (d: Described): nn.Parameter => new nn.Parameter(made(d));

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

describe("optimizers: with a closure, as PyTorch", () => {
  interface ClosureCase {
    readonly name: string;
    readonly optim: Kind;
    readonly options: object;
    readonly params: readonly [Described, Described];
    readonly losses: readonly number[];
    readonly after: readonly (readonly Numbers[])[];
    /** How often the closure was called by then. */
    readonly calls: readonly number[];
  }
  /** Rosenbrock's valley behind a shift, as fixtures/generate/optim.py has it. */
  function valley(c: ClosureCase) {
    const params = c.params.map(leaf);
    const opt = optimizer(c.optim, params as nn.Params<never>, c.options);
    const run = {
      params,
      opt,
      calls: 0,
      closure: (): Tensor => {
        run.calls++;
        opt.zeroGrad();
        const [x, shift] = params as [nn.Parameter, nn.Parameter];
        const y = x.add(shift);
        const [front, back] = [y.narrow(0, 0, 3), y.narrow(0, 1, 3)];
        const steep = back.sub(front.square()).square().mul(5);
        const loss = steep.add(front.neg().add(1).square()).sum().add(shift.square());
        loss.backward();
        return loss;
      },
    };
    return run;
  }
  /** Rounding decides where a search of float32 ends. */
  const near = (what: string, got: Tensor, expected: Numbers): void => {
    if (got.dtype === "float64") close(what, got, expected, got.dtype);
    else {
      for (const [i, v] of got.dataSync().entries()) {
        expect(v, what).to.be.closeTo(Number(expected[i]), 2e-3);
      }
    }
  };
  for (const c of fixture<ClosureCase>("optim-closure")) {
    it(c.name, () => {
      const run = valley(c);
      c.after.forEach((after, k) => {
        const loss = run.opt.step(run.closure) as Tensor;
        near(`loss of step ${k}`, loss, [c.losses[k] as number]);
        run.params.forEach((p, i) => {
          near(`parameter ${i} after step ${k}`, p, after[i] as Numbers);
        });
        expect(run.calls, `calls by step ${k}`).to.equal(c.calls[k]);
      });
    });
    it(`${c.name}: state goes on to the same bits, and nothing is left behind`, () => {
      const [a, b] = [valley(c), valley(c)];
      a.opt.step(a.closure);
      a.params.forEach((p, i) => {
        nn.setData(b.params[i] as nn.Parameter, p.detach().clone());
      });
      const { state, tensors } = a.opt.stateDict();
      b.opt.loadStateDict({ tensors, state: JSON.parse(JSON.stringify(state)) });
      for (const run of [a, b]) run.opt.step(run.closure);
      a.params.forEach((p, i) => {
        expect([...(b.params[i] as Tensor).dataSync()]).to.deep.equal([...p.dataSync()]);
      });
      const kept = () => a.opt.stateDict().tensors.size;
      const before = kept();
      expect(left(() => scope(() => void a.opt.step(a.closure)))).to.equal(kept() - before);
    });
  }
  it("LBFGS takes one group, and a closure", () => {
    const [p, q] = [new nn.Parameter(ones([1])), new nn.Parameter(ones([1]))];
    expect(() => new nn.LBFGS([{ params: [p] }, { params: [q] }])).to.throw(/LBFGS: takes one/);
    expect(() => new nn.LBFGS([p]).step()).to.throw(ArgumentError, /step\(\) needs a closure/);
    const words = { lineSearchFn: "wolfe" as "strongWolfe" };
    expect(() => new nn.LBFGS([p], words)).to.throw(/lineSearchFn must be one of "strongWolfe"/);
    expect(() => new nn.LBFGS([p], { maxIter: 0 })).to.throw(/maxIter must be a whole number/);
  });
});

describe("optimizers: one pass over all parameters", () => {
  type UpdateArguments<H> = [p: Tensor, g: Tensor, group: nn.ParamGroup<H>, slot: nn.Slot];
  /** The same rules, tensor by tensor: a subclass with a rule of its own is never run in one pass. */
  class ComposedSGD extends nn.SGD {
    protected override update(...args: UpdateArguments<nn.SGDHyper>): void {
      super.update(...args);
    }
  }
  class ComposedAdam extends nn.Adam {
    protected override update(...args: UpdateArguments<nn.AdamHyper>): void {
      super.update(...args);
    }
  }
  class ComposedAdamW extends nn.AdamW {
    protected override update(...args: UpdateArguments<nn.AdamHyper>): void {
      super.update(...args);
    }
  }
  type Make = new (params: nn.Params<never>, options: object) => nn.AnyOptimizer;
  const cases: [name: string, fused: unknown, composed: unknown, options: object][] = [
    ["SGD", nn.SGD, ComposedSGD, { lr: 0.1 }],
    ["SGD", nn.SGD, ComposedSGD, { lr: 0.1, momentum: 0.9, weightDecay: 0.01, nesterov: true }],
    [
      "SGD",
      nn.SGD,
      ComposedSGD,
      { lr: 0.1, momentum: 0.9, dampening: 0.3, weightDecay: 0.01, maximize: true },
    ],
    ["Adam", nn.Adam, ComposedAdam, { weightDecay: 0.1 }],
    ["Adam", nn.Adam, ComposedAdam, { amsgrad: true, maximize: true }],
    ["AdamW", nn.AdamW, ComposedAdamW, { lr: 0.1, amsgrad: true }],
  ];
  const sizes = [[3, 2], [5], [], [0, 4], [2, 2, 2]];
  const start = () => sizes.map((shape, i) => new nn.Parameter(randn(shape).mul(i + 1)));
  /** Gradients of step k; the first parameter has none at first, the second none in the middle. */
  function giveGradients(params: readonly Tensor[], all: readonly Tensor[], k: number): void {
    params.forEach((p, i) => {
      const none = (i === 0 && k === 0) || (i === 1 && k === 1);
      p.grad = none ? null : (all[k * params.length + i] as Tensor);
    });
  }

  for (const [name, fused, composed, options] of cases) {
    it(`${name} ${JSON.stringify(options)}: the bits of the rule tensor by tensor`, () => {
      const a = start();
      const b = a.map((p) => new nn.Parameter(p.detach().clone()));
      const gradients = [0, 1, 2, 3].flatMap(() => sizes.map((shape) => randn(shape)));
      const [one, other] = [
        new (fused as Make)(a as nn.Params<never>, options),
        new (composed as Make)(b as nn.Params<never>, options),
      ];
      resetFallbacks();
      for (let k = 0; k < 4; k++) {
        giveGradients(a, gradients, k);
        giveGradients(b, gradients, k);
        one.step();
        other.step();
      }
      expect(fallbacks()).to.deep.equal([]);
      a.forEach((p, i) => {
        expect([...p.dataSync()]).to.deep.equal([...(b[i] as Tensor).dataSync()]);
      });
      const states = [one, other].map((o) =>
        [...o.stateDict().tensors].map(([key, t]) => [key, [...t.dataSync()]]),
      );
      expect(states[0]).to.deep.equal(states[1]);
    });
  }

  it("is one kernel for parameters of one dtype and one number of steps", () => {
    const params = start();
    params.forEach((p) => {
      p.grad = ones(p.shape);
    });
    const ran: string[] = [];
    const stop = onRun(({ op }) => ran.push(op));
    const [sgd, adam] = [new nn.SGD(params, { momentum: 0.9 }), new nn.AdamW(params)];
    sgd.step();
    adam.step();
    nn.clipGradNorm(params, 0.5);
    stop();
    expect(ran).to.deep.equal(["sgdStep", "adamStep", "powerSum", "scaleAll"]);
  });
  it("dtypes do not mix: each has its pass", () => {
    const [a, b] = [new nn.Parameter(ones([2])), new nn.Parameter(ones([2], { dtype: "float64" }))];
    a.grad = ones([2]);
    b.grad = ones([2], { dtype: "float64" });
    new nn.SGD([a, b], { lr: 0.5 }).step();
    expect([...a.dataSync(), ...b.dataSync()]).to.deep.equal([0.5, 0.5, 0.5, 0.5]);
  });
  it("counts as a change in place: what the tape saved of a parameter before is refused", () => {
    for (const make of [nn.SGD, nn.Adam]) {
      const p = new nn.Parameter(ones([2]));
      const loss = p.mul(p).sum();
      p.grad = ones([2]);
      new (make as typeof nn.SGD)([p]).step();
      expect(() => loss.backward()).to.throw(SavedTensorChangedError, /sgdStep|adamStep/);
    }
  });
  it("a backend without the kernels goes tensor by tensor, counted; so do parameters in one storage", () => {
    const remove = registerBackend(
      "required only",
      (): Backend => ({
        ...getBackend("reference"),
        name: "required only",
        kernels: requiredLoops,
      }),
    );
    try {
      withBackend("required only", () => {
        resetFallbacks();
        const p = new nn.Parameter(ones([2]));
        p.grad = ones([2]);
        new nn.SGD([p], { lr: 0.5, momentum: 0.9 }).step();
        new nn.Adam([p], { lr: 0.5 }).step();
        expect(nn.clipGradNorm([p], 10)).to.be.closeTo(Math.SQRT2, 1e-6);
        const counted = fallbacks().map(({ op }) => op);
        expect(counted).to.include.members(["sgdStep", "adamStep", "powerSum"]);
      });
    } finally {
      remove();
    }
    const both = ones([4]);
    const params = [both.narrow(0, 0, 2), both.narrow(0, 2, 2)].map((t) => t.requiresGrad_());
    for (const p of params) p.grad = ones([2]);
    resetFallbacks();
    new nn.SGD(params, { lr: 0.25 }).step();
    expect([...both.dataSync()]).to.deep.equal([0.75, 0.75, 0.75, 0.75]);
    expect(fallbacks().map(({ op }) => op)).to.deep.equal(["sgdStep"]);
    resetFallbacks();
  });
});

describe("clipGradNorm: as PyTorch", () => {
  interface ClipCase {
    readonly name: string;
    readonly args: readonly [number, { readonly normType: number | string }];
    readonly grads: readonly (Described | null)[];
    readonly norm: number;
    readonly after: readonly (Numbers | null)[];
  }
  const parametersOf = (c: ClipCase) =>
    c.grads.map((g) => {
      const p = new nn.Parameter(ones(g?.shape ?? [1], { dtype: "float64" }));
      if (g !== null) p.grad = made(g);
      return p;
    });
  for (const c of fixture<ClipCase>("clip-grad-norm")) {
    it(`${c.name}; the norm as a tensor`, () => {
      const params = parametersOf(c);
      const [maxNorm, { normType }] = c.args;
      const norm = nn.optim.clipGradNormTensor(params, maxNorm, { normType: Number(normType) });
      close("norm", norm, [c.norm], norm.dtype === "float64" ? "float64" : "float32");
      c.after.forEach((after, i) => {
        const g = params[i]?.grad ?? null;
        if (after !== null) close(`gradient ${i}`, g as Tensor, after, "float64");
      });
    });
    it(c.name, () => {
      const params = parametersOf(c);
      const [maxNorm, { normType }] = c.args;
      let norm = 0;
      expect(
        left(() => {
          norm = nn.clipGradNorm(params, maxNorm, { normType: Number(normType) });
        }),
      ).to.equal(0);
      close("norm", [norm], [c.norm], "float64");
      c.after.forEach((after, i) => {
        const g = params[i]?.grad ?? null;
        if (after === null) expect(g).to.equal(null);
        else close(`gradient ${i}`, g as Tensor, after, "float64");
      });
    });
  }
  it("nothing to clip; and arguments without sense", () => {
    expect(nn.clipGradNorm([new nn.Parameter(ones([1]))], 1)).to.equal(0);
    expect(() => nn.clipGradNorm([], -1)).to.throw(ArgumentError, /maxNorm/);
    expect(() => nn.clipGradNorm([], 1, { normType: 0 })).to.throw(ArgumentError, /normType/);
  });
  it("a NaN shows in the norm and in every gradient", () => {
    const [a, b] = [new nn.Parameter(ones([1])), new nn.Parameter(ones([1]))];
    a.grad = tensor([Number.NaN]);
    b.grad = tensor([1]);
    expect(nn.optim.clipGradNormTensor([a, b], 1).item()).to.be.NaN;
    expect(nn.clipGradNorm([a, b], 1)).to.be.NaN;
    expect(b.grad?.item()).to.be.NaN;
  });
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
