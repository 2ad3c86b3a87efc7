// Normalisations over parts of one sample: groupNorm and instanceNorm, which are layerNorm's rows with the scale and
// shift of channels, and localResponseNorm.
import { noGrad } from "../../autograd/tape.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { sameShape, sizeOf } from "../../shape.ts";
import { composite, owned, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { avgPool2d } from "../pool/avg-pool.ts";
import { pad } from "../views/pad.ts";
import { batchNorm } from "./batch-norm.ts";
import { affine, checkEps } from "./channels.ts";
import { layerNorm } from "./layer-norm.ts";

function checkChannels(
  op: string,
  x: Tensor,
  perChannel: Readonly<Record<string, Tensor | undefined>>,
): number {
  if (x.ndim < 2) {
    throw new ShapeError(op, `input must be [batch, channels, …]; it has ${x.ndim} dimensions`, {
      input: x.shape,
    });
  }
  const channels = x.shape[1] as number;
  for (const [name, t] of Object.entries(perChannel)) {
    if (t === undefined || sameShape(t.shape, [channels])) continue;
    throw new ShapeError(op, `${name} must have one value for each of ${channels} channels`, {
      input: x.shape,
      [name]: t.shape,
    });
  }
  return channels;
}

/** x cut into `rows` rows, each normalised on its own. */
function normalizedRows(x: Tensor, rows: number, eps: number): Tensor {
  if (x.numel === 0) return x.clone();
  const length = x.numel / rows;
  return layerNorm(x.reshape([rows, length]), length, { eps }).reshape(x.shape);
}

export interface GroupNormOptions {
  /** [C], factor after normalising. */
  readonly weight?: Tensor | undefined;
  /** [C], summand after normalising. */
  readonly bias?: Tensor | undefined;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number | undefined;
}
const GROUP_OPTIONS: OptionNames<GroupNormOptions> = {
  weight: "Tensor",
  bias: "Tensor",
  eps: true,
};

/**
 * Normalises each group of channels of each sample of x [N, C, …]; as `torch.nn.functional.group_norm`.
 * @param numGroups divides C
 * @throws ShapeError a weight or bias that is not [C]; ArgumentError groups that do not divide C, a negative eps;
 * DTypeError mixed or integer dtypes
 * @see https://arxiv.org/abs/1803.08494
 */
export function groupNorm(x: Tensor, numGroups: number, options: GroupNormOptions = {}): Tensor {
  const op = "groupNorm";
  checkOptions(op, options, GROUP_OPTIONS);
  const { weight, bias, eps = 1e-5 } = options;
  checkEps(op, eps);
  checkDtypes(op, { input: x }, { weight, bias });
  const channels = checkChannels(op, x, { weight, bias });
  if (!Number.isInteger(numGroups) || numGroups < 1 || channels % numGroups !== 0) {
    throw new ArgumentError(op, `numGroups must divide the ${channels} channels; got ${numGroups}`);
  }
  return composite(() =>
    affine(normalizedRows(x, (x.shape[0] as number) * numGroups, eps), weight, bias),
  );
}

export interface InstanceNormOptions extends GroupNormOptions {
  /** [C], moved towards the mean over the samples' means. */
  readonly runningMean?: Tensor | undefined;
  /** [C], moved towards the mean over the samples' unbiased variances. */
  readonly runningVar?: Tensor | undefined;
  /** Use the statistics of the input; else the running ones. Default true. */
  readonly useInputStats?: boolean | undefined;
  /** Weight of the new statistics in the running ones. Default 0.1. */
  readonly momentum?: number | undefined;
}
const INSTANCE_OPTIONS: OptionNames<InstanceNormOptions> = {
  ...GROUP_OPTIONS,
  runningMean: "Tensor",
  runningVar: "Tensor",
  useInputStats: true,
  momentum: true,
};

/**
 * Normalises each channel of each sample of x [N, C, …]; as `torch.nn.functional.instance_norm`.
 * @throws ShapeError a parameter or statistic that is not [C], or one value a channel; ArgumentError running statistics
 * that are wanted and missing, a negative eps; DTypeError mixed or integer dtypes
 * @see https://arxiv.org/abs/1607.08022
 */
export function instanceNorm(x: Tensor, options: InstanceNormOptions = {}): Tensor {
  const op = "instanceNorm";
  checkOptions(op, options, INSTANCE_OPTIONS);
  const { weight, bias, runningMean, runningVar, eps = 1e-5 } = options;
  const { useInputStats = true, momentum = 0.1 } = options;
  checkEps(op, eps);
  checkDtypes(op, { input: x }, { weight, bias });
  const channels = checkChannels(op, x, { weight, bias, runningMean, runningVar });
  if (!useInputStats) {
    if (runningMean === undefined || runningVar === undefined) {
      throw new ArgumentError(op, "without useInputStats it needs runningMean and runningVar");
    }
    return batchNorm(x, { weight, bias, runningMean, runningVar, eps });
  }
  const values = sizeOf(x.shape.slice(2));
  if (values === 1) {
    throw new ShapeError(op, "needs more than one value in each channel of a sample", {
      input: x.shape,
    });
  }
  noGrad(() =>
    owned(() => {
      const rows = x.reshape([x.shape[0] as number, channels, values]);
      runningMean?.mul_(1 - momentum).add_(rows.mean([0, 2]), { alpha: momentum });
      runningVar?.mul_(1 - momentum).add_(rows.var(2).mean(0), { alpha: momentum });
      return [];
    }),
  );
  return composite(() =>
    affine(normalizedRows(x, (x.shape[0] as number) * channels, eps), weight, bias),
  );
}

export interface LocalResponseNormOptions {
  /** Default 1e-4. */
  readonly alpha?: number | undefined;
  /** Default 0.75. */
  readonly beta?: number | undefined;
  /** Default 1. */
  readonly k?: number | undefined;
}
const RESPONSE_OPTIONS: OptionNames<LocalResponseNormOptions> = {
  alpha: true,
  beta: true,
  k: true,
};

/**
 * x over (k + alpha · mean of x² over `size` neighbouring channels)^beta, x [N, C, …] with one or more spatial dims; as
 * `torch.nn.functional.local_response_norm`.
 * @throws ShapeError fewer than 3 dims; ArgumentError a size that is no whole number ≥ 1; DTypeError integers
 * @see https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks
 */
export function localResponseNorm(
  x: Tensor,
  size: number,
  options: LocalResponseNormOptions = {},
): Tensor {
  const op = "localResponseNorm";
  checkOptions(op, options, RESPONSE_OPTIONS);
  const { alpha = 1e-4, beta = 0.75, k = 1 } = options;
  checkDtypes(op, { input: x });
  if (!Number.isInteger(size) || size < 1) {
    throw new ArgumentError(op, `size must be a whole number ≥ 1; got ${size}`);
  }
  if (x.ndim < 3) {
    throw new ShapeError(op, "input must be [batch, channels, …spatial]", { input: x.shape });
  }
  if (x.numel === 0) return x;
  return composite(() => {
    const [batch, channels] = x.shape as [number, number];
    const planes = x.square().reshape([batch, 1, channels, sizeOf(x.shape.slice(2))]);
    const around = pad(planes, [0, 0, Math.floor(size / 2), Math.floor((size - 1) / 2)]);
    const means = avgPool2d(around, [size, 1], { stride: 1 }).reshape(x.shape);
    return x.div(means.mul(alpha).add(k).pow(beta));
  });
}
