// Losses of pairs and triples of vectors: cosineEmbeddingLoss, tripletMarginLoss.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { sameShape } from "../../shape.ts";
import { checkLive, composite, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { pairwiseDistance } from "../distance/distances.ts";
import { eq } from "../elementwise/eq.ts";
import { minimum } from "../elementwise/minimum.ts";
import { sub } from "../elementwise/sub.ts";
import { where } from "../elementwise/where.ts";
import type { MarginOptions } from "./margin.ts";
import {
  checkReduction,
  checkSameShape,
  LOSS_OPTIONS,
  type LossOptions,
  reduced,
} from "./reduction.ts";

const COSINE_OPTIONS: OptionNames<MarginOptions> = { ...LOSS_OPTIONS, margin: true };

/**
 * 1 − cos(input1, input2) where the target is 1, max(0, cos − margin) where it is −1; averaged. As
 * `torch.nn.functional.cosine_embedding_loss`. margin: 0 unless given.
 * @param input1 [N, D] or [D], as input2
 * @param target [N] or []
 * @throws ShapeError shapes that do not fit; DTypeError mixed or integer dtypes
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cosine_embedding_loss.html
 */
export function cosineEmbeddingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  options: MarginOptions = {},
): Tensor {
  const op = "cosineEmbeddingLoss";
  checkOptions(op, options, COSINE_OPTIONS);
  const { margin = 0, reduction = "mean" } = options;
  checkDtypes(op, { input1, input2 });
  checkLive(op, target);
  checkSameShape(op, input1, input2);
  checkReduction(op, reduction);
  if (input1.ndim < 1 || input1.ndim > 2 || !sameShape(target.shape, input1.shape.slice(0, -1))) {
    throw new ShapeError(op, "expected inputs [N, D] and a target [N], or [D] and []", {
      input1: input1.shape,
      target: target.shape,
    });
  }
  return composite(() => {
    const eps = 1e-12;
    const dot = input1.mul(input2).sum(-1);
    const size = (x: Tensor): Tensor => x.square().sum(-1).add(eps);
    const cosine = dot.div(size(input1).mul(size(input2)).sqrt());
    const alike = where(eq(target, 1), sub(1, cosine), 0);
    const apart = where(eq(target, -1), cosine.sub(margin).clamp({ min: 0 }), 0);
    return reduced(alike.add(apart), reduction);
  });
}

/** How far x1 [N, D] is from x2 [N, D]: [N]. */
export type DistanceFunction = (x1: Tensor, x2: Tensor) => Tensor;

export interface TripletOptions extends LossOptions {
  /** Default 1. */
  readonly margin?: number | undefined;
  /** Takes the distance of positive and negative where it is smaller. Default false. */
  readonly swap?: boolean | undefined;
}
export interface TripletMarginOptions extends TripletOptions {
  /** Of the norm. Default 2. */
  readonly p?: number | undefined;
  /** Added to each difference. Default 1e-6. */
  readonly eps?: number | undefined;
}
export interface TripletDistanceOptions extends TripletOptions {
  /** Default: pairwiseDistance. */
  readonly distanceFunction?: DistanceFunction | undefined;
}
const TRIPLET: OptionNames<TripletOptions> = { ...LOSS_OPTIONS, margin: true, swap: true };
const TRIPLET_OPTIONS: OptionNames<TripletMarginOptions> = { ...TRIPLET, p: true, eps: true };
const DISTANCE_OPTIONS: OptionNames<TripletDistanceOptions> = {
  ...TRIPLET,
  distanceFunction: true,
};

function triplet(
  op: string,
  vectors: readonly [anchor: Tensor, positive: Tensor, negative: Tensor],
  options: TripletOptions,
  distance: DistanceFunction,
): Tensor {
  const { margin = 1, swap = false, reduction = "mean" } = options;
  const [anchor, positive, negative] = vectors;
  checkDtypes(op, { anchor, positive, negative });
  checkReduction(op, reduction);
  if (!(margin > 0)) throw new ArgumentError(op, `margin must be > 0; got ${margin}`);
  return composite(() => {
    const near = distance(anchor, positive);
    const far = distance(anchor, negative);
    const least = swap ? minimum(far, distance(positive, negative)) : far;
    return reduced(near.sub(least).add(margin).clamp({ min: 0 }), reduction);
  });
}

/**
 * max(0, margin + d(anchor, positive) − d(anchor, negative)) with the p-norm as distance d, averaged; as
 * `torch.nn.functional.triplet_margin_loss`.
 * @param anchor [N, D] or [D], as positive and negative
 * @throws ShapeError shapes that do not broadcast; ArgumentError margin ≤ 0; DTypeError mixed or integer dtypes
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.triplet_margin_loss.html
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletMarginOptions = {},
): Tensor {
  const op = "tripletMarginLoss";
  checkOptions(op, options, TRIPLET_OPTIONS);
  const { p = 2, eps = 1e-6 } = options;
  return triplet(op, [anchor, positive, negative], options, (a, b) =>
    pairwiseDistance(a, b, { p, eps }),
  );
}

/**
 * tripletMarginLoss with a distance of your own; as `torch.nn.functional.triplet_margin_with_distance_loss`.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.triplet_margin_with_distance_loss.html
 */
export function tripletMarginWithDistanceLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletDistanceOptions = {},
): Tensor {
  const op = "tripletMarginWithDistanceLoss";
  checkOptions(op, options, DISTANCE_OPTIONS);
  const { distanceFunction = pairwiseDistance } = options;
  return triplet(op, [anchor, positive, negative], options, (a, b) => distanceFunction(a, b));
}
