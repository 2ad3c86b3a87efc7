// Normalisation beyond opSuite and the fixtures: running statistics, what is refused before anything
// changes, dropout's law.
import {
  ArgumentError,
  batchNorm,
  DTypeError,
  dropout,
  Generator,
  grad,
  layerNorm,
  manualSeed,
  noGrad,
  ones,
  rand,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from "@tapegrad/core";
import { expect } from "chai";

const f64 = { dtype: "float64" } as const;
const values = (t: Tensor): number[] => Array.from(t.dataSync() as Float64Array);

describe("batchNorm", () => {
  beforeEach(() => manualSeed(3));

  it("moves the running statistics in place, the variance unbiased", () => {
    const x = tensor(
      [
        [1, 10],
        [3, 20],
        [8, 30],
      ],
      f64,
    );
    const runningMean = zeros([2], f64);
    const runningVar = ones([2], f64);
    batchNorm(x, { runningMean, runningVar, training: true, momentum: 0.25 });
    expect(values(runningMean)).to.deep.equal([1, 5]);
    expect(values(runningVar)).to.deep.equal([0.75 + 0.25 * 13, 0.75 + 0.25 * 100]);
  });

  it("evaluates with the running statistics and leaves them alone", () => {
    const x = tensor([[1, 2]], f64);
    const runningMean = tensor([1, 0], f64);
    const runningVar = tensor([4, 0.25], f64);
    const y = batchNorm(x, { runningMean, runningVar, eps: 0 });
    expect(values(y)).to.deep.equal([0, 4]);
    expect(values(runningMean)).to.deep.equal([1, 0]);
    expect(values(runningVar)).to.deep.equal([4, 0.25]);
  });

  it("gives a gradient without a component along constants and along x̂", () => {
    const x = randn([6, 2, 3], { ...f64, requiresGrad: true });
    const y = batchNorm(x, { training: true, eps: 0 });
    const [dx] = grad(y, [x], { gradOutputs: [randn(y.shape, f64)] }) as [Tensor];
    for (const along of [dx, dx.mul(y)]) {
      for (const v of values(along.sum([0, 2]))) expect(v).to.be.closeTo(0, 1e-10);
    }
  });

  it("lets an empty batch through, with zero gradients and untouched statistics", () => {
    const x = zeros([0, 2, 3], { ...f64, requiresGrad: true });
    const weight = ones([2], { ...f64, requiresGrad: true });
    const runningMean = ones([2], f64);
    const y = batchNorm(x, { weight, runningMean, runningVar: ones([2], f64), training: true });
    y.sum().backward();
    expect(y.shape).to.deep.equal([0, 2, 3]);
    expect(values(weight.grad as Tensor)).to.deep.equal([0, 0]);
    expect(values(runningMean)).to.deep.equal([1, 1]);
  });

  it("works under noGrad and keeps no graph", () => {
    const x = randn([4, 2], { ...f64, requiresGrad: true });
    expect(noGrad(() => batchNorm(x, { training: true })).requiresGrad).to.equal(false);
  });

  it("refuses what makes no sense, before it changes anything", () => {
    const x = randn([4, 2]);
    const runningMean = zeros([2]);
    const runningVar = ones([2]);
    expect(() => batchNorm(x)).to.throw(
      ArgumentError,
      /batchNorm: evaluation needs runningMean and runningVar/,
    );
    expect(() => batchNorm(zeros([1, 2]), { runningMean, runningVar, training: true })).to.throw(
      ShapeError,
      /more than one value per channel[\s\S]*input: \[1, 2\]/,
    );
    expect(() =>
      batchNorm(x, { runningMean, runningVar, weight: ones([3]), training: true }),
    ).to.throw(ShapeError, /weight must have one value for each of 2 channels[\s\S]*weight: \[3\]/);
    expect(() => batchNorm(x, { runningMean, runningVar: ones([1]), training: true })).to.throw(
      ShapeError,
      /runningVar/,
    );
    expect(() => batchNorm(zeros([4]), { training: true })).to.throw(
      ShapeError,
      /\[batch, channels/,
    );
    expect(() =>
      batchNorm(x, { weight: ones([2], f64), runningMean, runningVar, training: true }),
    ).to.throw(DTypeError, /batchNorm: input is float32 and weight is float64/);
    expect(values(runningMean)).to.deep.equal([0, 0]);
    expect(values(runningVar)).to.deep.equal([1, 1]);
  });
});

describe("layerNorm", () => {
  it("is batchNorm of the transpose, row by row", () => {
    manualSeed(4);
    const x = randn([3, 5], f64);
    const rows = layerNorm(x, 5);
    const columns = batchNorm(x.t(), { training: true }).t();
    values(rows).forEach((v, i) => {
      expect(v).to.be.closeTo(values(columns)[i] as number, 1e-12);
    });
  });
});

describe("normalisation, differentiated three times", () => {
  // PyTorch's own third derivative takes the statistics for constants; the plain formula is the truth.
  const plain = (x: Tensor): Tensor => {
    const centred = x.sub(x.mean(0, { keepdim: true }));
    return centred.mul(centred.square().mean(0, { keepdim: true }).add(1e-5).rsqrt());
  };
  const third = (f: (x: Tensor) => Tensor, data: Tensor, seed: Tensor): number[] => {
    const x = data.clone().requiresGrad_();
    let y = f(x).mul(seed).sum();
    for (let order = 1; order < 3; order++) {
      const [g] = grad(y, [x], { createGraph: true }) as [Tensor];
      y = g.square().sum();
    }
    return values(grad(y, [x])[0] as Tensor);
  };

  it("agrees with the plain formula", () => {
    manualSeed(8);
    const x = randn([5, 2], f64);
    const seed = randn([5, 2], f64);
    const expected = third(plain, x, seed);
    const batch = third((t) => batchNorm(t, { training: true }), x, seed);
    const layer = third((t) => layerNorm(t.t(), 5).t(), x, seed);
    expected.forEach((v, i) => {
      expect(batch[i]).to.be.closeTo(v, 1e-8 * (1 + Math.abs(v)));
      expect(layer[i]).to.be.closeTo(v, 1e-8 * (1 + Math.abs(v)));
    });
  });
});

describe("dropout", () => {
  it("keeps element i iff the i-th float32 uniform is at least p, in every dtype", () => {
    for (const dtype of ["float32", "float64"] as const) {
      const x = ones([7, 13], { dtype });
      const y = dropout(x, { p: 0.3, generator: new Generator(5) });
      const u = values(rand([7, 13], { generator: new Generator(5) }));
      values(y).forEach((v, i) => {
        expect(v).to.be.closeTo((u[i] as number) >= 0.3 ? 1 / 0.7 : 0, 1e-6);
      });
    }
  });

  it("keeps 1 − p of a large tensor, and its mean", () => {
    const y = dropout(ones([20000]), { p: 0.8, generator: new Generator(1) });
    const kept = values(y).filter((v) => v > 0).length / 20000;
    expect(kept).to.be.closeTo(0.2, 0.015);
    expect(y.mean().item()).to.be.closeTo(1, 0.08);
  });

  it("sends the gradient through the same elements", () => {
    const x = randn([50], { ...f64, requiresGrad: true });
    const y = dropout(x, { p: 0.5, generator: new Generator(2) });
    y.sum().backward();
    const [g, out] = [values(x.grad as Tensor), values(y)];
    out.forEach((v, i) => {
      expect(g[i]).to.equal(v === 0 ? 0 : 2);
    });
  });

  it("draws anew each time", () => {
    manualSeed(1);
    const x = ones([64]);
    expect(values(dropout(x))).to.not.deep.equal(values(dropout(x)));
  });

  it("is x itself in evaluation and with p = 0, zeros with p = 1", () => {
    const x = ones([3], { requiresGrad: true });
    expect(dropout(x, { training: false })).to.equal(x);
    expect(dropout(x, { p: 0 })).to.equal(x);
    const y = dropout(x, { p: 1 });
    expect(values(y)).to.deep.equal([0, 0, 0]);
    y.sum().backward();
    expect(values(x.grad as Tensor)).to.deep.equal([0, 0, 0]);
    for (const p of [-0.1, 1.1, Number.NaN]) {
      expect(() => dropout(x, { p, training: false })).to.throw(ArgumentError, /probability/);
    }
    expect(() => dropout(ones([2], { dtype: "int64" }))).to.throw(DTypeError, /dropout/);
  });
});
