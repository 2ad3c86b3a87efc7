// The thread pool: every task runs once, whoever takes it; what fails is an error and never a hang.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import {
  Arena,
  getNumThreads,
  OutOfMemoryError,
  setCollector,
  setNumThreads,
  ThreadError,
} from "@tapegrad/core";
import { expect } from "chai";
import { bundled } from "../../../scripts/source.mjs";
import { nodeCollector } from "../../core/src/memory/collector.ts";
import { countdown, f32, func } from "../src/wasm/assembler/assembler.ts";
import { relaxedSimd } from "../src/wasm/assembler/features.ts";
import type { Kernel } from "../src/wasm/assembler/module-cache.ts";
import { WasmContext } from "../src/wasm/context.ts";
import { pieces } from "../src/wasm/threads/launch.ts";
import { ThreadPool } from "../src/wasm/threads/thread-pool.ts";

/** Worth sharing out, whatever it really is. */
const LONG = 1e9;

const before = getNumThreads();

function contextOf(threads: number): WasmContext {
  const arena = new Arena({ shared: true, maxPages: 4096 });
  return new WasmContext(arena, { relaxed: relaxedSimd(), pool: new ThreadPool(arena, threads) });
}

/** Adds `amount` to the float at p, `times` over. */
const adder = (ctx: WasmContext): Kernel =>
  ctx.get<"add">("add", () => [
    func("add", { p: "i32", amount: "f32", times: "i32" }, (_, { p, amount, times }) =>
      countdown(times, f32.store(p, f32.add(f32.load(p), amount))),
    ),
  ]).add;

/** Writes beyond the end of the memory. */
const outOfBounds = (ctx: WasmContext): Kernel =>
  ctx.get<"fail">("fail", () => [func("fail", {}, () => f32.store(-16, f32.const(0)))]).fail;

function messageOf(body: () => void): string {
  try {
    body();
  } catch (error) {
    return String(error);
  }
  return "no error";
}

const untilReady = async (ctx: WasmContext, workers: number): Promise<void> => {
  while (ctx.pool.workersReady < workers) await new Promise((done) => setTimeout(done, 5));
};

