// Collection, the pool, and what a full arena says. The counted half is in ownership.test.ts.
import {
  Arena,
  collect,
  drain,
  exp,
  full,
  getBackend,
  grad,
  memory,
  mul,
  OutOfMemoryError,
  randn,
  referenceBackend,
  registerBackend,
  resetPeak,
  setCollectionThreshold,
  setCollector,
  sum,
  type Tensor,
  tensor,
  trackSites,
} from "@tapegrad/core";
import { expect } from "chai";
import fc from "fast-check";
import { nodeCollector } from "../src/memory/collector.ts";
import { useBackend } from "./use-backend.ts";

const MB = 1 << 20;

describe("collection", () => {
  useBackend("reference");
  afterEach(() => setCollectionThreshold());

  /** A step as people write it: handles dropped, now and then a graph thrown away whole. */
  function step(w: Tensor, i: number): void {
    const h = exp(w);
    const loss = sum(mul(mul(h, 0.5), h));
    if (i % 3 > 0) loss.backward();
    w.grad = null;
  }

  it("keeps a synchronous loop that drops its handles under the threshold", () => {
    const w = randn([MB / 16], { requiresGrad: true });
    collect();
    setCollectionThreshold({ bytes: 6 * MB });
    resetPeak();
    const peaks: number[] = [];
    for (let i = 0; i < 30; i++) {
      step(w, i);
      peaks.push(memory().liveBytes);
    }
    expect(memory().collections).to.be.greaterThan(0);
    expect(Math.max(...peaks)).to.be.at.most(6.5 * MB);
  });

  it("keeps an awaiting loop under the threshold", async () => {
    const w = randn([MB / 16], { requiresGrad: true });
    collect();
    setCollectionThreshold({ bytes: 6 * MB });
    let most = 0;
    for (let i = 0; i < 30; i++) {
      step(w, i);
      await Promise.resolve();
      most = Math.max(most, memory().liveBytes);
    }
    expect(most).to.be.at.most(6.5 * MB);
  });

  it("spares what is reachable only through a graph, a view or a saved alias", () => {
    const w = randn([4], { dtype: "float64", requiresGrad: true });
    const view = (() => exp(w).view(2, 2))();
    const loss = (() => sum(mul(exp(w), exp(w))))();
    collect();
    expect(view.dataSync().length).to.equal(4);
    expect(grad(loss, w).length).to.equal(1);
  });

  it("a tensor that is kept among garbage keeps no other one", () => {
    collect();
    const before = memory().storages;
    const kept: Tensor[] = [];
    (() => {
      for (let i = 0; i < 2000; i++) {
        const t = randn([2]);
        if (i % 50 === 7) kept.push(t);
      }
    })();
    collect();
    expect(memory().storages - before).to.equal(kept.length);
    for (const t of kept) t.release();
    expect(memory().storages).to.equal(before);
  });

  it("a storage that is used again counts on: who compares versions sees another tensor's", () => {
    const first = randn([2]);
    const { storage } = first;
    const { version } = storage;
    first.release();
    const seen = Array.from({ length: 3 }, () => randn([2])).find((t) => t.storage === storage);
    expect(seen?.storage.version).to.be.greaterThan(version);
  });

  it("handles live, die, are born and copied while drain() waits for the engine, as in a browser", async () => {
    setCollector(null);
    try {
      const kept = Array.from({ length: 100 }, (_, i) => full([2], i));
      const released = full([2], -1);
      const held = full([2], -2);
      const more: Tensor[] = [];
      const { storages } = memory();
      setCollectionThreshold({ count: 1 }); // twice what is live
      while (more.length < storages) more.push(full([2], more.length));
      const drained = drain(1);
      const views = kept.map((t) => t.view(2, 1));
      for (const t of kept) t.release();
      released.release();
      const born = Array.from({ length: 100 }, (_, i) => full([2], i));
      for (const t of born.slice(50)) t.release();
      const again = Array.from({ length: 100 }, (_, i) => full([2], 1000 + i));
      await drained;
      setCollector(nodeCollector());
      for (let pass = 0; pass < 2; pass++) {
        const last = Array.from({ length: 300 }, () => full([2], 7)); // takes what is free
        const values = (ts: Tensor[]) => ts.map((t) => t.dataSync()[0]);
        expect(values(views)).to.deep.equal(kept.map((_, i) => i));
        expect(values(born.slice(0, 50))).to.deep.equal(born.slice(0, 50).map((_, i) => i));
        expect(values(again)).to.deep.equal(again.map((_, i) => 1000 + i));
        expect(values(more)).to.deep.equal(more.map((_, i) => i));
        expect(held.dataSync()[0]).to.equal(-2);
        for (const t of last) t.release();
        collect();
      }
    } finally {
      setCollector(nodeCollector());
    }
  });

  it("frees a dead graph with cycles (node → saved output → node)", () => {
    const w = randn([MB / 16], { requiresGrad: true });
    (() => {
      for (let i = 0; i < 8; i++) exp(exp(w));
    })();
    const before = memory().liveBytes;
    collect();
    expect(before - memory().liveBytes).to.be.at.least(3.5 * MB);
  });
});

