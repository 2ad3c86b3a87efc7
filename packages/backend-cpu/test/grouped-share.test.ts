// Convolutions that are shared out: the same bits whichever thread takes a task, in whatever order, and nothing
// is expected of a thread's memory.
import { expect } from "chai";
import type { WasmContext } from "../src/wasm/context.ts";
import { gemmForward, gemmInputGrad, gemmWeightGrad } from "../src/wasm/conv/gemm.ts";
import { liftGeometry } from "../src/wasm/conv/geometry.ts";
import { groupedForward, groupedInputGrad } from "../src/wasm/conv/grouped/grouped.ts";
import { groupedWeightGrad } from "../src/wasm/conv/grouped/weight-grad.ts";
import { addressOf } from "../src/wasm/view.ts";
import { BackwardsContext } from "./backwards.ts";
import { geometry } from "./conv-reference.ts";
import { kinds, newContext, numbers, read, viewOf } from "./wasm-support.ts";

const product = (sizes: readonly number[]): number => sizes.reduce((p, n) => p * n, 1);
const bitsOf = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer);

const CASES = {
  "two channels per group": { n: 3, c: 32, o: 32, groups: 16, size: [28, 28], padding: [1, 1] },
  "stride 2": { n: 2, c: 32, o: 32, groups: 4, size: [29, 31], stride: [2, 2], padding: [1, 1] },
  "strips of one image": { n: 1, c: 3, o: 24, groups: 1, size: [90, 100], padding: [1, 1] },
  "pointwise, 7 × 7": { n: 16, c: 32, o: 48, groups: 1, size: [7, 7], kernel: [1, 1] },
  "pointwise, large": { n: 2, c: 12, o: 20, groups: 1, size: [61, 53], kernel: [1, 1] },
  "one output channel": { n: 20, c: 8, o: 1, groups: 1, size: [40, 40] },
};

for (const { name: kind, relaxed } of kinds) {
  describe(`convolutions shared out, ${kind} SIMD`, () => {
    const forwards = newContext(relaxed);
    const backwards = new BackwardsContext(relaxed);

    for (const [name, options] of Object.entries(CASES)) {
      it(name, () => {
        const g = geometry({ kernel: [3, 3], ...options });
        const c = liftGeometry(g);
        const data = [
          numbers(product(g.x), 1),
          numbers(product(g.w), 2),
          numbers(product(g.y), 3),
        ] as const;
        const run = (ctx: WasmContext): Uint32Array[] => {
          const [x, w, dy] = [g.x, g.w, g.y].map((shape, i) =>
            addressOf(viewOf(ctx, shape, data[i] as Float32Array)),
          ) as [number, number, number];
          const into = (shape: readonly number[], body: (to: number) => void): Uint32Array => {
            const view = viewOf(ctx, shape);
            body(addressOf(view));
            return bitsOf(read(ctx, view));
          };
          return [
            into(g.y, (to) => groupedForward(ctx, c, x, w, undefined, to)),
            into(g.x, (to) => groupedInputGrad(ctx, c, dy, w, to)),
            into(g.w, (to) => groupedWeightGrad(ctx, c, dy, x, to)),
            into(g.y, (to) => gemmForward(ctx, c, x, w, undefined, to)),
            into(g.x, (to) => gemmInputGrad(ctx, c, dy, w, to)),
            into(g.w, (to) => gemmWeightGrad(ctx, c, dy, x, to)),
          ];
        };
        const wanted = run(forwards);
        backwards.tasksSince();
        run(backwards).forEach((bits, i) => {
          const expected = wanted[i] as Uint32Array;
          expect(
            bits.findIndex((b, j) => b !== expected[j]),
            `result ${i}`,
          ).to.equal(-1);
        });
        expect(backwards.tasksSince()).to.be.greaterThan(12);
      });
    }
  });
}
