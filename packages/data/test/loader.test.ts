// DataLoader: every sample once an epoch, the same order for the same seed, and a resumed run that goes on
// with the very batches the first one would have had.
import { ArgumentError, manualSeed, type Tensor } from "@tapegrad/core";
import { DataLoader, type Dataset, glyphs } from "@tapegrad/data";
import { expect } from "chai";
import fc from "fast-check";

/** Samples are their own index; a batch is the list of them. */
const numbers = (length: number): Dataset<number, number[]> => ({
  length,
  get: (i) => i,
  batch: (indices) => Array.from(indices),
});

describe("DataLoader", () => {
  it("goes through the samples in order, the last batch as short as it comes", () => {
    const loader = new DataLoader(numbers(7), { batchSize: 3 });
    expect(loader.length).to.equal(3);
    expect([...loader]).to.deep.equal([[0, 1, 2], [3, 4, 5], [6]]);
    const full = new DataLoader(numbers(7), { batchSize: 3, dropLast: true });
    expect(full.length).to.equal(2);
    expect([...full]).to.deep.equal([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect([...new DataLoader(numbers(0))]).to.deep.equal([]);
  });

  it("shuffles into a permutation that depends on seed and epoch alone", () => {
    fc.assert(
      fc.property(
        fc.nat(60),
        fc.integer({ min: 1, max: 9 }),
        fc.maxSafeInteger(),
        (n, size, seed) => {
          const options = { batchSize: size, shuffle: true, seed };
          const a = new DataLoader(numbers(n), options);
          const b = new DataLoader(numbers(n), { ...options, batchSize: 4 });
          for (let epoch = 0; epoch < 3; epoch++) {
            const order = [...a].flat();
            expect(order).to.deep.equal([...b].flat());
            expect(order.toSorted((p, q) => p - q)).to.deep.equal([
              ...(numbers(n).batch?.(range(n)) ?? []),
            ]);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it("has another order in each epoch and for each seed, none of them favoured", () => {
    const loader = new DataLoader(numbers(50), { batchSize: 50, shuffle: true, seed: 5 });
    const other = new DataLoader(numbers(50), { batchSize: 50, shuffle: true, seed: 6 });
    const orders = [...loader, ...loader, ...other].map(String);
    expect(new Set(orders).size).to.equal(3);
    const first = new Array<number>(6).fill(0);
    const small = new DataLoader(numbers(3), { batchSize: 3, shuffle: true, seed: 0 });
    for (let epoch = 0; epoch < 1200; epoch++) {
      const [order] = [...small] as [number[]];
      const which = ["0,1,2", "0,2,1", "1,0,2", "1,2,0", "2,0,1", "2,1,0"].indexOf(String(order));
      first[which] = (first[which] as number) + 1;
    }
    for (const n of first) expect(n).to.be.within(150, 250);
  });

  it("takes its seed from manualSeed unless it is given one", () => {
    const order = () => [...new DataLoader(numbers(30), { shuffle: true, batchSize: 30 })].flat();
    manualSeed(11);
    const one = order();
    const two = order();
    manualSeed(11);
    expect(order()).to.deep.equal(one);
    expect(two).to.not.deep.equal(one);
  });

  it("resumes with the same batches, wherever it was stopped", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.nat(40),
        fc.boolean(),
        (n, steps, dropLast) => {
          const options = { batchSize: 4, shuffle: true, dropLast };
          const first = new DataLoader(numbers(n), { ...options, seed: 42 });
          if (first.length === 0) return;
          const all: number[][] = [];
          let state = first.state();
          while (all.length < steps + 10) {
            for (const batch of first) {
              all.push(batch);
              if (all.length === steps) state = first.state();
            }
          }
          const resumed = new DataLoader(numbers(n), { ...options, seed: 0 });
          resumed.loadState(JSON.parse(JSON.stringify(state)));
          const rest: number[][] = [];
          while (rest.length < 10) rest.push(...resumed);
          expect(rest.slice(0, 10)).to.deep.equal(all.slice(steps, steps + 10));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("tells epoch and position; a finished epoch is the beginning of the next", () => {
    const loader = new DataLoader(numbers(6), { batchSize: 2, seed: 3 });
    expect(loader.state()).to.deep.equal({ seed: 3, epoch: 0, position: 0 });
    const states = [];
    for (const _ of loader) states.push(loader.state());
    expect(states).to.deep.equal([
      { seed: 3, epoch: 0, position: 1 },
      { seed: 3, epoch: 0, position: 2 },
      { seed: 3, epoch: 1, position: 0 },
    ]);
    expect(loader.state()).to.deep.equal({ seed: 3, epoch: 1, position: 0 });
  });

  it("begins a new epoch after a loop was left early, but keeps the state for a checkpoint", () => {
    const loader = new DataLoader(numbers(6), { batchSize: 2 });
    for (const _ of loader) break;
    expect(loader.state()).to.include({ epoch: 0, position: 1 });
    expect([...loader]).to.have.length(3);
    expect(loader.state()).to.include({ epoch: 2, position: 0 });
  });

  it("lets two loops run at once; the state is that of the later one", () => {
    const loader = new DataLoader(numbers(4), { batchSize: 1 });
    const outer = loader[Symbol.iterator]();
    outer.next();
    const inner = loader[Symbol.iterator]();
    inner.next();
    inner.next();
    outer.next();
    outer.next();
    expect(loader.state()).to.include({ epoch: 1, position: 2 });
    expect([...outer].flat()).to.deep.equal([3]);
  });

  it("refuses settings and states that make no sense", () => {
    for (const batchSize of [0, -1, 1.5, Number.NaN]) {
      expect(() => new DataLoader(numbers(3), { batchSize })).to.throw(ArgumentError, /batchSize/);
    }
    expect(() => new DataLoader(numbers(3), { seed: 1.5 })).to.throw(ArgumentError, /seed/);
    const loader = new DataLoader(numbers(6), { batchSize: 2 });
    const good = loader.state();
    for (const state of [{ epoch: -1 }, { position: 4 }, { position: 0.5 }, { seed: Number.NaN }]) {
      expect(() => loader.loadState({ ...good, ...state })).to.throw(ArgumentError, /loadState/);
    }
    expect(loader.state()).to.deep.equal(good);
  });

  it("passes samples through a collate of one's own", () => {
    const loader = new DataLoader(
      { length: 3, get: (i: number) => i },
      { batchSize: 2, collate: (samples) => samples.join("+") },
    );
    expect([...loader]).to.deep.equal(["0+1", "2"]);
  });

  it("collates samples of any data set", () => {
    const set = { length: 3, get: (i: number) => ({ x: Float32Array.of(i, -i), y: i }) };
    const batches = [...new DataLoader(set, { batchSize: 2 })];
    const { x, y }: { x: Tensor; y: Tensor } = batches[0] as { x: Tensor; y: Tensor };
    expect([x.shape, x.dtype, y.shape, y.dtype]).to.deep.equal([[2, 2], "float32", [2], "int64"]);
  });

  it("gives batches of images and labels", () => {
    const loader = new DataLoader(glyphs({ size: 5 }), { batchSize: 4 });
    const [batch, rest] = [...loader];
    expect(batch?.images.shape).to.deep.equal([4, 1, 28, 28]);
    expect(rest?.labels.shape).to.deep.equal([1]);
  });

  describe("for await", () => {
    it("gives the same batches", async () => {
      const options = { batchSize: 3, shuffle: true, seed: 1 };
      const got = [];
      for await (const batch of new DataLoader(numbers(10), options)) got.push(batch);
      expect(got).to.deep.equal([...new DataLoader(numbers(10), options)]);
    });

    it("lets timers run between batches", async () => {
      let ticks = 0;
      const timer = setInterval(() => ticks++, 1);
      let seen = 0;
      try {
        for await (const _ of new DataLoader(numbers(30))) {
          const until = performance.now() + 2;
          while (performance.now() < until);
          seen = ticks;
        }
      } finally {
        clearInterval(timer);
      }
      expect(seen).to.be.above(3);
    });

    it("does so without setImmediate, as in a browser", async () => {
      const original = globalThis.setImmediate;
      Object.assign(globalThis, { setImmediate: undefined });
      try {
        const got = [];
        for await (const batch of new DataLoader(numbers(3))) got.push(batch);
        expect(got).to.deep.equal([[0], [1], [2]]);
      } finally {
        Object.assign(globalThis, { setImmediate: original });
      }
    });

    it("counts a batch only when it is handed out", async () => {
      const loader = new DataLoader(numbers(4));
      const loop = loader[Symbol.asyncIterator]();
      await loop.next();
      const pending = loop.next();
      expect(loader.state()).to.include({ position: 1 });
      await pending;
      expect(loader.state()).to.include({ position: 2 });
    });
  });
});

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
