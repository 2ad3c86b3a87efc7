// vjp, jvp, jacobian, hessian, vhp, hvp: PyTorch's numbers, shapes, numbers worked out by hand, the identities between them, refusals.
import {
  ArgumentError,
  AutogradError,
  allclose,
  Function,
  type FunctionContext,
  grad,
  hessian,
  hvp,
  jacobian,
  jvp,
  memory,
  noGrad,
  ShapeError,
  type Tensor,
  tensor,
  vhp,
  vjp,
} from "@tapegrad/core";
import { expect } from "chai";
import { readFixture, tensorOf } from "./fixture-runner.ts";
import { useBackend } from "./use-backend.ts";

const f64 = (data: unknown) => tensor(data as number[], { dtype: "float64" });

/** Those of fixtures/generate/functional.py. */
const FUNCTIONS: Readonly<Record<string, (x: Tensor, y: Tensor) => Tensor | Tensor[]>> = {
  rows: (x) => x.sin().matmul(x.t().exp()).sum(0),
  energy: (x) => x.sin().matmul(x.t().exp()).square().sum(),
  pair: (x, y) => [x.square().mul(y.exp()), x.sum().mul(y.sum())],
  bowl: (x, y) => x.exp().mul(y.square()).sum().add(y.sin().sum().mul(x.prod())),
  line: (x, y) => x.pow(3).sum().add(y.sum()),
  one: (x) => x.pow(4),
};
const DERIVATIVES = { vjp, jvp, jacobian, hessian, vhp, hvp };
interface FunctionalCase {
  readonly name: string;
  readonly fn: keyof typeof DERIVATIVES;
  readonly f: string;
  readonly inputs: readonly Parameters<typeof tensorOf>[0][];
  readonly v?: readonly Parameters<typeof tensorOf>[0][];
  readonly outputs: readonly Parameters<typeof tensorOf>[0][];
}
const single = (ts: Tensor[]): Tensor | Tensor[] => (ts.length === 1 ? (ts[0] as Tensor) : ts);

