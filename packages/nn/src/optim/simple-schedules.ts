// Schedules by one formula of the step: MultiStepLR, ExponentialLR, ConstantLR, LinearLR, PolynomialLR, LambdaLR,
// CosineAnnealingWarmRestarts.
import { ArgumentError, checkOptions, type OptionNames } from "@tapegrad/core";
import { within } from "../args.ts";
import { type AnyOptimizer, cosine, LRScheduler, steps } from "./scheduler.ts";

export interface MultiStepLROptions {
  /** Default: 0.1. */
  readonly gamma?: number | undefined;
}
const MULTI_STEP: OptionNames<MultiStepLROptions> = { gamma: true };

/** Multiplies the rate by gamma (default 0.1) at each of these steps; as `MultiStepLR`. */
export class MultiStepLR extends LRScheduler {
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
  protected rate(group: number, step: number): number {
    const passed = this.milestones.filter((milestone) => milestone <= step).length;
    return (this.baseLrs[group] as number) * this.gamma ** passed;
  }
  protected settings() {
    return { milestones: this.milestones, gamma: this.gamma };
  }
}

/** Multiplies the rate by gamma at each step; as `ExponentialLR`. */
export class ExponentialLR extends LRScheduler {
  readonly gamma: number;
  constructor(optimizer: AnyOptimizer, gamma: number) {
    super(optimizer);
    if (typeof gamma !== "number") {
      throw new ArgumentError("ExponentialLR", `gamma must be a number, got ${typeof gamma}`);
    }
    this.gamma = gamma;
    this.applyRates();
  }
  protected rate(group: number, step: number): number {
    return (this.baseLrs[group] as number) * this.gamma ** step;
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
export class ConstantLR extends LRScheduler {
  readonly factor: number;
  readonly totalIters: number;
  constructor(optimizer: AnyOptimizer, options: ConstantLROptions = {}) {
    checkOptions("ConstantLR", options, CONSTANT);
    super(optimizer);
    this.factor = within("ConstantLR", "factor", options.factor ?? 1 / 3, 0, 1);
    this.totalIters = steps("ConstantLR", "totalIters", options.totalIters ?? 5);
    this.applyRates();
  }
  protected rate(group: number, step: number): number {
    return (this.baseLrs[group] as number) * (step < this.totalIters ? this.factor : 1);
  }
  protected settings() {
    return { factor: this.factor, totalIters: this.totalIters };
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
export class LinearLR extends LRScheduler {
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
  protected rate(group: number, step: number): number {
    const { startFactor, endFactor, totalIters } = this;
    const way = Math.min(step, totalIters) / totalIters;
    return (this.baseLrs[group] as number) * (startFactor + (endFactor - startFactor) * way);
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
export class PolynomialLR extends LRScheduler {
  readonly totalIters: number;
  readonly power: number;
  constructor(optimizer: AnyOptimizer, options: PolynomialLROptions = {}) {
    checkOptions("PolynomialLR", options, POLYNOMIAL);
    super(optimizer);
    this.totalIters = steps("PolynomialLR", "totalIters", options.totalIters ?? 5);
    this.power = options.power ?? 1;
    this.applyRates();
  }
  protected rate(group: number, step: number): number {
    const left = 1 - Math.min(step, this.totalIters) / this.totalIters;
    return (this.baseLrs[group] as number) * left ** this.power;
  }
  protected settings() {
    return { totalIters: this.totalIters, power: this.power };
  }
}

/** The rate times what a function makes of the step, one for all groups or one for each; as `LambdaLR`. */
export class LambdaLR extends LRScheduler {
  readonly lrLambda: readonly ((step: number) => number)[];
  constructor(
    optimizer: AnyOptimizer,
    lrLambda: ((step: number) => number) | readonly ((step: number) => number)[],
  ) {
    super(optimizer);
    const groups = optimizer.paramGroups.length;
    this.lrLambda =
      typeof lrLambda === "function" ? Array.from({ length: groups }, () => lrLambda) : lrLambda;
    const functions = this.lrLambda.filter((f) => typeof f === "function").length;
    if (functions !== groups || this.lrLambda.length !== groups) {
      throw new ArgumentError(
        "LambdaLR",
        `lrLambda must be a function, or ${groups} of them, one for each group of parameters`,
      );
    }
    this.applyRates();
  }
  protected rate(group: number, step: number): number {
    const factor = this.lrLambda[group] as (step: number) => number;
    return (this.baseLrs[group] as number) * factor(step);
  }
  /** Functions cannot be written down: that a resumed schedule has the same is its maker's affair, as in PyTorch. */
  protected settings() {
    return {};
  }
}

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
