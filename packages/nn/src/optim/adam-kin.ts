// Adamax, NAdam and RAdam: what became of Adam.
import type { Tensor } from "@tapegrad/core";
import { meanOf, meanSquareOf } from "./adam.ts";
import {
  checkBetas,
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

export interface AdamaxHyper {
  /** Learning rate. Default: 2e-3. */
  readonly lr: number;
  /** Decay of the running mean of gradients and of their largest size. Default: [0.9, 0.999]. */
  readonly betas: readonly [number, number];
  /** Added to each gradient's size. Default: 1e-8. */
  readonly eps: number;
  /** L2 penalty, added to the gradient. Default: 0. */
  readonly weightDecay: number;
  /** Climb instead of descend. Default: false. */
  readonly maximize: boolean;
}
const ADAMAX: AdamaxHyper = {
  lr: 2e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  maximize: false,
};

/**
 * Adam with the largest size of gradients, fading, in place of their mean square; as `torch.optim.Adamax`.
 * @see Kingma and Ba, Adam: A Method for Stochastic Optimization, 2014, section 7.1
 */
export class Adamax extends Optimizer<AdamaxHyper> {
  constructor(params: Params<AdamaxHyper>, options: HyperOptions<AdamaxHyper> = {}) {
    super(params, withDefaults(new.target.name, ADAMAX, options));
  }
  protected checkHyper(hyper: AdamaxHyper): void {
    nonNegative(this.name, hyper, "lr", "eps", "weightDecay");
    checkBetas(this.name, hyper.betas);
  }
  protected update(p: Tensor, gradient: Tensor, group: ParamGroup<AdamaxHyper>, slot: Slot): void {
    const { lr, eps } = group;
    const [beta1, beta2] = group.betas;
    const g = counted(p, gradient, group);
    const mean = meanOf(p, g, beta1, slot);
    const largest = stateOf(slot, "exp_inf", zerosOf(p));
    largest.copy_(largest.mul(beta2).maximum(g.abs().add_(eps)));
    p.add_(mean.div(largest), { alpha: -lr / (1 - beta1 ** slot.step) });
  }
}

export interface NAdamHyper extends AdamaxHyper {
  /** How soon the momentum reaches its full size. Default: 4e-3. */
  readonly momentumDecay: number;
  /** Weight decay shrinks the parameter instead of being part of the gradient. Default: false. */
  readonly decoupledWeightDecay: boolean;
}
const NADAM: NAdamHyper = { ...ADAMAX, momentumDecay: 4e-3, decoupledWeightDecay: false };

/**
 * Adam that looks ahead along its momentum, as Nesterov's does; as `torch.optim.NAdam`.
 * @see Dozat, Incorporating Nesterov Momentum into Adam, 2016
 */
export class NAdam extends Optimizer<NAdamHyper> {
  constructor(params: Params<NAdamHyper>, options: HyperOptions<NAdamHyper> = {}) {
    super(params, withDefaults(new.target.name, NADAM, options));
  }
  protected checkHyper(hyper: NAdamHyper): void {
    nonNegative(this.name, hyper, "lr", "eps", "weightDecay", "momentumDecay");
    checkBetas(this.name, hyper.betas);
  }
  protected update(p: Tensor, gradient: Tensor, group: ParamGroup<NAdamHyper>, slot: Slot): void {
    const { lr, eps, momentumDecay } = group;
    const [beta1, beta2] = group.betas;
    const g = counted(p, gradient, group, group.decoupledWeightDecay);
    // The momentum of step t, which grows to beta1.
    const momentum = (t: number): number => beta1 * (1 - 0.5 * 0.96 ** (t * momentumDecay));
    const [now, next] = [momentum(slot.step), momentum(slot.step + 1)];
    const product = (slot.numbers.mu_product ?? 1) * now;
    slot.numbers.mu_product = product;
    const mean = meanOf(p, g, beta1, slot);
    const square = meanSquareOf(p, g, beta2, slot);
    const denominator = square
      .div(1 - beta2 ** slot.step)
      .sqrt()
      .add_(eps);
    p.add_(g.div(denominator), { alpha: (-lr * (1 - now)) / (1 - product) });
    p.add_(mean.div(denominator), { alpha: (-lr * next) / (1 - product * next) });
  }
}

export interface RAdamHyper extends AdamaxHyper {
  /** Weight decay shrinks the parameter instead of being part of the gradient. Default: false. */
  readonly decoupledWeightDecay: boolean;
}
const RADAM: RAdamHyper = { ...ADAMAX, lr: 1e-3, decoupledWeightDecay: false };

/**
 * Adam that goes by the mean of gradients alone until the variance of their squares can be told; as
 * `torch.optim.RAdam`.
 * @see Liu et al., On the Variance of the Adaptive Learning Rate and Beyond, 2019
 */
export class RAdam extends Optimizer<RAdamHyper> {
  constructor(params: Params<RAdamHyper>, options: HyperOptions<RAdamHyper> = {}) {
    super(params, withDefaults(new.target.name, RADAM, options));
  }
  protected checkHyper(hyper: RAdamHyper): void {
    nonNegative(this.name, hyper, "lr", "eps", "weightDecay");
    checkBetas(this.name, hyper.betas);
  }
  protected update(p: Tensor, gradient: Tensor, group: ParamGroup<RAdamHyper>, slot: Slot): void {
    const { lr, eps } = group;
    const [beta1, beta2] = group.betas;
    const g = counted(p, gradient, group, group.decoupledWeightDecay);
    const mean = meanOf(p, g, beta1, slot);
    const square = meanSquareOf(p, g, beta2, slot);
    const correction = 1 - beta2 ** slot.step;
    const rate = -lr / (1 - beta1 ** slot.step);
    // How many squares the running mean is worth, at last and now; from 5 on it has a variance.
    const longest = 2 / (1 - beta2) - 1;
    const length = longest - (2 * slot.step * beta2 ** slot.step) / correction;
    if (length <= 5) {
      p.add_(mean, { alpha: rate });
      return;
    }
    const rectified = Math.sqrt(
      ((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length),
    );
    const step = mean.div(square.sqrt().add_(eps));
    p.add_(step, { alpha: rate * rectified * Math.sqrt(correction) });
  }
}
