// CyclicLR: up and down between two rates, with the momentum against it.
import { checkOptions, type OptionNames } from "@tapegrad/core";
import { defined, oneOf } from "../args.ts";
import {
  type AnyOptimizer,
  checkMomenta,
  LRScheduler,
  perGroup,
  setMomentum,
  steps,
} from "./scheduler.ts";

export interface CyclicLROptions {
  /** Steps of the rise. Default: 2000. */
  readonly stepSizeUp?: number | undefined;
  /** Steps of the fall. Default: stepSizeUp. */
  readonly stepSizeDown?: number | undefined;
  /**
   * "triangular": all cycles are alike (default); "triangular2": each is half as high as the one before; "expRange":
   * the height is multiplied by gamma at each step.
   */
  readonly mode?: "triangular" | "triangular2" | "expRange" | undefined;
  /** Of the mode "expRange". Default: 1. */
  readonly gamma?: number | undefined;
  /** The part of the height that is left, in place of a mode: a function of what scaleMode says. */
  readonly scaleFn?: ((x: number) => number) | undefined;
  /** What scaleFn is given: the cycle, counted from 1 (default), or the step. */
  readonly scaleMode?: "cycle" | "iterations" | undefined;
  /** Move the momentum (of SGD, or the first beta of Adam) against the rate. Default: true. */
  readonly cycleMomentum?: boolean | undefined;
  /** Where the rate is highest; one for all groups, or one for each. Default: 0.8. */
  readonly baseMomentum?: number | readonly number[] | undefined;
  /** Where the rate is lowest. Default: 0.9. */
  readonly maxMomentum?: number | readonly number[] | undefined;
}
const OPTIONS: OptionNames<CyclicLROptions> = {
  ...{ stepSizeUp: true, stepSizeDown: true, mode: true, gamma: true },
  ...{ scaleFn: true, scaleMode: true },
  ...{ cycleMomentum: true, baseMomentum: true, maxMomentum: true },
};

/**
 * Cycles of rates between baseLr and maxLr (one for all groups, or one for each), stepped after every batch; as
 * `CyclicLR`.
 * @see Smith, Cyclical Learning Rates for Training Neural Networks, 2015
 */
export class CyclicLR extends LRScheduler {
  readonly lows: readonly number[];
  readonly highs: readonly number[];
  private readonly up: number;
  private readonly down: number;
  private readonly scale: (cycle: number, step: number) => number;
  private readonly momenta: readonly [low: readonly number[], high: readonly number[]] | null;
  private readonly said: { readonly mode: string | null; readonly gamma: number };

  constructor(
    optimizer: AnyOptimizer,
    baseLr: number | readonly number[],
    maxLr: number | readonly number[],
    options: CyclicLROptions = {},
  ) {
    const name = "CyclicLR";
    checkOptions(name, options, OPTIONS);
    super(optimizer);
    const { stepSizeUp, stepSizeDown, mode, gamma, scaleFn, scaleMode, ...momentum } = {
      ...({ stepSizeUp: 2000, mode: "triangular", gamma: 1, scaleMode: "cycle" } as const),
      ...{ cycleMomentum: true, baseMomentum: 0.8, maxMomentum: 0.9 },
      ...defined(options),
    };
    this.lows = perGroup(name, "baseLr", optimizer, baseLr);
    this.highs = perGroup(name, "maxLr", optimizer, maxLr);
    this.up = steps(name, "stepSizeUp", stepSizeUp);
    this.down = steps(name, "stepSizeDown", stepSizeDown ?? stepSizeUp);
    oneOf(name, "mode", mode, ["triangular", "triangular2", "expRange"]);
    oneOf(name, "scaleMode", scaleMode, ["cycle", "iterations"]);
    this.said = { mode: scaleFn === undefined ? mode : null, gamma };
    if (scaleFn !== undefined) {
      this.scale = (cycle, step) => scaleFn(scaleMode === "cycle" ? cycle : step);
    } else if (mode === "expRange") this.scale = (_, step) => gamma ** step;
    else this.scale = mode === "triangular" ? () => 1 : (cycle) => 2 ** (1 - cycle);
    if (momentum.cycleMomentum) checkMomenta(name, optimizer);
    this.momenta = momentum.cycleMomentum
      ? [
          perGroup(name, "baseMomentum", optimizer, momentum.baseMomentum),
          perGroup(name, "maxMomentum", optimizer, momentum.maxMomentum),
        ]
      : null;
    this.applyRates();
  }

  /** How high it stands: 0 at the ends of a cycle, the scale in the middle. */
  private height(step: number): number {
    const total = this.up + this.down;
    const cycle = Math.floor(1 + step / total);
    const x = 1 + step / total - cycle;
    const top = this.up / total;
    return (x <= top ? x / top : (x - 1) / (top - 1)) * this.scale(cycle, step);
  }
  protected rate(group: number, step: number): number {
    const [low, high] = [this.lows[group] as number, this.highs[group] as number];
    return low + (high - low) * this.height(step);
  }
  protected override applyRates(): void {
    super.applyRates();
    if (this.momenta === null) return;
    const [lows, highs] = this.momenta;
    const height = this.height(this.lastEpoch);
    this.optimizer.paramGroups.forEach((group, i) => {
      const [low, high] = [lows[i] as number, highs[i] as number];
      setMomentum(group, high - (high - low) * height);
    });
  }
  protected settings() {
    const { lows, highs, up, down, momenta } = this;
    return { lows, highs, up, down, momenta, ...this.said };
  }
}
