// batchNorm: what people and modules call. Training uses the batch's statistics and moves the running
// ones towards them; evaluation uses the running ones.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { moveRunning } from "../../foreach/running.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import type { Tensor } from "../../tensor.ts";
import { type Activation, activated, checkActivation } from "../activation.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { batchNormEval } from "./batch-norm-eval.ts";
import { batchNormTrain } from "./batch-norm-train.ts";
import { affine, checkEps } from "./channels.ts";

export interface BatchNormOptions {
  /** [C], changed in place by training: (1 − momentum) · old + momentum · mean of the batch. */
  readonly runningMean?: Tensor | undefined;
  /** [C], likewise, towards the unbiased variance of the batch. */
  readonly runningVar?: Tensor | undefined;
  /** [C], factor after normalising. */
  readonly weight?: Tensor | undefined;
  /** [C], summand after normalising. */
  readonly bias?: Tensor | undefined;
  /** Default false. */
  readonly training?: boolean | undefined;
  /** Default 0.1. */
  readonly momentum?: number | undefined;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number | undefined;
  /**
   * Applied to the result in the same pass: "relu", "relu6" or "none". Exactly what the function of that name
   * gives behind the norm, gradients too, but faster. Default "none".
   */
  readonly activation?: Activation | undefined;
}
const OPTIONS: OptionNames<BatchNormOptions> = {
  runningMean: "Tensor",
  runningVar: "Tensor",
  weight: "Tensor",
  bias: "Tensor",
  training: true,
  momentum: true,
  eps: true,
  activation: true,
};

const OP = "batchNorm";

/**
 * Batch normalisation of x [N, C, …] over all dims but C, as `torch.nn.functional.batch_norm`; with an
 * `activation` that of the result, in the same pass.
 * @throws ShapeError a statistic or parameter that is not [C], or one value per channel in training;
 * ArgumentError evaluation without running statistics, a negative eps, an unknown activation; DTypeError mixed or integer dtypes
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.batch_norm.html
 */
export function batchNorm(x: Tensor, options: BatchNormOptions = {}): Tensor {
  checkOptions(OP, options, OPTIONS);
  const { runningMean, runningVar, weight, bias } = options;
  const { training = false, momentum = 0.1, eps = 1e-5, activation = "none" } = options;
  checkEps(OP, eps);
  checkActivation(OP, activation);
  checkDtypes(OP, { input: x }, { weight, bias });
  checkDtypes(OP, {}, { runningMean, runningVar });
  if (x.ndim < 2) {
    throw new ShapeError(OP, `input must be [batch, channels, …]; it has ${x.ndim} dimensions`, {
      input: x.shape,
    });
  }
  const channels = x.shape[1] as number;
  checkPerChannel(x, "runningMean", runningMean);
  checkPerChannel(x, "runningVar", runningVar);
  checkPerChannel(x, "weight", weight);
  checkPerChannel(x, "bias", bias);
  if (!training) {
    if (runningMean === undefined || runningVar === undefined) {
      throw new ArgumentError(
        OP,
        "evaluation needs runningMean and runningVar; pass them, or training: true",
      );
    }
    const [mean, variance] = [runningMean.to(x.dtype), runningVar.to(x.dtype)];
    return batchNormEval(x, mean, variance, weight, bias, { eps, activation });
  }
  const count = x.numel / channels;
  if (count === 1) {
    throw new ShapeError(
      OP,
      "training needs more than one value per channel; use a larger batch, or evaluation",
      { input: x.shape },
    );
  }
  if (x.numel === 0) return activated(affine(x.clone(), weight, bias), activation); // nothing to learn statistics from
  const [y, mean, variance] = batchNormTrain(x, weight, bias, { eps, activation });
  moveRunning(
    { mean: runningMean, variance: runningVar },
    { mean, variance },
    { momentum, unbiased: count / (count - 1) },
  );
  // Nobody else has seen these two; the tape holds its own.
  mean.release();
  variance.release();
  return y;
}

function checkPerChannel(x: Tensor, name: string, t: Tensor | undefined): void {
  const channels = x.shape[1] as number;
  if (t === undefined || (t.shape.length === 1 && t.shape[0] === channels)) return;
  throw new ShapeError(OP, `${name} must have one value for each of ${channels} channels`, {
    input: x.shape,
    [name]: t.shape,
  });
}
