// Losses of real-valued predictions: mseLoss, l1Loss, smoothL1Loss.
import { ArgumentError } from "../../errors.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { where } from "../elementwise/where.ts";
import { checkReduction, checkSameShape, type LossOptions, reduced } from "./reduction.ts";

function loss(
  op: string,
  input: Tensor,
  target: Tensor,
  { reduction = "mean" }: LossOptions,
  value: (difference: Tensor) => Tensor,
): Tensor {
  checkDtypes(op, { input, target });
  checkSameShape(op, input, target);
  checkReduction(op, reduction);
  return composite(() => reduced(value(input.sub(target)), reduction));
}

/**
 * (input − target)², averaged; as `torch.nn.functional.mse_loss`. Shapes must be equal.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.mse_loss.html
 */
export const mseLoss = (input: Tensor, target: Tensor, options: LossOptions = {}): Tensor =>
  loss("mseLoss", input, target, options, (d) => d.square());

/**
 * |input − target|, averaged; as `torch.nn.functional.l1_loss`. Shapes must be equal.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.l1_loss.html
 */
export const l1Loss = (input: Tensor, target: Tensor, options: LossOptions = {}): Tensor =>
  loss("l1Loss", input, target, options, (d) => d.abs());

export interface SmoothL1Options extends LossOptions {
  /** Where the parabola meets the line; 0 is l1Loss. Default 1. */
  readonly beta?: number;
}

/**
 * With d = |input − target|: d² / (2·beta) below beta, d − beta / 2 from there on; averaged. As
 * `torch.nn.functional.smooth_l1_loss`. Shapes must be equal.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.smooth_l1_loss.html
 */
export function smoothL1Loss(input: Tensor, target: Tensor, options: SmoothL1Options = {}): Tensor {
  const { beta = 1 } = options;
  if (!(beta >= 0)) throw new ArgumentError("smoothL1Loss", `beta must be ≥ 0; got ${beta}`);
  return loss("smoothL1Loss", input, target, options, (d) => {
    const distance = d.abs();
    if (beta === 0) return distance;
    const near = d.square().mul(0.5 / beta);
    return where(distance.lt(beta), near, distance.sub(beta / 2));
  });
}
