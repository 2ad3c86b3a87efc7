// The module cache stays bounded; features are detected; modules share one memory.
import { expect } from "chai";
import { f32, func, i32 } from "../src/wasm/assembler/assembler.ts";
import { hasSimd, relaxedSimd } from "../src/wasm/assembler/features.ts";
import { callable, ModuleCache } from "../src/wasm/assembler/module-cache.ts";

const writer = (value: number) => () => [
  func("write", { p: "i32" }, (_, { p }) => f32.store(p, f32.const(value))),
];

describe("module cache", () => {
  it("compiles once per key and shares the memory", () => {
    for (const shared of [false, true]) {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared });
      const cache = new ModuleCache(memory);
      const first = cache.get<"write">("a", writer(1.5));
      expect(cache.get("a", writer(9))).to.equal(first);
      callable(first.write)(64);
      callable(cache.get<"write">("b", writer(2.5)).write)(68);
      expect([...new Float32Array(memory.buffer, 64, 2)]).to.deep.equal([1.5, 2.5]);
    }
  });

  it("forgets what was not used for longest", () => {
    const cache = new ModuleCache(new WebAssembly.Memory({ initial: 1 }), 8);
    const kept = cache.get("kept", writer(0));
    for (let i = 0; i < 100; i++) {
      cache.get(`k${i}`, writer(i));
      expect(cache.get("kept", writer(0))).to.equal(kept);
      expect(cache.size).to.be.at.most(8);
    }
  });

  it("uses addresses beyond 2 GiB as unsigned", function () {
    let memory: WebAssembly.Memory;
    try {
      memory = new WebAssembly.Memory({ initial: 49152, maximum: 65536 }); // 3 GiB, untouched pages cost nothing
    } catch {
      return this.skip();
    }
    const address = 2 ** 31 + 2 ** 29;
    const { write } = new ModuleCache(memory).get<"write">("high", () => [
      func("write", { p: "i32" }, (_, { p }) => f32.store(i32.add(p, 8), f32.const(3))),
    ]);
    callable(write)(address);
    expect(new Float32Array(memory.buffer, address, 3)[2]).to.equal(3);
  });

  it("finds SIMD, and relaxed SIMD where Node has it", () => {
    expect(hasSimd()).to.equal(true);
    expect(relaxedSimd()).to.equal(process.env.TAPEGRAD_SIMD !== "plain");
  });
});
