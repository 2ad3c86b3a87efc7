// Adam, and AdamW, whose weight decay is not part of the gradient.
import { adamStep, type Tensor } from "@tapegrad/core";
import {
  alike,
  checkBetas,
  counted,
  type HyperOptions,
  type Item,
  nonNegative,
  Optimizer,
  type ParamGroup,
  type Params,
  type Slot,
  stateOf,
  withDefaults,
  zerosOf,
} from "./optimizer.ts";

export interface AdamHyper {
  /** Learning rate. Default: 1e-3. */
  readonly lr: number;
  /** Decay of the running means of gradient and squared gradient. Default: [0.9, 0.999]. */
  readonly betas: readonly [number, number];
  /** Added to the denominator. Default: 1e-8. */
  readonly eps: number;
  /** Adam: L2 penalty in the gradient, default 0. AdamW: shrinks the parameter, default 0.01. */
  readonly weightDecay: number;
  /** Divide by the largest mean of squares so far. Default: false. */
  readonly amsgrad: boolean;
  /** Climb instead of descend. Default: false. */
  readonly maximize: boolean;
}

const DEFAULTS: AdamHyper = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  amsgrad: false,
  maximize: false,
};

/** The running mean of gradients, with g. */
export function meanOf(p: Tensor, g: Tensor, beta: number, slot: Slot): Tensor {
  const mean = stateOf(slot, "exp_avg", zerosOf(p));
  return mean.add_(g.sub(mean).mul_(1 - beta));
}
/** The running mean of their squares, with that of g. */
export function meanSquareOf(p: Tensor, g: Tensor, beta: number, slot: Slot): Tensor {
  const square = stateOf(slot, "exp_avg_sq", zerosOf(p));
  return square.mul_(beta).add_(g.square().mul_(1 - beta));
}

/**
 * As `torch.optim.Adam`.
 * @see Kingma and Ba, Adam: A Method for Stochastic Optimization, 2014
 */
export class Adam extends Optimizer<AdamHyper> {
  constructor(params: Params<AdamHyper>, options: HyperOptions<AdamHyper> = {}) {
    super(params, withDefaults(new.target.name, DEFAULTS, options));
  }
  protected checkHyper(hyper: AdamHyper): void {
    nonNegative(this.name, hyper, "lr", "eps", "weightDecay");
    checkBetas(this.name, hyper.betas);
  }
  /** The weight decay shrinks the parameter instead of being part of the gradient: AdamW. */
  protected get decoupled(): boolean {
    return false;
  }
  protected override updateTogether(
    items: readonly Item[],
    group: ParamGroup<AdamHyper>,
  ): readonly Item[] {
    if (this.update !== Adam.prototype.update) return items; // a subclass has a rule of its own
    const { betas, amsgrad } = group;
    const [beta1, beta2] = betas;
    const state = (batch: readonly Item[], name: string): Tensor[] =>
      batch.map(({ p, slot }) => stateOf(slot, name, zerosOf(p)));
    return alike(items, ({ slot }) => slot.step).flatMap((batch) => {
      const done = adamStep(
        batch.map(({ p }) => p),
        batch.map(({ g }) => g),
        state(batch, "exp_avg"),
        state(batch, "exp_avg_sq"),
        amsgrad ? state(batch, "max_exp_avg_sq") : undefined,
        {
          ...group,
          ...{ beta1, beta2, decoupled: this.decoupled, step: (batch[0] as Item).slot.step },
        },
      );
      return done ? [] : batch;
    });
  }
  protected update(p: Tensor, gradient: Tensor, group: ParamGroup<AdamHyper>, slot: Slot): void {
    const { lr, betas, eps, amsgrad } = group;
    const [beta1, beta2] = betas;
    const g = counted(p, gradient, group, this.decoupled);
    const mean = meanOf(p, g, beta1, slot);
    const square = meanSquareOf(p, g, beta2, slot);

    let largest = square;
    if (amsgrad) {
      largest = stateOf(slot, "max_exp_avg_sq", zerosOf(p));
      largest.copy_(largest.maximum(square));
    }
    // Both means start at zero; the corrections undo that.
    const correction1 = 1 - beta1 ** slot.step;
    const correction2 = Math.sqrt(1 - beta2 ** slot.step);
    const denominator = largest.sqrt().div_(correction2).add_(eps);
    p.add_(mean.div(denominator).mul_(-lr / correction1));
  }
}

const ADAMW_DEFAULTS: AdamHyper = { ...DEFAULTS, weightDecay: 0.01 };

/**
 * Adam with decoupled weight decay, as `torch.optim.AdamW`.
 * @see Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2017
 */
export class AdamW extends Adam {
  constructor(params: Params<AdamHyper>, options: HyperOptions<AdamHyper> = {}) {
    super(params, withDefaults(new.target.name, ADAMW_DEFAULTS, options));
  }
  protected override get decoupled(): boolean {
    return true;
  }
}
