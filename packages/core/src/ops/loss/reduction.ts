// What all losses share: how the values of the elements become the result.
import { ArgumentError, ShapeError } from "../../errors.ts";
import type { OptionNames } from "../../options.ts";
import { sameShape } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";

/** "none" keeps one value per element, "mean" and "sum" give one number. */
export type Reduction = "none" | "mean" | "sum";

export interface LossOptions {
  /** Default "mean". */
  readonly reduction?: Reduction | undefined;
}
export const LOSS_OPTIONS: OptionNames<LossOptions> = { reduction: true };

export function checkReduction(op: string, reduction: Reduction): void {
  if (!["none", "mean", "sum"].includes(reduction)) {
    throw new ArgumentError(
      op,
      `reduction is "none", "mean" or "sum"; got ${JSON.stringify(reduction)}`,
    );
  }
}

export const reduced = (values: Tensor, reduction: Reduction): Tensor =>
  reduction === "none" ? values : reduction === "sum" ? values.sum() : values.mean();

/** Unlike PyTorch, which broadcasts with a warning: a [N, 1] beside a [N] is a mistake, not a wish. */
export function checkSameShape(op: string, input: Tensor, target: Tensor): void {
  if (sameShape(input.shape, target.shape)) return;
  throw new ShapeError(op, "input and target must have the same shape; reshape or expand one", {
    input: input.shape,
    target: target.shape,
  });
}

/**
 * Calls `refuse` when a value lies outside of [low, high]. Devices that cannot be read at once are not looked at:
 * there such values give NaN.
 */
export function checkValues(
  t: Tensor,
  low: number,
  high: number,
  refuse: (least: number, most: number) => never,
): void {
  const values = t.storage.backend.readSync?.(t);
  if (values === undefined) return;
  let [least, most] = [low, high];
  for (let i = 0; i < values.length; i++) {
    const v = values[i] as number;
    if (v < least) least = v;
    if (v > most) most = v;
  }
  if (least < low || most > high) refuse(least, most);
}
