// Losses with a margin: hingeEmbeddingLoss, marginRankingLoss, softMarginLoss, and those of several classes,
// multiMarginLoss, multilabelMarginLoss, multilabelSoftMarginLoss.
import { isIntegral } from "../../dtype.ts";
import { ArgumentError, DTypeError, ShapeError } from "../../errors.ts";
import { checkOptions, type KnownOptions, type OptionNames } from "../../options.ts";
import { sameShape } from "../../shape.ts";
import { checkLive, composite, type Tensor } from "../../tensor.ts";
import { logsigmoid } from "../activations/smooth.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { ones, zeros } from "../creation.ts";
import { eq } from "../elementwise/eq.ts";
import { ge } from "../elementwise/ge.ts";
import { gt } from "../elementwise/gt.ts";
import { lt } from "../elementwise/lt.ts";
import { ne } from "../elementwise/ne.ts";
import { relu } from "../elementwise/relu.ts";
import { sub } from "../elementwise/sub.ts";
import { where } from "../elementwise/where.ts";
import { checkIndices } from "../index/indices.ts";
import { triu } from "../index/triangle.ts";
import {
  checkReduction,
  checkSameShape,
  LOSS_OPTIONS,
  type LossOptions,
  reduced,
} from "./reduction.ts";

export interface MarginOptions extends LossOptions {
  /** Default: see the function. */
  readonly margin?: number | undefined;
}
const MARGIN_OPTIONS: OptionNames<MarginOptions> = { ...LOSS_OPTIONS, margin: true };

/** The part of each loss that is the same: options, dtypes, reduction. */
function settled<O extends LossOptions>(
  op: string,
  options: O,
  known: KnownOptions,
  tensors: Readonly<Record<string, Tensor>>,
  values: () => Tensor,
): Tensor {
  checkOptions(op, options, known);
  checkDtypes(op, tensors);
  const { reduction = "mean" } = options;
  checkReduction(op, reduction);
  return composite(() => reduced(values(), reduction));
}

/**
 * input where the target is 1, max(0, margin − input) where it is −1; averaged. As
 * `torch.nn.functional.hinge_embedding_loss`. margin: 1 unless given. Shapes must be equal.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hinge_embedding_loss.html
 */
export function hingeEmbeddingLoss(
  input: Tensor,
  target: Tensor,
  options: MarginOptions = {},
): Tensor {
  const op = "hingeEmbeddingLoss";
  return settled(op, options, MARGIN_OPTIONS, { input, target }, () => {
    checkSameShape(op, input, target);
    const below = sub(options.margin ?? 1, input).clamp({ min: 0 });
    return where(ne(target, 1), below, 0).add(where(ne(target, -1), input, 0));
  });
}

/**
 * max(0, margin − target · (input1 − input2)), averaged: target 1 wants input1 above input2, −1 below; as
 * `torch.nn.functional.margin_ranking_loss`. margin: 0 unless given. Shapes must be equal.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.margin_ranking_loss.html
 */
export function marginRankingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  options: MarginOptions = {},
): Tensor {
  const op = "marginRankingLoss";
  return settled(op, options, MARGIN_OPTIONS, { input1, input2, target }, () => {
    checkSameShape(op, input1, input2);
    checkSameShape(op, input1, target);
    return sub(options.margin ?? 0, target.mul(input1.sub(input2))).clamp({ min: 0 });
  });
}

/**
 * log(1 + exp(−target · input)), averaged, targets 1 or −1; as `torch.nn.functional.soft_margin_loss`. Stable for
 * large |input|. Shapes must be equal.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.soft_margin_loss.html
 */
export function softMarginLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  const op = "softMarginLoss";
  return settled(op, options, LOSS_OPTIONS, { input, target }, () => {
    checkSameShape(op, input, target);
    return logsigmoid(input.mul(target)).neg();
  });
}

export interface MultilabelSoftMarginOptions extends LossOptions {
  /** [C], a factor per class. */
  readonly weight?: Tensor | undefined;
}
const SOFT_OPTIONS: OptionNames<MultilabelSoftMarginOptions> = {
  ...LOSS_OPTIONS,
  weight: "Tensor",
};

/**
 * The binary cross-entropy of logits, averaged over the classes (the last dim) of each sample and then reduced; as
 * `torch.nn.functional.multilabel_soft_margin_loss`.
 * @param input logits [N, C] or [C]
 * @param target 0 or 1, of the shape of input
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.multilabel_soft_margin_loss.html
 */
export function multilabelSoftMarginLoss(
  input: Tensor,
  target: Tensor,
  options: MultilabelSoftMarginOptions = {},
): Tensor {
  const op = "multilabelSoftMarginLoss";
  return settled(op, options, SOFT_OPTIONS, { input, target }, () => {
    checkSameShape(op, input, target);
    if (input.ndim < 1) throw new ShapeError(op, "expected [N, C] or [C]", { input: input.shape });
    const { weight } = options;
    const right = target.mul(logsigmoid(input));
    const wrong = sub(1, target).mul(logsigmoid(input.neg()));
    const values = right.add(wrong).neg();
    return (weight === undefined ? values : values.mul(weight)).mean(-1);
  });
}

