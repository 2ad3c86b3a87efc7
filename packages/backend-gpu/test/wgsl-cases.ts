// For each family of kernels calls that make one kernel of each form. Keys of a family's kernels hold "/<family>".
import {
  adamStep,
  adaptiveAvgPool2d,
  argmax,
  avgPool2d,
  batchNorm,
  type ConvSettings,
  conv,
  convGeometry,
  convInputGrad,
  convWeightGrad,
  crossEntropy,
  cummax,
  cumsum,
  dropout,
  enableGrad,
  grad,
  layerNorm,
  linear,
  logcumsumexp,
  maxPool2d,
  mode,
  powerSum,
  rand,
  type Shape,
  scaleAll,
  searchsorted,
  sgdStep,
  sort,
  type Tensor,
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
    for (const variant of ["wgsl quads", "wgsl registers", "wgsl tiled"]) {
      withVariant("matmul", variant, () => a.matmul(b));
    }
    withVariant("matmul", "wgsl registers", () => zeros([1, 64]).matmul(zeros([64, 8])));
    withVariant("matmulBias", "wgsl registers", () =>
      linear(zeros([64, 64]), zeros([64, 64]), zeros([64]), { activation: "relu" }),
    );
  },
  scan: () => void [cumsum(zeros([4, 3]), 1), logcumsumexp(zeros([3, 100]), 1)],
  gather: () => void zeros([4, 3]).gather(0, tensor([[0n, 1n, 2n]])),
  scatter: () => {
    const index = tensor([[0n, 1n, 2n]]);
    zeros([4, 3]).scatterAdd(0, index, zeros([1, 3]));
    withVariant("scatterAdd", "wgsl sorted", () =>
      zeros([4, 3]).scatterAdd(0, index, zeros([1, 3])),
    );
    zeros([4, 3]).scatterReduce(0, index, zeros([1, 3]), "amax", { includeSelf: false });
  },
  watch: () => void zeros([4]).gather(0, tensor([0n])),
  lines: () => {
    void [sort(zeros([2, 40])), mode(zeros([2, 3])), cummax(zeros([2, 3]), 1)];
    searchsorted(zeros([4]), zeros([3]));
  },
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
    for (const variant of ["wgsl planes", "wgsl planes by groups"]) {
      withVariant("batchNorm", variant, ROWS.batchNorm as () => void);
      withVariant("batchNormGrad", variant, planesGradient);
    }
  },
  pool: () => {
    for (const variant of ["wgsl pooling", "gpujs pooling"]) {
      for (const [slotName, run] of Object.entries(POOLS)) withVariant(slotName, variant, run);
    }
  },
  dropout: () => void dropout(zeros([9]), { p: 0.25 }),
  optim: () => {
    for (const variant of ["wgsl step", "gpujs step"]) {
      withVariant("sgdStep", variant, () => sgdStep([zeros([4])], [zeros([4])], [zeros([4])], SGD));
      const [p, g, m, s] = [zeros([4]), zeros([4]), zeros([4]), zeros([4])];
      withVariant("adamStep", variant, () => adamStep([p], [g], [m], [s], undefined, ADAM));
    }
    powerSum([zeros([4])], 2);
    scaleAll([zeros([4])], 0.5);
  },
  columns: () => {
    for (const slotName of ["conv", "convInputGrad", "convWeightGrad"]) {
      withVariant(slotName, "wgsl products", () =>
        allOfConvolution([2, 4, 6, 9], [6, 2, 3, 2], { padding: 1, groups: 2 }),
      );
    }
  },
  depthwise: () => {
    const run = () => allOfConvolution([2, 4, 6, 9], [8, 1, 3, 3], { padding: 1, groups: 4 });
    for (const [slot, name] of [
      ["conv", "tile"],
      ["convInputGrad", "tile"],
      ["convWeightGrad", "tiles"],
      ["convWeightGrad", "sums"],
    ] as const) {
      withVariant(slot, `wgsl depthwise ${name}`, run);
    }
  },
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

function planesGradient(): void {
  const x = zeros([2, 3, 4, 5], { requiresGrad: true });
  const weight = zeros([3], { requiresGrad: true });
  enableGrad(() => {
    const y = batchNorm(x, { weight, bias: zeros([3]), training: true });
    grad(y, [x, weight], { gradOutputs: [zeros(y.shape)] });
  });
}

const POOLS: Readonly<Record<string, () => void>> = {
  maxPool: () => void maxPool2d(zeros([1, 2, 4, 6]), 3, { stride: 2, padding: 1 }),
  avgPool: () => void avgPool2d(zeros([1, 2, 4, 6]), 2),
  adaptiveAvgPool: () => void adaptiveAvgPool2d(zeros([1, 2, 5, 4]), [2, 3]),
  planeScatter: () => gradientOf((x) => maxPool2d(x, 2)),
  planeGather: () => gradientOf((x) => maxPool2d(x, 2), true),
  avgPoolGrad: () => gradientOf((x) => avgPool2d(x, 2, { padding: 1 })),
};

function gradientOf(f: (x: Tensor) => Tensor, twice = false): void {
  const x = zeros([1, 2, 4, 6], { requiresGrad: true });
  enableGrad(() => {
    const y = f(x);
    const seed = zeros(y.shape, { requiresGrad: twice });
    const [g] = grad(y, x, { gradOutputs: [seed], createGraph: twice });
    if (twice) grad(g, seed, { gradOutputs: [zeros(g.shape)] });
  });
}

const SGD = {
  ...{ lr: 0.1, momentum: 0.9, dampening: 0, weightDecay: 0.01 },
  ...{ nesterov: true, maximize: false, first: false },
};
const ADAM = {
  ...{ lr: 0.1, beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.01 },
  ...{ decoupled: true, maximize: false, step: 3 },
};