describe("threads", () => {
  for (const threads of [1, 2, 3]) {
    it(`run every task of every launch once, on ${threads}`, () => {
      const ctx = contextOf(threads);
      const add = adder(ctx);
      const count = 500;
      const at = ctx.arena.take(count * 4).ptr;
      const expected = new Float32Array(count);
      for (let launch = 0; launch < 300; launch++) {
        const tasks = 1 + ((launch * 37) % count);
        ctx.launch(LONG, (list) => {
          for (let t = 0; t < tasks; t++) {
            list.add(add, at + t * 4, 1, 1 + (t % 7) * 50);
            list.also(add, at + t * 4, 0.5, 2);
            expected[t] = (expected[t] as number) + 2 + (t % 7) * 50;
          }
        });
      }
      expect(ctx.arena.f32.slice(at / 4, at / 4 + count)).to.deep.equal(expected);
      ctx.pool.end();
    });
  }

  it("take more tasks and longer records than the first blocks hold", () => {
    const ctx = contextOf(2);
    const add = adder(ctx);
    const count = 70_000;
    const at = ctx.arena.take(count * 4).ptr;
    ctx.arena.f32.fill(0, at / 4, at / 4 + count);
    ctx.launch(LONG, (tasks) => {
      for (let t = 0; t < count; t++) tasks.add(add, at + t * 4, 1, 1);
    });
    expect(ctx.arena.f32.subarray(at / 4, at / 4 + count).every((v) => v === 1)).to.equal(true);
    ctx.pool.end();
  });

  it("have scratch memory of their own", async () => {
    const ctx = contextOf(3);
    const add = adder(ctx);
    const { copy } = ctx.get<"copy">("copy", () => [
      func("copy", { from: "i32", to: "i32" }, (_, { from, to }) => [
        f32.store(to, f32.load(from)),
        f32.store(from, f32.const(0)),
      ]),
    ]);
    const at = ctx.arena.take(4000).ptr;
    for (let round = 0; round < 30; round++) {
      ctx.launch(LONG, (tasks) => {
        const own = tasks.local(256).plus(128);
        for (let t = 0; t < 1000; t++) {
          tasks.add(copy, own, at);
          tasks.also(add, own, 1, 1 + t);
          tasks.also(copy, own, at + t * 4);
        }
      });
      if (round === 0) await untilReady(ctx, 2);
      const values = ctx.arena.f32.subarray(at / 4 + 1, at / 4 + 1000);
      expect(values.every((v, i) => v === i + 2)).to.equal(true);
    }
    ctx.pool.end();
  });

  it("run kernels whose module the cache has forgotten, also in the middle of a launch", async () => {
    const arena = new Arena({ shared: true, maxPages: 4096 });
    const options = { relaxed: relaxedSimd(), pool: new ThreadPool(arena, 2), cacheSize: 8 };
    const ctx = new WasmContext(arena, options);
    const held = adder(ctx);
    const at = arena.take(64 * 64).ptr;
    arena.f32.fill(0, at / 4, at / 4 + 1024);
    for (let round = 0; round < 20; round++) {
      ctx.launch(LONG, (tasks) => {
        for (let t = 0; t < 64; t++) {
          tasks.add(held, at + t * 64, 1, 500);
          const { add } = ctx.get<"add">(`add ${round} ${t}`, () => [
            func("add", { p: "i32" }, (_, { p }) =>
              f32.store(p, f32.add(f32.load(p), f32.const(1000))),
            ),
          ]);
          tasks.also(add, at + t * 64);
        }
      });
      if (round === 0) await untilReady(ctx, 1);
    }
    for (let t = 0; t < 64; t++) expect(arena.f32[at / 4 + t * 16]).to.equal(20 * 1500);
    ctx.pool.end();
  });

  it("see memory that has grown since they started", async () => {
    const ctx = contextOf(2);
    const add = adder(ctx);
    const first = ctx.arena.take(64).ptr;
    const launch = (at: number): void =>
      ctx.launch(LONG, (tasks) => {
        for (let t = 0; t < 64; t++) tasks.add(add, at + t * 64, 1, 2000);
      });
    launch(ctx.arena.take(4096).ptr);
    await untilReady(ctx, 1);
    const block = ctx.arena.take(150 << 20);
    expect(block.ptr).to.be.greaterThan(first);
    ctx.arena.f32.fill(0, block.ptr / 4, block.ptr / 4 + 1024);
    launch(block.ptr);
    for (let t = 0; t < 64; t++) expect(ctx.arena.f32[block.ptr / 4 + t * 16]).to.equal(2000);
    ctx.pool.end();
  });

  it("run a launch inside of a launch at once", () => {
    const ctx = contextOf(2);
    const add = adder(ctx);
    const at = ctx.arena.take(64).ptr;
    ctx.arena.f32[at / 4] = 0;
    ctx.launch(LONG, (tasks) => {
      ctx.launch(LONG, (inner) => inner.add(add, at, 1, 1));
      expect(ctx.arena.f32[at / 4]).to.equal(1);
      tasks.add(add, at, 1, 1);
    });
    expect(ctx.arena.f32[at / 4]).to.equal(2);
    ctx.pool.end();
  });

  it("report a kernel that fails, and go on", async () => {
    const ctx = contextOf(2);
    const [add, fail] = [adder(ctx), outOfBounds(ctx)];
    const at = ctx.arena.take(256 * 64).ptr;
    ctx.arena.f32.fill(0, at / 4, at / 4 + 64 * 64);
    const launch = (bad: number): void =>
      ctx.launch(LONG, (tasks) => {
        for (let t = 0; t < 64; t++) {
          if (t === bad) tasks.add(fail);
          else tasks.add(add, at + t * 256, 1, 1000);
        }
      });
    launch(-1);
    await untilReady(ctx, 1);
    for (let bad = 0; bad < 64; bad++) {
      expect(messageOf(() => launch(bad))).to.equal("no error"); // it is only just on its way
      expect(messageOf(() => ctx.arena.settle())).to.match(/out of bounds/);
    }
    launch(-1);
    ctx.pool.end();
  });

  it("report a worker that has died with a typed error, then start another", async () => {
    const ctx = contextOf(2);
    const add = adder(ctx);
    const at = ctx.arena.take(256 * 8).ptr;
    const launch = (): void =>
      ctx.launch(LONG, (tasks) => {
        for (let t = 0; t < 8; t++) tasks.add(add, at + t * 256, 1, 1000);
      });
    launch();
    await untilReady(ctx, 1);
    ctx.arena.settle();
    ctx.pool.workers[0]?.end();
    launch(); // nobody can know yet: the thread that launches does all of it
    await new Promise((done) => setTimeout(done, 200));
    expect(launch).to.throw(ThreadError, /thread 1 of 2 has ended/);
    launch();
    await untilReady(ctx, 1);
    launch();
    ctx.pool.end();
  });

  it("do not wait long for the task of a worker that has died in the middle of it", async () => {
    const ctx = contextOf(2);
    const add = adder(ctx);
    const at = ctx.arena.take(512).ptr;
    const launch = (times: number): void =>
      ctx.launch(LONG, (tasks) => {
        for (let t = 0; t < 2; t++) tasks.add(add, at + t * 256, 1, times);
      });
    launch(1);
    await untilReady(ctx, 1);
    launch(2 ** 29); // half a second and more: the worker begins while this thread does something else
    await new Promise((done) => setTimeout(done, 100));
    ctx.pool.workers[0]?.end();
    await new Promise((done) => setTimeout(done, 100));
    expect(() => ctx.arena.settle()).to.throw(
      ThreadError,
      /1 of 2 tasks .* 1 s: thread 1 of 2 has ended/,
    );
    launch(1);
    ctx.pool.end();
  }).timeout(20_000);

  it("prepare one launch while another runs, in memory that both use in turn", async () => {
    const ctx = contextOf(2);
    const add = adder(ctx);
    const at = ctx.arena.take(64 * 256).ptr;
    ctx.arena.f32.fill(0, at / 4, at / 4 + 64 * 64);
    let small = 0;
    for (let round = 0; round < 200; round++) {
      ctx.launch(LONG, (tasks) => {
        for (let t = 0; t < 64; t++) tasks.add(add, at + t * 256, 1, 100);
      });
      if (round === 0) await untilReady(ctx, 1);
      // Read by the next launch: in order, although nobody has waited.
      for (; small < 40 * (round + 1); small++) ctx.after(() => ctx.now(add)(at, 1, 1));
      ctx.withScratch((scratch) => {
        const table = scratch.take(1024);
        ctx.after(() => ctx.arena.f32.fill(round, table / 4, table / 4 + 256));
        ctx.launch(LONG, (tasks) => {
          for (let t = 0; t < 64; t++) tasks.add(add, table + t * 4, 1, 1);
        });
      });
    }
    const first = ctx.arena.f32[at / 4] as number;
    expect(first).to.equal(200 * 100 + 200 * 40);
    for (let t = 1; t < 64; t++) expect(ctx.arena.f32[at / 4 + t * 64]).to.equal(200 * 100);
    ctx.pool.end();
  });

  it("follow setNumThreads() from one launch to the next", async () => {
    const arena = new Arena({ shared: true, maxPages: 1024 });
    const ctx = new WasmContext(arena, { relaxed: relaxedSimd() });
    const add = adder(ctx);
    const at = arena.take(64).ptr;
    const launch = (): void =>
      ctx.launch(LONG, (tasks) => {
        tasks.add(add, at, 1, 1);
        tasks.add(add, at + 32, 1, 1);
      });
    try {
      for (const n of [1, 3, 2, 1, 2]) {
        setNumThreads(n);
        launch();
        expect(ctx.pool.size).to.equal(n);
        // With one thread the workers of before sleep on.
        if (n === 1) continue;
        await untilReady(ctx, n - 1);
        expect(ctx.pool.workers.length).to.equal(n - 1);
      }
    } finally {
      setNumThreads(before);
      ctx.pool.end();
    }
  });

  it("cost no memory when their number changes to and fro", () => {
    const arena = new Arena({ shared: true, maxPages: 1024 });
    const ctx = new WasmContext(arena, { relaxed: relaxedSimd() });
    const add = adder(ctx);
    const at = arena.take(64).ptr;
    const tops: number[] = [];
    try {
      for (let round = 0; round < 8; round++) {
        setNumThreads(2 + (round % 2));
        ctx.launch(LONG, (tasks) => tasks.add(add, at, 1, 1));
        arena.settle();
        const { ptr, ...rest } = arena.take(1 << 20);
        tops.push(ptr);
        arena.give({ ptr, ...rest } as Parameters<Arena["give"]>[0]);
      }
    } finally {
      setNumThreads(before);
      ctx.pool.end();
    }
    expect(new Set(tops).size).to.equal(1);
    expect(arena.pooledBytes).to.be.below(2 << 20);
  });

  it("find memory for a launch that only garbage holds", () => {
    const arena = new Arena({ shared: true, maxPages: 64 });
    const ctx = new WasmContext(arena, { relaxed: relaxedSimd(), pool: new ThreadPool(arena, 2) });
    const held = [arena.take(1 << 20), arena.take(1 << 20), arena.take(1 << 20)];
    setCollector({
      run() {
        for (const block of held.splice(0)) arena.give(block);
      },
    });
    try {
      ctx.withScratch((scratch) => expect(scratch.take(1 << 20)).to.be.a("number"));
      expect(() => ctx.withScratch((scratch) => scratch.take(8 << 20))).to.throw(
        OutOfMemoryError,
        /0 tensors live; the largest:/,
      );
    } finally {
      setCollector(nodeCollector());
      ctx.pool.end();
    }
  });

  it("are one where memory is not shared", () => {
    const pool = new ThreadPool(new Arena({ shared: false, maxPages: 64 }), 4);
    expect(pool.size).to.equal(1);
  });

  it("let the program end by itself, also while they spin", async function () {
    this.timeout(120_000);
    const entry = fileURLToPath(new URL("spinning-program.ts", import.meta.url));
    const program = fileURLToPath(await bundled(entry));
    const run = spawnSync(process.execPath, [program], { timeout: 60_000, encoding: "utf8" });
    expect(run.stderr).to.equal("");
    expect(run.stdout.trim()).to.equal("27000000");
    expect(run.status).to.equal(0);
  });

  it("get work in pieces that depend on the shape alone", () => {
    const sizes: [number, number][] = [];
    pieces(1001, 100_000, (first, size) => sizes.push([first, size]), 16);
    expect(sizes[0]).to.deep.equal([0, 96]);
    expect(sizes.reduce((sum, [, size]) => sum + size, 0)).to.equal(1001);
    let calls = 0;
    pieces(0, 100, () => calls++);
    pieces(5, 1, () => calls++);
    expect(calls).to.equal(1);
  });
});
