// A step of Adam for many parameters in one pass.
import type { Tensor } from "../tensor.ts";
import { pass, type Tensors } from "./pass.ts";

export interface AdamStep {
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  /** The decay shrinks the parameter (AdamW) instead of being part of the gradient. */
  readonly decoupled: boolean;
  readonly maximize: boolean;
  /** Which step it is, from 1 on. */
  readonly step: number;
}

declare module "../backend.ts" {
  interface FusedKernels {
    /**
     * Per parameter p with gradient g, running mean m, mean of squares s and their maximum x, rounded to the dtype
     * after each operation: g ← −g if maximize; the decay, unless 0: p ← p·(1 − lr·weightDecay) if decoupled, else
     * g ← weightDecay·p + g; m ← m + (g − m)·(1 − beta1); s ← s·beta2 + g²·(1 − beta2); x ← max(x, s);
     * p ← p + m / (√x / √(1 − beta2^step) + eps) · (−lr / (1 − beta1^step)), with s for x where there is none.
     * All of one dtype; all but the gradients are contiguous and overlap with nothing; gradients are strided.
     */
    adamStep(
      params: readonly View[],
      gradients: readonly View[],
      means: readonly View[],
      squares: readonly View[],
      largest: readonly View[] | undefined,
      step: AdamStep,
    ): Ran;
  }
}

/** What follows from the settings of a step: the factors that its formula has. */
export function adamFactors({ lr, beta1, beta2, weightDecay, step }: AdamStep) {
  return {
    shrink: 1 - lr * weightDecay,
    newMean: 1 - beta1,
    newSquare: 1 - beta2,
    // Both means start at zero; the corrections undo that.
    correction: Math.sqrt(1 - beta2 ** step),
    rate: -lr / (1 - beta1 ** step),
  };
}

/**
 * Changes parameters and what Adam keeps of them in place.
 * @param largest for amsgrad
 * @returns false when nothing was done: go parameter by parameter
 */
export const adamStep = (
  params: readonly Tensor[],
  gradients: readonly Tensor[],
  means: readonly Tensor[],
  squares: readonly Tensor[],
  largest: Tensors,
  step: AdamStep,
): boolean =>
  pass("adamStep", [params, means, squares, largest], [gradients], (k) =>
    k.adamStep?.(params, gradients, means, squares, largest, step),
  );
