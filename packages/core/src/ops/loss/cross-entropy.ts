// Cross-entropy and negative log-likelihood, of class numbers or of class probabilities. Compositions of
// public ops; the common case (class numbers, nothing ignored, no weight) is five of them.
import { isFloating, isIntegral, type TypedArray } from "../../dtype.ts";
import { ArgumentError, DTypeError, IndexError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { sameShape, sizeOf } from "../../shape.ts";
import { checkLive, composite, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { where } from "../elementwise/where.ts";
import { gatherChecked } from "../index/gather.ts";
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
const CROSS_ENTROPY_OPTIONS: OptionNames<CrossEntropyOptions> = {
  ...NLL_OPTIONS,
  labelSmoothing: true,
};

/** Class numbers of a batch, ready to pick with. */
interface Picks {
  /** [N, 1, …], each in range. */
  readonly index: Tensor;
  /** [N, 1, …] bool, true where the target counts; undefined: everywhere. */
  readonly counts: Tensor | undefined;
}

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
  const values = target.storage.backend.readSync?.(target);
  if (values === undefined) return true;
  const numberAt = numbersOf(values);
  let ignored = false;
  for (let i = 0; i < values.length; i++) {
    const c = numberAt(i);
    if (c === ignoreIndex) ignored = true;
    else if (c < 0 || c >= classes) {
      throw new IndexError(
        op,
        `target ${c} is out of range for ${classes} classes; expected 0 to ${classes - 1}` +
          `, or ignoreIndex ${ignoreIndex}`,
      );
    }
  }
  return ignored;
}

/** Elements as numbers; int64 by its low half where the high one is 0, as bigints cost more than the loss. */
function numbersOf(values: TypedArray): (i: number) => number {
  if (!(values instanceof BigInt64Array)) return (i) => values[i] as number;
  const halves = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  return (i) => (halves[2 * i + 1] === 0 ? (halves[2 * i] as number) : Number(values[i]));
}

function picksOf(target: Tensor, ignoreIndex: number, ignored: boolean): Picks {
  const column = target.unsqueeze(1);
  if (!ignored) return { index: column, counts: undefined };
  const counts = column.ne(ignoreIndex);
  return { index: where(counts, column, 0).to(target.dtype), counts };
}

/** −logp at the targets times their weights, [N, 1, …] each; 0 where ignored. */
function pick(logp: Tensor, { index, counts }: Picks, weight: Tensor | undefined) {
  const masked = (t: Tensor): Tensor => (counts === undefined ? t : where(counts, t, 0));
  const picked = gatherChecked(logp, 1, index).neg();
  if (weight === undefined) {
    return { values: masked(picked), weights: counts?.to(logp.dtype) };
  }
  const weights = masked(weight.indexSelect(0, index.reshape([-1])).reshape(index.shape));
  return { values: masked(picked.mul(weights)), weights };
}

/** values [N, 1, …] reduced; "mean" divides by the weights that count. */
function reducedBy(values: Tensor, weights: Tensor | undefined, reduction: Reduction): Tensor {
  if (reduction === "none") return values.squeeze(1);
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
    const { values, weights } = pick(inBatch(input, input), picks, weight);
    return unbatched(input, reducedBy(values, weights, reduction), reduction);
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
    const logp = inBatch(input, input).logSoftmax(1);
    const picks = picksOf(inBatch(input, target), ignoreIndex, ignored);
    const { values, weights } = pick(logp, picks, weight);
    let y = reducedBy(values, weights, reduction);
    if (labelSmoothing > 0) {
      // The share of the other classes: the mean over all of them, where the target counts.
      const spread = weighted(logp, weight).sum(1, { keepdim: true }).neg();
      const counting = picks.counts === undefined ? spread : where(picks.counts, spread, 0);
      y = y
        .mul(1 - labelSmoothing)
        .add(reducedBy(counting, weights, reduction).mul(labelSmoothing / classes));
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
