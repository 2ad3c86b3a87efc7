// Stochastic gradient descent.
import { ArgumentError, emptyLike, ownedOne, sgdStep, type Tensor } from "@tapegrad/core";
import {
  alike,
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
} from "./optimizer.ts";

export interface SGDHyper {
  /** Learning rate. Default: 1e-3. */
  readonly lr: number;
  /** Default: 0. */
  readonly momentum: number;
  /** How much less the gradient counts in the momentum. Default: 0. */
  readonly dampening: number;
  /** L2 penalty, added to the gradient. Default: 0. */
  readonly weightDecay: number;
  /** Look ahead along the momentum; needs momentum > 0 and no dampening. Default: false. */
  readonly nesterov: boolean;
  /** Climb instead of descend. Default: false. */
  readonly maximize: boolean;
}

const DEFAULTS: SGDHyper = {
  lr: 1e-3,
  momentum: 0,
  dampening: 0,
  weightDecay: 0,
  nesterov: false,
  maximize: false,
};

/**
 * p ← p − lr·v with v ← momentum·v + (1 − dampening)·g; as `torch.optim.SGD`.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html
 */
export class SGD extends Optimizer<SGDHyper> {
  constructor(params: Params<SGDHyper>, options: HyperOptions<SGDHyper> = {}) {
    super(params, withDefaults(new.target.name, DEFAULTS, options));
  }
  protected checkHyper(hyper: SGDHyper): void {
    nonNegative("SGD", hyper, "lr", "momentum", "weightDecay");
    if (hyper.nesterov && (hyper.momentum === 0 || hyper.dampening !== 0)) {
      throw new ArgumentError(
        "SGD",
        `nesterov needs momentum > 0 and dampening 0; got ${hyper.momentum} and ${hyper.dampening}`,
      );
    }
  }
  protected override updateTogether(
    items: readonly Item[],
    group: ParamGroup<SGDHyper>,
  ): readonly Item[] {
    if (this.update !== SGD.prototype.update) return items; // a subclass has a rule of its own
    const isFirst = ({ slot }: Item): boolean =>
      group.momentum !== 0 && slot.tensors.momentum_buffer === undefined;
    return alike(items, (item) => Number(isFirst(item))).flatMap((batch) => {
      const first = isFirst(batch[0] as Item);
      const buffers =
        group.momentum === 0
          ? undefined
          : batch.map(
              ({ p, slot }) => slot.tensors.momentum_buffer ?? ownedOne(() => emptyLike(p)),
            );
      const done = sgdStep(
        batch.map(({ p }) => p),
        batch.map(({ g }) => g),
        buffers,
        { ...group, first },
      );
      if (first) {
        buffers?.forEach((buffer, i) => {
          if (done) (batch[i] as Item).slot.tensors.momentum_buffer = buffer;
          else buffer.release();
        });
      }
      return done ? [] : batch;
    });
  }
  protected update(p: Tensor, gradient: Tensor, group: ParamGroup<SGDHyper>, slot: Slot): void {
    const { lr, momentum, dampening, nesterov } = group;
    let g = counted(p, gradient, group);
    if (momentum !== 0) {
      const first = slot.tensors.momentum_buffer === undefined;
      const v = stateOf(slot, "momentum_buffer", () => g.clone());
      if (!first) v.mul_(momentum).add_(g, { alpha: 1 - dampening });
      g = nesterov ? v.mul(momentum).add_(g) : v;
    }
    p.add_(g, { alpha: -lr });
  }
}
