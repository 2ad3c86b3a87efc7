// OneCycleLR: up to a high rate, then down to almost none, with the momentum against it.
import { ArgumentError, checkOptions, type OptionNames } from "@tapegrad/core";
import { defined } from "../args.ts";
import { type AnyOptimizer, cosine, LRScheduler, steps } from "./scheduler.ts";

export interface OneCycleOptions {
  /** Steps of the whole cycle; or give epochs and stepsPerEpoch. */
  readonly totalSteps?: number | undefined;
  readonly epochs?: number | undefined;
  readonly stepsPerEpoch?: number | undefined;
  /** Part of the cycle in which the rate rises. Default: 0.3. */
  readonly pctStart?: number | undefined;
  /** Default: "cos". */
  readonly annealStrategy?: "cos" | "linear" | undefined;
  /** Move the momentum (of SGD, or the first beta of Adam) against the rate. Default: true. */
  readonly cycleMomentum?: boolean | undefined;
  /** Where the rate is highest. Default: 0.85. */
  readonly baseMomentum?: number | undefined;
  /** Where the rate is lowest. Default: 0.95. */
  readonly maxMomentum?: number | undefined;
  /** The first rate is maxLr / divFactor. Default: 25. */
  readonly divFactor?: number | undefined;
  /** The last rate is the first / finalDivFactor. Default: 1e4. */
  readonly finalDivFactor?: number | undefined;
  /** Come down as fast as the rise was, then fade. Default: false. */
  readonly threePhase?: boolean | undefined;
}
const OPTIONS: OptionNames<OneCycleOptions> = {
  totalSteps: true,
  epochs: true,
  stepsPerEpoch: true,
  pctStart: true,
  annealStrategy: true,
  cycleMomentum: true,
  baseMomentum: true,
  maxMomentum: true,
  divFactor: true,
  finalDivFactor: true,
  threePhase: true,
};

type CycleSettings = {
  readonly [K in Exclude<
    keyof OneCycleOptions,
    "totalSteps" | "epochs" | "stepsPerEpoch"
  >]-?: Exclude<OneCycleOptions[K], undefined>;
};

/** Values at its start and end; a phase begins where the one before it ended. */
interface Phase {
  readonly end: number;
  readonly rates: readonly ["initial" | "max", "max" | "initial" | "min"];
  readonly momentum: readonly [number, number];
}

/**
 * One cycle of rates, called after every batch; as `torch.optim.lr_scheduler.OneCycleLR`.
 * @param maxLr the highest rate; one for all groups, or one per group
 * @see Smith and Topin, Super-Convergence, 2017
 */
export class OneCycleLR extends LRScheduler {
  readonly totalSteps: number;
  private readonly maxLrs: readonly number[];
  private readonly options: CycleSettings;
  private readonly phases: readonly Phase[];

  constructor(
    optimizer: AnyOptimizer,
    maxLr: number | readonly number[],
    options: OneCycleOptions = {},
  ) {
    checkOptions("OneCycleLR", options, OPTIONS);
    super(optimizer);
    const { totalSteps, epochs, stepsPerEpoch, ...rest } = options;
    this.totalSteps = totalOf(options);
    this.options = {
      pctStart: 0.3,
      annealStrategy: "cos",
      cycleMomentum: true,
      baseMomentum: 0.85,
      maxMomentum: 0.95,
      divFactor: 25,
      finalDivFactor: 1e4,
      threePhase: false,
      ...defined(rest),
    };
    const groups = optimizer.paramGroups;
    this.maxLrs = typeof maxLr === "number" ? groups.map(() => maxLr) : [...maxLr];
    check(this.maxLrs, groups, this.options);
    this.phases = phasesOf(this.totalSteps, this.options);
    this.applyRates();
  }

