// More losses: of distributions, of real values, with margins, of pairs and triples, of texts (CTC). Each is the
// function of its name with the options kept.
import {
  type BceOptions,
  binaryCrossEntropy,
  type CtcOptions,
  checkOptions,
  cosineEmbeddingLoss,
  ctcLoss,
  type DistanceFunction,
  type GaussianNllOptions,
  gaussianNllLoss,
  type HuberOptions,
  hingeEmbeddingLoss,
  huberLoss,
  type KlDivOptions,
  klDiv,
  type MarginOptions,
  type MultilabelSoftMarginOptions,
  type MultiMarginOptions,
  marginRankingLoss,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  multiMarginLoss,
  type OptionNames,
  type PoissonNllOptions,
  poissonNllLoss,
  softMarginLoss,
  type Tensor,
  type TripletDistanceOptions,
  type TripletMarginOptions,
  tripletMarginLoss,
  tripletMarginWithDistanceLoss,
} from "@tapegrad/core";
import { given, oneOf } from "../args.ts";
import { Module } from "../module.ts";
import { PairwiseDistance } from "./distance.ts";
import { LOSS_OPTIONS, Loss, type LossOptions, SettledLoss, shared } from "./loss-base.ts";

const BCE: OptionNames<BceOptions> = { ...LOSS_OPTIONS, weight: "Tensor" };

/** Binary cross-entropy of probabilities; as `torch.nn.BCELoss`. For logits take BCEWithLogitsLoss. */
export class BCELoss extends Loss {
  weight: Tensor | null;
  constructor(options: BceOptions = {}) {
    super("BCELoss", options, BCE);
    this.weight = shared(options.weight);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    const { weight, reduction } = this;
    return binaryCrossEntropy(input, target, { ...given({ weight }), reduction });
  }
}

const HUBER: OptionNames<HuberOptions> = { ...LOSS_OPTIONS, delta: true };

/** Squared below delta, linear above; as `torch.nn.HuberLoss`. */
export class HuberLoss extends SettledLoss<HuberOptions> {
  constructor(options: HuberOptions = {}) {
    super("HuberLoss", options, HUBER);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return huberLoss(input, target, this.options);
  }
}

const KL: OptionNames<KlDivOptions> = { reduction: true, logTarget: true };

/** The Kullback-Leibler divergence of log-probabilities; as `torch.nn.KLDivLoss`. */
export class KLDivLoss extends Module {
  readonly reduction: NonNullable<KlDivOptions["reduction"]>;
  readonly logTarget: boolean;
  constructor(options: KlDivOptions = {}) {
    super();
    checkOptions("KLDivLoss", options, KL);
    const { reduction = "mean", logTarget = false } = options;
    this.reduction = oneOf("KLDivLoss", "reduction", reduction, [
      ...(["mean", "sum", "none", "batchmean"] as const),
    ]);
    this.logTarget = logTarget;
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return klDiv(input, target, { reduction: this.reduction, logTarget: this.logTarget });
  }
}

const POISSON: OptionNames<PoissonNllOptions> = {
  ...LOSS_OPTIONS,
  logInput: true,
  full: true,
  eps: true,
};

/** Counts of a Poisson distribution; as `torch.nn.PoissonNLLLoss`. */
export class PoissonNLLLoss extends SettledLoss<PoissonNllOptions> {
  constructor(options: PoissonNllOptions = {}) {
    super("PoissonNLLLoss", options, POISSON);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return poissonNllLoss(input, target, this.options);
  }
}

const GAUSSIAN: OptionNames<GaussianNllOptions> = { ...LOSS_OPTIONS, full: true, eps: true };

/** Values with an expectation and a variance; as `torch.nn.GaussianNLLLoss`. */
export class GaussianNLLLoss extends SettledLoss<GaussianNllOptions> {
  constructor(options: GaussianNllOptions = {}) {
    super("GaussianNLLLoss", options, GAUSSIAN);
  }
  forward(input: Tensor, target: Tensor, variance: Tensor | number): Tensor {
    return gaussianNllLoss(input, target, variance, this.options);
  }
}

// ---- margins ----------------------------------------------------------------------------------------

const MARGIN: OptionNames<MarginOptions> = { ...LOSS_OPTIONS, margin: true };

/** input where the target is 1, max(0, margin − input) where it is −1; as `torch.nn.HingeEmbeddingLoss`. */
export class HingeEmbeddingLoss extends SettledLoss<MarginOptions> {
  constructor(options: MarginOptions = {}) {
    super("HingeEmbeddingLoss", options, MARGIN);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return hingeEmbeddingLoss(input, target, this.options);
  }
}
/** max(0, margin − target·(input1 − input2)); as `torch.nn.MarginRankingLoss`. */
export class MarginRankingLoss extends SettledLoss<MarginOptions> {
  constructor(options: MarginOptions = {}) {
    super("MarginRankingLoss", options, MARGIN);
  }
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return marginRankingLoss(input1, input2, target, this.options);
  }
}
/** log(1 + exp(−target·input)); as `torch.nn.SoftMarginLoss`. */
export class SoftMarginLoss extends SettledLoss<LossOptions> {
  constructor(options: LossOptions = {}) {
    super("SoftMarginLoss", options, LOSS_OPTIONS);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return softMarginLoss(input, target, this.options);
  }
}
/** Several right classes a sample, by number; as `torch.nn.MultiLabelMarginLoss`. */
export class MultiLabelMarginLoss extends SettledLoss<LossOptions> {
  constructor(options: LossOptions = {}) {
    super("MultiLabelMarginLoss", options, LOSS_OPTIONS);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return multilabelMarginLoss(input, target, this.options);
  }
}

