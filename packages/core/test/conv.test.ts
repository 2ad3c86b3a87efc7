// Convolution beyond what opSuite and the fixtures ask: the trilinear identity, transposition, groups as
// geometry, bad input.
import {
  type ConvGeometry,
  type ConvSettings,
  conv,
  conv1d,
  conv2d,
  convGeometry,
  convInputGrad,
  convTranspose2d,
  convWeightGrad,
  DTypeError,
  grad,
  manualSeed,
  onRun,
  ops,
  randn,
  referenceFused,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from "@tapegrad/core";
import { expect } from "chai";
import fc from "fast-check";

const f64 = { dtype: "float64" } as const;
const dot = (a: Tensor, b: Tensor): number => a.mul(b).sum().item();

function close(a: Tensor, b: Tensor): void {
  expect(a.shape).to.deep.equal(b.shape);
  const [p, q] = [a.dataSync() as Float64Array, b.dataSync() as Float64Array];
  p.forEach((v, i) => {
    expect(v).to.be.closeTo(q[i] as number, 1e-10);
  });
}

/** Any geometry of 1 to 3 spatial dims that conv accepts. */
const geometries: fc.Arbitrary<ConvGeometry> = fc
  .record({
    dims: fc.integer({ min: 1, max: 3 }),
    batch: fc.integer({ min: 0, max: 2 }),
    groups: fc.integer({ min: 1, max: 3 }),
    perGroup: fc.integer({ min: 1, max: 2 }),
    multiplier: fc.integer({ min: 1, max: 2 }),
    size: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 3, maxLength: 3 }),
    kernel: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 3, maxLength: 3 }),
    stride: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 3, maxLength: 3 }),
    padding: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 3, maxLength: 3 }),
    dilation: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 }),
  })
  .map((r) => {
    const cut = <T>(list: T[]): T[] => list.slice(0, r.dims);
    const size = cut(r.size).map((n, d) => {
      const span = (r.dilation[d] as number) * ((r.kernel[d] as number) - 1) + 1;
      return Math.max(n, span - 2 * (r.padding[d] as number));
    });
    return convGeometry(
      "conv",
      [r.batch, r.groups * r.perGroup, ...size],
      [r.groups * r.multiplier, r.perGroup, ...cut(r.kernel)],
      {
        stride: cut(r.stride),
        padding: cut(r.padding),
        dilation: cut(r.dilation),
        groups: r.groups,
      },
    );
  });

