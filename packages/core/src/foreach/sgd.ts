// A step of stochastic gradient descent for many parameters in one pass.
import type { Tensor } from "../tensor.ts";
import { pass, type Tensors } from "./pass.ts";

export interface SGDStep {
  readonly lr: number;
  readonly momentum: number;
  readonly dampening: number;
  readonly weightDecay: number;
  readonly nesterov: boolean;
  readonly maximize: boolean;
  /** The buffers hold nothing yet: they become the gradient, with its weight decay. */
  readonly first: boolean;
}

declare module "../backend.ts" {
  interface FusedKernels {
    /**
     * Per parameter p with gradient g and buffer v, rounded to the dtype after each operation:
     * g ← −g if maximize; g ← weightDecay·p + g unless 0; with buffers v ← momentum·v + (1 − dampening)·g (g if
     * first) and g ← nesterov ? momentum·v + g : v; at last p ← p − lr·g. All of one dtype; parameters and buffers
     * are contiguous and overlap with nothing; gradients are strided.
     */
    sgdStep(
      params: readonly View[],
      gradients: readonly View[],
      buffers: readonly View[] | undefined,
      step: SGDStep,
    ): Ran;
  }
}

/**
 * Changes parameters and buffers in place.
 * @param buffers one per parameter; none without momentum
 * @returns false when nothing was done: go parameter by parameter
 */
export const sgdStep = (
  params: readonly Tensor[],
  gradients: readonly Tensor[],
  buffers: Tensors,
  step: SGDStep,
): boolean =>
  pass("sgdStep", [params, buffers], [gradients], (k) =>
    k.sgdStep?.(params, gradients, buffers, step),
  );
