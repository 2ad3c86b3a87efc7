// LBFGS: Newton's method with what the last gradients tell of the Hessian. It sees all parameters as one vector.
import {
  ArgumentError,
  cat,
  enableGrad,
  noGrad,
  owned,
  ownedOne,
  type Shape,
  type Tensor,
  zerosLike,
} from "@tapegrad/core";
import { oneOf, whole } from "../args.ts";
import { gradientOf } from "../parameter.ts";
import {
  type HyperOptions,
  nonNegative,
  Optimizer,
  type ParamGroupInput,
  type Params,
  type Slot,
  withDefaults,
} from "./optimizer.ts";
import { type Point, strongWolfe } from "./strong-wolfe.ts";

export interface LBFGSHyper {
  /** The length of a step, along a direction that has one of its own. Default: 1. */
  readonly lr: number;
  /** Iterations of a step(). Default: 20. */
  readonly maxIter: number;
  /** How often a step() may call the closure. Default: maxIter · 5/4. */
  readonly maxEval: number;
  /** It is done when no gradient is larger. Default: 1e-7. */
  readonly toleranceGrad: number;
  /** It is done when loss and parameters change less. Default: 1e-9. */
  readonly toleranceChange: number;
  /** How many changes it remembers. Default: 100. */
  readonly historySize: number;
  /** Search along each direction for a step that meets the strong Wolfe conditions. Default: null, steps of length lr. */
  readonly lineSearchFn: "strongWolfe" | null;
}
const LBFGS_DEFAULTS: Omit<LBFGSHyper, "maxEval"> = {
  lr: 1,
  maxIter: 20,
  toleranceGrad: 1e-7,
  toleranceChange: 1e-9,
  historySize: 100,
  lineSearchFn: null,
};

/** A change of the parameters that curves less is not remembered. */
const LEAST_CURVATURE = 1e-10;

/**
 * A method for few parameters and a loss over all data: each step() calls the closure, which clears the gradients,
 * computes the loss, calls backward() and returns the loss, up to maxEval times. As `torch.optim.LBFGS`.
 * @see Nocedal, Updating Quasi-Newton Matrices with Limited Storage, 1980
 */
export class LBFGS extends Optimizer<LBFGSHyper> {
  constructor(params: Params<LBFGSHyper>, options: HyperOptions<LBFGSHyper> = {}) {
    const maxEval = Math.floor(((options.maxIter ?? LBFGS_DEFAULTS.maxIter) * 5) / 4);
    super(params, withDefaults(new.target.name, { ...LBFGS_DEFAULTS, maxEval }, options));
  }
  override addParamGroup(input: ParamGroupInput<LBFGSHyper>): void {
    if (this.paramGroups.length > 0) {
      throw new ArgumentError(this.name, "takes one group: it sees all parameters as one vector");
    }
    super.addParamGroup(input);
  }
  protected checkHyper(hyper: LBFGSHyper): void {
    nonNegative(this.name, hyper, "lr", "toleranceGrad", "toleranceChange");
    for (const key of ["maxIter", "maxEval", "historySize"] as const) {
      whole(this.name, key, hyper[key]);
    }
    if (hyper.lineSearchFn !== null) {
      oneOf(this.name, "lineSearchFn", hyper.lineSearchFn, ["strongWolfe"]);
    }
  }
  /** The state is one of all parameters, kept with the first. */
  protected override stateShape(): Shape {
    return [this.params.reduce((sum, p) => sum + p.numel, 0)];
  }
  private get params(): readonly Tensor[] {
    return this.paramGroups[0].params;
  }
  /** Not called: step() changes all parameters at once. */
  protected update(): void {}

  /** @returns what the closure gave first */
  override step(closure?: () => Tensor): Tensor {
    if (typeof closure !== "function") {
      throw new ArgumentError(
        this.name,
        "step() needs a closure that clears the gradients, computes the loss, calls backward() and returns the loss",
      );
    }
    return noGrad(() => this.iterate(closure));
  }

