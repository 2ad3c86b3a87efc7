// Losses that are negative log-likelihoods or divergences: klDiv, poissonNllLoss, gaussianNllLoss.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { sameShape } from "../../shape.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { full } from "../creation.ts";
import { eq } from "../elementwise/eq.ts";
import { gt } from "../elementwise/gt.ts";
import { where } from "../elementwise/where.ts";
import {
  checkReduction,
  checkSameShape,
  checkValues,
  LOSS_OPTIONS,
  type LossOptions,
  type Reduction,
  reduced,
} from "./reduction.ts";

export interface KlDivOptions {
  /** "batchmean" is the divergence itself: the sum over the size of the first dim. Default "mean". */
  readonly reduction?: Reduction | "batchmean" | undefined;
  /** The target holds log-probabilities too. Default false. */
  readonly logTarget?: boolean | undefined;
}
const KL_OPTIONS: OptionNames<KlDivOptions> = { reduction: true, logTarget: true };

/**
 * target · (log target − input), averaged: the Kullback-Leibler divergence of the target from what the input
 * predicts; as `torch.nn.functional.kl_div`. Shapes must be equal.
 * @param input log-probabilities
 * @param target probabilities; log-probabilities with logTarget
 * @throws ShapeError shapes that differ; ArgumentError an unknown reduction; DTypeError mixed or integer dtypes
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.kl_div.html
 */
export function klDiv(input: Tensor, target: Tensor, options: KlDivOptions = {}): Tensor {
  const op = "klDiv";
  checkOptions(op, options, KL_OPTIONS);
  const { reduction = "mean", logTarget = false } = options;
  checkDtypes(op, { input, target });
  checkSameShape(op, input, target);
  if (reduction !== "batchmean") checkReduction(op, reduction);
  return composite(() => {
    const values = logTarget
      ? target.exp().mul(target.sub(input))
      : // 0 · log 0 is 0.
        target.mul(where(eq(target, 0), 1, target).log()).sub(target.mul(input));
    if (reduction !== "batchmean") return reduced(values, reduction);
    return values.sum().div(input.shape[0] ?? 1);
  });
}

export interface PoissonNllOptions extends LossOptions {
  /** The input is the logarithm of the rate. Default true. */
  readonly logInput?: boolean | undefined;
  /** Adds Stirling's approximation of log target!. Default false. */
  readonly full?: boolean | undefined;
  /** Added to the rate before its logarithm. Default 1e-8. */
  readonly eps?: number | undefined;
}
const POISSON_OPTIONS: OptionNames<PoissonNllOptions> = {
  ...LOSS_OPTIONS,
  logInput: true,
  full: true,
  eps: true,
};

/**
 * exp(input) − target · input, averaged: counts of a Poisson distribution; as
 * `torch.nn.functional.poisson_nll_loss`. Shapes must be equal.
 * @throws ShapeError shapes that differ; DTypeError mixed or integer dtypes
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.poisson_nll_loss.html
 */
export function poissonNllLoss(
  input: Tensor,
  target: Tensor,
  options: PoissonNllOptions = {},
): Tensor {
  const op = "poissonNllLoss";
  checkOptions(op, options, POISSON_OPTIONS);
  const { logInput = true, full: stirling = false, eps = 1e-8, reduction = "mean" } = options;
  checkDtypes(op, { input, target });
  checkSameShape(op, input, target);
  checkReduction(op, reduction);
  return composite(() => {
    const values = logInput
      ? input.exp().sub(target.mul(input))
      : input.sub(target.mul(input.add(eps).log()));
    if (!stirling) return reduced(values, reduction);
    const large = gt(target, 1);
    const t = where(large, target, 1);
    const factorial = t
      .mul(t.log())
      .sub(t)
      .add(
        t
          .mul(2 * Math.PI)
          .log()
          .mul(0.5),
      );
    return reduced(values.add(where(large, factorial, 0)), reduction);
  });
}

export interface GaussianNllOptions extends LossOptions {
  /** Adds the constant ½ log 2π. Default false. */
  readonly full?: boolean | undefined;
  /** The least that a variance counts as. Default 1e-6. */
  readonly eps?: number | undefined;
}
const GAUSSIAN_OPTIONS: OptionNames<GaussianNllOptions> = {
  ...LOSS_OPTIONS,
  full: true,
  eps: true,
};

/**
 * ½ [log v + (input − target)² / v], averaged: values with expectation input and variance v; as
 * `torch.nn.functional.gaussian_nll_loss`.
 * @param variance of input's shape, or with 1 for the last dim, or without it, or a number
 * @throws ShapeError shapes that do not fit; ArgumentError a negative variance; DTypeError mixed or integer dtypes
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.gaussian_nll_loss.html
 */
export function gaussianNllLoss(
  input: Tensor,
  target: Tensor,
  variance: Tensor | number,
  options: GaussianNllOptions = {},
): Tensor {
  const op = "gaussianNllLoss";
  checkOptions(op, options, GAUSSIAN_OPTIONS);
  const { full: constant = false, eps = 1e-6, reduction = "mean" } = options;
  checkDtypes(op, { input, target });
  checkSameShape(op, input, target);
  checkReduction(op, reduction);
  if (!(eps > 0)) throw new ArgumentError(op, `eps must be > 0; got ${eps}`);
  const negative = (least: number): never => {
    throw new ArgumentError(op, `a variance is not negative; got ${least}`);
  };
  if (typeof variance === "number") {
    if (variance < 0) negative(variance);
  } else {
    checkDtypes(op, { input, variance });
    checkValues(variance, 0, Number.POSITIVE_INFINITY, negative);
  }
  return composite(() => {
    const given =
      typeof variance === "number"
        ? full([], variance, { dtype: input.dtype, device: input.backend })
        : variance;
    const v = varianceBeside(op, input, given);
    // Raised to eps where it is less; the gradient passes as if it were not.
    const plain = v.detach();
    const raised = v.add(plain.clamp({ min: eps }).sub(plain));
    const values = raised.log().add(input.sub(target).square().div(raised)).mul(0.5);
    return reduced(constant ? values.add(0.5 * Math.log(2 * Math.PI)) : values, reduction);
  });
}

function varianceBeside(op: string, input: Tensor, v: Tensor): Tensor {
  if (v.ndim === 0 || sameShape(v.shape, input.shape)) return v;
  const front = input.shape.slice(0, -1);
  if (sameShape(v.shape, front)) return v.unsqueeze(-1);
  if (sameShape(v.shape, [...front, 1])) return v;
  throw new ShapeError(
    op,
    "variance must have the shape of input, of which the last dim may be 1",
    {
      input: input.shape,
      variance: v.shape,
    },
  );
}
