// Elementwise functions beyond what fixtures and opSuite ask: numbers on either side, which kernels run,
// gradients where a rule could divide by zero, refusals.
import {
  ArgumentError,
  add,
  atan2,
  clamp,
  DTypeError,
  div,
  eq,
  fmod,
  gelu,
  grad,
  gradcheck,
  gt,
  hardswish,
  igamma,
  logicalAnd,
  lt,
  maximum,
  minimum,
  mul,
  neg,
  onRun,
  pow,
  randn,
  relu,
  relu6,
  remainder,
  ShapeError,
  softplus,
  sub,
  type Tensor,
  tensor,
  where,
} from "@tapegrad/core";
import { expect } from "chai";
import fc from "fast-check";

const f64 = (data: number | number[]): Tensor => tensor(data, { dtype: "float64" });
const values = (t: Tensor): number[] => Array.from(t.dataSync() as ArrayLike<number>, Number);

/** The names of the ops that f runs. */
function opsOf(f: () => unknown): string[] {
  const names: string[] = [];
  const stop = onRun((event) => names.push(event.op));
  try {
    f();
  } finally {
    stop();
  }
  return names;
}

const BINARY = {
  add,
  sub,
  mul,
  div,
  pow,
  maximum,
  minimum,
  fmod,
  remainder,
  atan2,
  eq,
  lt,
  gt,
  logicalAnd,
};

describe("a number beside a tensor", () => {
  for (const [name, op] of Object.entries(BINARY)) {
    it(`${name}: is what a zero-dim tensor would be, on either side`, () => {
      const x = f64([0.5, 1.25, 2, 3.5]);
      for (const s of [2, -0.75, 1.25]) {
        expect(values(op(x, s)), "right").to.deep.equal(values(op(x, f64(s))));
        expect(values(op(s, x)), "left").to.deep.equal(values(op(f64(s), x)));
      }
    });
  }

  it("makes no tensor of the number", () => {
    const x = f64([1, 2]);
    for (const name of ["add", "sub", "mul", "div", "pow", "maximum", "lt"] as const) {
      expect(opsOf(() => BINARY[name](x, 2))).to.deep.equal([`${name}Scalar`]);
    }
    expect(opsOf(() => sub(1, x))).to.deep.equal(["rsubScalar"]);
    expect(opsOf(() => lt(1, x))).to.deep.equal(["ltScalar"]);
  });

  it("is compared in the tensor's precision", () => {
    expect(values(tensor([0.1]).eq(0.1))).to.deep.equal([1]);
    expect(values(f64([0.1]).eq(0.1))).to.deep.equal([1]);
    expect(values(f64([Math.fround(0.1)]).eq(0.1))).to.deep.equal([0]);
  });

  it("needs a tensor on the other side", () => {
    expect(() => sub(1, 2)).to.throw(ArgumentError, /sub: at least one operand must be a Tensor/);
    expect(() => div(f64([1]), "2" as never)).to.throw(ArgumentError, /div: expected.*string/);
  });

  it("agrees with JS's own arithmetic", () => {
    const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 5 }), number, (xs, s) => {
        expect(values(f64(xs).sub(s))).to.deep.equal(xs.map((x) => x - s));
        expect(values(sub(s, f64(xs)))).to.deep.equal(xs.map((x) => s - x));
        expect(values(f64(xs).div(s))).to.deep.equal(xs.map((x) => x / s));
        expect(values(f64(xs).minimum(s))).to.deep.equal(xs.map((x) => Math.min(x, s)));
        expect(values(f64(xs).clamp({ min: s }))).to.deep.equal(xs.map((x) => Math.max(x, s)));
      }),
    );
  });
});

describe("where", () => {
  let cond: Tensor;
  before(() => {
    cond = tensor([true, false]);
  });
  it("takes numbers on both sides", () => {
    expect(where(cond, 1, 0).dtype).to.equal("int64");
    expect(where(cond, 1.5, 0).dtype).to.equal("float32");
    expect(where(cond, true, false).dtype).to.equal("bool");
    expect(values(where(cond, 1.5, -1))).to.deep.equal([1.5, -1]);
    expect(where(cond, tensor([1n, 2n]), 0.5).dtype).to.equal("float32");
  });
  it("keeps the gradient of the branch not taken at 0, even beside NaN", () => {
    const x = tensor([4, 0], { dtype: "float64", requiresGrad: true });
    where(gt(x, 0), x, Number.NaN).sum().backward();
    expect(values(x.grad as Tensor)).to.deep.equal([1, 0]);
  });
  it("names a wrong condition", () => {
    expect(() => where(f64([1]), 1, 2)).to.throw(
      DTypeError,
      /where: cond must be bool, got float64/,
    );
    expect(() => where(cond, f64([1, 2, 3]), 0)).to.throw(ShapeError, /where: sizes 2 and 3/);
  });
});

