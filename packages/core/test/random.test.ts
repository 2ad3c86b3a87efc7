// Philox against its published vectors; draws by seed.
import {
  fillRandom,
  Generator,
  manualSeed,
  philox4x32,
  rand,
  randint,
  randn,
  randperm,
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

  it("randint and randperm", () => {
    manualSeed(2);
    const ints = [...(randint(3, 6, [300]).dataSync() as BigInt64Array)].map(Number);
    expect([...new Set(ints)].sort()).to.deep.equal([3, 4, 5]);
    const order = [...(randperm(50).dataSync() as BigInt64Array)].map(Number);
    expect([...order].sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 50 }, (_, i) => i));
    expect(order).to.not.deep.equal([...order].sort((a, b) => a - b));
  });
});
