// Norms, pooling and softmax in pieces: the same bits in whatever order and on whatever thread their tasks run.
// One context runs them as they come, the other backwards with poisoned scratch memory.
import { Arena, poolGeometry, type Ran, type View } from "@tapegrad/core";
import { expect } from "chai";
import { WasmContext } from "../src/wasm/context.ts";
import { normKernels } from "../src/wasm/norm/layer-norm.ts";
import { poolKernels } from "../src/wasm/pool/pool.ts";
import { crossEntropyKernels } from "../src/wasm/softmax/cross-entropy.ts";
import { softmaxKernels } from "../src/wasm/softmax/softmax.ts";
import { awaitThreads } from "../src/wasm/threads/await-threads.ts";
import { ThreadPool } from "../src/wasm/threads/thread-pool.ts";
import { BackwardsContext } from "./backwards.ts";
import { kinds, newContext, numbers, read, viewOf } from "./wasm-support.ts";

type Shape = readonly number[];
/** As many as any of the kernels takes. */
type Views = readonly [View, View, View, View, View, View];
const size = (shape: Shape): number => shape.reduce((p, n) => p * n, 1);

for (const { name, relaxed } of kinds) {
  describe(`norms, pooling and softmax in pieces, ${name} SIMD`, () => {
    /** Runs in both contexts with equal inputs; returns nothing but compares all outputs to the bit. */
    function same(
      what: string,
      inputs: readonly Shape[],
      outputs: readonly Shape[],
      run: (ctx: WasmContext, ins: Views, outs: Views) => Ran,
    ): void {
      const backwards = new BackwardsContext(relaxed);
      const results = [newContext(relaxed), backwards].map((ctx) => {
        const ins = inputs.map((s, i) => viewOf(ctx, s, numbers(size(s), i + 1).map(Math.abs)));
        const outs = outputs.map((s) => viewOf(ctx, s));
        expect(run(ctx, ins as unknown as Views, outs as unknown as Views), what).to.be.a("string");
        return outs.map((y) => read(ctx, y));
      });
      expect(backwards.tasksSince(), `${what}: tasks`).to.be.greaterThan(1);
      expect(results[1], what).to.deep.equal(results[0]);
    }

    for (const shape of [
      [8, 48, 14, 14],
      [40, 600, 2, 2],
      [16000, 2, 3, 3],
      [900, 130],
      [3, 2, 200, 300],
      [1, 2, 140_000],
    ] as Shape[]) {
      const c = [shape[1] as number];
      it(`batchNorm of [${shape}]`, () => {
        same("forward", [shape, c, c], [shape, c, c, c], (ctx, [x, w, b], [y, m, v, r]) =>
          normKernels(ctx).batchNorm?.(x, w, b, y, m, v, r, 1e-5, "relu"),
        );
        same("evaluation", [shape, c, c], [shape], (ctx, [x, m, v], [y]) =>
          normKernels(ctx).batchNormEval?.(x, m, v, undefined, undefined, y, 1e-5, "none"),
        );
        same("gradient", [shape, shape, c, c, c, c], [shape, c, c], (ctx, ins, [dx, dw, db]) => {
          const [g, x, w, b, m, r] = ins;
          return normKernels(ctx).batchNormGrad?.(g, x, w, b, m, r, dx, dw, db, "relu6");
        });
      });
    }

    it("norms give the same bits on 1, 2 and 3 threads", () => {
      const [one, ...others] = [1, 2, 3].map((threads) => {
        const arena = new Arena({ shared: true, maxPages: 4096 });
        const pool = new ThreadPool(arena, threads);
        const ctx = new WasmContext(arena, { relaxed, pool });
        awaitThreads(ctx);
        const kernels = normKernels(ctx);
        const results = [
          [40, 600, 2, 2],
          [20, 48, 14, 14],
          [16000, 2, 3, 3],
        ].flatMap((shape) => {
          const c = [shape[1] as number];
          const view = (s: Shape, seed: number) =>
            viewOf(ctx, s, numbers(size(s), seed).map(Math.abs));
          const [x, g, w, b] = [view(shape, 1), view(shape, 2), view(c, 3), view(c, 4)];
          const flat = { ...g, strides: shape.map((_, d) => [c[0] as number, 1][d] ?? 0) };
          const [y, dx, dz, ly] = shape.map(() => viewOf(ctx, shape)) as [View, View, View, View];
          const [m, v, r, dw, db] = [0, 1, 2, 3, 4].map(() => viewOf(ctx, c)) as [
            View,
            View,
            View,
            View,
            View,
          ];
          kernels.batchNorm?.(x, w, b, y, m, v, r, 1e-5, "relu");
          kernels.batchNormGrad?.(g, x, w, b, m, r, dx, dw, db, "relu");
          const constant = { ...flat, contiguous: false };
          kernels.batchNormGrad?.(constant, x, w, b, m, r, dz, dw, db, "none");
          kernels.layerNorm?.(x, undefined, undefined, ly, undefined, undefined, 2, 1e-5);
          return [y, m, v, r, dx, dz, dw, db, ly].map((result) => read(ctx, result));
        });
        pool.end();
        return results;
      }) as [Float32Array[], ...Float32Array[][]];
      for (const other of others) {
        other.forEach((values, i) => {
          const wanted = one[i] as Float32Array;
          expect(values.findIndex((value, k) => !Object.is(value, wanted[k]))).to.equal(-1);
        });
      }
    });

    it("layerNorm", () => {
      const [shape, n, rows] = [[700, 131], [131], [700]];
      same("forward", [shape, n, n], [shape, rows, rows], (ctx, [x, w, b], [y, m, r]) =>
        normKernels(ctx).layerNorm?.(x, w, b, y, m, r, 1, 1e-5),
      );
      same("gradient", [shape, shape, n, rows, rows], [shape, n, n], (ctx, ins, [dx, dw, db]) => {
        const [g, x, w, m, r] = ins;
        return normKernels(ctx).layerNormGrad?.(g, x, w, m, r, dx, dw, db, 1);
      });
    });

    for (const [shape, dim] of [
      [[3000, 37], 1],
      [[2, 9, 70, 71], 1],
      [[40, 12, 90], 1],
      [[5, 60, 930], 1],
    ] as [Shape, number][]) {
      it(`softmax of [${shape}]`, () => {
        same("forward", [shape], [shape], (ctx, [x], [y]) =>
          softmaxKernels(ctx).logSoftmax?.(x, y, dim),
        );
        same("gradient", [shape, shape], [shape], (ctx, [g, y], [dx]) =>
          softmaxKernels(ctx).softmaxGrad?.(g, y, dx, dim),
        );
      });
    }

    for (const shape of [
      [3000, 37],
      [2, 9, 70, 71],
      [40, 12, 90],
    ] as Shape[]) {
      it(`cross-entropy of [${shape}]`, () => {
        const each = shape.filter((_, d) => d !== 1);
        same(
          "both ways",
          [shape, each],
          [each, each, each, shape],
          (ctx, [x, g], [y, top, total, dx]) => {
            // The bits of the smallest floats are the integers 0, 1, 2 …
            const classes = numbers(size(each), 3).map((_, i) => (i % 9) * 2 ** -149);
            const target: View = { ...viewOf(ctx, each, classes), dtype: "int32" };
            const { crossEntropy, crossEntropyGrad } = crossEntropyKernels(ctx);
            crossEntropy?.(x, target, y, top, total, -100, 0.1);
            return crossEntropyGrad?.(g, x, target, top, total, dx, -100, 0.1);
          },
        );
      });
    }

    it("pooling", () => {
      for (const [shape, kernel, options] of [
        [[4, 16, 40, 41], 3, { stride: 1, padding: 1 }],
        [[4, 16, 40, 41], 2, { ceilMode: true }],
        [[4, 16, 40, 41], 9, { stride: 4 }],
        [[2, 8, 9, 20, 21], 3, { stride: 2, padding: 1 }],
      ] as [number[], number, object][]) {
        const g = poolGeometry("test", shape, kernel, options);
        same("max", [shape], [g.y], (ctx, [x], [y]) => {
          const places = { ...viewOf(ctx, g.y), dtype: "int32" as const };
          poolKernels(ctx).maxPool?.(x, y, places, g);
          const again = viewOf(ctx, shape);
          poolKernels(ctx).planeScatter?.(y, places, again);
          return poolKernels(ctx).planeGather?.(again, places, y);
        });
        same("mean", [shape], [g.y], (ctx, [x], [y]) => poolKernels(ctx).avgPool?.(x, y, g));
        same("its gradient", [g.y], [shape], (ctx, [up], [dx]) =>
          poolKernels(ctx).avgPoolGrad?.(up, dx, g),
        );
      }
      for (const y of [
        [4, 64, 1, 1],
        [4, 64, 3, 5],
      ]) {
        const x = [4, 64, 31, 30];
        same("adaptive", [x], [y], (ctx, [a], [b]) => poolKernels(ctx).adaptiveAvgPool?.(a, b));
        same("its gradient", [y], [x], (ctx, [a], [b]) =>
          poolKernels(ctx).adaptiveAvgPoolGrad?.(a, b),
        );
      }
    });
  });
}
