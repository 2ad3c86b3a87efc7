// Adafactor: of the mean squares of a matrix it keeps those of rows and columns alone.
import { ArgumentError, finfo, type Shape, type Tensor } from "@tapegrad/core";
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

export interface AdafactorHyper {
  /** The largest relative step; later it is 1 / √step. Default: 1e-2. */
  readonly lr: number;
  /** The power of the step by which new squares count less. Default: −0.8. */
  readonly beta2Decay: number;
  /** The least of a mean square, as a root (null: the dtype's eps), and of a parameter's size. Default: [null, 1e-3]. */
  readonly eps: readonly [number | null, number];
  /** A change whose root mean square is larger is scaled down to it; ≥ 1. Default: 1. */
  readonly d: number;
  /** Shrinks the parameter by lr · weightDecay. Default: 0. */
  readonly weightDecay: number;
  /** Climb instead of descend. Default: false. */
  readonly maximize: boolean;
}
const ADAFACTOR: AdafactorHyper = {
  lr: 1e-2,
  beta2Decay: -0.8,
  eps: [null, 1e-3],
  d: 1,
  weightDecay: 0,
  maximize: false,
};

/**
 * Steps as large as the parameter itself, by the gradient over the root of its mean squares, of which tensors of two
 * dims or more keep rows and columns alone. As `torch.optim.Adafactor`.
 * @see Shazeer and Stern, Adafactor: Adaptive Learning Rates with Sublinear Memory Cost, 2018
 */
export class Adafactor extends Optimizer<AdafactorHyper> {
  constructor(params: Params<AdafactorHyper>, options: HyperOptions<AdafactorHyper> = {}) {
    super(params, withDefaults(new.target.name, ADAFACTOR, options));
  }
  protected checkHyper(hyper: AdafactorHyper): void {
    nonNegative(this.name, hyper, "lr", "weightDecay");
    const [square, size] = hyper.eps;
    nonNegative(this.name, { "eps[0]": square ?? 0, "eps[1]": size }, "eps[0]", "eps[1]");
    if (!(hyper.d >= 1)) throw new ArgumentError(this.name, `d must be ≥ 1; got ${hyper.d}`);
    if (hyper.beta2Decay <= 0) return;
    throw new ArgumentError(this.name, `beta2Decay must be ≤ 0; got ${hyper.beta2Decay}`);
  }
  protected override stateShape(p: Tensor, name: string): Shape {
    if (name === "row_var") return [...p.shape.slice(0, -1), 1];
    if (name === "col_var") return [...p.shape.slice(0, -2), 1, ...p.shape.slice(-1)];
    return p.shape;
  }
  protected update(
    p: Tensor,
    gradient: Tensor,
    group: ParamGroup<AdafactorHyper>,
    slot: Slot,
  ): void {
    const { lr, beta2Decay, eps, d, weightDecay, maximize } = group;
    const [least, smallest] = [eps[0] ?? finfo(p.dtype).eps, eps[1]];
    const g = maximize ? gradient.neg() : gradient;
    const fresh = slot.step ** beta2Decay;
    const rootMeanSquare = (x: Tensor): Tensor => x.norm().div(Math.sqrt(x.numel));
    const size = rootMeanSquare(p).clamp({ min: smallest });
    if (weightDecay !== 0) p.mul_(1 - lr * weightDecay);

    const squares = g.square();
    const follow = (name: string, now: Tensor): Tensor => {
      const mean = stateOf(slot, name, zerosOf(now));
      return mean.add_(now.sub(mean).mul_(fresh));
    };
    let spread: Tensor;
    if (p.ndim > 1) {
      const rows = follow("row_var", squares.mean(-1, { keepdim: true }));
      const columns = follow("col_var", squares.mean(-2, { keepdim: true }));
      spread = rows.mul(columns).div(rows.mean(-2, { keepdim: true }).clamp({ min: least }));
    } else {
      spread = follow("variance", squares);
    }
    const change = spread
      .clamp({ min: least * least })
      .rsqrt()
      .mul(g);
    const scale = size.div(rootMeanSquare(change).div(d).clamp({ min: 1 }));
    p.sub_(change.mul(scale.mul(Math.min(lr, 1 / Math.sqrt(slot.step)))));
  }
}
