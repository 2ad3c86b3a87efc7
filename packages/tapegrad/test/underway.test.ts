// Ops that return before they are done: programs of large and small ops, uploads, readings and releases in random
// order have the same bits on one thread and on several, and what is read is what was computed.
import { expect } from "chai";
import {
  F,
  getNumThreads,
  manualSeed,
  scope,
  setNumThreads,
  synchronize,
  type Tensor,
  tensor,
  withBackend,
} from "../src/index.ts";

/** Reproducible numbers in [0, 1). */
function generator(seed: number): () => number {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const SHAPE = [4, 16, 40, 40];
const SIZE = 4 * 16 * 40 * 40;

/** Each takes tensors of SHAPE and gives one; shared out among threads, done at once, or some of both. */
const OPS: readonly ((a: Tensor, b: Tensor, next: () => number) => Tensor)[] = [
  (a, b) => a.add(b),
  (a, b) => a.mul(b).sub(0.5),
  (a) => a.relu(),
  (a) => a.tanh(),
  (a) => a.permute([0, 1, 3, 2]).clone(),
  (a) => a.sub(a.mean([0, 2, 3], { keepdim: true })),
  (a) => a.div(a.abs().amax().add(1)),
  (a, b) =>
    F.conv2d(a, b.slice([":", ":", "0:3", "0:3"]).select(0, 0).unsqueeze(1), {
      padding: 1,
      groups: 16,
    }),
  (a, b) => F.conv2d(a, b.slice(["0:1", ":", "0:4", "0:4"]).reshape([16, 16, 1, 1])),
  (a, b) => F.conv2d(a, b.flatten(0).slice(["0:2304"]).reshape([16, 16, 3, 3]), { padding: 1 }),
  (a) => F.batchNorm(a, { training: true }),
  (a) => F.softmax(a, 3),
  (a) => a.select(1, 3).unsqueeze(1).add(a.mul(0.5)),
  (a, _, next) => {
    const rows = Int32Array.from({ length: 16 }, () => Math.floor(next() * 16));
    return a.indexSelect(1, tensor(rows, { dtype: "int64" }));
  },
  (a, _, next) => a.mul(tensor(Float32Array.from({ length: 40 }, next))),
  (a, _, next) =>
    a.add(
      a
        .select(0, 0)
        .flatten(0)
        .slice([`0:${Math.floor(next() * 50) + 1}`])
        .sum()
        .mul(1e-3),
    ),
];

/** FNV-1a of the bits. */
function hash(values: Float32Array): number {
  let state = 0x811c9dc5;
  for (const word of new Uint32Array(values.buffer)) state = Math.imul(state ^ word, 0x01000193);
  return state;
}

function run(seed: number, threads: number): { read: number[]; bits: number[] } {
  setNumThreads(threads);
  return withBackend("wasm", () =>
    scope(() => {
      manualSeed(seed);
      const next = generator(seed);
      const fresh = (): Tensor =>
        tensor(
          Float32Array.from({ length: SIZE }, () => next() * 2 - 1),
          { shape: SHAPE },
        );
      const live = [fresh(), fresh(), fresh()];
      const read: number[] = [];
      for (let step = 0; step < 40; step++) {
        const pick = (): Tensor => live[Math.floor(next() * live.length)] as Tensor;
        const op = OPS[Math.floor(next() * OPS.length)] as (typeof OPS)[number];
        const y = scope(() => op(pick(), pick(), next));
        const place = Math.floor(next() * live.length);
        const way = next();
        // Its memory goes to whoever asks next, while the op that reads it may still run.
        if (way < 0.6) {
          live[place]?.release();
          live[place] = y;
        } else if (way < 0.75) {
          y.release();
        } else if (way < 0.85) {
          (live[place] as Tensor).copy_(y);
          y.release();
        } else {
          read.push(
            y
              .flatten(0)
              .select(0, Math.floor(next() * SIZE))
              .item() as number,
          );
          live[place]?.release();
          live[place] = y;
        }
      }
      const bits = live.map((t) => hash(t.dataSync() as Float32Array));
      return { read, bits };
    }),
  );
}

describe("ops that return before they are done", () => {
  const before = getNumThreads();
  afterEach(() => setNumThreads(before));

  it("have the bits of one thread, whatever is done meanwhile", () => {
    for (let seed = 1; seed <= 4; seed++) {
      const one = run(seed, 1);
      for (const threads of [2, 3]) {
        expect(run(seed, threads), `seed ${seed}, ${threads} threads`).to.deep.equal(one);
      }
    }
  }).timeout(60_000);

  it("can be waited for", async () => {
    setNumThreads(2);
    await withBackend("wasm", async () => {
      const a = tensor(new Float32Array(SIZE).fill(1), { shape: SHAPE });
      const y = a.add(a);
      expect(await synchronize()).to.equal(undefined);
      expect(y.sum().item()).to.equal(2 * SIZE);
    });
    let error: unknown;
    await synchronize("nowhere").catch((e) => {
      error = e;
    });
    expect(String(error)).to.match(/synchronize: there is no backend 'nowhere'/);
  });
});
