// Normalisation: over the batch (with running statistics), and over the last dims of each sample.
import {
  type Activation,
  ArgumentError,
  batchNorm,
  checkOptions,
  empty,
  layerNorm,
  noGrad,
  type OptionNames,
  type Shape,
  ShapeError,
  type Tensor,
  zeros,
} from "@tapegrad/core";
import {
  FACTORY_OPTIONS,
  type FactoryOptions,
  factory,
  given,
  type Sizes,
  whole,
} from "../args.ts";
import { type Channelwise, scaleAndShift } from "../folded.ts";
import { ones_, zeros_ } from "../init.ts";
import { Module } from "../module.ts";
import { buffer, Parameter } from "../parameter.ts";
import { python, pythonFloat } from "../print.ts";
import { trust } from "../trust.ts";

export interface BatchNormOptions extends FactoryOptions {
  /** Added to the variance. Default: 1e-5. */
  readonly eps?: number | undefined;
  /** Weight of a new batch in the running statistics; null: their plain mean. Default: 0.1. */
  readonly momentum?: number | null | undefined;
  /** Learn a scale and a shift per channel. Default: true. */
  readonly affine?: boolean | undefined;
  /** Keep running statistics, and use them in evaluation. Default: true. */
  readonly trackRunningStats?: boolean | undefined;
}
const BATCH_NORM_OPTIONS: OptionNames<BatchNormOptions> = {
  eps: true,
  momentum: true,
  affine: true,
  trackRunningStats: true,
  ...FACTORY_OPTIONS,
};

export abstract class BatchNormNd extends Module {
  static override readonly stateKeys = {
    runningMean: "running_mean",
    runningVar: "running_var",
    numBatchesTracked: "num_batches_tracked",
  };
  weight: Parameter | null;
  bias: Parameter | null;
  runningMean: Tensor | null;
  runningVar: Tensor | null;
  /** How many batches the statistics have seen; int64, zero-dimensional. */
  numBatchesTracked: Tensor | null;
  readonly numFeatures: number;
  readonly eps: number;
  /** May be set. */
  momentum: number | null;
  readonly affine: boolean;
  readonly trackRunningStats: boolean;
  private readonly ranks: readonly number[];

  constructor(
    name: string,
    ranks: readonly number[],
    numFeatures: number,
    options: BatchNormOptions,
  ) {
    super();
    checkOptions(name, options, BATCH_NORM_OPTIONS);
    const { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true } = options;
    this.ranks = ranks;
    this.numFeatures = whole(name, "numFeatures", numFeatures);
    this.eps = positive(name, "eps", eps);
    this.momentum = momentum === null ? null : positive(name, "momentum", momentum);
    this.affine = affine;
    this.trackRunningStats = trackRunningStats;
    const make = factory(options);
    const place = options.device === undefined ? {} : { device: options.device };
    this.weight = affine ? new Parameter(empty([numFeatures], make)) : null;
    this.bias = affine ? new Parameter(empty([numFeatures], make)) : null;
    this.runningMean = trackRunningStats ? buffer(empty([numFeatures], make)) : null;
    this.runningVar = trackRunningStats ? buffer(empty([numFeatures], make)) : null;
    this.numBatchesTracked = trackRunningStats
      ? buffer(zeros([], { ...place, dtype: "int64" }))
      : null;
    this.resetParameters();
  }
  resetRunningStats(): void {
    if (this.runningMean !== null) zeros_(this.runningMean);
    if (this.runningVar !== null) ones_(this.runningVar);
    if (this.numBatchesTracked !== null) zeros_(this.numBatchesTracked);
  }
  resetParameters(): void {
    this.resetRunningStats();
    if (this.weight !== null) ones_(this.weight);
    if (this.bias !== null) zeros_(this.bias);
  }
  forward(x: Tensor): Tensor {
    return this.forwardWith(x, "none");
  }
  /** forward() and an activation in one pass: what Sequential makes of a norm with a ReLU or ReLU6 behind it. */
  forwardWith(x: Tensor, activation: Activation): Tensor {
    checkInput(this.constructor.name, x.shape, this.ranks, this.numFeatures);
    const { weight, bias, runningMean, runningVar, eps } = this;
    const training = this.training || runningMean === null || runningVar === null;
    const count = this.training ? this.numBatchesTracked : null;
    // Without a momentum the statistics are the mean over all batches so far.
    const momentum = this.momentum ?? (count === null ? 0 : 1 / (count.item() + 1));
    const y = batchNorm(x, {
      weight: weight ?? undefined,
      bias: bias ?? undefined,
      runningMean: runningMean ?? undefined,
      runningVar: runningVar ?? undefined,
      training,
      momentum,
      eps,
      activation,
    });
    if (count !== null) noGrad(() => count.add_(1));
    return y;
  }
  /** In evaluation: what forward() does to each channel of what a layer of such weights has made, see folded.ts. */
  channelwise(made: Shape): Channelwise | undefined {
    const { weight, bias, runningMean: mean, runningVar: variance, eps } = this;
    if (this.training || mean === null || variance === null) return undefined;
    if (!this.ranks.includes(made.length) || made[0] !== this.numFeatures) return undefined;
    return {
      sources: [mean, variance, weight, bias],
      scaleAndShift: () => scaleAndShift(mean, variance, eps, weight, bias),
    };
  }
  override extraRepr(): string {
    const { numFeatures, eps, momentum, affine, trackRunningStats, bias } = this;
    return [
      `${numFeatures}`,
      `eps=${pythonFloat(eps)}`,
      `momentum=${momentum === null ? "None" : pythonFloat(momentum)}`,
      `affine=${python(affine)}`,
      `bias=${python(bias !== null)}`,
      `track_running_stats=${python(trackRunningStats)}`,
    ].join(", ");
  }
}