describe("convolution", () => {
  before(() => manualSeed(1));

  it("is one trilinear form: ⟨g, x ⋆ w⟩ = ⟨convInputGrad(g, w), x⟩ = ⟨convWeightGrad(g, x), w⟩", () => {
    fc.assert(
      fc.property(geometries, (geometry) => {
        const x = randn(geometry.x, f64);
        const w = randn(geometry.w, f64);
        const g = randn(geometry.y, f64);
        const form = dot(g, conv(x, w, undefined, geometry));
        expect(dot(convInputGrad(g, w, geometry), x)).to.be.closeTo(form, 1e-9);
        expect(dot(convWeightGrad(g, x, geometry), w)).to.be.closeTo(form, 1e-9);
      }),
      { numRuns: 60 },
    );
  });

  it("is its composition, whatever the geometry", () => {
    fc.assert(
      fc.property(geometries, (geometry) => {
        const x = randn(geometry.x, f64);
        const w = randn(geometry.w, f64);
        const g = randn(geometry.y, f64);
        const composed = (name: string, ...args: unknown[]): Tensor =>
          ops()
            .get(name)
            ?.composed(...args) as Tensor;
        close(conv(x, w, undefined, geometry), composed("conv", x, w, undefined, geometry));
        close(convInputGrad(g, w, geometry), composed("convInputGrad", g, w, geometry));
        close(convWeightGrad(g, x, geometry), composed("convWeightGrad", g, x, geometry));
      }),
      { numRuns: 60 },
    );
  });

  it("composes without a loop over groups", () => {
    const runs = (groups: number): number => {
      const x = randn([1, 12, 4, 4]);
      const w = randn([12, 12 / groups, 3, 3]);
      const geometry = convGeometry("conv", x.shape, w.shape, { groups, padding: 1 });
      let count = 0;
      const stop = onRun(() => count++);
      ops().get("conv")?.composed(x, w, undefined, geometry);
      stop();
      return count;
    };
    expect(runs(12)).to.equal(runs(1));
  });

  it("agrees with groups done by hand", () => {
    const x = randn([2, 4, 5, 4], f64);
    const w = randn([6, 2, 3, 2], f64);
    const whole = conv2d(x, w, { groups: 2, stride: [2, 1], padding: [1, 0] });
    for (const group of [0, 1]) {
      const part = conv2d(x.narrow(1, 2 * group, 2), w.narrow(0, 3 * group, 3), {
        stride: [2, 1],
        padding: [1, 0],
      });
      close(whole.narrow(1, 3 * group, 3), part);
    }
  });

  it("takes strided, expanded and unbatched inputs", () => {
    const x = randn([2, 5, 3], f64);
    const w = randn([2, 3, 2], f64);
    close(conv1d(x.permute(0, 2, 1), w), conv1d(x.permute(0, 2, 1).clone(), w));
    const row = randn([1, 1, 5], f64).expand(2, 3, 5);
    close(conv1d(row, w), conv1d(row.clone(), w));
    close(conv1d(x.permute(0, 2, 1).select(0, 1), w), conv1d(x.permute(0, 2, 1), w).select(0, 1));
  });

  it("transposes: convTranspose is the input gradient of conv", () => {
    const x = randn([1, 2, 5, 7], { ...f64, requiresGrad: true });
    const w = randn([3, 2, 3, 2], f64);
    const y = conv2d(x, w, { stride: [2, 3], padding: [1, 0] });
    const g = randn(y.shape, f64);
    const [dx] = grad(y, [x], { gradOutputs: [g] }) as [Tensor];
    const t = convTranspose2d(g, w, { stride: [2, 3], padding: [1, 0], outputPadding: [0, 2] });
    close(t, dx);
  });

  it("differentiates three times", () => {
    const x = randn([1, 1, 4], { ...f64, requiresGrad: true });
    const w = randn([1, 1, 2], { ...f64, requiresGrad: true });
    // y³ / 6 summed: the third derivative with respect to w along v is Σ (x ⋆ v)³.
    const y = conv1d(x, w);
    let value = y
      .mul(y)
      .mul(y)
      .sum()
      .mul(1 / 6);
    const v = tensor([[[0.5, -2]]], f64);
    for (let order = 0; order < 3; order++) {
      const [d] = grad(value, [w], { createGraph: true }) as [Tensor];
      value = d.mul(v).sum();
    }
    const xv = conv1d(x, v);
    expect(value.item()).to.be.closeTo(xv.mul(xv).mul(xv).sum().item(), 1e-9);
  });

  it("runs a batch of 0 and gives zero gradients", () => {
    const x = zeros([0, 2, 4, 4], { ...f64, requiresGrad: true });
    const w = randn([3, 2, 3, 3], { ...f64, requiresGrad: true });
    const y = conv2d(x, w);
    expect(y.shape).to.deep.equal([0, 3, 2, 2]);
    y.sum().backward();
    expect(x.grad?.shape).to.deep.equal([0, 2, 4, 4]);
    expect(Array.from(w.grad?.dataSync() as Float64Array).every((n) => n === 0)).to.equal(true);
  });

  it("finds the geometry of a question again, and of no other", () => {
    const of = (settings: ConvSettings, x = [2, 6, 9, 9], w = [4, 3, 3, 2]): ConvGeometry =>
      convGeometry("conv2d", x, w, { groups: 2, ...settings });
    const stride = [2, 1];
    const first = of({ stride, padding: 1 });
    expect(of({ stride: [2, 1], padding: 1, dilation: 1 })).to.equal(first);
    const others = [
      of({ stride: [2, 2], padding: 1 }),
      of({ stride, padding: [1, 0] }),
      of({ stride, padding: "valid" }),
      of({ padding: "same" }),
      of({ stride, padding: 1, dilation: [1, 2] }),
      of({ stride, padding: 1 }, [2, 6, 9, 8]),
      of({ stride, padding: 1 }, [2, 6, 9, 9], [2, 3, 3, 2]),
      of({ stride, padding: 1, groups: 1 }, [2, 3, 9, 9]),
    ];
    expect(new Set([first, ...others]).size).to.equal(1 + others.length);
    // A list that its owner changes is another question.
    stride[1] = 2;
    expect(of({ stride, padding: 1 })).to.equal(others[0]);
    expect(first.stride).to.deep.equal([2, 1]);
  });

  it("refuses mixed dtypes, and tensors that are not what a geometry says", () => {
    const x = zeros([1, 4, 5, 5]);
    const w = zeros([6, 4, 3, 3]);
    expect(() => conv2d(x, w.to("float64"))).to.throw(
      DTypeError,
      /conv2d: input is float32 and weight is float64/,
    );
    expect(() => conv2d(x.to("int64"), w)).to.throw(DTypeError, /conv2d: input is int64/);
    const geometry = convGeometry("conv", x.shape, w.shape, {});
    expect(() => convInputGrad(x, w, geometry)).to.throw(
      ShapeError,
      /convInputGrad: y does not have the shape that the geometry says/,
    );
    expect(() => convWeightGrad(x, x, geometry)).to.throw(ShapeError, /convWeightGrad: y/);
    expect(() => conv(w, w, undefined, geometry)).to.throw(ShapeError, /conv: x/);
  });

  it("has loops for all three on the reference backend", () => {
    expect(referenceFused).to.include.keys("conv", "convInputGrad", "convWeightGrad");
  });
});
