// Cross-entropy and negative log-likelihood, of class numbers or of class probabilities. Compositions of
// public ops; cross-entropy of class numbers has an op that gives the loss of each position.
import { type DType, isFloating, isIntegral, type TypedArray } from "../../dtype.ts";
import { ArgumentError, DTypeError, IndexError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { sameShape, sizeOf } from "../../shape.ts";
import { checkLive, composite, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { gatherChecked } from "../index/gather.ts";
import { crossEntropyEach } from "./cross-entropy-op.ts";
import { masked, type Picks, picksOf } from "./picks.ts";
import { checkReduction, LOSS_OPTIONS, type LossOptions, type Reduction } from "./reduction.ts";

export interface NllLossOptions extends LossOptions {
  /** [C], a factor per class; "mean" divides by the sum of the factors. */
  readonly weight?: Tensor | undefined;
  /** Targets of this value count nothing. Default -100. */
  readonly ignoreIndex?: number | undefined;
}
const NLL_OPTIONS: OptionNames<NllLossOptions> = {
  weight: "Tensor",
  ignoreIndex: true,
  ...LOSS_OPTIONS,
};
export interface CrossEntropyOptions extends NllLossOptions {
  /** Takes this much of the target's probability and spreads it over all classes. Default 0. */
  readonly labelSmoothing?: number | undefined;
}
export const CROSS_ENTROPY_OPTIONS: OptionNames<CrossEntropyOptions> = {
  ...NLL_OPTIONS,
  labelSmoothing: true,
};

/** The target of an unbatched input as a batch of one. */
const inBatch = (input: Tensor, t: Tensor): Tensor =>
  input.ndim === 1 ? t.reshape([1, ...t.shape]) : t;

function checkClasses(op: string, input: Tensor, weight: Tensor | undefined): number {
  checkDtypes(op, { input }, { weight });
  if (input.ndim < 1) {
    throw new ShapeError(op, "input must be [C], [N, C] or [N, C, …]", { input: input.shape });
  }
  const classes = input.shape[input.ndim === 1 ? 0 : 1] as number;
  if (weight !== undefined && !sameShape(weight.shape, [classes])) {
    throw new ShapeError(op, `weight must have one value for each of ${classes} classes`, {
      input: input.shape,
      weight: weight.shape,
    });
  }
  return classes;
}

/** Checks class numbers, and finds out whether any is ignored. */
function checkTarget(
  op: string,
  input: Tensor,
  target: Tensor,
  classes: number,
  ignoreIndex: number,
): boolean {
  if (!isIntegral(target.dtype)) {
    throw new DTypeError(op, `target holds class numbers, integers; it is ${target.dtype}`);
  }
  const expected = input.ndim === 1 ? [] : input.shape.filter((_, d) => d !== 1);
  if (!sameShape(target.shape, expected)) {
    throw new ShapeError(op, "target must have the shape of input without its classes", {
      input: input.shape,
      expected,
      target: target.shape,
    });
  }
  // Where the device cannot be read at once, ignored targets are looked for on the device.
  const complain = (c: number) =>
    new IndexError(
      op,
      `target ${c} is out of range for ${classes} classes; expected 0 to ${classes - 1}` +
        `, or ignoreIndex ${ignoreIndex}`,
    );
  const { backend } = target.storage;
  const values = backend.readSync?.(target);
  if (values === undefined) {
    backend.watch?.(target, { first: 0, end: classes, except: ignoreIndex }, complain);
    return true;
  }
  const numberAt = numbersOf(values);
  let ignored = false;
  for (let i = 0; i < values.length; i++) {
    const c = numberAt(i);
    if (c === ignoreIndex) ignored = true;
    else if (c < 0 || c >= classes) throw complain(c);
  }
  return ignored;
}

/** Elements as numbers; int64 by its low half where the high one is 0, as bigints cost more than the loss. */
function numbersOf(values: TypedArray): (i: number) => number {
  if (!(values instanceof BigInt64Array)) return (i) => values[i] as number;
  const halves = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  return (i) => (halves[2 * i + 1] === 0 ? (halves[2 * i] as number) : Number(values[i]));
}

/** weight [C] at the targets, [N, …]; with counts 0 where ignored. */
function weightsAt(
  { index, counts }: Picks,
  weight: Tensor | undefined,
  dtype: DType,
): Tensor | undefined {
  if (weight === undefined) return counts?.to(dtype).squeeze(1);
  const picked = weight.indexSelect(0, index.reshape([-1])).reshape(index.shape);
  return masked(picked, counts).squeeze(1);
}

/** values [N, …] reduced; "mean" divides by the weights that count. */
function reducedBy(values: Tensor, weights: Tensor | undefined, reduction: Reduction): Tensor {
  if (reduction === "none") return values;
  if (reduction === "sum") return values.sum();
  return weights === undefined ? values.mean() : values.sum().div(weights.sum());
}

const unbatched = (input: Tensor, y: Tensor, reduction: Reduction): Tensor =>
  input.ndim === 1 && reduction === "none" ? y.reshape([]) : y;

/**
 * −input at the target class, averaged; input holds log-probabilities. As
 * `torch.nn.functional.nll_loss`.
 * @param input [C], [N, C] or [N, C, …]
 * @param target integers [], [N] or [N, …], each in [0, C) or ignoreIndex
 * @throws IndexError a target out of range; ShapeError, DTypeError, ArgumentError
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.nll_loss.html
 */
export function nllLoss(input: Tensor, target: Tensor, options: NllLossOptions = {}): Tensor {
  const op = "nllLoss";
  checkOptions(op, options, NLL_OPTIONS);
  const { weight, ignoreIndex = -100, reduction = "mean" } = options;
  checkReduction(op, reduction);
  checkLive(op, target);
  const classes = checkClasses(op, input, weight);
  const ignored = checkTarget(op, input, target, classes, ignoreIndex);
  return composite(() => {
    const picks = picksOf(inBatch(input, target), ignoreIndex, ignored);
    const weights = weightsAt(picks, weight, input.dtype);
    const picked = gatherChecked(inBatch(input, input), 1, picks.index).neg();
    const values = masked(picked, picks.counts).squeeze(1);
    const weighed = weight === undefined ? values : values.mul(weights as Tensor);
    return unbatched(input, reducedBy(weighed, weights, reduction), reduction);
  });
}

/**
 * Cross-entropy of logits, averaged; as `torch.nn.functional.cross_entropy`.
 * @param input logits [C], [N, C] or [N, C, …]
 * @param target class numbers [], [N] or [N, …], each in [0, C) or ignoreIndex; or probabilities of
 * input's shape and dtype
 * @throws IndexError a target out of range; ShapeError, DTypeError, ArgumentError
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
 */
export function crossEntropy(
  input: Tensor,
  target: Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
  const op = "crossEntropy";
  checkOptions(op, options, CROSS_ENTROPY_OPTIONS);
  const { weight, ignoreIndex = -100, reduction = "mean", labelSmoothing = 0 } = options;
  checkReduction(op, reduction);
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ArgumentError(op, `labelSmoothing goes from 0 to 1; got ${labelSmoothing}`);
  }
  checkLive(op, target);
  const classes = checkClasses(op, input, weight);
  if (isFloating(target.dtype)) {
    checkDtypes(op, { input, target });
    if (!sameShape(target.shape, input.shape)) {
      throw new ShapeError(
        op,
        "a target of probabilities must have the shape of input; class numbers must be integers",
        { input: input.shape, target: target.shape },
      );
    }
    return composite(() => {
      const y = ofProbabilities(
        inBatch(input, input),
        inBatch(input, target),
        weight,
        labelSmoothing,
        reduction,
      );
      return unbatched(input, y, reduction);
    });
  }
  const ignored = checkTarget(op, input, target, classes, ignoreIndex);
  return composite(() => {
    const x = inBatch(input, input);
    const classNumbers = inBatch(input, target);
    const picks = picksOf(classNumbers, ignoreIndex, ignored);
    const weights = weightsAt(picks, weight, input.dtype);
    // With a weight for each class, the share of all classes is a sum of its own.
    const smoothing = weight === undefined ? labelSmoothing : 0;
    const each = crossEntropyEach(x, classNumbers, { ignoreIndex, ignored, smoothing });
    const values = weight === undefined ? each : each.mul(weights as Tensor);
    let y = reducedBy(values, weights, reduction);
    if (weight !== undefined && labelSmoothing > 0) {
      const spread = masked(
        weighted(x.logSoftmax(1), weight).sum(1, { keepdim: true }).neg(),
        picks.counts,
      );
      const shared = reducedBy(spread.squeeze(1), weights, reduction);
      y = y.mul(1 - labelSmoothing).add(shared.mul(labelSmoothing / classes));
    }
    return unbatched(input, y, reduction);
  });
}

/** t [N, C, …] · weight [C] */
const weighted = (t: Tensor, weight: Tensor | undefined): Tensor =>
  weight === undefined ? t : t.mul(weight.reshape([-1, ...new Array<number>(t.ndim - 2).fill(1)]));

function ofProbabilities(
  input: Tensor,
  target: Tensor,
  weight: Tensor | undefined,
  labelSmoothing: number,
  reduction: Reduction,
): Tensor {
  const classes = input.shape[1] as number;
  const smooth =
    labelSmoothing === 0 ? target : target.mul(1 - labelSmoothing).add(labelSmoothing / classes);
  const products = weighted(input.logSoftmax(1).mul(smooth), weight);
  if (reduction === "none") return products.sum(1).neg();
  const total = products.sum().neg();
  // The mean over the positions, whatever the weights: as PyTorch has it.
  return reduction === "sum" ? total : total.div(sizeOf(input.shape) / classes);
}
