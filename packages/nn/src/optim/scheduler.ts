// Learning-rate schedules. Each is a closed form of the step number, so state is that number alone and
// a resumed run goes on with the same rates. Changes of `group.lr` by hand last until the next step().
import { ArgumentError } from "@tapegrad/core";
import { StateDictError } from "../state-dict.ts";
import type { Optimizer } from "./optimizer.ts";

export interface SchedulerState {
  readonly scheduler: string;
  readonly lastEpoch: number;
  /** What a resumed schedule must agree on: base rates and settings. */
  readonly settings: Readonly<Record<string, number | string | boolean | readonly number[] | null>>;
}

// biome-ignore lint/suspicious/noExplicitAny: a schedule only touches lr, and momentum or betas where there are some
export type AnyOptimizer = Optimizer<any>;

export abstract class LRScheduler {
  readonly optimizer: AnyOptimizer;
  /** How often step() was called. */
  lastEpoch = 0;
  /** One per group: its rate when the first schedule took it over. */
  readonly baseLrs: readonly number[];

  constructor(optimizer: AnyOptimizer) {
    this.optimizer = optimizer;
    this.baseLrs = optimizer.paramGroups.map((group) => {
      group.initialLr ??= group.lr;
      return group.initialLr as number;
    });
  }
  /** The rate of a group at a step; 0 is the first. */
  protected abstract rate(group: number, step: number): number;
  protected abstract settings(): SchedulerState["settings"];

  /** To the next step; after optimizer.step(). */
  step(): void {
    this.lastEpoch++;
    this.applyRates();
  }
  /** Sets the rates of the current step; subclasses call it at the end of their constructor. */
  protected applyRates(): void {
    this.optimizer.paramGroups.forEach((group, i) => {
      group.lr = this.rate(i, this.lastEpoch);
    });
  }
  /** The rates that the optimizer uses now, one per group. */
  getLastLr(): number[] {
    return this.optimizer.paramGroups.map((group) => group.lr as number);
  }

  stateDict(): SchedulerState {
    const { lastEpoch, baseLrs } = this;
    return {
      scheduler: this.constructor.name,
      lastEpoch,
      settings: { baseLrs: [...baseLrs], ...this.settings() },
    };
  }
  /**
   * Goes on where `state` was, with the rates of that step.
   * @throws StateDictError when it was another schedule; then nothing was changed
   */
  loadStateDict(state: unknown): void {
    const own = this.stateDict();
    const saved = (state ?? {}) as Partial<SchedulerState>;
    const problems = new Map<string, string>();
    const compare = (key: string, mine: unknown, other: unknown) => {
      const [a, b] = [JSON.stringify(mine), JSON.stringify(other)];
      if (a !== b) problems.set(key, `expected ${a}, got ${b}`);
    };
    compare("scheduler", own.scheduler, saved.scheduler);
    for (const [key, value] of Object.entries(own.settings)) {
      compare(key, value, saved.settings?.[key]);
    }
    const { lastEpoch } = saved;
    if (!Number.isInteger(lastEpoch) || (lastEpoch as number) < 0) {
      problems.set("lastEpoch", `expected a step number, got ${String(lastEpoch)}`);
    }
    if (problems.size > 0) {
      throw new StateDictError(
        own.scheduler,
        { mismatched: problems },
        "Build the schedule as the one that was saved.",
      );
    }
    this.lastEpoch = lastEpoch as number;
    this.applyRates();
  }
}

/** Throws unless value is a whole number ≥ 1. */
export function steps(name: string, argument: string, value: number): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw new ArgumentError(name, `${argument} must be a whole number ≥ 1; got ${value}`);
}

/** From start (fraction 0) to end (fraction 1) along half a cosine. */
export const cosine = (start: number, end: number, fraction: number): number =>
  end + ((start - end) / 2) * (1 + Math.cos(Math.PI * fraction));
