// The convolution grid: the cases that broke other libraries, small enough for numeric derivatives of
// second order. Strides that do not divide, H ≠ W, asymmetric everything, even kernels, groups 1, 2 and
// C, multipliers, kernels larger than the image, batch 0.
import type { Shape } from "../../shape.ts";
import { type ConvGeometry, type ConvSettings, convGeometry } from "./geometry.ts";
import { transposedGeometry } from "./transposed-geometry.ts";

export interface ConvSample {
  readonly geometry: ConvGeometry;
  readonly bias: boolean;
}

const sample = (x: Shape, w: Shape, settings: ConvSettings = {}, bias = false): ConvSample => ({
  geometry: convGeometry("conv", x, w, settings),
  bias,
});

export const convSamples = (): ConvSample[] => [
  // 1-D
  sample([2, 2, 5], [3, 2, 3], { stride: 2, padding: 1 }, true),
  sample([1, 2, 6], [4, 1, 3], { groups: 2, stride: 2, dilation: 2, padding: 1 }),
  sample([2, 1, 3], [2, 1, 4], { padding: 2 }),
  sample([0, 2, 4], [2, 2, 3], {}, true),
  // 2-D
  sample([1, 2, 4, 3], [2, 2, 3, 2], { stride: [2, 1], padding: [1, 0] }, true),
  sample([1, 4, 3, 2], [2, 2, 2, 2], { groups: 2, padding: [1, 0] }),
  sample([1, 2, 5, 4], [2, 1, 3, 3], { groups: 2, stride: 2, padding: 1 }, true),
  sample([1, 2, 3, 5], [4, 1, 2, 3], { groups: 2, stride: [1, 3], padding: [0, 2] }),
  sample([1, 1, 4, 5], [2, 1, 2, 2], { stride: [3, 2], dilation: [2, 3], padding: [1, 2] }),
  sample([1, 1, 3, 4], [2, 1, 2, 4], { padding: "same" }),
  sample([1, 1, 2, 3], [1, 1, 4, 5], { padding: [1, 2] }),
  sample([2, 3, 2, 2], [2, 3, 1, 1], {}, true),
  sample([1, 2, 4, 4], [2, 2, 1, 1], { stride: 3 }),
  // 3-D
  sample([1, 2, 2, 3, 2], [2, 1, 2, 2, 1], { groups: 2, stride: [1, 2, 1], padding: [0, 1, 1] }),
  sample([1, 1, 3, 2, 3], [2, 1, 2, 1, 2], { dilation: [2, 1, 1], stride: [1, 1, 2] }, true),
  // The only window sees nothing but padding.
  sample([1, 1, 1], [1, 1, 1], { padding: 2, stride: 7 }),
];

/** Geometries that only a transposed convolution has: input beyond the reach of the last window. */
export const transposedSamples = (): ConvSample[] =>
  [
    transposedGeometry("convTranspose", [1, 2, 3], [2, 2, 2], { dilation: 3, outputPadding: 2 }),
    transposedGeometry("convTranspose", [1, 2, 2, 2], [2, 1, 3, 2], {
      stride: [3, 2],
      padding: [2, 1],
      outputPadding: [2, 1],
      groups: 2,
    }),
  ].map((geometry) => ({ geometry, bias: false }));