  private iterate(closure: () => Tensor): Tensor {
    const [group] = this.paramGroups;
    const slot = this.slotOf(this.params[0] as Tensor);
    const { numbers } = slot;
    const first = enableGrad(closure);
    let loss = first.item();
    let gradient = this.gradient();
    let evaluations = 1;
    for (let i = 1; i <= group.maxIter && largest(gradient) > group.toleranceGrad; i++) {
      slot.step++;
      this.remember(slot, gradient);
      const direction = this.direction(slot, gradient);
      keep(slot, "prev_flat_grad", () => gradient.clone());
      const before = loss;
      const slope = dot(gradient, direction);
      let step = group.lr;
      if (slot.step === 1) step *= Math.min(1, 1 / numberOf(() => gradient.abs().sum()));
      numbers.t = step;
      if (slope > -group.toleranceChange) break;

      if (group.lineSearchFn === null) {
        this.move(direction, step);
        // The last change is told by the next step()'s first call.
        if (i === group.maxIter) break;
        loss = enableGrad(closure).item();
        gradient.release();
        gradient = this.gradient();
        evaluations++;
      } else {
        const start = { step: 0, loss, gradient, slope };
        const search = strongWolfe(
          (t) => this.pointAt(closure, direction, t),
          start,
          step,
          largest(direction),
          group.maxEval - evaluations,
        );
        if (search.point !== start) gradient.release();
        ({ loss, gradient } = search.point);
        numbers.t = search.point.step;
        this.move(direction, search.point.step);
        evaluations += search.evaluations;
      }
      if (evaluations >= group.maxEval) break;
      if (largest(direction) * numbers.t <= group.toleranceChange) break;
      if (Math.abs(loss - before) < group.toleranceChange) break;
    }
    gradient.release();
    return first;
  }

  /** All gradients as one vector; 0 where there is none. */
  private gradient(): Tensor {
    return ownedOne(() =>
      cat(this.params.map((p) => (gradientOf(p) ?? zerosLike(p)).reshape([p.numel]))),
    );
  }
  private move(direction: Tensor, step: number): void {
    owned(() => {
      let start = 0;
      for (const p of this.params) {
        p.add_(direction.narrow(0, start, p.numel).reshape(p.shape), { alpha: step });
        start += p.numel;
      }
      return [];
    });
  }
  /** Loss and gradient a step along the direction; the parameters are then what they were. */
  private pointAt(closure: () => Tensor, direction: Tensor, step: number): Point {
    const before = owned(() => this.params.map((p) => p.detach().clone())) as Tensor[];
    this.move(direction, step);
    const loss = enableGrad(closure).item();
    const gradient = this.gradient();
    this.params.forEach((p, i) => {
      p.copy_(before[i] as Tensor);
      before[i]?.release();
    });
    return { step, loss, gradient, slope: dot(gradient, direction) };
  }

  /** Notes how the gradient changed with the last step; the oldest change makes room. */
  private remember(slot: Slot, gradient: Tensor): void {
    const { tensors, numbers } = slot;
    const { d, prev_flat_grad: before } = tensors;
    if (d === undefined || before === undefined) return;
    const change = ownedOne(() => gradient.sub(before));
    const step = ownedOne(() => d.mul(numbers.t as number));
    const curvature = dot(change, step);
    if (curvature > LEAST_CURVATURE) {
      const { noted = 0 } = numbers;
      const place = noted % this.paramGroups[0].historySize;
      keep(slot, `old_dirs_${place}`, () => change.clone());
      keep(slot, `old_stps_${place}`, () => step.clone());
      numbers[`ro_${place}`] = 1 / curvature;
      numbers.H_diag = curvature / dot(change, change);
      numbers.noted = noted + 1;
    }
    change.release();
    step.release();
  }

  /** −H⁻¹ · gradient, by the two loops over what is remembered; kept as "d". */
  private direction(slot: Slot, gradient: Tensor): Tensor {
    const { tensors, numbers } = slot;
    const { historySize } = this.paramGroups[0];
    const { noted = 0, H_diag: scale = 1 } = numbers;
    const count = Math.min(noted, historySize);
    const places = Array.from({ length: count }, (_, i) => (noted - count + i) % historySize);
    return keep(slot, "d", () => {
      const direction = gradient.neg();
      const parts = new Map<number, number>();
      for (const k of places.toReversed()) {
        const part =
          dot(tensors[`old_stps_${k}`] as Tensor, direction) * (numbers[`ro_${k}`] as number);
        parts.set(k, part);
        direction.add_(tensors[`old_dirs_${k}`] as Tensor, { alpha: -part });
      }
      direction.mul_(scale);
      for (const k of places) {
        const part =
          dot(tensors[`old_dirs_${k}`] as Tensor, direction) * (numbers[`ro_${k}`] as number);
        const alpha = (parts.get(k) as number) - part;
        direction.add_(tensors[`old_stps_${k}`] as Tensor, { alpha });
      }
      return direction;
    });
  }
}

function numberOf(f: () => Tensor): number {
  let value = 0;
  owned(() => {
    value = f().item();
    return [];
  });
  return value;
}
const dot = (a: Tensor, b: Tensor): number => numberOf(() => a.dot(b));
const largest = (x: Tensor): number => numberOf(() => x.abs().max());

/** Puts another tensor in a state's place. */
function keep(slot: Slot, name: string, make: () => Tensor): Tensor {
  const made = ownedOne(make);
  slot.tensors[name]?.release();
  slot.tensors[name] = made;
  return made;
}
