// Resilient backpropagation: steps by the signs of gradients alone.
import { ArgumentError, full, onesLike, type Tensor, where } from "@tapegrad/core";
import {
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

export interface RpropHyper {
  /** The first step of each element. Default: 1e-2. */
  readonly lr: number;
  /** What a step is multiplied with when the sign has changed, and when it has not. Default: [0.5, 1.2]. */
  readonly etas: readonly [number, number];
  /** The smallest and the largest step. Default: [1e-6, 50]. */
  readonly stepSizes: readonly [number, number];
  /** Climb instead of descend. Default: false. */
  readonly maximize: boolean;
}
const RPROP: RpropHyper = { lr: 1e-2, etas: [0.5, 1.2], stepSizes: [1e-6, 50], maximize: false };

/**
 * Steps that grow while an element's gradient keeps its sign, and shrink where it turns; for whole sets, not for
 * batches. As `torch.optim.Rprop`.
 * @see Riedmiller and Braun, A Direct Adaptive Method for Faster Backpropagation Learning, 1993
 */
export class Rprop extends Optimizer<RpropHyper> {
  constructor(params: Params<RpropHyper>, options: HyperOptions<RpropHyper> = {}) {
    super(params, withDefaults(new.target.name, RPROP, options));
  }
  protected checkHyper(hyper: RpropHyper): void {
    nonNegative(this.name, hyper, "lr");
    const [down, up] = hyper.etas;
    if (!(down > 0 && down < 1 && up > 1)) {
      throw new ArgumentError(
        this.name,
        `etas must be a number in (0, 1) and one above 1; got ${JSON.stringify(hyper.etas)}`,
      );
    }
  }
  protected update(p: Tensor, gradient: Tensor, group: ParamGroup<RpropHyper>, slot: Slot): void {
    const {
      lr,
      etas: [down, up],
      stepSizes: [min, max],
    } = group;
    const g = group.maximize ? gradient.neg() : gradient;
    const before = stateOf(slot, "prev", zerosOf(p));
    const size = stateOf(slot, "step_size", () =>
      full(p.shape, lr, { dtype: p.dtype, device: p.backend }),
    );
    const agreement = g.mul(before);
    const turned = agreement.lt(0);
    size.mul_(where(agreement.gt(0), up, where(turned, down, onesLike(g)))).clamp_({ min, max });
    // Where the sign has turned the element stays, and the next step does not compare with this one.
    const counting = where(turned, 0, g);
    p.sub_(counting.sign().mul_(size));
    before.copy_(counting);
  }
}
