// ReduceLROnPlateau: a lower rate when a metric no longer gets better.
import { ArgumentError, checkOptions, type OptionNames, type Tensor } from "@tapegrad/core";
import { defined, oneOf, whole } from "../args.ts";
import { StateDictError } from "../state-dict.ts";
import { type AnyOptimizer, LRScheduler, perGroup, type SchedulerState } from "./scheduler.ts";

export interface ReduceLROnPlateauOptions {
  /** Whether a smaller metric is better, or a larger one. Default: "min". */
  readonly mode?: "min" | "max" | undefined;
  /** What the rate is multiplied with, < 1. Default: 0.1. */
  readonly factor?: number | undefined;
  /** How many steps without a better metric are borne. Default: 10. */
  readonly patience?: number | undefined;
  /** What a better metric must be better by. Default: 1e-4. */
  readonly threshold?: number | undefined;
  /** Whether threshold is a part of the best metric, or an amount. Default: "rel". */
  readonly thresholdMode?: "rel" | "abs" | undefined;
  /** How many steps after a reduction do not count. Default: 0. */
  readonly cooldown?: number | undefined;
  /** The lowest rate; one for all groups, or one for each. Default: 0. */
  readonly minLr?: number | readonly number[] | undefined;
  /** A smaller change of the rate is not made. Default: 1e-8. */
  readonly eps?: number | undefined;
}
const OPTIONS: OptionNames<ReduceLROnPlateauOptions> = {
  ...{ mode: true, factor: true, patience: true, threshold: true, thresholdMode: true },
  ...{ cooldown: true, minLr: true, eps: true },
};

/**
 * Multiplies the rate by `factor` when more than `patience` steps brought no better metric; as `ReduceLROnPlateau`. The
 * rate itself is the optimizer's state.
 */
export class ReduceLROnPlateau extends LRScheduler {
  private readonly options;
  private readonly minLrs: readonly number[];
  /** The best metric so far; null before the first. */
  best: number | null = null;
  numBadEpochs = 0;
  cooldownCounter = 0;

  constructor(optimizer: AnyOptimizer, options: ReduceLROnPlateauOptions = {}) {
    const name = "ReduceLROnPlateau";
    checkOptions(name, options, OPTIONS);
    super(optimizer);
    const { minLr, ...rest } = {
      ...({ mode: "min", factor: 0.1, patience: 10, threshold: 1e-4 } as const),
      ...({ thresholdMode: "rel", cooldown: 0, minLr: 0, eps: 1e-8 } as const),
      ...defined(options),
    };
    oneOf(name, "mode", rest.mode, ["min", "max"]);
    oneOf(name, "thresholdMode", rest.thresholdMode, ["rel", "abs"]);
    if (!(rest.factor < 1)) {
      throw new ArgumentError(name, `factor must be below 1; got ${rest.factor}`);
    }
    whole(name, "patience", rest.patience, 0);
    whole(name, "cooldown", rest.cooldown, 0);
    this.minLrs = perGroup(name, "minLr", optimizer, minLr);
    this.options = rest;
  }

  /**
   * To the next step; after validation.
   * @param metric what the rate goes by: a number, or a tensor of one
   */
  override step(metric?: number | Tensor): void {
    const value = typeof metric === "object" ? metric.item() : metric;
    if (typeof value !== "number") {
      throw new ArgumentError("ReduceLROnPlateau", "step() needs the metric: step(loss)");
    }
    const { patience, cooldown } = this.options;
    this.lastEpoch++;
    if (this.isBetter(value)) {
      this.best = value;
      this.numBadEpochs = 0;
    } else this.numBadEpochs++;
    if (this.cooldownCounter > 0) {
      this.cooldownCounter--;
      this.numBadEpochs = 0;
    }
    if (this.numBadEpochs <= patience) return;
    this.applyRates();
    this.cooldownCounter = cooldown;
    this.numBadEpochs = 0;
  }
  private isBetter(value: number): boolean {
    const { mode, threshold, thresholdMode } = this.options;
    const sign = mode === "min" ? -1 : 1;
    if (this.best === null) return !Number.isNaN(value) && value !== -sign * Infinity;
    const wanted =
      thresholdMode === "rel" ? this.best * (1 + sign * threshold) : this.best + sign * threshold;
    return mode === "min" ? value < wanted : value > wanted;
  }
  /** The next lower rate. */
  protected rate(group: number): number {
    const { factor, eps } = this.options;
    const lr = this.optimizer.paramGroups[group]?.lr as number;
    const lower = Math.max(lr * factor, this.minLrs[group] as number);
    return lr - lower > eps ? lower : lr;
  }
  protected settings() {
    return { ...this.options, minLrs: this.minLrs };
  }
  override stateDict(): SchedulerState {
    const { best, numBadEpochs, cooldownCounter } = this;
    return { ...super.stateDict(), seen: { best, numBadEpochs, cooldownCounter } };
  }
  /** @internal */
  override moveTo(step: number): void {
    this.lastEpoch = step;
  }
  override loadStateDict(state: unknown): void {
    const { best, numBadEpochs, cooldownCounter } = (state as Partial<SchedulerState>)?.seen ?? {};
    const counts = [numBadEpochs, cooldownCounter];
    const knows = best === null || typeof best === "number";
    if (!knows || !counts.every((n) => Number.isInteger(n))) {
      const got = JSON.stringify((state as Partial<SchedulerState>)?.seen);
      throw new StateDictError(
        "ReduceLROnPlateau",
        { mismatched: new Map([["seen", `expected best and two counts, got ${got}`]]) },
        "Build the schedule as the one that was saved.",
      );
    }
    super.loadStateDict(state);
    this.best = best;
    this.numBadEpochs = numBadEpochs as number;
    this.cooldownCounter = cooldownCounter as number;
  }
}