describe("derivatives of functions", () => {
  useBackend("reference");

  describe("as PyTorch", () => {
    for (const c of readFixture<FunctionalCase>("functional.json")) {
      it(c.name, () => {
        const f = FUNCTIONS[c.f] as (...inputs: Tensor[]) => Tensor;
        const inputs = single(c.inputs.map(tensorOf));
        const v = c.v === undefined ? [] : [single(c.v.map(tensorOf))];
        type Any = (...args: unknown[]) => Tensor | Tensor[];
        const result = [(DERIVATIVES[c.fn] as Any)(f, inputs, ...v)].flat(3) as Tensor[];
        expect(result.map((t) => [t.requiresGrad, ...t.shape])).to.deep.equal(
          c.outputs.map((d) => [false, ...d.shape]),
        );
        result.forEach((t, k) => {
          const expected = tensorOf(c.outputs[k] as (typeof c.outputs)[number]);
          expect(allclose(t, expected, { rtol: 1e-7, atol: 1e-10 }), `output ${k}`).to.equal(true);
        });
      });
    }
  });

  describe("vjp", () => {
    it("is vᵀJ, beside the outputs", () => {
      const x = f64([1, 2, 3]);
      const [y, g] = vjp((t) => t.square(), x, f64([1, 10, 100]));
      expect(y.tolist()).to.deep.equal([1, 4, 9]);
      expect(g.tolist()).to.deep.equal([2, 40, 600]);
      expect(y.requiresGrad || g.requiresGrad || x.requiresGrad).to.equal(false);
    });
    it("gives lists for lists, and zeros where nothing depends", () => {
      const [[a, b], [gx, gy]] = vjp(
        (x: Tensor, _y: Tensor) => [x.mul(3), x.sum()],
        [f64([1, 2]), f64([5])],
        [f64([1, 1]), f64(2)],
      ) as [[Tensor, Tensor], [Tensor, Tensor]];
      expect([a.tolist(), b.tolist()]).to.deep.equal([[3, 6], 3]);
      expect([gx.tolist(), gy.tolist()]).to.deep.equal([[5, 5], [0]]);
    });
    it("needs no v for one element", () => {
      expect(vjp((t) => t.mul(t).sum(), f64([1, 2]))[1].tolist()).to.deep.equal([2, 4]);
      expect(() => vjp((t) => t.mul(t), f64([1, 2]))).to.throw(
        ArgumentError,
        /v may only be left out/,
      );
    });
    it("works inside noGrad, where users call it", () => {
      noGrad(() => expect(vjp((t) => t.exp().sum(), f64([0]))[1].tolist()).to.deep.equal([1]));
    });
  });

  describe("jvp", () => {
    it("is Jv", () => {
      const a = f64([
        [1, 2],
        [3, 4],
        [5, 6],
      ]);
      const [y, p] = jvp((x) => a.matmul(x), f64([1, 1]), f64([1, 10]));
      expect(y.tolist()).to.deep.equal([3, 7, 11]);
      expect(p.tolist()).to.deep.equal([21, 43, 65]);
    });
    it("adds up over several inputs", () => {
      const [, p] = jvp((x, y) => x.mul(y), [f64([2]), f64([3])], [f64([10]), f64([100])]);
      expect(p.tolist()).to.deep.equal([230]);
    });
  });

  describe("jacobian", () => {
    it("has the output's shape, then the input's", () => {
      const j = jacobian((x) => x.square(), f64([[1, 2, 3]]));
      expect(j.shape).to.deep.equal([1, 3, 1, 3]);
      expect(j.reshape([3, 3]).tolist()).to.deep.equal([
        [2, 0, 0],
        [0, 4, 0],
        [0, 0, 6],
      ]);
    });
    it("nests lists: outputs outside, inputs inside", () => {
      const [[xx, xy], [sx, sy]] = jacobian(
        (x: Tensor, y: Tensor) => [x.mul(y), x.sum()],
        [f64([1, 2]), f64([3, 4])],
      ) as [[Tensor, Tensor], [Tensor, Tensor]];
      expect(xx.tolist()).to.deep.equal([
        [3, 0],
        [0, 4],
      ]);
      expect(xy.tolist()).to.deep.equal([
        [1, 0],
        [0, 2],
      ]);
      expect([sx.tolist(), sy.tolist()]).to.deep.equal([
        [1, 1],
        [0, 0],
      ]);
    });
    it("agrees with jvp and vjp on a function that mixes", () => {
      const f = (x: Tensor) => x.sin().matmul(x.t().exp()).sum(0);
      const x = f64([
        [0.1, -0.4, 0.3],
        [0.7, 0.2, -0.5],
      ]);
      const v = f64([
        [1, -2, 0.5],
        [0.25, 3, 1],
      ]);
      const w = f64([2, -3]);
      const j = jacobian(f, x).reshape([2, 6]);
      const byHand = [j.matmul(v.reshape([6])), w.matmul(j)];
      const [, forward] = jvp(f, x, v);
      const [, back] = vjp(f, x, w);
      for (const [a, b] of [
        [forward, byHand[0]],
        [back.reshape([6]), byHand[1]],
      ] as [Tensor, Tensor][]) {
        expect(a.sub(b).abs().amax().item()).to.be.below(1e-12);
      }
    });
    it("can be differentiated with createGraph", () => {
      const x = f64([1, 2]).requiresGrad_();
      const j = jacobian((t) => t.pow(3), x, { createGraph: true });
      expect(grad(j.sum(), x)[0].tolist()).to.deep.equal([6, 12]);
    });
    it("of nothing is nothing", () => {
      expect(jacobian((t) => t.mul(2), f64([]).reshape([0])).shape).to.deep.equal([0, 0]);
    });
  });

  describe("hessian", () => {
    it("of a cube", () => {
      expect(hessian((x) => x.pow(3).sum(), f64([1, 2])).tolist()).to.deep.equal([
        [6, 0],
        [0, 12],
      ]);
    });
    it("of two inputs, with zeros where a second derivative is none", () => {
      const h = hessian((x, y) => x.mul(y).sum().add(y.sum()), [f64([1, 2]), f64([3, 4])]);
      expect(h.map((row) => row.map((t) => t.tolist()))).to.deep.equal([
        [
          [
            [0, 0],
            [0, 0],
          ],
          [
            [1, 0],
            [0, 1],
          ],
        ],
        [
          [
            [1, 0],
            [0, 1],
          ],
          [
            [0, 0],
            [0, 0],
          ],
        ],
      ]);
    });
    it("wants one element", () => {
      expect(() => hessian((x) => x.mul(2), f64([1, 2]))).to.throw(ShapeError, /one element/);
    });
  });

  describe("vhp and hvp", () => {
    const cube = (x: Tensor) => x.pow(3).sum();
    it("can be differentiated with createGraph", () => {
      for (const product of [vhp, hvp]) {
        const x = f64([1, 2]).requiresGrad_();
        const [y, p] = product(cube, x, f64([1, 10]), { createGraph: true });
        expect(y.item()).to.equal(9);
        expect(grad(p.sum(), x)[0].tolist()).to.deep.equal([6, 60]);
      }
    });
    it("differ where the rule of a Function is not the derivative of one value", () => {
      // Its gradient is [y, 0] at [x, y]: the "Hessian" is [[0, 1], [0, 0]].
      class Skew extends Function {
        static forward(ctx: FunctionContext, x: Tensor): Tensor {
          ctx.saveForBackward(x);
          return x.sum();
        }
        static backward(ctx: FunctionContext, g?: Tensor): Tensor {
          const [x] = ctx.savedTensors as [Tensor];
          return x
            .flip([0])
            .mul(f64([1, 0]))
            .mul(g as Tensor);
        }
      }
      const x = f64([3, 4]);
      const f = (t: Tensor) => Skew.apply(t) as Tensor;
      expect(vhp(f, x, f64([1, 10]))[1].tolist()).to.deep.equal([0, 1]);
      expect(hvp(f, x, f64([1, 10]))[1].tolist()).to.deep.equal([10, 0]);
    });
    it("want one element, a v that fits, and with strict a Hessian", () => {
      const line = (x: Tensor) => x.sum();
      for (const [name, product] of Object.entries({ vhp, hvp })) {
        expect(() => product((x) => x.mul(2), f64([1, 2]), f64([1, 2]))).to.throw(
          ShapeError,
          new RegExp(`${name}: .*one element`),
        );
        expect(() => product(cube, f64([1, 2]), f64([1]))).to.throw(
          ShapeError,
          /v 0 does not have/,
        );
        expect(() => product(cube, f64([1, 2]))).to.throw(ArgumentError, /v may only be left out/);
        expect(product(line, f64([1, 2]), f64([1, 2]))[1].tolist()).to.deep.equal([0, 0]);
        expect(() => product(line, f64([1, 2]), f64([1, 2]), { strict: true })).to.throw(
          AutogradError,
          new RegExp(`${name}: .*strict is set`),
        );
      }
    });
    it("leave nothing behind but their results, what f made, and hvp the tape of f", () => {
      const x = f64([1, 2, 3]);
      for (const [product, storages] of [
        [vhp, 2],
        [hvp, 3],
      ] as const) {
        const run = () => {
          for (const t of product((u) => u.exp().sum(), x, x)) t.release();
        };
        run();
        const before = memory().storages;
        run();
        expect(memory().storages - before).to.be.at.most(storages);
      }
    });
  });

  it("strict refuses what does not depend", () => {
    const apart = (x: Tensor, _y: Tensor) => x.sum();
    expect(() => vjp(apart, [f64([1]), f64([2])], undefined, { strict: true })).to.throw(
      AutogradError,
      /does not depend on input 1/,
    );
    expect(() => jacobian(() => f64([1]), f64([2]), { strict: true })).to.throw(
      AutogradError,
      /output 0 does not depend/,
    );
  });

  it("refuses what is no function, no tensor, no v of that shape, no option", () => {
    const bad = (f: () => unknown, words: RegExp) => expect(f).to.throw(words);
    bad(() => jacobian(3 as never, f64([1])), /jacobian.*expected a function/s);
    bad(() => vjp((x) => x, [1] as never), /inputs must be a tensor or a list of tensors/);
    bad(() => vjp(() => 3 as never, f64([1])), /the result of the function must be a tensor/);
    bad(() => vjp((x) => x, f64([1, 2]), f64([1, 2, 3])), /v 0 does not have the shape/);
    bad(() => jvp((x) => x, f64([1, 2]), [f64([1]), f64([1])]), /v has 2 tensors/);
    bad(
      () => hessian((x) => x.sum(), f64([1]), { strickt: true } as never),
      /did you mean 'strict'/,
    );
  });

  it("leaves nothing behind but its results", () => {
    const x = f64([1, 2, 3]);
    const run = () => {
      hessian((t) => t.exp().sum(), x).release();
      for (const t of jvp((u) => u.sin(), x, x)) t.release();
    };
    run();
    const before = memory().liveBytes;
    run();
    // What f made is the caller's: exp, its sum, and sin, until they are collected.
    expect(memory().liveBytes - before).to.be.at.most(3 * 64);
  });
});
