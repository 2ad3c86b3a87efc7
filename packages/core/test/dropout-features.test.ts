// Dropout of whole channels, and alphaDropout: what is dropped, and what it becomes.
import {
  alphaDropout,
  dropout1d,
  dropout2d,
  dropout3d,
  featureAlphaDropout,
  manualSeed,
  ones,
  randn,
  ShapeError,
  type Tensor,
} from "@tapegrad/core";
import { expect } from "chai";
import { useBackend } from "./use-backend.ts";

useBackend("reference");

const plain = (t: Tensor): number[] => Array.from(t.dataSync(), Number);
const distinct = (t: Tensor): number[] => [...new Set(plain(t))];

describe("dropout of channels", () => {
  const cases = [
    ["dropout1d", dropout1d, [20, 10, 3]],
    ["dropout1d of one sample", dropout1d, [200, 3]],
    ["dropout2d", dropout2d, [20, 10, 2, 2]],
    ["dropout3d", dropout3d, [20, 10, 2, 1, 2]],
    ["dropout3d of one sample", dropout3d, [200, 2, 1, 2]],
  ] as const;
  for (const [name, f, shape] of cases) {
    it(`${name}: a channel goes or is scaled as a whole`, () => {
      manualSeed(1);
      const x = ones(shape).requiresGrad_();
      const y = f(x, { p: 0.25 });
      const rows = y.reshape([200, -1]);
      expect(
        plain(
          rows
            .sub(rows.narrow(1, 0, 1))
            .abs()
            .amax(),
        ),
      ).to.deep.equal([0]);
      const kept = plain(rows.select(1, 0)).filter((v) => v !== 0);
      expect(kept.length).to.be.within(125, 175);
      for (const v of kept) expect(v).to.be.closeTo(4 / 3, 1e-6);
      y.sum().backward();
      expect(plain(x.grad as Tensor)).to.deep.equal(plain(y));
      expect(f(x, { training: false })).to.equal(x);
    });
  }
  it("refuses other ranks", () => {
    expect(() => dropout2d(ones([2, 3]))).to.throw(ShapeError, /dropout2d: expected 4 dimensions/);
  });
});

describe("alphaDropout", () => {
  it("keeps mean 0 and variance 1", () => {
    manualSeed(2);
    const x = randn([20000]);
    const y = alphaDropout(x, { p: 0.3, training: true });
    expect(y.mean().item()).to.be.closeTo(0, 0.03);
    expect(y.std().item()).to.be.closeTo(1, 0.03);
    expect(alphaDropout(x)).to.equal(x);
    expect(distinct(alphaDropout(x, { p: 1, training: true }).abs())).to.deep.equal([0]);
  });
  it("of channels: one value for each that is dropped", () => {
    manualSeed(3);
    const y = featureAlphaDropout(randn([4, 50, 3]), { p: 0.5, training: true }).reshape([200, 3]);
    const spread = plain(y.amax(1).sub(y.amin(1)));
    expect(spread.filter((s) => s === 0).length).to.be.within(75, 125);
  });
});
