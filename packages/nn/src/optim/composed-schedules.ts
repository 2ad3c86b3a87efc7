// Schedules made of others: SequentialLR, ChainedScheduler.
import { ArgumentError } from "@tapegrad/core";
import { ReduceLROnPlateau } from "./plateau.ts";
import { type AnyOptimizer, LRScheduler, type Setting, steps } from "./scheduler.ts";

function check(name: string, optimizer: AnyOptimizer, schedulers: readonly LRScheduler[]): void {
  if (schedulers.length === 0) throw new ArgumentError(name, "the list of schedules is empty");
  for (const [i, s] of schedulers.entries()) {
    if (!(s instanceof LRScheduler) || s instanceof ReduceLROnPlateau) {
      throw new ArgumentError(
        name,
        `schedule ${i} must be a schedule of steps, not ${s?.constructor?.name}; step a ReduceLROnPlateau by itself`,
      );
    }
    if (s.optimizer !== optimizer) {
      throw new ArgumentError(name, `schedule ${i} belongs to another optimizer`);
    }
  }
}

const settingsOf = (schedulers: readonly LRScheduler[]): Setting =>
  schedulers.map((s) => {
    const { scheduler, settings } = s.stateDict();
    return { scheduler, settings };
  });

/**
 * One schedule after another: schedule i + 1 begins with its first step at milestone i. MultiplicativeLR and SWALR go
 * on from the rate that they find, the others begin with their own. As `SequentialLR`.
 * @throws ArgumentError unless there is a milestone between each two, and they rise
 */
export class SequentialLR extends LRScheduler {
  readonly schedulers: readonly LRScheduler[];
  readonly milestones: readonly number[];
  constructor(
    optimizer: AnyOptimizer,
    schedulers: readonly LRScheduler[],
    milestones: readonly number[],
  ) {
    const name = "SequentialLR";
    super(optimizer);
    check(name, optimizer, schedulers);
    milestones.forEach((step, i) => {
      steps(name, "milestones", step);
      if (i > 0 && step <= (milestones[i - 1] as number)) {
        throw new ArgumentError(name, `milestones must rise; got ${JSON.stringify(milestones)}`);
      }
    });
    if (milestones.length !== schedulers.length - 1) {
      throw new ArgumentError(
        name,
        `${schedulers.length} schedules need ${schedulers.length - 1} milestones; got ${milestones.length}`,
      );
    }
    this.schedulers = [...schedulers];
    this.milestones = [...milestones];
    this.applyRates();
  }
  /** Whose turn it is, and since which step. */
  private placeOf(step: number): { readonly scheduler: LRScheduler; readonly begun: number } {
    const passed = this.milestones.filter((m) => m <= step).length;
    const begun = this.milestones[passed - 1] ?? 0;
    return { scheduler: this.schedulers[passed] as LRScheduler, begun };
  }
  protected rate(group: number, step: number): number {
    return this.rateAt(group, step);
  }
  /** @internal */
  override rateAt(group: number, step: number, before?: number): number {
    const { scheduler, begun } = this.placeOf(step);
    const last = begun === 0 ? before : this.rateAt(group, begun - 1, before);
    return scheduler.rateAt(group, step - begun, last);
  }
  protected override applyRates(): void {
    const { scheduler, begun } = this.placeOf(this.lastEpoch);
    // Sets what else it sets, as a momentum.
    scheduler.moveTo(this.lastEpoch - begun);
    super.applyRates();
  }
  protected settings() {
    return { milestones: this.milestones, schedulers: settingsOf(this.schedulers) };
  }
}

/**
 * All schedules at each step, each on the rates that those before it left: factors are multiplied. As
 * `ChainedScheduler`.
 */
export class ChainedScheduler extends LRScheduler {
  readonly schedulers: readonly LRScheduler[];
  /** The rates of a step, from which those of the next are made. */
  private last: { readonly step: number; readonly rates: readonly number[] };
  constructor(schedulers: readonly LRScheduler[], optimizer?: AnyOptimizer) {
    const name = "ChainedScheduler";
    const own = optimizer ?? schedulers[0]?.optimizer;
    if (own === undefined) throw new ArgumentError(name, "the list of schedules is empty");
    super(own);
    check(name, own, schedulers);
    this.schedulers = [...schedulers];
    this.last = { step: -1, rates: this.baseLrs };
    this.applyRates();
  }
  protected rate(group: number, step: number): number {
    if (this.last.step > step) this.last = { step: -1, rates: this.baseLrs };
    while (this.last.step < step) {
      const next = this.last.step + 1;
      const rates = this.last.rates.map((lr, i) =>
        this.schedulers.reduce((rate, s) => s.chained(i, next, rate), lr),
      );
      this.last = { step: next, rates };
    }
    return this.last.rates[group] as number;
  }
  protected override applyRates(): void {
    for (const s of this.schedulers) s.moveTo(this.lastEpoch);
    super.applyRates();
  }
  protected settings() {
    return { schedulers: settingsOf(this.schedulers) };
  }
}
