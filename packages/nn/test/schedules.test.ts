// Schedules against PyTorch; their state in and out; what they refuse.
import { ArgumentError, ones, tensor } from "@tapegrad/core";
import { expect } from "chai";
import * as nn from "../src/index.ts";
import { close, fixture } from "./kit.ts";
import { type Kind, optimizer } from "./optimizers.ts";

interface ScheduleCase {
  readonly name: string;
  readonly schedule: keyof typeof SCHEDULES;
  readonly options: Readonly<Record<string, unknown>>;
  readonly optim: Kind;
  readonly optimOptions: object;
  readonly groups?: readonly object[];
  readonly lr: readonly (readonly number[])[];
  readonly momentum?: readonly (readonly number[])[];
  /** What each step() is given. */
  readonly metrics?: readonly number[];
}

/** [name, options] of a schedule inside another. */
type Inner = readonly [keyof typeof SCHEDULES, Readonly<Record<string, unknown>>];

type Plan = (
  opt: nn.AnyOptimizer,
  // biome-ignore lint/suspicious/noExplicitAny: what each of them takes is what the fixture holds
  options: any,
) => nn.LRScheduler;
const SCHEDULES = {
  OneCycleLR: (opt, { maxLr, ...rest }) => new nn.OneCycleLR(opt, maxLr, rest),
  CosineAnnealingLR: (opt, { tMax, ...rest }) => new nn.CosineAnnealingLR(opt, tMax, rest),
  StepLR: (opt, { stepSize, ...rest }) => new nn.StepLR(opt, stepSize, rest),
  MultiStepLR: (opt, { milestones, ...rest }) => new nn.MultiStepLR(opt, milestones, rest),
  ExponentialLR: (opt, { gamma }) => new nn.ExponentialLR(opt, gamma),
  ConstantLR: (opt, options) => new nn.ConstantLR(opt, options),
  LinearLR: (opt, options) => new nn.LinearLR(opt, options),
  PolynomialLR: (opt, options) => new nn.PolynomialLR(opt, options),
  // A function cannot be written down: these are generate/optim.py's.
  LambdaLR: (opt) => new nn.LambdaLR(opt, (step) => 0.95 ** step),
  CosineAnnealingWarmRestarts: (opt, { t0, ...rest }) =>
    new nn.CosineAnnealingWarmRestarts(opt, t0, rest),
  MultiplicativeLR: (opt) => new nn.MultiplicativeLR(opt, (step) => 1 / (1.25 + step)),
  SWALR: (opt, { swaLr, ...rest }) => new nn.SWALR(opt, swaLr, rest),
  // Where a function has a say, it is this.
  CyclicLR: (opt, { baseLr, maxLr, ...rest }) => {
    const scale = rest.scaleMode === undefined ? {} : { scaleFn: (x: number) => 1 / (1 + x) };
    return new nn.CyclicLR(opt, baseLr, maxLr, { ...rest, ...scale });
  },
  ReduceLROnPlateau: (opt, options) => new nn.ReduceLROnPlateau(opt, options),
  SequentialLR: (opt, { schedulers, milestones }) =>
    new nn.SequentialLR(opt, inside(opt, schedulers), milestones),
  ChainedScheduler: (opt, { schedulers }) => new nn.ChainedScheduler(inside(opt, schedulers)),
} as const satisfies Record<string, Plan>;

const inside = (opt: nn.AnyOptimizer, list: readonly Inner[]): nn.LRScheduler[] =>
  list.map(([name, options]) => {
    const plan: Plan = SCHEDULES[name];
    return plan(opt, options);
  });

function schedule(c: ScheduleCase) {
  const given = c.groups?.map((g) => ({ params: [new nn.Parameter(ones([1]))], ...g }));
  const params = given ?? [new nn.Parameter(ones([1]))];
  const opt = optimizer(c.optim, params as nn.Params<never>, c.optimOptions);
  const plan: Plan = SCHEDULES[c.schedule];
  return { opt, plan: plan(opt, c.options) };
}

function advance(plan: nn.LRScheduler, c: ScheduleCase, k: number): void {
  const metric = c.metrics?.[k];
  if (!(plan instanceof nn.ReduceLROnPlateau)) plan.step();
  else plan.step(k % 2 === 0 ? metric : tensor(metric as number, { dtype: "float64" }));
}

