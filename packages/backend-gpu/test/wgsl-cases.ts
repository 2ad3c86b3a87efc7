// For each family of kernels calls that make one kernel of each form. Keys of a family's kernels hold "/<family>".
import {
  argmax,
  batchNorm,
  type ConvSettings,
  conv,
  convGeometry,
  convInputGrad,
  convWeightGrad,
  crossEntropy,
  layerNorm,
  linear,
  rand,
  type Shape,
  tensor,
  zeros,
} from "@tapegrad/core";
import { withVariant } from "../src/registry.ts";

export const FAMILIES: Readonly<Record<string, () => void>> = {
  unary: () =>
    void [zeros([4]).exp(), zeros([4, 3, 5]).permute(2, 0, 1).gelu(), zeros([4]).isnan()],
  binary: () =>
    void [
      zeros([4, 3]).add(zeros([3])),
      zeros([2, 3, 4, 5]).sub(zeros([3, 1, 5])),
      zeros([4]).maximum(zeros([4])),
      zeros([4], { dtype: "int32" }).mul(zeros([4], { dtype: "int32" })),
      zeros([4]).add_(zeros([4])),
    ],
  scalar: () => void [zeros([4]).mul(2.5), zeros([4]).pow(3)],
  reduce: () => void [zeros([4, 3]).sum(0), zeros([3, 4, 5]).sum([0, 2]), zeros([4, 100]).amax(1)],
  argmax: () => void argmax(zeros([4, 3]), 1),
  matmul() {
    zeros([2, 3, 4]).matmul(zeros([2, 4, 5]));
    const [a, b] = [zeros([64, 2000]), zeros([2000, 64])];
    a.matmul(b);
    withVariant("matmul", "wgsl tiled", () => a.matmul(b));
    linear(zeros([64, 64]), zeros([64, 64]), zeros([64]), { activation: "relu" });
  },
  gather: () => void zeros([4, 3]).gather(0, tensor([[0n, 1n, 2n]])),
  scatterAdd: () => void zeros([4, 3]).scatterAdd(0, tensor([[0n, 1n, 2n]]), zeros([1, 3])),
  random: () => void rand([5]),
  conv: () => {
    allOfConvolution([1, 2, 3, 4, 5], [2, 2, 2, 2, 2], {});
    for (const slot of ["conv", "convInputGrad", "convWeightGrad"]) {
      withVariant(slot, "gpujs convolution", () =>
        allOfConvolution([2, 4, 6, 9], [6, 2, 3, 2], { padding: 1, groups: 2 }),
      );
    }
  },
  rows: () => {
    for (const variant of ["wgsl rows", "gpujs rows"]) {
      for (const [slotName, run] of Object.entries(ROWS)) withVariant(slotName, variant, run);
    }
  },
  depthwise: () => allOfConvolution([2, 4, 6, 9], [8, 1, 3, 3], { padding: 1, groups: 4 }),
};

function allOfConvolution(x: Shape, w: Shape, settings: ConvSettings): void {
  const g = convGeometry("case", x, w, settings);
  conv(zeros(g.x), zeros(g.w), zeros([g.w[0] as number]), g);
  convInputGrad(zeros(g.y), zeros(g.w), g);
  convWeightGrad(zeros(g.y), zeros(g.x), g);
}

const ROWS: Readonly<Record<string, () => void>> = {
  softmax: () => void zeros([2, 3, 4]).softmax(1),
  logSoftmax: () => void zeros([2, 60]).logSoftmax(1),
  batchNorm: () =>
    void batchNorm(zeros([2, 3, 4, 5]), {
      ...{ weight: zeros([3]), bias: zeros([3]), training: true, activation: "relu6" },
    }),
  layerNorm: () => void layerNorm(zeros([2, 70]), [70], { weight: zeros([70]) }),
  crossEntropy: () => void crossEntropy(zeros([2, 3]), tensor([0n, 2n]), { labelSmoothing: 0.1 }),
};