const MULTI_LABEL: OptionNames<MultilabelSoftMarginOptions> = { ...LOSS_OPTIONS, weight: "Tensor" };

/** Several right classes a sample, as 0 and 1; as `torch.nn.MultiLabelSoftMarginLoss`. */
export class MultiLabelSoftMarginLoss extends Loss {
  weight: Tensor | null;
  constructor(options: MultilabelSoftMarginOptions = {}) {
    super("MultiLabelSoftMarginLoss", options, MULTI_LABEL);
    this.weight = shared(options.weight);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    const { weight, reduction } = this;
    return multilabelSoftMarginLoss(input, target, { ...given({ weight }), reduction });
  }
}

const MULTI: OptionNames<MultiMarginOptions> = { ...MARGIN, p: true, weight: "Tensor" };

/** The hinge loss of several classes; as `torch.nn.MultiMarginLoss`. */
export class MultiMarginLoss extends Loss {
  weight: Tensor | null;
  readonly p: 1 | 2;
  readonly margin: number;
  constructor(options: MultiMarginOptions = {}) {
    super("MultiMarginLoss", options, MULTI);
    this.weight = shared(options.weight);
    this.p = options.p ?? 1;
    this.margin = options.margin ?? 1;
  }
  forward(input: Tensor, target: Tensor): Tensor {
    const { weight, reduction, p, margin } = this;
    return multiMarginLoss(input, target, { ...given({ weight }), reduction, p, margin });
  }
}

// ---- pairs, triples, texts --------------------------------------------------------------------------

/** Of pairs of vectors that are alike (1) or not (−1); as `torch.nn.CosineEmbeddingLoss`. */
export class CosineEmbeddingLoss extends SettledLoss<MarginOptions> {
  constructor(options: MarginOptions = {}) {
    super("CosineEmbeddingLoss", options, MARGIN);
  }
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return cosineEmbeddingLoss(input1, input2, target, this.options);
  }
}

const TRIPLET: OptionNames<TripletMarginOptions> = {
  ...MARGIN,
  p: true,
  eps: true,
  swap: true,
};

/** Of an anchor, a vector to be near and one to be far; as `torch.nn.TripletMarginLoss`. */
export class TripletMarginLoss extends SettledLoss<TripletMarginOptions> {
  constructor(options: TripletMarginOptions = {}) {
    super("TripletMarginLoss", options, TRIPLET);
  }
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginLoss(anchor, positive, negative, this.options);
  }
}

export interface TripletDistanceLossOptions
  extends Omit<TripletDistanceOptions, "distanceFunction"> {
  /** A function of two tensors [N, D], or a module. Default: PairwiseDistance. */
  readonly distanceFunction?: DistanceFunction | Module | undefined;
}
const DISTANCE: OptionNames<TripletDistanceLossOptions> = {
  ...MARGIN,
  swap: true,
  distanceFunction: true,
};

/** TripletMarginLoss with a distance of your own; as `torch.nn.TripletMarginWithDistanceLoss`. */
export class TripletMarginWithDistanceLoss extends Loss {
  static override readonly stateKeys = { distanceFunction: "distance_function" };
  readonly distanceFunction: DistanceFunction | Module;
  readonly margin: number;
  readonly swap: boolean;
  constructor(options: TripletDistanceLossOptions = {}) {
    super("TripletMarginWithDistanceLoss", options, DISTANCE);
    this.distanceFunction = options.distanceFunction ?? new PairwiseDistance();
    this.margin = options.margin ?? 1;
    this.swap = options.swap ?? false;
  }
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    const { distanceFunction: distance, margin, swap, reduction } = this;
    return tripletMarginWithDistanceLoss(anchor, positive, negative, {
      ...{ margin, swap, reduction },
      distanceFunction: distance instanceof Module ? (a, b) => distance.call(a, b) : distance,
    });
  }
}

const CTC: OptionNames<CtcOptions> = { ...LOSS_OPTIONS, blank: true, zeroInfinity: true };

/** Of texts without alignment, from log-probabilities of frames; as `torch.nn.CTCLoss`. */
export class CTCLoss extends SettledLoss<CtcOptions> {
  constructor(options: CtcOptions = {}) {
    super("CTCLoss", options, CTC);
  }
  forward(
    logProbs: Tensor,
    targets: Tensor,
    inputLengths: Tensor | readonly number[] | number,
    targetLengths: Tensor | readonly number[] | number,
  ): Tensor {
    return ctcLoss(logProbs, targets, inputLengths, targetLengths, this.options);
  }
}
