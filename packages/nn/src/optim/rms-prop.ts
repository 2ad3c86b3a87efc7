// RMSprop, Adagrad and Adadelta: rates of each element by the squares of its gradients.
import { full, type Tensor } from "@tapegrad/core";
import { within } from "../args.ts";
import {
  counted,
  type HyperOptions,
  nonNegative,
  Optimizer,
  type ParamGroup,
  type Params,
  type Slot,
  stateOf,
  withDefaults,
  zerosOf,
} from "./optimizer.ts";

export interface RMSpropHyper {
  /** Learning rate. Default: 1e-2. */
  readonly lr: number;
  /** How much of the mean of squares stays. Default: 0.99. */
  readonly alpha: number;
  /** Added to the root of the mean. Default: 1e-8. */
  readonly eps: number;
  /** L2 penalty, added to the gradient. Default: 0. */
  readonly weightDecay: number;
  /** Default: 0. */
  readonly momentum: number;
  /** Divide by the deviation, not by the root of the mean square. Default: false. */
  readonly centered: boolean;
  /** Climb instead of descend. Default: false. */
  readonly maximize: boolean;
}
const RMSPROP: RMSpropHyper = {
  lr: 1e-2,
  alpha: 0.99,
  eps: 1e-8,
  weightDecay: 0,
  momentum: 0,
  centered: false,
  maximize: false,
};

/**
 * p ← p − lr · g / (√s + eps) with s ← alpha·s + (1 − alpha)·g²; as `torch.optim.RMSprop`.
 * @see Tieleman and Hinton, Lecture 6.5, COURSERA: Neural Networks for Machine Learning, 2012
 */
export class RMSprop extends Optimizer<RMSpropHyper> {
  constructor(params: Params<RMSpropHyper>, options: HyperOptions<RMSpropHyper> = {}) {
    super(params, withDefaults(new.target.name, RMSPROP, options));
  }
  protected checkHyper(hyper: RMSpropHyper): void {
    nonNegative("RMSprop", hyper, "lr", "alpha", "eps", "weightDecay", "momentum");
  }
  protected update(p: Tensor, gradient: Tensor, group: ParamGroup<RMSpropHyper>, slot: Slot): void {
    const { lr, alpha, eps, momentum, centered } = group;
    const g = counted(p, gradient, group);
    const square = stateOf(slot, "square_avg", zerosOf(p));
    square.mul_(alpha).add_(g.square().mul_(1 - alpha));
    let spread = square;
    if (centered) {
      const mean = stateOf(slot, "grad_avg", zerosOf(p));
      mean.add_(g.sub(mean).mul_(1 - alpha));
      spread = square.sub(mean.square());
    }
    const step = g.div(spread.sqrt().add_(eps));
    if (momentum === 0) {
      p.add_(step, { alpha: -lr });
      return;
    }
    const buffer = stateOf(slot, "momentum_buffer", zerosOf(p));
    buffer.mul_(momentum).add_(step);
    p.add_(buffer, { alpha: -lr });
  }
}

export interface AdagradHyper {
  /** Learning rate. Default: 1e-2. */
  readonly lr: number;
  /** The rate is divided by 1 + lrDecay · steps. Default: 0. */
  readonly lrDecay: number;
  /** L2 penalty, added to the gradient. Default: 0. */
  readonly weightDecay: number;
  /** What the sums of squares begin with. Default: 0. */
  readonly initialAccumulatorValue: number;
  /** Added to the root of the sum. Default: 1e-10. */
  readonly eps: number;
  /** Climb instead of descend. Default: false. */
  readonly maximize: boolean;
}
const ADAGRAD: AdagradHyper = {
  lr: 1e-2,
  lrDecay: 0,
  weightDecay: 0,
  initialAccumulatorValue: 0,
  eps: 1e-10,
  maximize: false,
};

/**
 * p ← p − lr · g / (√s + eps) with s ← s + g²; as `torch.optim.Adagrad`.
 * @see Duchi, Hazan and Singer, Adaptive Subgradient Methods for Online Learning and Stochastic Optimization, 2011
 */
export class Adagrad extends Optimizer<AdagradHyper> {
  constructor(params: Params<AdagradHyper>, options: HyperOptions<AdagradHyper> = {}) {
    super(params, withDefaults(new.target.name, ADAGRAD, options));
  }
  protected checkHyper(hyper: AdagradHyper): void {
    const names = ["lr", "lrDecay", "weightDecay", "initialAccumulatorValue", "eps"];
    nonNegative("Adagrad", hyper, ...names);
  }
  protected update(p: Tensor, gradient: Tensor, group: ParamGroup<AdagradHyper>, slot: Slot): void {
    const { lr, lrDecay, initialAccumulatorValue, eps } = group;
    const g = counted(p, gradient, group);
    const sum = stateOf(slot, "sum", () =>
      full(p.shape, initialAccumulatorValue, { dtype: p.dtype, device: p.backend }),
    );
    sum.add_(g.square());
    const rate = lr / (1 + (slot.step - 1) * lrDecay);
    p.add_(g.div(sum.sqrt().add_(eps)), { alpha: -rate });
  }
}

export interface AdadeltaHyper {
  /** Learning rate. Default: 1. */
  readonly lr: number;
  /** How much of the means of squares stays. Default: 0.9. */
  readonly rho: number;
  /** Added to both means. Default: 1e-6. */
  readonly eps: number;
  /** L2 penalty, added to the gradient. Default: 0. */
  readonly weightDecay: number;
  /** Climb instead of descend. Default: false. */
  readonly maximize: boolean;
}
const ADADELTA: AdadeltaHyper = { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0, maximize: false };

/**
 * p ← p − lr · u with u = g · √(d + eps) / √(s + eps), s and d running means of g² and u²; as `torch.optim.Adadelta`.
 * @see Zeiler, ADADELTA: An Adaptive Learning Rate Method, 2012
 */
export class Adadelta extends Optimizer<AdadeltaHyper> {
  constructor(params: Params<AdadeltaHyper>, options: HyperOptions<AdadeltaHyper> = {}) {
    super(params, withDefaults(new.target.name, ADADELTA, options));
  }
  protected checkHyper(hyper: AdadeltaHyper): void {
    nonNegative("Adadelta", hyper, "lr", "rho", "eps", "weightDecay");
    within("Adadelta", "rho", hyper.rho, 0, 1);
  }
  protected update(
    p: Tensor,
    gradient: Tensor,
    group: ParamGroup<AdadeltaHyper>,
    slot: Slot,
  ): void {
    const { lr, rho, eps } = group;
    const g = counted(p, gradient, group);
    const square = stateOf(slot, "square_avg", zerosOf(p));
    const moved = stateOf(slot, "acc_delta", zerosOf(p));
    square.mul_(rho).add_(g.square().mul_(1 - rho));
    const step = moved.add(eps).sqrt().div_(square.add(eps).sqrt()).mul_(g);
    moved.mul_(rho).add_(step.square().mul_(1 - rho));
    p.add_(step, { alpha: -lr });
  }
}