describe("schedules: as PyTorch", () => {
  for (const c of fixture<ScheduleCase>("schedules")) {
    it(c.name, () => {
      const { opt, plan } = schedule(c);
      c.lr.forEach((lr, k) => {
        close(`lr at ${k}`, plan.getLastLr(), lr, "float64");
        if (c.momentum !== undefined) {
          const got = opt.paramGroups.map((g) => ("betas" in g ? g.betas[0] : g.momentum));
          close(`momentum at ${k}`, got, c.momentum[k] as number[], "float64");
        }
        if (k + 1 < c.lr.length) advance(plan, c, k);
      });
    });
    it(`${c.name}: state saved and loaded half-way goes on to the same rates`, () => {
      const [a, b] = [schedule(c), schedule(c)];
      const half = Math.floor(c.lr.length / 2);
      for (let k = 0; k < half; k++) advance(a.plan, c, k);
      // A plateau's rates are those of the optimizer, whose state is loaded too.
      b.opt.loadStateDict(a.opt.stateDict());
      b.plan.loadStateDict(JSON.parse(JSON.stringify(a.plan.stateDict())));
      for (let k = half; k + 1 < c.lr.length; k++) {
        expect(b.plan.getLastLr()).to.deep.equal(a.plan.getLastLr());
        for (const { plan } of [a, b]) advance(plan, c, k);
      }
      expect(b.plan.stateDict()).to.deep.equal(a.plan.stateDict());
    });
  }
  it("SWALR goes on from where a schedule stepped by itself has brought the rates", () => {
    const opt = new nn.SGD([new nn.Parameter(ones([1]))], { lr: 1 });
    const [down, swa] = [
      new nn.ExponentialLR(opt, 0.5),
      new nn.SWALR(opt, 0.05, { annealEpochs: 2, annealStrategy: "linear" }),
    ];
    const rates: number[] = [];
    for (const plan of [down, down, swa, swa, swa]) {
      plan.step();
      rates.push(opt.paramGroups[0].lr);
    }
    close("rates", rates, [0.5, 0.25, 0.15, 0.05, 0.05], "float64");
  });
  it("what makes no sense is refused", () => {
    const opt = new nn.SGD([new nn.Parameter(ones([1]))], { lr: 1 });
    expect(() => new nn.SWALR(opt, -1)).to.throw(/SWALR: swaLr must be a number ≥ 0/);
    expect(() => new nn.SWALR(opt, 1, { annealEpochs: -1 })).to.throw(/annealEpochs must be/);
    const words = { annealStrategy: "exp" as "cos" };
    expect(() => new nn.SWALR(opt, 1, words)).to.throw(/annealStrategy must be one of "cos"/);
    expect(() => new nn.MultiStepLR(opt, [1.5])).to.throw(/MultiStepLR: milestones must be/);
    expect(() => new nn.LinearLR(opt, { totalIters: 0 })).to.throw(/totalIters must be/);
    expect(() => new nn.LinearLR(opt, { endFactor: 2 })).to.throw(/endFactor must be in \[0, 1\]/);
    expect(() => new nn.ConstantLR(opt, { factor: 2 })).to.throw(/factor must be in \[0, 1\]/);
    const two = [() => 1, () => 1];
    expect(() => new nn.LambdaLR(opt, two)).to.throw(/LambdaLR: .*a function, or 1 of them/);
    expect(() => new nn.CyclicLR(opt, 1, [1, 2])).to.throw(/CyclicLR: maxLr has 2 values for 1/);
    expect(() => new nn.CyclicLR(opt, 1, -2)).to.throw(/CyclicLR: maxLr must be a number ≥ 0/);
    const adagrad = new nn.Adagrad([new nn.Parameter(ones([1]))]);
    expect(() => new nn.CyclicLR(adagrad, 1, 2)).to.throw(/neither momentum nor betas/);
    const plateau = new nn.ReduceLROnPlateau(opt);
    expect(() => plateau.step()).to.throw(ArgumentError, /needs the metric: step\(loss\)/);
    expect(() => new nn.ReduceLROnPlateau(opt, { factor: 1 })).to.throw(/factor must be below 1/);
    const { seen: _, ...blind } = plateau.stateDict();
    expect(() => plateau.loadStateDict(blind)).to.throw(nn.StateDictError, /"seen": expected best/);
    const steps = () => new nn.StepLR(opt, 2);
    expect(() => new nn.ChainedScheduler([])).to.throw(/ChainedScheduler: the list .* is empty/);
    expect(() => new nn.ChainedScheduler([steps(), plateau])).to.throw(
      /schedule 1 must be .*step a/,
    );
    expect(() => new nn.SequentialLR(adagrad, [steps()], [])).to.throw(/0 belongs to another/);
    expect(() => new nn.SequentialLR(opt, [steps(), steps()], [])).to.throw(/need 1 milestones/);
    const three = [steps(), steps(), steps()];
    expect(() => new nn.SequentialLR(opt, three, [2, 2])).to.throw(/milestones must rise/);
  });

  it("state goes through JSON to the same rates, and another schedule is refused", () => {
    const make = () => {
      const opt = new nn.SGD([new nn.Parameter(ones([1]))], { lr: 0.1, momentum: 0.9 });
      return new nn.OneCycleLR(opt, 0.5, { totalSteps: 10 });
    };
    const [a, b] = [make(), make()];
    for (let i = 0; i < 4; i++) a.step();
    b.loadStateDict(JSON.parse(JSON.stringify(a.stateDict())));
    expect(b.getLastLr()).to.deep.equal(a.getLastLr());
    expect(b.optimizer.paramGroups[0].momentum).to.equal(a.optimizer.paramGroups[0].momentum);
    const longer = new nn.OneCycleLR(a.optimizer, 0.5, { totalSteps: 11 });
    expect(() => b.loadStateDict(longer.stateDict())).to.throw(
      nn.StateDictError,
      /"totalSteps": expected 10, got 11/,
    );
    expect(() => b.loadStateDict(null)).to.throw(nn.StateDictError, /"scheduler"/);
    expect(b.lastEpoch).to.equal(4);
  });
  it("bad arguments, and a step beyond the cycle", () => {
    const opt = new nn.SGD([new nn.Parameter(ones([1]))], { lr: 0.1 });
    expect(() => new nn.OneCycleLR(opt, 0.5)).to.throw(ArgumentError, /give totalSteps, or epochs/);
    expect(() => new nn.OneCycleLR(opt, [1, 2], { totalSteps: 3 })).to.throw(
      ArgumentError,
      /2 values for 1/,
    );
    expect(() => new nn.OneCycleLR(opt, 1, { totalSteps: 3, pctStart: 2 })).to.throw(
      ArgumentError,
      /pctStart/,
    );
    expect(() => new nn.StepLR(opt, 0)).to.throw(ArgumentError, /stepSize/);
    const plan = new nn.OneCycleLR(opt, 1, { totalSteps: 2 });
    plan.step();
    plan.step();
    expect(() => plan.step()).to.throw(ArgumentError, /step 3 is beyond totalSteps=2/);
    expect(plan.lastEpoch).to.equal(2);
  });
});
