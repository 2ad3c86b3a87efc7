// Losses of real-valued predictions: mseLoss, l1Loss, smoothL1Loss, huberLoss.
import { ArgumentError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import {
  checkReduction,
  checkSameShape,
  LOSS_OPTIONS,
  type LossOptions,
  reduced,
} from "./reduction.ts";

function loss(
  op: string,
  input: Tensor,
  target: Tensor,
  options: LossOptions,
  value: (difference: Tensor) => Tensor,
): Tensor {
  checkOptions(op, options, LOSS_OPTIONS);
  const { reduction = "mean" } = options;
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
  readonly beta?: number | undefined;
}
const SMOOTH_OPTIONS: OptionNames<SmoothL1Options> = { ...LOSS_OPTIONS, beta: true };

/**
 * With d = |input − target|: d² / (2·beta) below beta, d − beta / 2 from there on; averaged. As
 * `torch.nn.functional.smooth_l1_loss`. Shapes must be equal.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.smooth_l1_loss.html
 */
export function smoothL1Loss(input: Tensor, target: Tensor, options: SmoothL1Options = {}): Tensor {
  const op = "smoothL1Loss";
  checkOptions(op, options, SMOOTH_OPTIONS);
  const { beta = 1, ...rest } = options;
  if (!(beta >= 0)) throw new ArgumentError(op, `beta must be ≥ 0; got ${beta}`);
  return loss(op, input, target, rest, (d) => {
    const distance = d.abs();
    if (beta === 0) return distance;
    // The parabola up to beta, the line from there on: infinity never meets a zero, in the gradient either.
    const near = distance.clamp({ max: beta });
    return near
      .square()
      .mul(0.5 / beta)
      .add(distance.sub(near));
  });
}

export interface HuberOptions extends LossOptions {
  /** Where the parabola meets the line. Default 1. */
  readonly delta?: number | undefined;
}
const HUBER_OPTIONS: OptionNames<HuberOptions> = { ...LOSS_OPTIONS, delta: true };

/**
 * With d = |input − target|: d² / 2 below delta, delta · (d − delta / 2) from there on; averaged. As
 * `torch.nn.functional.huber_loss`. Shapes must be equal.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.huber_loss.html
 */
export function huberLoss(input: Tensor, target: Tensor, options: HuberOptions = {}): Tensor {
  const op = "huberLoss";
  checkOptions(op, options, HUBER_OPTIONS);
  const { delta = 1, ...rest } = options;
  if (!(delta > 0)) throw new ArgumentError(op, `delta must be > 0; got ${delta}`);
  return loss(op, input, target, rest, (d) => {
    const distance = d.abs();
    const near = distance.clamp({ max: delta });
    return near.square().mul(0.5).add(distance.sub(near).mul(delta));
  });
}
