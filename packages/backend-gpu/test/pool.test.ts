// Pooling: both variants, in planes that windows do not divide.
import {
  adaptiveAvgPool2d,
  avgPool2d,
  maxPool1d,
  maxPool2d,
  randn,
  type Tensor,
} from "@tapegrad/core";
import { describeGpu } from "./gpu.ts";
import { agree, gradientOf } from "./siblings.ts";

describeGpu("variants of pooling agree", () => {
  for (const [kernel, options] of [
    [2, {}],
    [3, { stride: 2, padding: 1 }],
    [[3, 2], { stride: [1, 2], padding: [1, 0], ceilMode: true }],
  ] as const) {
    it(`windows of ${kernel}, ${JSON.stringify(options)}`, async () => {
      const x = randn([3, 5, 13, 10]);
      const max = (t: Tensor) => maxPool2d(t, kernel, options);
      const mean = (t: Tensor) => avgPool2d(t, kernel, { ...options, countIncludePad: false });
      const g = randn(max(x).shape);
      await agree("maxPool", () => max(x));
      await agree("planeScatter", () => gradientOf(x, g, max));
      await agree("avgPool", () => mean(x));
      await agree("avgPoolGrad", () => gradientOf(x, g, mean));
      await agree("avgPool", () => avgPool2d(x, kernel, options));
    });
  }
  it("dilated, 1-D", async () => {
    const x = randn([2, 3, 40]);
    await agree("maxPool", () => maxPool1d(x, 3, { dilation: 2, stride: 3 }));
  });
  it("adaptive", async () => {
    const [x, g] = [randn([2, 3, 13, 10]), randn([2, 3, 4, 7])];
    const f = (t: Tensor) => adaptiveAvgPool2d(t, [4, 7]);
    await agree("adaptiveAvgPool", () => f(x));
    await agree("adaptiveAvgPoolGrad", () => gradientOf(x, g, f));
  });
});
