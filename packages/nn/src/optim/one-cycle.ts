// OneCycleLR: up to a high rate, then down to almost none, with the momentum against it.
import { ArgumentError, checkOptions, type OptionNames } from "@tapegrad/core";
import { defined, oneOf, within } from "../args.ts";
import {
  type AnyOptimizer,
  checkMomenta,
  cosine,
  LRScheduler,
  perGroup,
  setMomentum,
  steps,
} from "./scheduler.ts";

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
    this.maxLrs = perGroup("OneCycleLR", "maxLr", optimizer, maxLr);
    within("OneCycleLR", "pctStart", this.options.pctStart, 0, 1);
    oneOf("OneCycleLR", "annealStrategy", this.options.annealStrategy, ["cos", "linear"]);
    if (this.options.cycleMomentum) checkMomenta("OneCycleLR", optimizer);
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
    for (const group of this.optimizer.paramGroups) setMomentum(group, momentum);
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
