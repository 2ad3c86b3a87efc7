// Softmax, norms and cross-entropy: both variants, rows short and long, several workgroups.
import {
  batchNorm,
  crossEntropy,
  layerNorm,
  logSoftmax,
  randint,
  randn,
  softmax,
  type Tensor,
} from "@tapegrad/core";
import { describeGpu } from "./gpu.ts";
import { agree, gradientOf } from "./siblings.ts";

const tolerance = { rtol: 1e-4, atol: 1e-5 };

describeGpu("variants of row kernels agree", () => {
  for (const shape of [
    [3, 7, 5],
    [4, 150, 3],
    [70, 5, 2],
  ]) {
    it(`softmax over dim 1 of [${shape}]`, async () => {
      const [x, g] = [randn(shape), randn(shape)];
      await agree("softmax", () => softmax(x, 1), { tolerance });
      await agree("logSoftmax", () => logSoftmax(x, 1), { tolerance });
      await agree("softmaxGrad", () => gradientOf(x, g, (t) => softmax(t, 1)), { tolerance });
      await agree("logSoftmaxGrad", () => gradientOf(x, g, (t) => logSoftmax(t, 1)), { tolerance });
    });
  }
  for (const shape of [
    [2, 5, 3, 3],
    [4, 3, 9, 15],
  ]) {
    it(`batch norm of [${shape}]`, async () => {
      const [x, g] = [randn(shape), randn(shape)];
      const channels = [shape[1] as number];
      const [weight, bias] = [randn(channels), randn(channels)];
      for (const activation of ["none", "relu6"] as const) {
        const f = (t: Tensor) => batchNorm(t, { weight, bias, training: true, activation });
        await agree("batchNorm", () => f(x), { tolerance });
        await agree("batchNormGrad", () => gradientOf(x, g, f), { tolerance });
      }
      const [runningMean, runningVar] = [randn(channels), randn(channels).square()];
      await agree(
        "batchNormEval",
        () => batchNorm(x, { runningMean, runningVar, weight, activation: "relu" }),
        { tolerance },
      );
    });
  }
  it("layer norm", async () => {
    const [x, g, weight, bias] = [
      randn([6, 5, 13]),
      randn([6, 5, 13]),
      randn([5, 13]),
      randn([5, 13]),
    ];
    const f = (t: Tensor) => layerNorm(t, [5, 13], { weight, bias });
    await agree("layerNorm", () => f(x), { tolerance });
    await agree("layerNormGrad", () => gradientOf(x, g, f), { tolerance });
    await agree(
      "layerNormGrad",
      () => gradientOf(weight, g, (w) => layerNorm(x, [5, 13], { weight: w })),
      {
        tolerance,
      },
    );
  });
  it("cross-entropy", async () => {
    const [x, g, target] = [randn([5, 60, 4]), randn([5, 4]), randint(0, 60, [5, 4])];
    for (const labelSmoothing of [0, 0.1]) {
      const f = (t: Tensor) => crossEntropy(t, target, { labelSmoothing, reduction: "none" });
      await agree("crossEntropy", () => f(x), { tolerance });
      await agree("crossEntropyGrad", () => gradientOf(x, g, f), { tolerance });
    }
  });
});
