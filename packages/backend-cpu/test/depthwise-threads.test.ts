// Depthwise convolutions give the same bits on one, two and three threads.
import { Arena } from "@tapegrad/core";
import { expect } from "chai";
import { func } from "../src/wasm/assembler/assembler.ts";
import { relaxedSimd } from "../src/wasm/assembler/features.ts";
import { WasmContext } from "../src/wasm/context.ts";
import { conv, convInputGrad, convWeightGrad } from "../src/wasm/conv/conv.ts";
import { ThreadPool } from "../src/wasm/threads/thread-pool.ts";
import { geometry } from "./conv-reference.ts";
import { numbers, read, viewOf } from "./wasm-support.ts";

const product = (sizes: readonly number[]): number => sizes.reduce((p, n) => p * n, 1);
const bitsOf = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer);

describe("depthwise convolution on several threads", () => {
  const contexts = [1, 2, 3].map((threads) => {
    const arena = new Arena({ shared: true, maxPages: 4096 });
    return new WasmContext(arena, {
      relaxed: relaxedSimd(),
      pool: new ThreadPool(arena, threads),
    });
  });

  before(async () => {
    for (const [i, ctx] of contexts.entries()) {
      ctx.launch(1e9, (tasks) => {
        const { nothing } = ctx.get<"nothing">("nothing", () => [func("nothing", {}, () => [])]);
        for (let t = 0; t < 8; t++) tasks.add(nothing);
      });
      while (ctx.pool.workersReady < i) await new Promise((done) => setTimeout(done, 5));
    }
  });

  for (const [name, options] of Object.entries({
    direct: { n: 4, c: 64, o: 64, groups: 64, size: [28, 28], kernel: [3, 3], padding: [1, 1] },
    columns: { n: 2, c: 48, o: 96, groups: 48, size: [28, 28], kernel: [7, 7], padding: [3, 3] },
    "stride 2": { n: 4, c: 32, o: 32, groups: 32, size: [40, 40], kernel: [5, 5], stride: [2, 2] },
    "few channels, many images": { n: 67, c: 2, o: 2, groups: 2, size: [28, 28], kernel: [3, 3] },
    "many small images": { n: 83, c: 20, o: 60, groups: 20, size: [8, 8], kernel: [3, 3] },
    "one channel": { n: 67, c: 1, o: 1, groups: 1, size: [40, 40], kernel: [9, 9] },
    "three dims": { n: 1, c: 64, o: 64, groups: 64, size: [12, 12, 12], kernel: [3, 3, 3] },
  })) {
    it(name, () => {
      const g = geometry(options);
      const x = numbers(product(g.x), 1);
      const w = numbers(product(g.w), 2);
      const dy = numbers(product(g.y), 3);
      const results = contexts.map((ctx) => {
        const [xv, wv, gv] = [viewOf(ctx, g.x, x), viewOf(ctx, g.w, w), viewOf(ctx, g.y, dy)];
        const [y, dx, dw] = [viewOf(ctx, g.y), viewOf(ctx, g.x), viewOf(ctx, g.w)];
        conv(ctx, xv, wv, undefined, y, g);
        convInputGrad(ctx, gv, wv, dx, g);
        convWeightGrad(ctx, gv, xv, dw, g);
        return [y, dx, dw].map((view) => bitsOf(read(ctx, view)));
      });
      for (const other of results.slice(1)) {
        other.forEach((bits, i) => {
          const wanted = results[0]?.[i] as Uint32Array;
          const differs = bits.findIndex((b, j) => b !== wanted[j]);
          expect(differs, ["y", "dx", "dw"][i]).to.equal(-1);
        });
      }
    });
  }
});
