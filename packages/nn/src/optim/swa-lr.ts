// SWALR: from whatever the rate is to a constant one, for stochastic weight averaging.
import { checkOptions, type OptionNames } from "@tapegrad/core";
import { oneOf, whole } from "../args.ts";
import { type AnyOptimizer, cosine, LRScheduler, perGroup } from "./scheduler.ts";

export interface SWALROptions {
  /** Steps on the way to the constant rate; 0: it is there at once. Default: 10. */
  readonly annealEpochs?: number | undefined;
  /** Default: "cos". */
  readonly annealStrategy?: "cos" | "linear" | undefined;
}
const OPTIONS: OptionNames<SWALROptions> = { annealEpochs: true, annealStrategy: true };

/**
 * Goes from the rates that the optimizer has to swaLr in annealEpochs steps and stays there; as
 * `torch.optim.swa_utils.SWALR`. It changes the rates that it finds: another schedule may be stepped before it, and
 * when its state is loaded they are those of the optimizer, whose state is to be loaded too.
 * @param swaLr the last rate; one for all groups, or one per group
 * @see Izmailov et al., Averaging Weights Leads to Wider Optima and Better Generalization, 2018
 */
export class SWALR extends LRScheduler {
  readonly swaLrs: readonly number[];
  readonly annealEpochs: number;
  readonly annealStrategy: "cos" | "linear";

  constructor(
    optimizer: AnyOptimizer,
    swaLr: number | readonly number[],
    options: SWALROptions = {},
  ) {
    checkOptions("SWALR", options, OPTIONS);
    const { annealEpochs = 10, annealStrategy = "cos" } = options;
    super(optimizer);
    this.swaLrs = perGroup("SWALR", "swaLr", optimizer, swaLr);
    this.annealEpochs = whole("SWALR", "annealEpochs", annealEpochs, 0);
    this.annealStrategy = oneOf("SWALR", "annealStrategy", annealStrategy, ["cos", "linear"]);
    this.applyRates();
  }
  /** How much of the way is done at a step. */
  private done(step: number): number {
    const { annealEpochs, annealStrategy } = this;
    if (step >= annealEpochs) return 1;
    const share = Math.max(0, step) / annealEpochs;
    return annealStrategy === "cos" ? cosine(0, 1, share) : share;
  }
  /** The rate at a step of a way that began at `from`. */
  private between(group: number, step: number, from: number): number {
    const done = this.done(step);
    return (this.swaLrs[group] as number) * done + from * (1 - done);
  }
  protected rate(group: number, step: number): number {
    return this.between(group, step, this.baseLrs[group] as number);
  }
  /** @internal */
  override rateAt(group: number, step: number, before?: number): number {
    return before === undefined ? this.rate(group, step) : this.between(group, step, before);
  }
  /** @internal */
  override chained(group: number, step: number, lr: number): number {
    const swaLr = this.swaLrs[group] as number;
    const before = step === 0 ? 0 : this.done(step - 1);
    return this.between(group, step, before === 1 ? swaLr : (lr - before * swaLr) / (1 - before));
  }

  override step(): void {
    this.lastEpoch++;
    this.applyRates();
  }
  /** @internal */
  override moveTo(step: number): void {
    this.lastEpoch = step;
  }
  protected override applyRates(): void {
    this.optimizer.paramGroups.forEach((group, i) => {
      group.lr = this.chained(i, this.lastEpoch, group.lr as number);
    });
  }
  protected settings() {
    const { swaLrs, annealEpochs, annealStrategy } = this;
    return { swaLrs, annealEpochs, annealStrategy };
  }
}
