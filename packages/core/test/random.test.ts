// Philox against its published vectors; draws by seed.
import {
  ArgumentError,
  bernoulli,
  binomial,
  fillRandom,
  full,
  Generator,
  manualSeed,
  multinomial,
  normal,
  ones,
  philox4x32,
  poisson,
  rand,
  randint,
  randn,
  randperm,
  type Tensor,
  tensor,
} from "@tapegrad/core";
import { expect } from "chai";
import { readFixture } from "./fixture-runner.ts";
import { useBackend } from "./use-backend.ts";

type Four = [number, number, number, number];
interface PhiloxCase {
  readonly counter: Four;
  readonly key: [number, number];
  readonly output: Four;
}

describe("random numbers", () => {
  useBackend("reference");

  for (const [i, c] of readFixture<PhiloxCase>("philox.json").entries()) {
    it(`Philox4x32-10 gives known answer ${i}`, () => {
      const out = new Uint32Array(4);
      philox4x32(c.counter.map(Number) as Four, c.key.map(Number) as [number, number], out);
      expect([...out]).to.deep.equal(c.output.map(Number));
    });
  }

  it("same seed, same numbers; the draw moves on", () => {
    manualSeed(7);
    const first = [randn([5]).dataSync(), randn([5]).dataSync()];
    manualSeed(7);
    expect([randn([5]).dataSync(), randn([5]).dataSync()]).to.deep.equal(first);
    expect(first[0]).to.not.deep.equal(first[1]);
  });

  it("a generator's state can be stored and put back", () => {
    const generator = new Generator(3);
    rand([7], { generator });
    const state = generator.getState();
    const expected = rand([9], { generator }).dataSync();
    const other = new Generator(99);
    other.setState(state);
    expect(rand([9], { generator: other }).dataSync()).to.deep.equal(expected);
  });

  it("element i depends on the key and i alone", () => {
    const key = { seed: 5n, offset: 11n };
    const long = new Float32Array(64);
    const short = new Float32Array(7);
    fillRandom("normal", key, long);
    fillRandom("normal", key, short);
    expect([...short.subarray(0, 6)]).to.deep.equal([...long.subarray(0, 6)]);
  });

  it("has the moments it should have", () => {
    manualSeed(1);
    const n = 20_000;
    const u = rand([n], { dtype: "float64" }).dataSync() as Float64Array;
    const z = randn([n]).dataSync() as Float32Array;
    const mean = (a: ArrayLike<number>) => Array.from(a).reduce((s, v) => s + v, 0) / n;
    expect(mean(u)).to.be.closeTo(0.5, 0.01);
    expect(Math.min(...u)).to.be.at.least(0);
    expect(Math.max(...u)).to.be.below(1);
    expect(mean(z)).to.be.closeTo(0, 0.03);
    expect(mean(z.map((v) => v * v))).to.be.closeTo(1, 0.04);
  });

  it("bernoulli, multinomial and normal follow their parameters", () => {
    manualSeed(3);
    const n = 4000;
    const mean = (t: Tensor) => t.to("float64").mean().item();
    const p = full([n], 0.3);
    expect(mean(bernoulli(p))).to.be.closeTo(0.3, 0.03);
    expect(mean(ones([n]).bernoulli_(0.8))).to.be.closeTo(0.8, 0.03);
    const z = normal(full([n], 5), 2);
    expect(mean(z)).to.be.closeTo(5, 0.15);
    expect(mean(z.sub(5).square())).to.be.closeTo(4, 0.4);
    expect(mean(normal(1, 0.1, [n]))).to.be.closeTo(1, 0.02);
    expect(mean(ones([n]).uniform_({ from: -1, to: 3 }))).to.be.closeTo(1, 0.1);
    const drawn = multinomial(tensor([1, 0, 3]), n, { replacement: true });
    expect(mean(drawn.eq(2))).to.be.closeTo(0.75, 0.03);
    expect(mean(drawn.eq(1))).to.equal(0);
  });

  it("multinomial without replacement draws each once, by weight", () => {
    manualSeed(4);
    const first = multinomial(tensor([[1, 1, 8]]).expand(2000, 3), 3);
    const rows = first.tolist() as bigint[][];
    for (const row of rows) expect([...row].sort()).to.deep.equal([0n, 1n, 2n]);
    const heavy = rows.filter((row) => row[0] === 2n).length / rows.length;
    expect(heavy).to.be.closeTo(0.8, 0.04);
  });

  it("refuses what is no distribution", () => {
    expect(() => bernoulli(tensor([0.5, 1.5]))).to.throw(ArgumentError, /element 1 is 1.5/);
    expect(() => ones([2]).bernoulli_(2)).to.throw(ArgumentError, /bernoulli_: p is a probability/);
    expect(() => normal(0, -1, [2])).to.throw(ArgumentError, /std must be ≥ 0; got -1/);
    expect(() => normal(0, 1, undefined as never)).to.throw(ArgumentError, /need a shape/);
    expect(() => ones([2]).uniform_({ from: 1, to: 0 })).to.throw(ArgumentError, /from must be ≤/);
  });

  it("randint and randperm", () => {
    manualSeed(2);
    const ints = [...(randint(3, 6, [300]).dataSync() as BigInt64Array)].map(Number);
    expect([...new Set(ints)].sort()).to.deep.equal([3, 4, 5]);
    const order = [...(randperm(50).dataSync() as BigInt64Array)].map(Number);
    expect([...order].sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 50 }, (_, i) => i));
    expect(order).to.not.deep.equal([...order].sort((a, b) => a - b));
  });

  it("exponential_, geometric_, logNormal_, cauchy_, random_, poisson, binomial: means and bounds", () => {
    manualSeed(5);
    const n = 4000;
    const mean = (t: Tensor): number => t.to("float64").mean().item();
    const drawn = (): Tensor => full([n], 0);
    expect(mean(drawn().exponential_(2))).to.be.closeTo(0.5, 0.03);
    expect(mean(drawn().geometric_(0.25))).to.be.closeTo(4, 0.2);
    expect(mean(drawn().logNormal_(0, 0.5))).to.be.closeTo(Math.exp(0.125), 0.05);
    // It has no mean; half of it lies below its median.
    expect(mean(drawn().cauchy_(3, 2).lt(3))).to.be.closeTo(0.5, 0.03);
    const whole = drawn().random_(2, 5);
    expect([whole.min().item(), whole.max().item(), mean(whole)]).to.deep.equal([
      2,
      4,
      mean(whole),
    ]);
    expect(mean(whole)).to.be.closeTo(3, 0.05);
    expect(mean(poisson(full([n], 3)))).to.be.closeTo(3, 0.1);
    expect(mean(poisson(full([40], 1200)))).to.be.closeTo(1200, 25);
    expect(mean(binomial(full([n], 10), tensor(0.3)))).to.be.closeTo(3, 0.1);
    expect(() => poisson(tensor([-1]))).to.throw(ArgumentError, /poisson: rates must be ≥ 0/);
    expect(() => binomial(tensor([0.5]), tensor([1]))).to.throw(ArgumentError, /whole numbers ≥ 0/);
    expect(() => drawn().geometric_(1)).to.throw(ArgumentError, /geometric_: p must lie between/);
    expect(() => drawn().exponential_(0)).to.throw(ArgumentError, /lambd must be > 0/);
  });
});
