// The depthwise kernels that work column by column of taps, against plain loops, for every geometry: also those
// for which another path is picked.
import { expect } from "chai";
import type { WasmContext } from "../src/wasm/context.ts";
import {
  columnForward,
  columnInputGrad,
  takesColumns,
} from "../src/wasm/conv/depthwise/columns.ts";
import { columnWeightGrad } from "../src/wasm/conv/depthwise/columns-grad.ts";
import { liftGeometry } from "../src/wasm/conv/geometry.ts";
import { type Case, casesFor, geometry, solved } from "./conv-reference.ts";
import { expectClose, kinds, newContext, read, viewOf } from "./wasm-support.ts";

const at = (view: ReturnType<typeof viewOf>): number =>
  (view.storage.block as unknown as { ptr: number }).ptr;

function check(ctx: WasmContext, { name, g }: Case): void {
  const c = liftGeometry(g);
  expect(takesColumns(c), name).to.equal(true);
  const { x, w, dy, bias, ...wanted } = solved(g);
  const inputs = [
    viewOf(ctx, g.x, x),
    viewOf(ctx, g.w, w),
    viewOf(ctx, g.y, dy),
    viewOf(ctx, [bias.length], bias),
  ] as const;
  const [xv, wv, gv, bv] = inputs;
  const outputs = [viewOf(ctx, g.y), viewOf(ctx, g.y), viewOf(ctx, g.x), viewOf(ctx, g.w)] as const;
  const [y, yBias, dx, dw] = outputs;
  columnForward(ctx, c, at(xv), at(wv), undefined, at(y));
  columnForward(ctx, c, at(xv), at(wv), at(bv), at(yBias));
  columnInputGrad(ctx, c, at(gv), at(wv), at(dx));
  columnWeightGrad(ctx, c, at(gv), at(xv), at(dw));
  expectClose(read(ctx, y), wanted.forward, `forward, ${name}`);
  expectClose(read(ctx, yBias), wanted.withBias, `forward with bias, ${name}`);
  expectClose(read(ctx, dx), wanted.inputGrad, `input gradient, ${name}`);
  expectClose(read(ctx, dw), wanted.weightGrad, `weight gradient, ${name}`);
  for (const view of [...inputs, ...outputs]) ctx.arena.give(view.storage.block);
}

for (const { name, relaxed } of kinds) {
  describe(`depthwise columns, ${name} SIMD`, () => {
    const ctx = newContext(relaxed);

    for (const multiplier of [1, 2, 3]) {
      it(`multiplier ${multiplier}`, () => {
        for (const c of casesFor([{ n: 2, c: 3, o: 3 * multiplier, groups: 3 }])) check(ctx, c);
      });
    }

    it("widths and heights of all kinds", () => {
      for (const stride of [1, 2, 3]) {
        for (const k of [1, 2, 3, 5]) {
          for (const w of [5, 6, 7, 8, 14, 15, 16, 17, 20, 28, 33]) {
            const g = geometry({
              n: 1,
              c: 2,
              o: 2,
              groups: 2,
              size: [w < 8 ? 7 : w === 28 ? 28 : 34 - w, w],
              kernel: [Math.min(k, 34 - w), k],
              stride: [stride, stride],
              padding: [k >> 1, k >> 1],
            });
            check(ctx, { name: `width ${w}, k${k} s${stride}`, g });
          }
        }
      }
    });

    it("large kernels", () => {
      for (const kernel of [
        [1, 31],
        [31, 1],
        [9, 9],
        [8, 11],
        [31, 31],
      ] as const) {
        for (const stride of [1, 2]) {
          for (const dilation of [1, 2]) {
            const g = geometry({
              n: 1,
              c: 2,
              o: kernel[0] === 9 ? 6 : 2,
              groups: 2,
              size: [17, 37],
              kernel,
              stride: [stride, stride],
              dilation: [dilation, dilation],
              padding: [(kernel[0] >> 1) * dilation, (kernel[1] >> 1) * dilation],
            });
            check(ctx, { name: `kernel ${kernel} s${stride} d${dilation}`, g });
          }
        }
      }
    });

    it("planes in loops: large, long, deep", () => {
      for (const options of [
        { size: [61, 90], kernel: [7, 7], padding: [3, 3] },
        { size: [61, 91], kernel: [7, 5], padding: [3, 2], stride: [2, 2] },
        { size: [60, 190], kernel: [3, 3], stride: [1, 3] },
        { size: [1000], kernel: [9], padding: [4] },
        { size: [999], kernel: [4], padding: [2], stride: [2] },
        { size: [12, 13, 14], kernel: [5, 3, 3], padding: [2, 1, 1] },
      ]) {
        const g = geometry({ n: 2, c: 2, o: 4, groups: 2, ...options });
        check(ctx, { name: JSON.stringify(options), g });
      }
    });

    it("many planes, in pieces", () => {
      const spatial = { size: [9, 9], kernel: [5, 5], padding: [4, 4] };
      const g = geometry({ n: 3, c: 100, o: 200, groups: 100, ...spatial });
      check(ctx, { name: "100 channels", g });
    });
  });
}