export interface MultiMarginOptions extends MarginOptions {
  /** 1 or 2. Default 1. */
  readonly p?: 1 | 2 | undefined;
  /** [C], a factor per class of the target. */
  readonly weight?: Tensor | undefined;
}
const MULTI_OPTIONS: OptionNames<MultiMarginOptions> = {
  ...MARGIN_OPTIONS,
  p: true,
  weight: "Tensor",
};

/** Class numbers [N] for [N, C], or one ([]) for [C]; as [N, 1] beside [N, C]. */
function rowsOf(
  op: string,
  input: Tensor,
  target: Tensor,
  perRow: boolean,
): readonly [Tensor, Tensor] {
  const { ndim, shape } = input;
  checkLive(op, target);
  if (!isIntegral(target.dtype)) {
    throw new DTypeError(op, `target holds class numbers, integers; it is ${target.dtype}`);
  }
  const expected = perRow ? shape : shape.slice(0, -1);
  const single = !perRow && ndim === 1 && target.numel === 1;
  if (ndim < 1 || ndim > 2 || !(single || sameShape(target.shape, expected))) {
    throw new ShapeError(
      op,
      `expected [N, C] or [C], and a target ${perRow ? "of the same shape" : "[N] or []"}`,
      { input: shape, target: target.shape },
    );
  }
  const classes = shape[ndim - 1] as number;
  const rows = input.reshape([-1, classes]);
  return [rows, target.reshape(perRow ? [-1, classes] : [-1, 1])];
}

/**
 * For each sample the sum of max(0, margin − x[target] + x[j])ᵖ over the other classes j, over their number; averaged.
 * As `torch.nn.functional.multi_margin_loss`. margin: 1 unless given.
 * @param input [N, C] or [C]
 * @param target class numbers [N] or []
 * @throws IndexError a target out of range; ShapeError, DTypeError, ArgumentError
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.multi_margin_loss.html
 */
export function multiMarginLoss(
  input: Tensor,
  target: Tensor,
  options: MultiMarginOptions = {},
): Tensor {
  const op = "multiMarginLoss";
  const { p = 1, margin = 1, weight } = options;
  return settled(op, options, MULTI_OPTIONS, { input }, () => {
    if (p !== 1 && p !== 2) throw new ArgumentError(op, `p must be 1 or 2; got ${p}`);
    const [x, y] = rowsOf(op, input, target, false);
    const classes = x.shape[1] as number;
    checkIndices(op, y, 1, classes);
    if (weight !== undefined && !sameShape(weight.shape, [classes])) {
      throw new ShapeError(op, `weight must have one value for each of ${classes} classes`, {
        input: input.shape,
        weight: weight.shape,
      });
    }
    const short = relu(sub(margin, x.gather(1, y)).add(x));
    const powers = p === 1 ? short : short.square();
    // The class itself misses the margin by all of it: it does not count.
    const self = zeros(x.shape, { dtype: x.dtype, device: x.backend }).scatterAdd(
      1,
      y,
      ones(y.shape, { dtype: x.dtype, device: x.backend }),
    );
    const others = where(gt(self, 0), 0, powers);
    const each =
      weight === undefined
        ? others
        : others.mul(weight.indexSelect(0, y.reshape([-1])).unsqueeze(1));
    return each.mean(1).reshape(target.shape);
  });
}

/**
 * For each sample the sum of max(0, 1 − (x[j] − x[i])) over the classes j that the target names and the classes i that
 * it does not, over the number of classes; averaged. As `torch.nn.functional.multilabel_margin_loss`.
 * @param input [N, C] or [C]
 * @param target class numbers of the same shape; a row ends at its first −1
 * @throws IndexError a target out of range; ShapeError, DTypeError, ArgumentError
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.multilabel_margin_loss.html
 */
export function multilabelMarginLoss(
  input: Tensor,
  target: Tensor,
  options: LossOptions = {},
): Tensor {
  const op = "multilabelMarginLoss";
  return settled(op, options, LOSS_OPTIONS, { input }, () => {
    const [x, y] = rowsOf(op, input, target, true);
    const like = { dtype: x.dtype, device: x.backend };
    const classes = x.shape[1] as number;
    // How many −1 stand before or at a place: a sum from the left, by a matrix of ones.
    const ended = lt(y, 0)
      .to(x.dtype)
      .matmul(triu(ones([classes, classes], like)));
    const counts = eq(ended, 0);
    const named = where(counts, y, 0).to("int64");
    checkIndices(op, named, 1, classes);
    const marks = counts.to(x.dtype);
    const isTarget = ge(zeros(x.shape, like).scatterAdd(1, named, marks), 1);
    // [N, j, i]: how far class i is from lying 1 below the j-th target.
    const short = relu(sub(1, x.gather(1, named)).unsqueeze(2).add(x.unsqueeze(1)));
    const values = where(isTarget.unsqueeze(1), 0, short).mul(marks.unsqueeze(2));
    return values.sum([1, 2]).div(classes).reshape(input.shape.slice(0, -1));
  });
}
