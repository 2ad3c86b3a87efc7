// StepLR and CosineAnnealingLR.
import { checkOptions, type OptionNames } from "@tapegrad/core";
import { type AnyOptimizer, cosine, FactorLR, LRScheduler, steps } from "./scheduler.ts";

export interface StepLROptions {
  /** Default: 0.1. */
  readonly gamma?: number | undefined;
}
const STEP_OPTIONS: OptionNames<StepLROptions> = { gamma: true };

/** Multiplies the rate by gamma (default 0.1) every stepSize steps; as `StepLR`. */
export class StepLR extends FactorLR {
  readonly stepSize: number;
  readonly gamma: number;
  constructor(optimizer: AnyOptimizer, stepSize: number, options: StepLROptions = {}) {
    checkOptions("StepLR", options, STEP_OPTIONS);
    super(optimizer);
    this.stepSize = steps("StepLR", "stepSize", stepSize);
    this.gamma = options.gamma ?? 0.1;
    this.applyRates();
  }
  protected factor(step: number): number {
    return this.gamma ** Math.floor(step / this.stepSize);
  }
  protected settings() {
    return { stepSize: this.stepSize, gamma: this.gamma };
  }
}

export interface CosineAnnealingLROptions {
  /** Default: 0. */
  readonly etaMin?: number | undefined;
}
const COSINE_OPTIONS: OptionNames<CosineAnnealingLROptions> = { etaMin: true };

/**
 * Half a cosine from the base rate down to etaMin (default 0) in tMax steps, and up again after that; as
 * `CosineAnnealingLR`.
 * @see Loshchilov and Hutter, SGDR, 2016
 */
export class CosineAnnealingLR extends LRScheduler {
  readonly tMax: number;
  readonly etaMin: number;
  constructor(optimizer: AnyOptimizer, tMax: number, options: CosineAnnealingLROptions = {}) {
    checkOptions("CosineAnnealingLR", options, COSINE_OPTIONS);
    super(optimizer);
    this.tMax = steps("CosineAnnealingLR", "tMax", tMax);
    this.etaMin = options.etaMin ?? 0;
    this.applyRates();
  }
  protected rate(group: number, step: number): number {
    return cosine(this.baseLrs[group] as number, this.etaMin, step / this.tMax);
  }
  /**
   * What is above etaMin changes as it does here.
   * @internal
   */
  override chained(group: number, step: number, lr: number): number {
    if (step === 0) return lr;
    const [before, after] = [this.rate(group, step - 1), this.rate(group, step)];
    const { etaMin } = this;
    if (before === etaMin) return lr + after - before;
    return etaMin + ((lr - etaMin) * (after - etaMin)) / (before - etaMin);
  }
  protected settings() {
    return { tMax: this.tMax, etaMin: this.etaMin };
  }
}
