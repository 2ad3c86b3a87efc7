// Schedules by one formula of the step: MultiStepLR, ExponentialLR, ConstantLR, LinearLR, PolynomialLR, LambdaLR,
// MultiplicativeLR, CosineAnnealingWarmRestarts.
import { ArgumentError, checkOptions, type OptionNames } from "@tapegrad/core";
import { within } from "../args.ts";
import { type AnyOptimizer, cosine, FactorLR, LRScheduler, steps } from "./scheduler.ts";

export interface MultiStepLROptions {
  /** Default: 0.1. */
  readonly gamma?: number | undefined;
}
const MULTI_STEP: OptionNames<MultiStepLROptions> = { gamma: true };

/** Multiplies the rate by gamma (default 0.1) at each of these steps; as `MultiStepLR`. */
export class MultiStepLR extends FactorLR {
  readonly milestones: readonly number[];
  readonly gamma: number;
  constructor(
    optimizer: AnyOptimizer,
    milestones: readonly number[],
    options: MultiStepLROptions = {},
  ) {
    checkOptions("MultiStepLR", options, MULTI_STEP);
    super(optimizer);
    for (const step of milestones) steps("MultiStepLR", "milestones", step);
    this.milestones = [...milestones];
    this.gamma = options.gamma ?? 0.1;
    this.applyRates();
  }
  protected factor(step: number): number {
    return this.gamma ** this.milestones.filter((milestone) => milestone <= step).length;
  }
  protected settings() {
    return { milestones: this.milestones, gamma: this.gamma };
  }
}

/** Multiplies the rate by gamma at each step; as `ExponentialLR`. */
export class ExponentialLR extends FactorLR {
  readonly gamma: number;
  constructor(optimizer: AnyOptimizer, gamma: number) {
    super(optimizer);
    if (typeof gamma !== "number") {
      throw new ArgumentError("ExponentialLR", `gamma must be a number, got ${typeof gamma}`);
    }
    this.gamma = gamma;
    this.applyRates();
  }
  protected factor(step: number): number {
    return this.gamma ** step;
  }
  protected settings() {
    return { gamma: this.gamma };
  }
}

export interface ConstantLROptions {
  /** Default: 1/3. */
  readonly factor?: number | undefined;
  /** Default: 5. */
  readonly totalIters?: number | undefined;
}
const CONSTANT: OptionNames<ConstantLROptions> = { factor: true, totalIters: true };

/** The rate times factor (default 1/3) for totalIters steps (default 5), then the rate itself; as `ConstantLR`. */
export class ConstantLR extends FactorLR {
  /** The rate's, for totalIters steps. */
  readonly share: number;
  readonly totalIters: number;
  constructor(optimizer: AnyOptimizer, options: ConstantLROptions = {}) {
    checkOptions("ConstantLR", options, CONSTANT);
    super(optimizer);
    this.share = within("ConstantLR", "factor", options.factor ?? 1 / 3, 0, 1);
    this.totalIters = steps("ConstantLR", "totalIters", options.totalIters ?? 5);
    this.applyRates();
  }
  protected factor(step: number): number {
    return step < this.totalIters ? this.share : 1;
  }
  protected settings() {
    return { factor: this.share, totalIters: this.totalIters };
  }
}

export interface LinearLROptions {
  /** Default: 1/3. */
  readonly startFactor?: number | undefined;
  /** Default: 1. */
  readonly endFactor?: number | undefined;
  /** Default: 5. */
  readonly totalIters?: number | undefined;
}
const LINEAR: OptionNames<LinearLROptions> = {
  startFactor: true,
  endFactor: true,
  totalIters: true,
};

/** The rate times a factor that goes from startFactor to endFactor in totalIters steps; as `LinearLR`. */
export class LinearLR extends FactorLR {
  readonly startFactor: number;
  readonly endFactor: number;
  readonly totalIters: number;
  constructor(optimizer: AnyOptimizer, options: LinearLROptions = {}) {
    checkOptions("LinearLR", options, LINEAR);
    super(optimizer);
    this.startFactor = within("LinearLR", "startFactor", options.startFactor ?? 1 / 3, 0, 1);
    this.endFactor = within("LinearLR", "endFactor", options.endFactor ?? 1, 0, 1);
    this.totalIters = steps("LinearLR", "totalIters", options.totalIters ?? 5);
    this.applyRates();
  }
  protected factor(step: number): number {
    const { startFactor, endFactor, totalIters } = this;
    return startFactor + ((endFactor - startFactor) * Math.min(step, totalIters)) / totalIters;
  }
  protected settings() {
    const { startFactor, endFactor, totalIters } = this;
    return { startFactor, endFactor, totalIters };
  }
}

export interface PolynomialLROptions {
  /** Default: 5. */
  readonly totalIters?: number | undefined;
  /** Default: 1. */
  readonly power?: number | undefined;
}
const POLYNOMIAL: OptionNames<PolynomialLROptions> = { totalIters: true, power: true };

