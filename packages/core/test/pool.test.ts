// Pooling beyond opSuite and the fixtures: indices, ceilMode's rule, adjoint pairs, composition.
import {
  ArgumentError,
  adaptiveAvgPool2d,
  avgPool1d,
  avgPool2d,
  DTypeError,
  grad,
  manualSeed,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  ops,
  type PoolGeometry,
  poolGeometry,
  randn,
  type Tensor,
  tensor,
  zeros,
} from "@tapegrad/core";
import { expect } from "chai";
import fc from "fast-check";

const f64 = { dtype: "float64" } as const;
const values = (t: Tensor): number[] => Array.from(t.dataSync() as Float64Array);
const close = (a: Tensor, b: Tensor): void => {
  expect(a.shape).to.deep.equal(b.shape);
  const q = values(b);
  values(a).forEach((v, i) => {
    expect(v).to.be.closeTo(q[i] as number, 1e-12);
  });
};

/** Geometries of 1 to 3 spatial dims; dilation 1, as averages want it. */
const geometries: fc.Arbitrary<PoolGeometry> = fc
  .record({
    size: fc.array(fc.integer({ min: 3, max: 6 }), { minLength: 1, maxLength: 3 }),
    kernel: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 }),
    stride: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 3, maxLength: 3 }),
    half: fc.boolean(),
    ceilMode: fc.boolean(),
    countIncludePad: fc.boolean(),
  })
  .map(({ size, kernel, stride, half, ceilMode, countIncludePad }) => {
    const k = kernel.slice(0, size.length);
    return poolGeometry("pool", [2, 2, ...size], k, {
      stride: stride.slice(0, size.length),
      padding: k.map((n) => (half ? Math.floor(n / 2) : 0)),
      ceilMode,
      countIncludePad,
    });
  });

describe("pooling", () => {
  before(() => manualSeed(5));

  it("is its composition, whatever the geometry", () => {
    const run = (name: string, ...args: unknown[]): void => {
      const op = ops().get(name);
      if (op === undefined) throw new Error(name);
      const [a, b] = [op(...args), op.composed(...args)].map((r) => [r].flat()) as Tensor[][];
      a?.forEach((t, i) => {
        close(t, b?.[i] as Tensor);
      });
    };
    fc.assert(
      fc.property(geometries, (g) => {
        run("maxPool", randn(g.x, f64), g);
        run("maxPoolIndices", randn(g.x, f64), g);
        run("avgPool", randn(g.x, f64), g);
        run("avgPoolGrad", randn(g.y, f64), g);
      }),
      { numRuns: 40 },
    );
  });

  it("shows indices that point at the values", () => {
    const x = randn([2, 3, 5, 6], f64);
    const { values: v, indices } = maxPool2d(x, [2, 3], {
      stride: 2,
      padding: 1,
      returnIndices: true,
    });
    expect(indices.dtype).to.equal("int64");
    close(
      x
        .reshape([2, 3, 30])
        .gather(2, indices.reshape([2, 3, -1]))
        .reshape(v.shape),
      v,
    );
    expect(indices.requiresGrad).to.equal(false);
  });

  it("gives the gradient to the first of equals", () => {
    const x = tensor([[[3, 3, 1, 2, 2]]], { ...f64, requiresGrad: true });
    maxPool1d(x, 2, { stride: 1 }).sum().backward();
    expect(values(x.grad as Tensor)).to.deep.equal([1, 1, 0, 2, 0]);
  });

  it("starts no window in the padding, ceilMode or not", () => {
    const size = (n: number, kernel: number, stride: number, padding: number): number =>
      maxPool1d(zeros([1, 1, n]), kernel, { stride, padding, ceilMode: true }).shape[2] as number;
    expect(size(4, 2, 3, 0)).to.equal(2); // the second starts at 3 and reaches beyond the end
    expect(size(4, 1, 4, 0)).to.equal(1); // a second would start at 4, where nothing is
    expect(size(3, 2, 4, 1)).to.equal(1); // a second would start at 3, in the padding
    expect(size(4, 2, 4, 1)).to.equal(2); // the second starts at 3
  });

  it("divides windows that leave the padded input by what is inside of it", () => {
    const x = tensor([[[1, 2, 3]]], f64);
    expect(values(avgPool1d(x, 2, { ceilMode: true }))).to.deep.equal([1.5, 3]);
    const padded = { padding: 1, stride: 2 };
    expect(values(avgPool1d(x, 2, padded))).to.deep.equal([0.5, 2.5]);
    expect(values(avgPool1d(x, 2, { ...padded, countIncludePad: false }))).to.deep.equal([1, 2.5]);
    expect(values(avgPool1d(x, 2, { padding: 1, stride: 1 }))).to.deep.equal([0.5, 1.5, 2.5, 1.5]);
    expect(
      values(avgPool1d(x, 2, { padding: 1, stride: 1, countIncludePad: false })),
    ).to.deep.equal([1, 1.5, 2.5, 3]);
  });

  it("averages to one value with a plain mean, whose shape it keeps", () => {
    const x = randn([2, 3, 4, 5], { ...f64, requiresGrad: true });
    const y = adaptiveAvgPool2d(x, 1);
    expect(y.shape).to.deep.equal([2, 3, 1, 1]);
    close(y, avgPool2d(x, [4, 5]));
    close(adaptiveAvgPool2d(x, [null, 1]), x.mean(3, { keepdim: true }));
    y.sum().backward();
    expect(values(x.grad as Tensor).every((v) => Math.abs(v - 1 / 20) < 1e-12)).to.equal(true);
    expect(adaptiveAvgPool2d(randn([3, 4, 5]), 1).shape).to.deep.equal([3, 1, 1]);
  });

  it("differentiates max pooling twice through the pair of adjoints", () => {
    const x = randn([1, 1, 4, 4], { ...f64, requiresGrad: true });
    const y = maxPool2d(x.mul(x).mul(x), 2);
    const [dx] = grad(y.sum(), [x], { createGraph: true }) as [Tensor];
    const [ddx] = grad(dx.sum(), [x]) as [Tensor];
    const winners = values(dx).map((v) => v !== 0);
    values(ddx).forEach((v, i) => {
      expect(v).to.be.closeTo(winners[i] ? 6 * (values(x)[i] as number) : 0, 1e-12);
    });
  });

  it("refuses integers, and settings of the wrong length", () => {
    expect(() => maxPool1d(zeros([1, 1, 4], { dtype: "int64" }), 2)).to.throw(
      DTypeError,
      /maxPool1d/,
    );
    expect(() => maxPool3d(zeros([1, 1, 4, 4, 4]), [2, 2])).to.throw(
      ArgumentError,
      /maxPool3d: kernel/,
    );
    expect(() => avgPool2d(zeros([1, 1, 4, 4]), 2, { stride: [0, 1] })).to.throw(
      ArgumentError,
      /stride/,
    );
  });
});
