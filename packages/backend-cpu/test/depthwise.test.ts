// Depthwise convolution, multipliers 1, 2 and 3, against plain loops: the geometries that break
// convolutions, and plane sizes around multiples of the vector length.
import { expect } from "chai";
import { check } from "./conv-check.ts";
import { casesFor, geometry } from "./conv-reference.ts";
import { kinds, newContext } from "./wasm-support.ts";

for (const { name, relaxed } of kinds) {
  describe(`depthwise convolution, ${name} SIMD`, () => {
    const ctx = newContext(relaxed);

    for (const multiplier of [1, 2, 3]) {
      it(`multiplier ${multiplier}`, () => {
        for (const c of casesFor([{ n: 2, c: 3, o: 3 * multiplier, groups: 3 }])) check(ctx, c);
      });
    }

    it("widths and heights of all kinds, strides 1 and 2", () => {
      for (const stride of [1, 2]) {
        for (const k of [3, 5]) {
          for (const w of [4, 5, 6, 7, 8, 14, 15, 16, 17, 28]) {
            const g = geometry({
              n: 2,
              c: 2,
              o: 2,
              groups: 2,
              size: [w < 8 ? 7 : w === 28 ? 28 : 33 - w, w],
              kernel: [k, k],
              stride: [stride, stride],
              padding: [k >> 1, k >> 1],
            });
            const variants = check(ctx, { name: `width ${w}, k${k} s${stride}`, g });
            for (const variant of variants) {
              expect(variant).to.match(/^depthwise-(direct|columns) /);
              expect(variant.endsWith(` k${k} s${stride}`), variant).to.equal(true);
            }
            if (k === 3) expect(variants[0]).to.match(/^depthwise-direct /);
          }
        }
      }
    });

    it("kernels of all sizes up to 31, square and not", () => {
      for (const kernel of [
        [1, 31],
        [31, 1],
        [9, 9],
        [8, 11],
        [31, 31],
      ] as const) {
        for (const stride of [1, 2]) {
          const g = geometry({
            n: 2,
            c: 2,
            o: kernel[0] === 9 ? 6 : 2,
            groups: 2,
            size: [17, 37],
            kernel,
            stride: [stride, stride],
            padding: [kernel[0] >> 1, kernel[1] >> 1],
          });
          const variants = check(ctx, { name: `kernel ${kernel} s${stride}`, g });
          for (const variant of variants)
            expect(variant).to.match(
              kernel[0] === 31 && kernel[1] === 31 ? /^depthwise-columns / : /^depthwise-/,
            );
        }
      }
    });

    it("many planes, three dims", () => {
      const spatial = { size: [3, 9, 9], kernel: [1, 3, 2], padding: [1, 2, 1] };
      const g = geometry({ n: 2, c: 200, o: 400, groups: 200, ...spatial });
      check(ctx, { name: "3-D, 200 channels", g });
    });

    it("many small images: parts of them share out the weight gradient", () => {
      for (const [kernel, multiplier] of [
        [3, 1],
        [5, 3],
      ] as const) {
        const channels = { c: 20, o: 20 * multiplier, groups: 20, size: [8, 8] };
        const g = geometry({ n: 83, ...channels, kernel: [kernel, kernel], padding: [1, 1] });
        check(ctx, { name: `83 images of 8×8, k${kernel}, multiplier ${multiplier}`, g });
      }
    });

    it("planes too large to be written out", () => {
      for (const [size, stride] of [
        [[40, 61], 1],
        [[61, 90], 2],
        [[33, 64], 2],
      ] as const) {
        const options = { n: 1, c: 2, o: 2, groups: 2, size, stride: [stride, stride] };
        for (const k of [3, 7]) {
          const g = geometry({ ...options, kernel: [k, k], padding: [k >> 1, k >> 1] });
          check(ctx, { name: `${size} k${k} s${stride}`, g });
        }
      }
    });
  });
}