describe("gradients at the seams", () => {
  const at = (f: (x: Tensor) => Tensor, x: number[]): number[] => {
    const t = tensor(x, { dtype: "float64", requiresGrad: true });
    f(t).sum().backward();
    return values(t.grad as Tensor);
  };
  it("clamp lets the bounds themselves through", () => {
    expect(at((x) => clamp(x, { min: -1, max: 1 }), [-2, -1, 0, 1, 2])).to.deep.equal([
      0, 1, 1, 1, 0,
    ]);
  });
  it("equals share the gradient of maximum with a number", () => {
    expect(at((x) => x.maximum(1), [0, 1, 2])).to.deep.equal([0, 0.5, 1]);
  });
  it("pow at 0 has finite slopes where they exist", () => {
    expect(at((x) => x.pow(0), [0, 2])).to.deep.equal([0, 0]);
    expect(at((x) => x.pow(1), [0, 2])).to.deep.equal([1, 1]);
    expect(at((x) => x.pow(2), [0, 2])).to.deep.equal([0, 4]);
    expect(at((x) => pow(0, x), [0, 2])).to.deep.equal([0, 0]);
  });
  it("of an activation runs in one pass", () => {
    const g = f64([1, 1]);
    for (const [f, kernel] of [
      [relu, "reluGrad"],
      [relu6, "relu6Grad"],
      [gelu, "geluGrad"],
      [hardswish, "hardswishGrad"],
    ] as const) {
      const x = tensor([-0.5, 0.5], { dtype: "float64", requiresGrad: true });
      const y = f(x);
      expect(opsOf(() => grad(y, x, { gradOutputs: [g] }))).to.deep.equal([kernel]);
    }
  });
  it("of relu has a gradient of its own, which is 0", () => {
    const x = tensor([-1, 2], { dtype: "float64", requiresGrad: true });
    const [first] = grad(relu(x).mul(x).sum(), x, { createGraph: true });
    const [second] = grad((first as Tensor).sum(), x);
    expect(values(second as Tensor)).to.deep.equal([0, 2]);
  });
  it("of softplus with other settings", () => {
    const x = randn([2, 3], { dtype: "float64", requiresGrad: true });
    gradcheck((t) => softplus(t, { beta: 3, threshold: 2 }), [x]);
  });
});

describe("refusals", () => {
  it("bools where they mean nothing", () => {
    const b = tensor([true, false]);
    for (const f of [neg, relu]) expect(() => f(b)).to.throw(DTypeError, /bool.*logicalNot/);
    expect(() => sub(b, 1)).to.throw(DTypeError, /sub: .*bool/);
    expect(() => pow(b, b)).to.throw(DTypeError, /pow: .*bool/);
  });
  it("integers where PyTorch does not promote them", () => {
    const i = tensor([1n, 2n]);
    for (const f of [gelu, softplus, hardswish]) {
      expect(() => f(i)).to.throw(DTypeError, /expected a floating-point tensor, got int64/);
    }
    expect(() => i.pow(-1)).to.throw(ArgumentError, /pow: .*negative power -1/);
    expect(() => i.remainder(0)).to.throw(
      ArgumentError,
      /remainder: integers have no remainder by 0/,
    );
  });
});

describe("igamma", () => {
  it("is exact to the last digits where its terms are large, which PyTorch's is not", () => {
    // Sums of Poisson probabilities in 60 digits.
    expect(values(igamma(f64([1000, 10000]), f64([900, 10000])))).to.satisfy((y: number[]) =>
      [0.000549902265711783, 0.5013298083399552].every(
        (exact, i) => Math.abs((y[i] as number) / exact - 1) < 1e-13,
      ),
    );
  });
});