describe("arena", () => {
  it("wastes at most a quarter of a block, and gives what it was given", () => {
    const arena = new Arena({ maxPages: 2048 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1 << 20 }), (bytes) => {
        const block = arena.take(bytes);
        expect(block.bytes).to.be.at.least(bytes);
        if (bytes > 64) expect(block.bytes).to.be.at.most(bytes * 1.25 + 16);
        arena.give(block);
        expect(arena.take(bytes)).to.equal(block);
        arena.give(block);
      }),
    );
  });

  it("large blocks start at places of a page that are far apart", () => {
    const arena = new Arena();
    for (const bytes of [16384, MB]) {
      const starts = Array.from({ length: 5 }, () => arena.take(bytes).ptr % 4096).sort(
        (a, b) => a - b,
      );
      const next = [...starts.slice(1), (starts[0] as number) + 4096];
      const apart = starts.map((start, i) => (next[i] as number) - start);
      expect(Math.min(...apart), `${bytes} bytes`).to.be.at.least(704);
    }
  });

  it("keeps blocks apart", () => {
    const arena = new Arena();
    const sizes = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(sizes, (wanted) => {
        const blocks = wanted.map((n) => arena.take(n)).sort((a, b) => a.ptr - b.ptr);
        for (let i = 1; i < blocks.length; i++) {
          const previous = blocks[i - 1] as (typeof blocks)[0];
          expect((blocks[i] as (typeof blocks)[0]).ptr).to.be.at.least(
            previous.ptr + previous.bytes,
          );
        }
        for (const b of blocks) arena.give(b);
      }),
    );
  });

  it("reaches past 2 GiB, and writes there (skipped where 3 GiB cannot be reserved)", function () {
    const arena = new Arena();
    if (arena.maxPages < 49152) this.skip();
    const low = arena.take(2 ** 31);
    const high = arena.take(1024);
    expect(high.ptr).to.be.greaterThan(2 ** 31);
    arena.f32[high.ptr / 4] = 1.5;
    expect(new DataView(arena.memory.buffer).getFloat32(high.ptr, true)).to.equal(1.5);
    arena.give(low);
    arena.give(high);
  });

  describe("where the engine gives less", () => {
    const { Memory } = WebAssembly;
    const asked: (number | undefined)[] = [];
    /** An engine that reserves at most so many pages, and has so many to give. */
    function engine(reservable: number, pages = reservable): void {
      asked.length = 0;
      WebAssembly.Memory = class extends Memory {
        constructor(descriptor: WebAssembly.MemoryDescriptor) {
          asked.push(descriptor.maximum);
          if ((descriptor.maximum as number) > reservable) {
            throw new RangeError("WebAssembly.Memory(): could not allocate memory");
          }
          super(descriptor);
        }
        override grow(delta: number): number {
          if (this.buffer.byteLength / 65536 + delta > pages) throw new RangeError("grow");
          return super.grow(delta);
        }
      } as typeof Memory;
    }
    afterEach(() => {
      WebAssembly.Memory = Memory;
    });

    for (const shared of [false, true]) {
      it(`smaller maxima are tried, ${shared ? "shared" : "unshared"}`, () => {
        engine(20_000);
        const arena = new Arena({ shared });
        expect(asked).to.deep.equal([65536, 32768, 16384]);
        expect(arena.maxPages).to.equal(16384);
        expect(() => arena.take(2 ** 30 + 1)).to.throw(
          OutOfMemoryError,
          /at most 1073741824 bytes/,
        );
        expect(arena.take(MB).bytes).to.be.at.least(MB);
      });
    }
    it("nothing to reserve is an error that says so", () => {
      engine(100);
      expect(() => new Arena()).to.throw(OutOfMemoryError, /not even 64 MiB/);
      expect(asked.at(-1)).to.be.at.least(100);
    });
    it("memory that does not grow half as much again grows by what is needed; then the arena is full", () => {
      engine(65536, 90 * 16);
      const arena = new Arena();
      arena.take(64 * MB);
      arena.take(16 * MB); // half as much again would be 96 MB
      expect(arena.reservedBytes).to.be.within(80 * MB, 90 * MB);
      expect(() => arena.take(16 * MB)).to.throw(OutOfMemoryError, /arena of at most/);
      expect(arena.take(64).ptr).to.be.greaterThan(80 * MB);
    });
  });

  it("refuses sizes whose 32-bit class would be that of a small block", () => {
    const arena = new Arena({ maxPages: 64 });
    for (const bytes of [2 ** 36 + 80, 4 * 131073 * 131072, 2 ** 62, 2 ** 66, Infinity]) {
      expect(() => arena.take(bytes), String(bytes)).to.throw(OutOfMemoryError, /arena of at most/);
    }
  });

  it("says what is alive when it is full, and what to do", () => {
    const forget = registerBackend("small", () => ({
      ...referenceBackend({ maxPages: 64 }),
      name: "small",
    }));
    const device = getBackend("small").name;
    const kept: Tensor[] = [];
    trackSites(true);
    const fill = () => {
      for (;;) kept.push(full([MB / 4], 1, { device }));
    };
    try {
      expect(fill).to.throw(
        OutOfMemoryError,
        /arena of at most 4194304 bytes is full[\s\S]*tensors live on 'small'[\s\S]*made by 'full'[\s\S]*memory\.test[\s\S]*smaller batch/,
      );
    } finally {
      trackSites(false);
      for (const t of kept) t.release();
    }
    // Nothing is broken: what was released can be had again.
    expect(tensor([1, 2], { device }).dataSync()).to.deep.equal(new Float32Array([1, 2]));
    forget();
  });
});
