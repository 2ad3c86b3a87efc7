// The gradient of crossEntropy, an op of its own so that it has a kernel and a second derivative. With
// p = exp(x − top) / total it is g·(p − smoothing/C − (1 − smoothing)·onehot).
import { defineOp } from "../../op/define.ts";
import type { Tensor } from "../../tensor.ts";
import { gatherChecked } from "../index/gather.ts";
import type { PickedAttrs } from "./cross-entropy-op.ts";
import { masked, picksOf } from "./picks.ts";

const probabilities = (x: Tensor, top: Tensor, total: Tensor): Tensor =>
  x.sub(top.unsqueeze(1)).exp().div(total.unsqueeze(1));

const crossEntropyGradOp = defineOp<PickedAttrs>()({
  name: "crossEntropyGrad",
  doc: "g · (softmax − target's distribution) over dim 1, from the largest logit and the sum of the exponentials: the gradient of crossEntropy.",
  inputs: ["g", "x", "target", "top", "total"],
  outputs: ["dx"],
  saves: ["g", "x", "target", "top", "total"],
  shape: (_g, x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, g, x, target, top, total, dx, { ignoreIndex, smoothing }) =>
    k.crossEntropyGrad?.(g, x, target, top, total, dx, ignoreIndex, smoothing),
  compose(g, x, target, top, total, { ignoreIndex, ignored, smoothing }) {
    const { index, counts } = picksOf(target, ignoreIndex, ignored);
    const up = masked(g.unsqueeze(1), counts);
    const p = masked(probabilities(x, top, total), counts);
    const classes = x.shape[1] as number;
    const spread = smoothing === 0 ? p : p.sub(smoothing / classes);
    return spread.mul(up).scatterAdd(1, index, up.mul(smoothing - 1));
  },
  vjp(gs, { g, x, target, top, total }, { ignoreIndex, ignored, smoothing }, _m, need) {
    const { index, counts } = picksOf(target, ignoreIndex, ignored);
    const weighted = gs.dx.mul(masked(probabilities(x, top, total), counts));
    const dx = weighted.mul(g.unsqueeze(1));
    const sums = need.top || need.total ? dx.sum(1).neg() : undefined;
    const atTarget = (): Tensor => {
      const picked = gatherChecked(gs.dx, 1, index).mul(1 - smoothing);
      const mean = gs.dx.mean(1, { keepdim: true }).mul(smoothing);
      return masked(smoothing === 0 ? picked : picked.add(mean), counts).squeeze(1);
    };
    return {
      g: need.g ? weighted.sum(1).sub(atTarget()) : undefined,
      x: need.x ? dx : undefined,
      top: need.top ? sums : undefined,
      total: need.total ? sums?.div(total) : undefined,
    };
  },
  samples: (rng) => [
    [
      rng.tensor([3]),
      rng.tensor([3, 4]),
      rng.ints([3], 4),
      rng.tensor([3]),
      rng.tensor([3], { low: 0.5, high: 2 }),
      { ignoreIndex: -100, ignored: false, smoothing: 0 },
    ],
    [
      rng.tensor([2, 2, 3]),
      rng.tensor([2, 3, 2, 3]),
      rng.ints([2, 2, 3], 3, "int32"),
      rng.tensor([2, 2, 3]),
      rng.tensor([2, 2, 3], { low: 0.5, high: 2 }),
      { ignoreIndex: 1, ignored: true, smoothing: 0.2 },
    ],
    [
      rng.tensor([0]),
      rng.tensor([0, 3]),
      rng.ints([0], 3),
      rng.tensor([0]),
      rng.tensor([0]),
      { ignoreIndex: -100, ignored: false, smoothing: 0 },
    ],
  ],
});

/** The gradient of crossEntropyEach(x, target), from that of its result. */
export const crossEntropyGrad = (
  g: Tensor,
  x: Tensor,
  target: Tensor,
  top: Tensor,
  total: Tensor,
  attrs: PickedAttrs,
): Tensor => crossEntropyGradOp(g, x, target, top, total, attrs);
