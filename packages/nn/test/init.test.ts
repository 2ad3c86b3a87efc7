// Initialisation: the distributions are PyTorch's, and a seed gives the same numbers.
import { manualSeed, type Tensor, zeros } from "@tapegrad/core";
import { expect } from "chai";
import { Conv2d, init, Linear } from "../src/index.ts";
import { build, fixture, type ModuleSpec } from "./kit.ts";

interface Distribution {
  readonly distribution: "uniform" | "normal" | "constant";
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  readonly std: number;
  readonly value: number;
}
interface ModuleCase extends ModuleSpec {
  readonly name: string;
  readonly params?: Readonly<Record<string, Distribution & { readonly shape: readonly number[] }>>;
  readonly zeroRow?: number;
}
interface FunctionCase extends Distribution {
  readonly name: string;
  readonly fn: string;
  readonly shape: readonly number[];
  readonly options: object;
  readonly args?: readonly unknown[];
  /** Exact ones, of what draws nothing. */
  readonly values?: readonly number[];
  /** How many zeros each column has. */
  readonly zeros?: readonly number[];
}

/** Mean and deviation within five standard errors, ends within the bounds and close to them. */
function expectDistribution(t: Tensor, d: Distribution): void {
  const values = Array.from(t.dataSync(), Number);
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const std = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / n);
  if (d.distribution === "constant") {
    expect(values.every((v) => v === d.value)).to.equal(true);
    return;
  }
  const uniform = d.distribution === "uniform";
  const expectedStd = uniform ? (d.high - d.low) / Math.sqrt(12) : d.std;
  const centre = uniform ? (d.low + d.high) / 2 : d.mean;
  expect(mean).to.be.closeTo(centre, (5 * expectedStd) / Math.sqrt(n));
  expect(std).to.be.closeTo(expectedStd, (5 * expectedStd) / Math.sqrt(n));
  if (!uniform) return;
  expect(Math.min(...values.slice(0, 50_000))).to.be.within(
    d.low * (1 + 1e-6),
    d.low * (1 - 40 / n),
  );
  expect(Math.max(...values.slice(0, 50_000))).to.be.within(
    d.high * (1 - 40 / n),
    d.high * (1 + 1e-6),
  );
}

describe("initialisation", () => {
  beforeEach(() => {
    manualSeed(7);
  });
  for (const c of fixture<ModuleCase & FunctionCase>("init")) {
    it(c.name, () => {
      if (c.zeroRow !== undefined) {
        const table = build(c).parameters()[0] as Tensor;
        const rows = table.dataSync();
        const width = table.shape[1] as number;
        const isZero = Array.from({ length: table.shape[0] as number }, (_, r) =>
          rows.slice(r * width, (r + 1) * width).every((v) => Number(v) === 0),
        );
        expect(isZero.indexOf(true)).to.equal(c.zeroRow);
        expect(isZero.filter(Boolean)).to.have.length(1);
      } else if (c.params !== undefined) {
        const params = new Map(build(c).namedParameters());
        expect([...params.keys()]).to.deep.equal(Object.keys(c.params));
        for (const [key, d] of Object.entries(c.params)) {
          const p = params.get(key) as Tensor;
          expect([...p.shape]).to.deep.equal(d.shape);
          expectDistribution(p, d);
        }
      } else if (c.fn === "calculateGain") {
        const [name, slope] = c.args as ["relu", number];
        expect(init.calculateGain(name, slope)).to.be.closeTo(c.value, 1e-12);
      } else {
        const t = zeros(c.shape);
        const fn = (init as unknown as Record<string, (t: Tensor, ...rest: unknown[]) => Tensor>)[
          c.fn
        ];
        expect(fn?.(t, ...(c.args ?? [c.options]))).to.equal(t);
        const columns = (): number[] => t.eq(0).sum(0).tolist() as unknown as number[];
        if (c.values !== undefined)
          expect(Array.from(t.dataSync(), Number)).to.deep.equal(c.values);
        else if (c.zeros !== undefined) expect(columns().map(Number)).to.deep.equal(c.zeros);
        else expectDistribution(t, c);
      }
    });
  }
  it("orthogonal_: orthonormal rows or columns; truncNormal_: nothing beyond its ends", () => {
    for (const shape of [
      [5, 3],
      [2, 2, 3],
    ]) {
      const t = init.orthogonal_(zeros(shape), { gain: 2 }).flatten({ startDim: 1 });
      const small = shape[0] === 2 ? t.matmul(t.t()) : t.t().matmul(t);
      const n = small.shape[0] as number;
      small.dataSync().forEach((v, i) => {
        expect(Number(v)).to.be.closeTo(i % (n + 1) === 0 ? 4 : 0, 1e-5);
      });
    }
    const drawn = init.truncNormal_(zeros([500]), 1, 2, 0, 2);
    expect(drawn.min().item()).to.be.within(0, 0.1);
    expect(drawn.max().item()).to.be.within(1.9, 2);
    expect(() => init.truncNormal_(zeros([2]), 0, 1, 2, 1)).to.throw(
      /a \(2\) must be below b \(1\)/,
    );
    expect(() => init.eye_(zeros([2]))).to.throw(/eye_: expects a matrix/);
    expect(() => init.dirac_(zeros([3, 2, 1]), { groups: 2 })).to.throw(/dirac_/);
  });
  it("the same seed gives the same parameters", () => {
    const weights = () => {
      manualSeed(3);
      return [new Linear(5, 4), new Conv2d(2, 4, 3)].flatMap((m) =>
        Array.from(m.weight.dataSync(), Number),
      );
    };
    expect(weights()).to.deep.equal(weights());
  });
});
