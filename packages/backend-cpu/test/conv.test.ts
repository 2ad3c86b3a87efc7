// Dense and grouped convolution and both gradients against plain loops, over the geometries that
// break convolutions.
import { expect } from "chai";
import { conv, convInputGrad, convWeightGrad } from "../src/wasm/conv/conv.ts";
import { gemmWeightGrad } from "../src/wasm/conv/gemm.ts";
import { liftGeometry } from "../src/wasm/conv/geometry.ts";
import { addressOf } from "../src/wasm/view.ts";
import { check } from "./conv-check.ts";
import {
  casesFor,
  geometry,
  referenceForward,
  referenceInputGrad,
  referenceWeightGrad,
} from "./conv-reference.ts";
import { expectClose, kinds, newContext, numbers, read, rowMajor, viewOf } from "./wasm-support.ts";

const product = (sizes: readonly number[]): number => sizes.reduce((p, n) => p * n, 1);

for (const { name, relaxed } of kinds) {
  describe(`convolution, ${name} SIMD`, () => {
    const ctx = newContext(relaxed);

    it("dense", () => {
      for (const c of casesFor([{ n: 2, c: 3, o: 25, groups: 1 }])) check(ctx, c);
      for (const c of casesFor([{ n: 1, c: 25, o: 2, groups: 1 }])) check(ctx, c);
    });

    it("one channel in, many out", () => {
      for (const c of casesFor([{ n: 2, c: 1, o: 9, groups: 1 }])) check(ctx, c);
    });

    it("grouped, many channels per group", () => {
      for (const c of casesFor([{ n: 1, c: 50, o: 52, groups: 2 }]).slice(3, 9)) check(ctx, c);
    });

    it("grouped", () => {
      for (const c of casesFor([{ n: 2, c: 6, o: 4, groups: 2 }])) check(ctx, c);
      for (const c of casesFor([{ n: 1, c: 6, o: 9, groups: 3 }])) check(ctx, c);
    });

    it("takes chunks of images where the padded input is large", () => {
      const g = geometry({ n: 3, c: 2, o: 25, size: [190, 250], kernel: [1, 1], padding: [1, 1] });
      check(ctx, { name: "chunks", g });
    });

    it("many channels, many taps", () => {
      const g = geometry({ n: 2, c: 50, o: 30, size: [9, 9], kernel: [3, 3], padding: [1, 1] });
      check(ctx, { name: "channels", g });
    });

    it("cuts a weight gradient that is small and long into pieces: of images, of rows", () => {
      const [kernel, padding] = [
        [3, 3],
        [1, 1],
      ];
      for (const [n, size] of [
        [5, [40, 40]],
        [1, [80, 100]],
      ] as const) {
        const g = geometry({ n, c: 3, o: 32, size, kernel, padding });
        const [x, dy] = [numbers(product(g.x), 1), numbers(product(g.y), 2)];
        const [xv, gv, dw] = [viewOf(ctx, g.x, x), viewOf(ctx, g.y, dy), viewOf(ctx, g.w)];
        gemmWeightGrad(ctx, liftGeometry(g), addressOf(gv), addressOf(xv), addressOf(dw));
        expectClose(read(ctx, dw), referenceWeightGrad(g, dy, x), `${n} images`);
      }
    });

    it("batch 0", () => {
      for (const [groups, o] of [
        [1, 4],
        [1, 32],
        [2, 4],
        [4, 4],
      ] as const) {
        const g = geometry({ n: 0, c: 4, o, size: [5, 5], kernel: [3, 3], groups });
        check(ctx, { name: "batch 0", g });
        const dw = viewOf(ctx, g.w);
        convWeightGrad(ctx, viewOf(ctx, g.y, []), viewOf(ctx, g.x, []), dw, g);
        expect([...read(ctx, dw)].every((v) => v === 0)).to.equal(true);
      }
    });

    it("strided inputs: permuted, expanded, with an offset", () => {
      for (const groups of [1, 4]) {
        const g = geometry({
          n: 2,
          c: 4,
          o: 4,
          size: [5, 7],
          kernel: [3, 3],
          padding: [1, 1],
          groups,
        });
        const [n, c, h, w] = g.x as [number, number, number, number];
        const x = numbers(product(g.x), 1);
        const dy = numbers(c * h * w, 3);
        const weight = numbers(product(g.w.slice(1)), 2);
        const xv = viewOf(ctx, g.x, x, { strides: [h * w * c, 1, w * c, c], offset: 5 });
        const expanded = (shape: readonly number[], data: Float32Array) => {
          const inner = viewOf(ctx, shape.slice(1), data);
          const strides = [0, ...rowMajor(shape.slice(1))];
          return { ...inner, shape, strides, contiguous: false };
        };
        const wv = expanded(g.w, weight);
        const gv = expanded(g.y, dy);
        const fullW = Float32Array.from(
          { length: product(g.w) },
          (_, i) => weight[i % weight.length] as number,
        );
        const fullG = Float32Array.from(
          { length: n * dy.length },
          (_, i) => dy[i % dy.length] as number,
        );
        const [y, dx, dw] = [viewOf(ctx, g.y), viewOf(ctx, g.x), viewOf(ctx, g.w)];
        conv(ctx, xv, wv, undefined, y, g);
        convInputGrad(ctx, gv, wv, dx, g);
        convWeightGrad(ctx, gv, xv, dw, g);
        expectClose(read(ctx, y), referenceForward(g, x, fullW), "forward");
        expectClose(read(ctx, dx), referenceInputGrad(g, fullG, fullW), "input gradient");
        expectClose(read(ctx, dw), referenceWeightGrad(g, fullG, x), "weight gradient");
      }
    });

    it("names its variants", () => {
      const at = (options: Parameters<typeof geometry>[0]) =>
        check(ctx, { name: "names", g: geometry(options) })[0];
      expect(at({ n: 1, c: 32, o: 70, size: [5, 5], kernel: [1, 1] })).to.equal("pointwise-gemm");
      expect(at({ n: 1, c: 4, o: 6, size: [5, 5], kernel: [1, 1] })).to.equal("grouped-sums k1 s1");
      expect(at({ n: 1, c: 4, o: 6, groups: 2, size: [5, 5], kernel: [3, 3] })).to.equal(
        "grouped-direct k3 s1",
      );
      expect(
        at({ n: 1, c: 4, o: 70, size: [5, 5], kernel: [3, 5], stride: [2, 1], dilation: [2, 1] }),
      ).to.equal("implicit-gemm k3x5 s2x1 d2x1");
    });
  });
}
