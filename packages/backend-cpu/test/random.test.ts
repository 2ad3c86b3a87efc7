// Random numbers are the same bits as core's Philox; dropout keeps what those numbers say.
import { fillRandom, type RandomKey } from "@tapegrad/core";
import { expect } from "chai";
import { randomKernels } from "../src/wasm/random/random.ts";
import { loopsSupport } from "./loops-support.ts";
import { kinds, newContext, read, viewOf } from "./wasm-support.ts";

for (const { name, relaxed } of kinds) {
  describe(`random, ${name} SIMD`, () => {
    const ctx = newContext(relaxed);
    const { random, dropout, arange } = randomKernels(ctx);
    const { input, strided, agree } = loopsSupport(ctx);
    const keys: RandomKey[] = [
      { seed: 0n, offset: 0n },
      { seed: 0x1234_5678_9abc_def0n, offset: 77n },
      { seed: -5n, offset: 2n ** 32n - 3n }, // the counter carries into its high word
      { seed: 2n ** 64n - 1n, offset: 2n ** 40n + 1n },
    ];

    it("gives the same numbers as every other backend", () => {
      for (const key of keys) {
        for (const n of [0, 1, 2, 3, 4, 5, 15, 16, 17, 33, 64, 1001]) {
          for (const code of ["uniform", "normal"] as const) {
            const y = viewOf(ctx, [n]);
            random(code, y, key);
            const wanted = new Float32Array(n);
            fillRandom(code, key, wanted);
            expect([...read(ctx, y)], `${code} ${n}`).to.deep.equal([...wanted]);
          }
        }
      }
    });

    it("writes nothing beyond", () => {
      const y = viewOf(ctx, [40]);
      random("uniform", { ...y, shape: [21], offset: 3 }, keys[0] as RandomKey);
      expect([...read(ctx, y)].filter(Number.isNaN).length).to.equal(19);
    });

    it("dropout keeps what the numbers say", () => {
      for (const key of keys) {
        for (const shape of [[1], [5, 3], [16], [67], [4, 33]]) {
          for (const p of [0.5, 0.1, 0.9, 1e-9]) {
            for (const x of [input(shape, 1), strided(shape, 1)]) {
              agree(
                "dropout",
                dropout,
                [shape, shape],
                (k, [y, mask]) => k(x, y, mask, p, key),
                `${shape}`,
                2e-7,
              );
            }
          }
        }
        const x = input([40], 1);
        agree("dropout", dropout, [[40]], (k, [y]) => k(x, y, undefined, 0.3, key), "no mask");
      }
    });

    it("arange", () => {
      const y = viewOf(ctx, [5]);
      arange(y, 2, -0.5);
      expect([...read(ctx, y)]).to.deep.equal([2, 1.5, 1, 0.5, 0]);
    });
  });
}
