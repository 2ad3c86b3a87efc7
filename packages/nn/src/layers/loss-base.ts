// What the modules of losses share: the reduction, and class weights as buffers.
import { checkOptions, type KnownOptions, type OptionNames, type Tensor } from "@tapegrad/core";
import { defined, oneOf } from "../args.ts";
import { Module } from "../module.ts";
import { buffer } from "../parameter.ts";

/** "mean" over elements (or their weights), "sum", or "none": one loss an element. */
export type Reduction = "mean" | "sum" | "none";

export interface LossOptions {
  /** Default: "mean". */
  readonly reduction?: Reduction | undefined;
}
export const LOSS_OPTIONS: OptionNames<LossOptions> = { reduction: true };

const REDUCTIONS: readonly Reduction[] = ["mean", "sum", "none"];

/** The caller keeps her handle; the module's own one shares the storage. */
export const shared = (t: Tensor | undefined): Tensor | null =>
  t === undefined ? null : buffer(t.detach());

export abstract class Loss extends Module {
  readonly reduction: Reduction;
  constructor(name: string, options: LossOptions, known: KnownOptions = LOSS_OPTIONS) {
    super();
    checkOptions(name, options, known);
    this.reduction = oneOf(name, "reduction", options.reduction ?? "mean", REDUCTIONS);
  }
}

/** A loss that hands its options, numbers and flags, to a function. */
export abstract class SettledLoss<O extends LossOptions> extends Loss {
  /** As given to the constructor. */
  readonly options: Readonly<O>;
  constructor(name: string, options: O, known: KnownOptions) {
    super(name, options, known);
    this.options = defined(options) as Readonly<O>;
  }
}
