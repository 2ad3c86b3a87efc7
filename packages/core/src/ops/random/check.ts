// What random draws check of their arguments, where the device can be read at once.
import { ArgumentError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import type { Generator } from "../../random/generator.ts";
import type { Tensor } from "../../tensor.ts";

export interface DrawOptions {
  /** Default: the generator that manualSeed seeds. */
  readonly generator?: Generator | undefined;
}
const DRAW_OPTIONS: OptionNames<DrawOptions> = { generator: true };

export const checkDrawOptions = (op: string, options: DrawOptions): void =>
  checkOptions(op, options, DRAW_OPTIONS);

/** @throws ArgumentError unless 0 ≤ p ≤ 1 */
export function checkProbability(op: string, p: number): void {
  if (!(p >= 0 && p <= 1)) {
    throw new ArgumentError(op, `p is a probability, from 0 to 1; got ${p}`);
  }
}

/** @throws ArgumentError naming the first element that is no probability */
export function checkProbabilities(op: string, p: Tensor): void {
  const data = p.storage.backend.readSync?.(p) as Float64Array | undefined;
  data?.forEach((v, i) => {
    if (!(v >= 0 && v <= 1)) {
      throw new ArgumentError(op, `p holds probabilities, from 0 to 1; element ${i} is ${v}`);
    }
  });
}
