// Steps in one pass over all parameters: the bits of the rule tensor by tensor, and when there is none.
import {
  type Backend,
  fallbacks,
  getBackend,
  ones,
  onRun,
  randn,
  registerBackend,
  requiredLoops,
  resetFallbacks,
  SavedTensorChangedError,
  type Tensor,
  withBackend,
} from "@tapegrad/core";
import { expect } from "chai";
import * as nn from "../src/index.ts";

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
