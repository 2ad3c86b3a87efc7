// The `inplace` option of activations and dropouts: the result is written over the input, which is given back.
import { checkOptions, type OptionNames } from "@tapegrad/core";
import { Module } from "../module.ts";

export interface InPlaceOptions {
  /** Write the result over the input. Default: false. */
  readonly inplace?: boolean | undefined;
}
export const IN_PLACE_OPTIONS: OptionNames<InPlaceOptions> = { inplace: true };

/** "alpha=1.0, inplace=True", or without what is false. */
export const withInPlace = (settings: string, inplace: boolean): string =>
  inplace ? `${settings}${settings === "" ? "" : ", "}inplace=True` : settings;

/** Activations without other settings. */
export abstract class InPlaceActivation extends Module {
  readonly inplace: boolean;
  constructor(options: InPlaceOptions = {}) {
    super();
    checkOptions(this.constructor.name, options, IN_PLACE_OPTIONS);
    this.inplace = options.inplace ?? false;
  }
  override extraRepr(): string {
    return withInPlace("", this.inplace);
  }
}