  override step(): void {
    if (this.lastEpoch + 1 > this.totalSteps) {
      throw new ArgumentError(
        "OneCycleLR",
        `step ${this.lastEpoch + 1} is beyond totalSteps=${this.totalSteps}; ` +
          `call step() once a batch, or make the cycle longer`,
      );
    }
    super.step();
  }
  protected override applyRates(): void {
    super.applyRates();
    if (!this.options.cycleMomentum) return;
    const { phase, fraction } = this.placeOf(this.lastEpoch);
    const momentum = this.anneal(phase.momentum[0], phase.momentum[1], fraction);
    for (const group of this.optimizer.paramGroups) {
      if ("betas" in group) group.betas = [momentum, group.betas[1]];
      else group.momentum = momentum;
    }
  }
  protected rate(group: number, step: number): number {
    const max = this.maxLrs[group] as number;
    const initial = max / this.options.divFactor;
    const rates = { initial, max, min: initial / this.options.finalDivFactor };
    const { phase, fraction } = this.placeOf(step);
    return this.anneal(rates[phase.rates[0]], rates[phase.rates[1]], fraction);
  }
  private placeOf(step: number): { readonly phase: Phase; readonly fraction: number } {
    let start = 0;
    for (const [i, phase] of this.phases.entries()) {
      if (step <= phase.end || i === this.phases.length - 1) {
        return { phase, fraction: (step - start) / (phase.end - start) };
      }
      start = phase.end;
    }
    throw new ArgumentError("OneCycleLR", "a cycle has at least one phase");
  }
  private anneal(start: number, end: number, fraction: number): number {
    return this.options.annealStrategy === "cos"
      ? cosine(start, end, fraction)
      : (end - start) * fraction + start;
  }
  protected settings() {
    return { totalSteps: this.totalSteps, maxLrs: [...this.maxLrs], ...this.options };
  }
}

function totalOf({ totalSteps, epochs, stepsPerEpoch }: OneCycleOptions): number {
  if (totalSteps !== undefined) return steps("OneCycleLR", "totalSteps", totalSteps);
  if (epochs === undefined || stepsPerEpoch === undefined) {
    throw new ArgumentError("OneCycleLR", "give totalSteps, or epochs and stepsPerEpoch");
  }
  return (
    steps("OneCycleLR", "epochs", epochs) * steps("OneCycleLR", "stepsPerEpoch", stepsPerEpoch)
  );
}

function check(
  maxLrs: readonly number[],
  groups: AnyOptimizer["paramGroups"],
  options: {
    readonly pctStart: number;
    readonly annealStrategy: string;
    readonly cycleMomentum: boolean;
  },
): void {
  const fail = (why: string): never => {
    throw new ArgumentError("OneCycleLR", why);
  };
  if (maxLrs.length !== groups.length) {
    fail(`maxLr has ${maxLrs.length} values for ${groups.length} parameter groups`);
  }
  const wrong = maxLrs.find((lr) => !(lr >= 0 && Number.isFinite(lr)));
  if (wrong !== undefined) fail(`maxLr must be a number ≥ 0; got ${wrong}`);
  if (!(options.pctStart >= 0 && options.pctStart <= 1)) {
    fail(`pctStart must be in [0, 1]; got ${options.pctStart}`);
  }
  if (!["cos", "linear"].includes(options.annealStrategy)) {
    fail(`annealStrategy must be "cos" or "linear"; got "${options.annealStrategy}"`);
  }
  if (options.cycleMomentum && groups.some((g) => !("momentum" in g) && !("betas" in g))) {
    fail("the optimizer has neither momentum nor betas; pass { cycleMomentum: false }");
  }
}

function phasesOf(
  total: number,
  options: {
    readonly pctStart: number;
    readonly baseMomentum: number;
    readonly maxMomentum: number;
    readonly threePhase: boolean;
  },
): Phase[] {
  const { pctStart, baseMomentum: low, maxMomentum: high, threePhase } = options;
  const top = pctStart * total - 1;
  const up: Phase = { end: top, rates: ["initial", "max"], momentum: [high, low] };
  if (!threePhase) return [up, { end: total - 1, rates: ["max", "min"], momentum: [low, high] }];
  return [
    up,
    { end: 2 * pctStart * total - 2, rates: ["max", "initial"], momentum: [low, high] },
    { end: total - 1, rates: ["initial", "min"], momentum: [high, high] },
  ];
}
