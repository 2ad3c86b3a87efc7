// Reductions and softmax: what the fixtures and opSuite cannot say.
import {
  ArgumentError,
  all,
  amax,
  any,
  argmax,
  DTypeError,
  full,
  grad,
  IndexError,
  logSoftmax,
  logsumexp,
  max,
  mean,
  min,
  onRun,
  ops,
  prod,
  ShapeError,
  setFallback,
  softmax,
  std,
  sum,
  type Tensor,
  tensor,
  var as variance,
  zeros,
} from "@tapegrad/core";
import { expect } from "chai";
import fc from "fast-check";
import { useBackend } from "./use-backend.ts";

const list = (t: Tensor): number[] => Array.from(t.dataSync() as Float64Array, Number);
const f64 = (data: readonly number[], shape: readonly number[] = [data.length]): Tensor =>
  tensor(Float64Array.from(data), { shape });

describe("reductions", () => {
  useBackend("reference");

  it("take dim as an argument or as an option", () => {
    const x = f64([1, 2, 3, 4, 5, 6], [2, 3]);
    expect(list(sum(x, { dim: 1 }))).to.deep.equal([6, 15]);
    expect(sum(x, { keepdim: true }).shape).to.deep.equal([1, 1]);
    expect(x.mean({ dim: [0, 1], keepdim: true }).shape).to.deep.equal([1, 1]);
    expect(list(variance(x, { dim: 1, correction: 0 }))).to.deep.equal(
      list(x.var(1, { correction: 0 })),
    );
    expect(list(max(x, { dim: 0 }).indices)).to.deep.equal([1, 1, 1]);
    expect(argmax(x, { keepdim: true }).shape).to.deep.equal([1, 1]);
    expect(list(x.softmax({ dim: 0 }))).to.deep.equal(list(softmax(x, 0)));
    expect(() => sum(x, "1" as unknown as number)).to.throw(ArgumentError, /dim must be/);
  });

  it("of nothing are what they must be, or refused", () => {
    const x = zeros([2, 0]);
    expect(list(sum(x, 1))).to.deep.equal([0, 0]);
    expect(list(prod(x, 1))).to.deep.equal([1, 1]);
    expect(list(mean(x, 1))).to.deep.equal([Number.NaN, Number.NaN]);
    expect(list(any(x, 1))).to.deep.equal([0, 0]);
    expect(list(all(x, 1))).to.deep.equal([1, 1]);
    for (const f of [max, min, amax, argmax] as ((t: Tensor, d?: number) => unknown)[]) {
      expect(() => f(x, 1)).to.throw(ShapeError, /dim 1 has no elements/);
      expect(() => f(x)).to.throw(ShapeError, /dim [01] has no elements/);
    }
    expect(list(logsumexp(x, 1))).to.deep.equal([-Infinity, -Infinity]);
    expect(max(x, 0).values.shape).to.deep.equal([0]);
  });

  it("refuse means of integers, and dims that are not there", () => {
    const x = tensor([1, 2], { dtype: "int32" });
    for (const f of [mean, variance, std] as ((t: Tensor) => Tensor)[]) {
      expect(() => f(x)).to.throw(DTypeError, /expects a float dtype, got int32; cast/);
    }
    expect(() => softmax(x, 0)).to.throw(DTypeError, /got int32/);
    expect(() => logSoftmax(f64([1]), 1)).to.throw(IndexError, /logSoftmax: dim 1/);
  });

  it("keep the spread of large numbers", () => {
    expect(list(variance(f64([1e9, 1e9 + 1, 1e9 + 2])))).to.deep.equal([1]);
  });

  it("give std of equal numbers the gradient 0", () => {
    const x = f64([2, 2, 2]).requiresGrad_();
    std(x).backward();
    expect(list(x.grad as Tensor)).to.deep.equal([0, 0, 0]);
  });

  it("share the gradient of a tie in max(), not in max(dim)", () => {
    const x = f64([3, 1, 3]).requiresGrad_();
    x.max().backward();
    expect(list(x.grad as Tensor)).to.deep.equal([0.5, 0, 0.5]);
    const z = x.detach().requiresGrad_();
    z.max(0).values.backward();
    expect(list(z.grad as Tensor)).to.deep.equal([1, 0, 0]);
    expect(z.max(0).indices.requiresGrad).to.equal(false);
  });

  it("differentiate a product with zeros as the product of all others", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 1, maxLength: 9 }),
        (xs) => {
          const x = f64(xs).requiresGrad_();
          prod(x).backward();
          const others = xs.map((_, i) => xs.reduce((p, v, j) => (j === i ? p : p * v), 1));
          expect(list(x.grad as Tensor).map((v) => v + 0)).to.deep.equal(others.map((v) => v + 0));
        },
      ),
    );
  });

  it("let NaN through", () => {
    const x = f64([1, Number.NaN, 3]);
    expect(x.max().item()).to.deep.equal(Number.NaN);
    expect(x.max(0).indices.item()).to.equal(1);
    expect(x.argmin().item()).to.equal(1);
    expect(x.sum().item()).to.deep.equal(Number.NaN);
    expect(all(f64([Number.NaN])).item()).to.equal(1);
  });
});

describe("softmax", () => {
  useBackend("reference");

  it("stays finite, and sums to one", () => {
    const x = f64([1000, 1001, -1000, -1001], [2, 2]);
    for (const s of list(softmax(x, 1).sum(1))) expect(s).to.be.closeTo(1, 1e-15);
    for (const s of list(logSoftmax(x, 1).exp().sum(1))) expect(s).to.be.closeTo(1, 1e-15);
    expect(list(logsumexp(f64([-Infinity, -Infinity]), 0))).to.deep.equal([-Infinity]);
    expect(list(logsumexp(f64([Infinity, 0]), 0))).to.deep.equal([Infinity]);
  });

  it("has kernels for both directions: nothing is composed", () => {
    setFallback("error");
    const seen: string[] = [];
    const stop = onRun((e) => seen.push(`${e.op} ${e.variant}`));
    try {
      for (const f of [softmax, logSoftmax]) {
        const x = full([2, 3], 0.5, { dtype: "float64", requiresGrad: true });
        grad(f(x, 1).sum(), [x]);
      }
    } finally {
      stop();
      setFallback("allow");
    }
    expect(seen.filter((s) => s.includes("oftmax"))).to.deep.equal([
      "softmax loop",
      "softmaxGrad loop",
      "logSoftmax loop",
      "logSoftmaxGrad loop",
    ]);
  });

  it("holds on to its result alone", () => {
    expect(ops().get("softmax")?.spec.saves).to.deep.equal(["y"]);
  });
});
