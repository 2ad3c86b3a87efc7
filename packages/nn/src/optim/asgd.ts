// Averaged gradient descent.
import type { Tensor } from "@tapegrad/core";
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

export interface ASGDHyper {
  /** Learning rate at first. Default: 1e-2. */
  readonly lr: number;
  /** How much each step shrinks the parameters, times the rate. Default: 1e-4. */
  readonly lambd: number;
  /** The power with which the rate falls. Default: 0.75. */
  readonly alpha: number;
  /** The step from which on parameters are averaged. Default: 1e6. */
  readonly t0: number;
  /** L2 penalty, added to the gradient. Default: 0. */
  readonly weightDecay: number;
  /** Climb instead of descend. Default: false. */
  readonly maximize: boolean;
}
const ASGD_DEFAULTS: ASGDHyper = {
  lr: 1e-2,
  lambd: 1e-4,
  alpha: 0.75,
  t0: 1e6,
  weightDecay: 0,
  maximize: false,
};

/**
 * Gradient descent at a falling rate, which keeps the mean of the parameters since step t0 in its state, as "ax"; as
 * `torch.optim.ASGD`.
 * @see Polyak and Juditsky, Acceleration of Stochastic Approximation by Averaging, 1992
 */
export class ASGD extends Optimizer<ASGDHyper> {
  constructor(params: Params<ASGDHyper>, options: HyperOptions<ASGDHyper> = {}) {
    super(params, withDefaults(new.target.name, ASGD_DEFAULTS, options));
  }
  protected checkHyper(hyper: ASGDHyper): void {
    nonNegative(this.name, hyper, "lr", "lambd", "alpha", "t0", "weightDecay");
  }
  protected update(p: Tensor, gradient: Tensor, group: ParamGroup<ASGDHyper>, slot: Slot): void {
    const { lr, lambd, alpha, t0 } = group;
    const g = counted(p, gradient, group);
    const { eta = lr, mu = 1 } = slot.numbers;
    const average = stateOf(slot, "ax", zerosOf(p));
    p.mul_(1 - lambd * eta).add_(g, { alpha: -eta });
    if (mu === 1) average.copy_(p);
    else average.add_(p.sub(average), { alpha: mu });
    // Of the next step.
    slot.numbers.eta = lr / (1 + lambd * lr * slot.step) ** alpha;
    slot.numbers.mu = 1 / Math.max(1, slot.step - t0);
  }
}
