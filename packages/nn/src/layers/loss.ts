// Losses: modules of prediction and target.
import {
  binaryCrossEntropyWithLogits,
  crossEntropy,
  l1Loss,
  mseLoss,
  nllLoss,
  type OptionNames,
  smoothL1Loss,
  type Tensor,
} from "@tapegrad/core";
import { given, within } from "../args.ts";
import { LOSS_OPTIONS, Loss, type LossOptions, shared } from "./loss-base.ts";

export type { LossOptions, Reduction } from "./loss-base.ts";

export interface ClassLossOptions extends LossOptions {
  /** One weight per class, [C]. */
  readonly weight?: Tensor | undefined;
  /** Targets of this class count nothing. Default: −100. */
  readonly ignoreIndex?: number | undefined;
}
const CLASS_LOSS_OPTIONS: OptionNames<ClassLossOptions> = {
  weight: "Tensor",
  ignoreIndex: true,
  ...LOSS_OPTIONS,
};
export interface CrossEntropyLossOptions extends ClassLossOptions {
  /** How much of the target is spread evenly over all classes, in [0, 1]. Default: 0. */
  readonly labelSmoothing?: number | undefined;
}
const CROSS_ENTROPY_OPTIONS: OptionNames<CrossEntropyLossOptions> = {
  ...CLASS_LOSS_OPTIONS,
  labelSmoothing: true,
};

/**
 * Cross-entropy of logits [N, C, …] with class indices [N, …] or probabilities [N, C, …]; as
 * `torch.nn.CrossEntropyLoss`.
 */
export class CrossEntropyLoss extends Loss {
  weight: Tensor | null;
  readonly ignoreIndex: number;
  readonly labelSmoothing: number;
  constructor(options: CrossEntropyLossOptions = {}) {
    super("CrossEntropyLoss", options, CROSS_ENTROPY_OPTIONS);
    this.weight = shared(options.weight);
    this.ignoreIndex = options.ignoreIndex ?? -100;
    const smoothing = options.labelSmoothing ?? 0;
    this.labelSmoothing = within("CrossEntropyLoss", "labelSmoothing", smoothing, 0, 1);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignoreIndex, reduction, labelSmoothing } = this;
    return crossEntropy(input, target, {
      ...given({ weight }),
      ...{ ignoreIndex, reduction, labelSmoothing },
    });
  }
}

/** Negative log-likelihood of log-probabilities [N, C, …] at classes [N, …]; as `torch.nn.NLLLoss`. */
export class NLLLoss extends Loss {
  weight: Tensor | null;
  readonly ignoreIndex: number;
  constructor(options: ClassLossOptions = {}) {
    super("NLLLoss", options, CLASS_LOSS_OPTIONS);
    this.weight = shared(options.weight);
    this.ignoreIndex = options.ignoreIndex ?? -100;
  }
  forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignoreIndex, reduction } = this;
    return nllLoss(input, target, { ...given({ weight }), ignoreIndex, reduction });
  }
}

/** (input − target)²; as `torch.nn.MSELoss`. */
export class MSELoss extends Loss {
  constructor(options: LossOptions = {}) {
    super("MSELoss", options);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, { reduction: this.reduction });
  }
}
/** |input − target|; as `torch.nn.L1Loss`. */
export class L1Loss extends Loss {
  constructor(options: LossOptions = {}) {
    super("L1Loss", options);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return l1Loss(input, target, { reduction: this.reduction });
  }
}

export interface SmoothL1LossOptions extends LossOptions {
  /** Where the parabola meets the line. Default: 1. */
  readonly beta?: number | undefined;
}
const SMOOTH_L1_OPTIONS: OptionNames<SmoothL1LossOptions> = { ...LOSS_OPTIONS, beta: true };

/** Squared below beta, linear above; as `torch.nn.SmoothL1Loss`. */
export class SmoothL1Loss extends Loss {
  readonly beta: number;
  constructor(options: SmoothL1LossOptions = {}) {
    super("SmoothL1Loss", options, SMOOTH_L1_OPTIONS);
    this.beta = within("SmoothL1Loss", "beta", options.beta ?? 1, 0, Number.MAX_VALUE);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(input, target, { reduction: this.reduction, beta: this.beta });
  }
}

export interface BCEWithLogitsLossOptions extends LossOptions {
  /** Factor of each element's loss, broadcast. */
  readonly weight?: Tensor | undefined;
  /** Factor of the positive class, broadcast. */
  readonly posWeight?: Tensor | undefined;
}
const BCE_OPTIONS: OptionNames<BCEWithLogitsLossOptions> = {
  weight: "Tensor",
  posWeight: "Tensor",
  ...LOSS_OPTIONS,
};

/** Binary cross-entropy of logits with probabilities; as `torch.nn.BCEWithLogitsLoss`. */
export class BCEWithLogitsLoss extends Loss {
  static override readonly stateKeys = { posWeight: "pos_weight" };
  weight: Tensor | null;
  posWeight: Tensor | null;
  constructor(options: BCEWithLogitsLossOptions = {}) {
    super("BCEWithLogitsLoss", options, BCE_OPTIONS);
    this.weight = shared(options.weight);
    this.posWeight = shared(options.posWeight);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    const { weight, posWeight, reduction } = this;
    return binaryCrossEntropyWithLogits(input, target, {
      ...given({ weight, posWeight }),
      reduction,
    });
  }
}
