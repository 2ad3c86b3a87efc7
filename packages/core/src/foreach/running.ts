// The running statistics of a batch norm, both in one pass: a network has dozens of such norms, each of which would
// spend four small ops on theirs.
import { noGrad } from "../autograd/tape.ts";
import { owned, type Tensor } from "../tensor.ts";
import { pass } from "./pass.ts";

export interface RunningStep {
  /** How far the running statistics move: running ← (1 − momentum) · running + momentum · that of the batch. */
  readonly momentum: number;
  /** What the batch's variance counts: n / (n − 1), as it is divided by n. */
  readonly unbiased: number;
}

declare module "../backend.ts" {
  interface FusedKernels {
    /**
     * Per channel, rounded once at the end: runningMean ← (1 − momentum) · runningMean + momentum · mean and
     * runningVar ← (1 − momentum) · runningVar + momentum · unbiased · variance. All [C], of one dtype, contiguous.
     */
    batchNormRunning(
      runningMean: View,
      runningVar: View,
      mean: View,
      variance: View,
      step: RunningStep,
    ): Ran;
  }
}

export interface RunningStatistics {
  readonly mean: Tensor | undefined;
  readonly variance: Tensor | undefined;
}

/** Moves the running statistics, in place, towards those of a batch. */
export function moveRunning(
  running: RunningStatistics,
  batch: { readonly mean: Tensor; readonly variance: Tensor },
  step: RunningStep,
): void {
  const { momentum, unbiased } = step;
  const { mean, variance } = running;
  const [m, v] = [batch.mean, batch.variance];
  const inOne =
    mean !== undefined &&
    variance !== undefined &&
    // Backends without the kernel have the four ops, which is no fallback.
    mean.storage.backend.kernels.batchNormRunning !== undefined &&
    mean.dtype === m.dtype &&
    m.dtype !== "float16" &&
    m.dtype !== "bfloat16";
  noGrad(() => {
    if (
      inOne &&
      pass("batchNormRunning", [[mean, variance]], [[m, v]], (k) =>
        k.batchNormRunning?.(mean, variance, m, v, step),
      )
    ) {
      return;
    }
    owned(() => {
      mean?.mul_(1 - momentum).add_(m, { alpha: momentum });
      variance?.mul_(1 - momentum).add_(v, { alpha: momentum * unbiased });
      return [];
    });
  });
}