/** The rate times (1 − step / totalIters)^power, 0 from there on; as `PolynomialLR`. */
export class PolynomialLR extends FactorLR {
  readonly totalIters: number;
  readonly power: number;
  constructor(optimizer: AnyOptimizer, options: PolynomialLROptions = {}) {
    checkOptions("PolynomialLR", options, POLYNOMIAL);
    super(optimizer);
    this.totalIters = steps("PolynomialLR", "totalIters", options.totalIters ?? 5);
    this.power = options.power ?? 1;
    this.applyRates();
  }
  protected factor(step: number): number {
    return (1 - Math.min(step, this.totalIters) / this.totalIters) ** this.power;
  }
  protected settings() {
    return { totalIters: this.totalIters, power: this.power };
  }
}

/** A function of the step. */
type OfStep = (step: number) => number;

/** One function for all groups, or one for each, as a list. */
function functions(
  name: string,
  optimizer: AnyOptimizer,
  lrLambda: OfStep | readonly OfStep[],
): readonly OfStep[] {
  const groups = optimizer.paramGroups.length;
  const list = typeof lrLambda === "function" ? new Array<OfStep>(groups).fill(lrLambda) : lrLambda;
  const count = list.filter((f) => typeof f === "function").length;
  if (count === groups && list.length === groups) return list;
  throw new ArgumentError(
    name,
    `lrLambda must be a function, or ${groups} of them, one for each group of parameters`,
  );
}

/**
 * The rate times what a function makes of the step, one for all groups or one for each; as `LambdaLR`. Functions cannot
 * be written down: that a resumed schedule has the same is its maker's affair, as in PyTorch.
 */
export class LambdaLR extends LRScheduler {
  readonly lrLambda: readonly OfStep[];
  constructor(optimizer: AnyOptimizer, lrLambda: OfStep | readonly OfStep[]) {
    super(optimizer);
    this.lrLambda = functions("LambdaLR", optimizer, lrLambda);
    this.applyRates();
  }
  protected rate(group: number, step: number): number {
    return (this.baseLrs[group] as number) * (this.lrLambda[group] as OfStep)(step);
  }
  protected settings() {
    return {};
  }
}

/**
 * Multiplies the rate at each step with what a function makes of it; as `MultiplicativeLR`. In a SequentialLR it goes on
 * from the last rate of the schedule before it. See LambdaLR on functions.
 */
export class MultiplicativeLR extends FactorLR {
  readonly lrLambda: readonly OfStep[];
  /** The products that were asked for last, by group. */
  private readonly known: { step: number; product: number }[];
  constructor(optimizer: AnyOptimizer, lrLambda: OfStep | readonly OfStep[]) {
    super(optimizer);
    this.lrLambda = functions("MultiplicativeLR", optimizer, lrLambda);
    this.known = this.lrLambda.map(() => ({ step: 0, product: 1 }));
    this.applyRates();
  }
  protected factor(step: number, group: number): number {
    const last = this.known[group];
    const f = this.lrLambda[group] as OfStep;
    let { step: at, product } = last !== undefined && last.step <= step ? last : START;
    while (at < step) product *= f(++at);
    this.known[group] = { step: at, product };
    return product;
  }
  /**
   * Behind another schedule its first step multiplies too, as in PyTorch.
   * @internal
   */
  override rateAt(group: number, step: number, before?: number): number {
    if (before === undefined) return this.rate(group, step);
    return before * (this.lrLambda[group] as OfStep)(0) * this.factor(step, group);
  }
  protected settings() {
    return {};
  }
}
const START = { step: 0, product: 1 };

export interface CosineAnnealingWarmRestartsOptions {
  /** How many times as long each fall is as the one before. Default: 1. */
  readonly tMult?: number | undefined;
  /** Default: 0. */
  readonly etaMin?: number | undefined;
}
const WARM_RESTARTS: OptionNames<CosineAnnealingWarmRestartsOptions> = {
  tMult: true,
  etaMin: true,
};

/**
 * Half a cosine from the rate down to etaMin in t0 steps, then from the rate again; as `CosineAnnealingWarmRestarts`.
 * @see Loshchilov and Hutter, SGDR, 2016
 */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  readonly t0: number;
  readonly tMult: number;
  readonly etaMin: number;
  constructor(
    optimizer: AnyOptimizer,
    t0: number,
    options: CosineAnnealingWarmRestartsOptions = {},
  ) {
    const name = "CosineAnnealingWarmRestarts";
    checkOptions(name, options, WARM_RESTARTS);
    super(optimizer);
    this.t0 = steps(name, "t0", t0);
    this.tMult = steps(name, "tMult", options.tMult ?? 1);
    this.etaMin = options.etaMin ?? 0;
    this.applyRates();
  }
  protected rate(group: number, step: number): number {
    let [since, length] = [step, this.t0];
    while (since >= length) {
      since -= length;
      length *= this.tMult;
    }
    return cosine(this.baseLrs[group] as number, this.etaMin, since / length);
  }
  protected settings() {
    return { t0: this.t0, tMult: this.tMult, etaMin: this.etaMin };
  }
}
