// Learning-rate schedules. Each but ReduceLROnPlateau and SWALR is a closed form of the step number, so state is that number
// alone and a resumed run goes on with the same rates. Changes of `group.lr` by hand last until the next step().
import { ArgumentError } from "@tapegrad/core";
import { StateDictError } from "../state-dict.ts";
import type { Optimizer } from "./optimizer.ts";

/** What JSON can hold. */
export type Setting =
  | number
  | string
  | boolean
  | null
  | readonly Setting[]
  | { readonly [name: string]: Setting };

export interface SchedulerState {
  readonly scheduler: string;
  readonly lastEpoch: number;
  /** What a resumed schedule must agree on: base rates and settings. */
  readonly settings: Readonly<Record<string, Setting>>;
  /** What it has seen, of a schedule that goes by more than the number of steps. */
  readonly seen?: Readonly<Record<string, number | null>>;
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
  /**
   * rate() behind another schedule, which left `before`; most begin with their own first rate whatever that was.
   * @internal
   */
  rateAt(group: number, step: number, _before?: number): number {
    return this.rate(group, step);
  }
  /**
   * The rate of a group at a step when something else, a schedule chained in front, has made its rate `lr`: unless told
   * otherwise it is overridden.
   * @internal
   */
  chained(group: number, step: number, _lr: number): number {
    return this.rate(group, step);
  }

  /** To the next step; after optimizer.step(). */
  step(): void {
    this.moveTo(this.lastEpoch + 1);
  }
  /** @internal */
  moveTo(step: number): void {
    this.lastEpoch = step;
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
    this.moveTo(lastEpoch as number);
  }
}

/** A schedule that multiplies the first rate with a factor of the step. */
export abstract class FactorLR extends LRScheduler {
  protected abstract factor(step: number, group: number): number;

  protected rate(group: number, step: number): number {
    return (this.baseLrs[group] as number) * this.factor(step, group);
  }
  /** @internal */
  override chained(group: number, step: number, lr: number): number {
    const factor = this.factor(step, group);
    if (step === 0) return lr * factor;
    const before = this.factor(step - 1, group);
    return before === 0 ? lr : lr * (factor / before);
  }
}

/** One number for all groups, or one for each, as a list. */
export function perGroup(
  name: string,
  argument: string,
  optimizer: AnyOptimizer,
  value: number | readonly number[],
): readonly number[] {
  const groups = optimizer.paramGroups.length;
  const list = typeof value === "number" ? new Array<number>(groups).fill(value) : [...value];
  if (list.length !== groups) {
    throw new ArgumentError(
      name,
      `${argument} has ${list.length} values for ${groups} parameter groups`,
    );
  }
  const wrong = list.find((v) => !(v >= 0 && Number.isFinite(v)));
  if (wrong === undefined) return list;
  throw new ArgumentError(name, `${argument} must be a number ≥ 0; got ${wrong}`);
}

/** Throws unless groups have a momentum, or betas, that a schedule may move. */
export function checkMomenta(name: string, optimizer: AnyOptimizer): void {
  if (optimizer.paramGroups.every((g) => "momentum" in g || "betas" in g)) return;
  throw new ArgumentError(
    name,
    "the optimizer has neither momentum nor betas; pass { cycleMomentum: false }",
  );
}
/** Sets a group's momentum: of SGD, or the first beta of Adam. */
export function setMomentum(group: AnyOptimizer["paramGroups"][number], momentum: number): void {
  if ("betas" in group) group.betas = [momentum, group.betas[1]];
  else group.momentum = momentum;
}

/** Throws unless value is a whole number ≥ 1. */
export function steps(name: string, argument: string, value: number): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw new ArgumentError(name, `${argument} must be a whole number ≥ 1; got ${value}`);
}

/** From start (fraction 0) to end (fraction 1) along half a cosine. */
export const cosine = (start: number, end: number, fraction: number): number =>
  end + ((start - end) / 2) * (1 + Math.cos(Math.PI * fraction));
