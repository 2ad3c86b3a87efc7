// Optimizers that are given a closure, LBFGS first of all, against PyTorch.
import { ArgumentError, ones, scope, type Tensor } from "@tapegrad/core";
import { expect } from "chai";
import * as nn from "../src/index.ts";
import { close, type Described, fixture, left, type Numbers } from "./kit.ts";
import { type Kind, leaf, optimizer } from "./optimizers.ts";

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