function positive(name: string, argument: string, value: number): number {
  if (value >= 0 && Number.isFinite(value)) return value;
  throw new ArgumentError(name, `${argument} must be a number ≥ 0; got ${value}`);
}

const RANKS = ["", "", "[N, C]", "[N, C, L]", "[N, C, H, W]", "[N, C, D, H, W]"];

function checkInput(name: string, x: Shape, ranks: readonly number[], channels: number): void {
  if (!ranks.includes(x.length)) {
    const shapes = ranks.map((r) => RANKS[r]);
    throw new ShapeError(name, `expected an input ${shapes.join(" or ")}`, { input: x });
  }
  if (x[1] !== channels) {
    throw new ShapeError(
      name,
      `the input has ${x[1]} channels in dimension 1, but numFeatures is ${channels}`,
      { input: x },
    );
  }
}

/**
 * Normalises each channel of [N, C] or [N, C, L] over the batch, as `torch.nn.BatchNorm1d`.
 * @see Ioffe and Szegedy, Batch Normalization, 2015
 */
export class BatchNorm1d extends BatchNormNd {
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super("BatchNorm1d", [2, 3], numFeatures, options);
  }
}
/**
 * Normalises each channel of [N, C, H, W] over the batch, as `torch.nn.BatchNorm2d`.
 * @see Ioffe and Szegedy, Batch Normalization, 2015
 */
export class BatchNorm2d extends BatchNormNd {
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super("BatchNorm2d", [4], numFeatures, options);
  }
}

/**
 * Normalises each channel of [N, C, D, H, W] over the batch, as `torch.nn.BatchNorm3d`.
 * @see Ioffe and Szegedy, Batch Normalization, 2015
 */
export class BatchNorm3d extends BatchNormNd {
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super("BatchNorm3d", [5], numFeatures, options);
  }
}

export interface LayerNormOptions extends FactoryOptions {
  /** Added to the variance. Default: 1e-5. */
  readonly eps?: number | undefined;
  /** Learn a scale (and a shift) per element. Default: true. */
  readonly elementwiseAffine?: boolean | undefined;
  /** Learn a shift. Default: true. */
  readonly bias?: boolean | undefined;
}
const LAYER_NORM_OPTIONS: OptionNames<LayerNormOptions> = {
  eps: true,
  elementwiseAffine: true,
  bias: true,
  ...FACTORY_OPTIONS,
};

/**
 * Normalises the last dims, which must be `normalizedShape`, of each sample; as `torch.nn.LayerNorm`.
 * @see Ba, Kiros and Hinton, Layer Normalization, 2016
 */
export class LayerNorm extends Module {
  weight: Parameter | null;
  bias: Parameter | null;
  readonly normalizedShape: Shape;
  readonly eps: number;
  readonly elementwiseAffine: boolean;
  constructor(normalizedShape: Sizes, options: LayerNormOptions = {}) {
    super();
    checkOptions("LayerNorm", options, LAYER_NORM_OPTIONS);
    const { eps = 1e-5, elementwiseAffine = true, bias = true } = options;
    const shape = typeof normalizedShape === "number" ? [normalizedShape] : [...normalizedShape];
    for (const n of shape) whole("LayerNorm", "normalizedShape", n);
    this.normalizedShape = shape;
    this.eps = positive("LayerNorm", "eps", eps);
    this.elementwiseAffine = elementwiseAffine;
    const make = factory(options);
    this.weight = elementwiseAffine ? new Parameter(empty(shape, make)) : null;
    this.bias = elementwiseAffine && bias ? new Parameter(empty(shape, make)) : null;
    this.resetParameters();
  }
  resetParameters(): void {
    if (this.weight !== null) ones_(this.weight);
    if (this.bias !== null) zeros_(this.bias);
  }
  forward(x: Tensor): Tensor {
    const { weight, bias, normalizedShape, eps } = this;
    return layerNorm(x, normalizedShape, { ...given({ weight, bias }), eps });
  }
  override extraRepr(): string {
    const { normalizedShape, eps, elementwiseAffine, bias } = this;
    return (
      `${python(normalizedShape)}, eps=${pythonFloat(eps)}, ` +
      `elementwise_affine=${python(elementwiseAffine)}, bias=${python(bias !== null)}`
    );
  }
}

trust(BatchNormNd, LayerNorm);
