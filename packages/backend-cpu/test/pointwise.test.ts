// Pointwise convolutions as matrix products: images of any size, read as they lie where they are large enough.
import { gemmForward } from "../src/wasm/conv/gemm.ts";
import { liftGeometry } from "../src/wasm/conv/geometry.ts";
import { addressOf } from "../src/wasm/view.ts";
import { expectClose, kinds, newContext, numbers, read, viewOf } from "./wasm-support.ts";

for (const { name, relaxed } of kinds) {
  describe(`pointwise convolution, ${name} SIMD`, () => {
    const ctx = newContext(relaxed);

    for (const [batch, groups, channels, out, h, w] of [
      [3, 1, 5, 13, 7, 7],
      [2, 2, 6, 8, 5, 11],
      [2, 1, 400, 7, 6, 8],
      [3, 1, 4, 26, 3, 3],
      [1, 1, 9, 14, 13, 19],
    ] as const) {
      it(`${batch}×${channels}×${h}×${w} to ${out} channels in ${groups} groups`, () => {
        const [inPer, outPer, pixels] = [channels / groups, out / groups, h * w];
        const [x, weights, bias] = [
          numbers(batch * channels * pixels, 1),
          numbers(out * inPer, 2),
          numbers(out, 3),
        ];
        const wanted = new Float64Array(batch * out * pixels);
        for (let i = 0; i < wanted.length; i++) {
          const [p, o, n] = [
            i % pixels,
            Math.floor(i / pixels) % out,
            Math.floor(i / pixels / out),
          ];
          const first = n * channels + Math.floor(o / outPer) * inPer;
          let sum = bias[o] as number;
          for (let c = 0; c < inPer; c++) {
            sum += (weights[o * inPer + c] as number) * (x[(first + c) * pixels + p] as number);
          }
          wanted[i] = Math.min(Math.max(sum, 0), 6);
        }
        const c = liftGeometry({
          x: [batch, channels, h, w],
          w: [out, inPer, 1, 1],
          y: [batch, out, h, w],
          stride: [1, 1],
          padding: [0, 0],
          dilation: [1, 1],
          groups,
        });
        const at = (shape: number[], values?: Float32Array) =>
          addressOf(viewOf(ctx, shape, values));
        const y = viewOf(ctx, [batch, out, h, w]);
        gemmForward(
          ctx,
          c,
          at([batch, channels, h, w], x),
          at([out, inPer], weights),
          at([out], bias),
          addressOf(y),
          2,
        );
        expectClose(read(ctx, y), wanted, "relu6(x ⋆ w + bias)");
      });
    }
  });
}
