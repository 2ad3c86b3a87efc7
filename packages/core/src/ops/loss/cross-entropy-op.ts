// Cross-entropy of logits and class numbers, position by position: one pass over the logits, of which the
// largest and the sum of the exponentials are kept, and one for the gradient. No probabilities are stored.
import { isGradEnabled } from "../../autograd/tape.ts";
import { defineOp } from "../../op/define.ts";
import type { Tensor } from "../../tensor.ts";
import { exp } from "../elementwise/exp.ts";
import { gatherChecked } from "../index/gather.ts";
import { amax } from "../reduce/amax.ts";
import { crossEntropyGrad } from "./cross-entropy-grad.ts";
import { masked, picksOf } from "./picks.ts";

export interface PickedAttrs {
  /** Positions with this target are 0, and so is their gradient. */
  readonly ignoreIndex: number;
  /** Whether there may be such positions. */
  readonly ignored: boolean;
  /** The share of the target's probability that all classes divide among them. */
  readonly smoothing: number;
}

declare module "../../backend.ts" {
  interface FusedKernels {
    /**
     * With top = max x and total = Σ exp(x − top) over the classes (dim 1 of x [N, C, …]), at each position
     * y = log total − (1 − smoothing)·(x[target] − top) − smoothing·mean(x − top), 0 where target is ignoreIndex.
     * x and target strided, targets that are not ignored in [0, C); outputs contiguous.
     */
    crossEntropy(
      x: View,
      target: View,
      y: View,
      top: View | undefined,
      total: View | undefined,
      ignoreIndex: number,
      smoothing: number,
    ): Ran;
    /**
     * dx = g·(exp(x − top)/total − smoothing/C − (1 − smoothing)·(1 at the target)), 0 where target is ignoreIndex:
     * the gradient of crossEntropy. Inputs strided, dx contiguous.
     */
    crossEntropyGrad(
      g: View,
      x: View,
      target: View,
      top: View,
      total: View,
      dx: View,
      ignoreIndex: number,
      smoothing: number,
    ): Ran;
  }
}

/** What the gradient needs of x, in ops: the largest of the classes, and the sum of the exponentials. */
function statistics(x: Tensor): { top: Tensor; total: Tensor } {
  const top = amax(x, 1, { keepdim: true }).detach();
  return { top: top.squeeze(1), total: exp(x.sub(top)).sum(1) };
}

const crossEntropyOp = defineOp<PickedAttrs>()({
  name: "crossEntropy",
  doc: "−log softmax(x)[target] over dim 1, at each position; with smoothing the mean over all classes has its share. Szegedy et al., https://arxiv.org/abs/1512.00567.",
  inputs: ["x", "target"],
  outputs: ["y"],
  hidden: ["top", "total"],
  saves: ["x", "target", "top", "total"],
  shape(x, target) {
    const each = { shape: target.shape, dtype: x.dtype };
    return { y: each, top: each, total: each };
  },
  kernel: (k, x, target, y, top, total, { ignoreIndex, smoothing }) =>
    k.crossEntropy?.(x, target, y, top, total, ignoreIndex, smoothing),
  compose(x, target, { ignoreIndex, ignored, smoothing }) {
    const { index, counts } = picksOf(target, ignoreIndex, ignored);
    const logp = x.logSoftmax(1);
    const picked = masked(gatherChecked(logp, 1, index).neg(), counts).squeeze(1);
    if (smoothing === 0) return picked;
    const spread = masked(logp.mean(1, { keepdim: true }).neg(), counts).squeeze(1);
    return picked.mul(1 - smoothing).add(spread.mul(smoothing));
  },
  vjp(gs, s, attrs) {
    // On the tape top and total are constants. A derivative of this rule must see that they depend on x.
    const { top, total } = isGradEnabled() ? statistics(s.x) : s;
    return { x: crossEntropyGrad(gs.y, s.x, s.target, top, total, attrs) };
  },
  samples: (rng) => [
    [rng.tensor([3, 4]), rng.ints([3], 4), { ignoreIndex: -100, ignored: false, smoothing: 0 }],
    [rng.tensor([4, 3]), rng.ints([4], 3), { ignoreIndex: 1, ignored: true, smoothing: 0 }],
    [
      rng.tensor([2, 3, 2, 3]),
      rng.ints([2, 2, 3], 3, "int32"),
      { ignoreIndex: 2, ignored: true, smoothing: 0.1 },
    ],
    [
      rng.tensor([2, 5]),
      rng.ints([2], 5, "uint8"),
      { ignoreIndex: -1, ignored: false, smoothing: 1 },
    ],
    [rng.tensor([0, 3]), rng.ints([0], 3), { ignoreIndex: -100, ignored: false, smoothing: 0 }],
  ],
});

/** The loss at each position of x [N, C, …], of targets [N, …] that are in [0, C) or ignored. */
export const crossEntropyEach = (x: Tensor, target: Tensor, attrs: PickedAttrs): Tensor =>
  crossEntropyOp(x, target, attrs);
