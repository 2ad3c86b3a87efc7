// Convolution: every variant on shapes beyond opSuite's, where tiles are cut off, strides do not divide and sums are
// split.
import {
  conv1d,
  conv2d,
  conv3d,
  convGeometry,
  convInputGrad,
  convWeightGrad,
  randn,
} from "@tapegrad/core";
import { describeGpu } from "./gpu.ts";
import { agree } from "./siblings.ts";

const tolerance = { rtol: 1e-4, atol: 1e-4 };

/** x, w and settings, and how many variants take them. Each case compiles a dozen kernels: they are few. */
const CASES: readonly (readonly [string, readonly number[], readonly number[], object, number])[] =
  [
    [
      "3×3 stride 2, multiplier 2",
      [2, 3, 17, 14],
      [6, 1, 3, 3],
      { padding: 1, stride: 2, groups: 3 },
      4,
    ],
    [
      "5×3 stride (1, 3)",
      [1, 4, 11, 20],
      [4, 1, 5, 3],
      { padding: [2, 0], stride: [1, 3], groups: 4 },
      4,
    ],
    [
      "4×2 dilated",
      [2, 3, 16, 17],
      [3, 1, 4, 2],
      { padding: [3, 1], dilation: [2, 3], groups: 3 },
      4,
    ],
    ["7×7", [2, 3, 13, 11], [3, 1, 7, 7], { padding: 3, groups: 3 }, 4],
    [
      "11×11, too large for registers",
      [1, 2, 20, 23],
      [2, 1, 11, 11],
      { padding: 5, groups: 2 },
      3,
    ],
    ["many small planes", [3, 70, 4, 4], [70, 1, 3, 3], { padding: 1, groups: 70 }, 4],
    ["dense", [2, 6, 9, 11], [7, 6, 3, 3], { padding: 1 }, 3],
    ["pointwise", [3, 6, 7, 5], [9, 6, 1, 1], {}, 3],
    ["grouped, stride 2", [2, 6, 9, 11], [4, 3, 3, 2], { stride: 2, groups: 2 }, 3],
  ];

describeGpu("variants of convolution agree", () => {
  for (const [name, xShape, wShape, settings, variants] of CASES) {
    const depthwise = wShape[1] === 1;
    it(name, async () => {
      const [x, w, bias] = [randn(xShape), randn(wShape), randn([wShape[0] as number])];
      const geometry = convGeometry("test", xShape, wShape, settings);
      const g = randn(geometry.y);
      const options = { tolerance, expected: variants };
      const activation = depthwise ? "none" : "relu6";
      await agree("conv", () => conv2d(x, w, { ...settings, bias, activation }), options);
      await agree("convInputGrad", () => convInputGrad(g, w, geometry), options);
      const sums = {
        tolerance: { rtol: 1e-4, atol: 1e-3 },
        expected: !depthwise ? 3 : variants === 3 ? 4 : 5,
      };
      await agree("convWeightGrad", () => convWeightGrad(g, x, geometry), sums);
    });
  }
  it("1-D, from a transposed input", async () => {
    const [x, w] = [randn([40, 2, 3]).permute(1, 2, 0), randn([6, 1, 5])];
    await agree("conv", () => conv1d(x, w, { padding: 2, groups: 3 }), { tolerance });
  });
  it("3-D", async () => {
    const [x, w] = [randn([2, 4, 5, 6, 7]), randn([6, 2, 3, 2, 3])];
    await agree("conv", () => conv3d(x, w, { padding: 1, groups: 2 }), { tolerance, expected: 1 });
  });
});
