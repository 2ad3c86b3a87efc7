// Normalisations that look at one sample: GroupNorm, InstanceNorm, RMSNorm, LocalResponseNorm.
import {
  type Activation,
  checkOptions,
  composite,
  empty,
  groupNorm,
  instanceNorm,
  type LocalResponseNormOptions,
  localResponseNorm,
  type OptionNames,
  relu,
  relu6,
  rmsNorm,
  type Shape,
  ShapeError,
  type Tensor,
} from "@tapegrad/core";
import {
  divisible,
  FACTORY_OPTIONS,
  type FactoryOptions,
  factory,
  given,
  type Sizes,
  whole,
} from "../args.ts";
import { ones_, zeros_ } from "../init.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { python, pythonFloat } from "../print.ts";
import { trust } from "../trust.ts";
import { BatchNormNd, type BatchNormOptions } from "./norm.ts";

export interface GroupNormOptions extends FactoryOptions {
  /** Added to the variance. Default: 1e-5. */
  readonly eps?: number | undefined;
  /** Learn a scale and a shift per channel. Default: true. */
  readonly affine?: boolean | undefined;
  /** Learn a shift. Default: true. */
  readonly bias?: boolean | undefined;
}
const GROUP_OPTIONS: OptionNames<GroupNormOptions> = {
  eps: true,
  affine: true,
  bias: true,
  ...FACTORY_OPTIONS,
};

/**
 * Normalises each group of channels of each sample of [N, C, …]; as `torch.nn.GroupNorm`.
 * @see Wu and He, Group Normalization, 2018
 */
export class GroupNorm extends Module {
  /** [numChannels] */
  weight: Parameter | null;
  /** [numChannels] */
  bias: Parameter | null;
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  readonly affine: boolean;
  constructor(numGroups: number, numChannels: number, options: GroupNormOptions = {}) {
    super();
    checkOptions("GroupNorm", options, GROUP_OPTIONS);
    const { eps = 1e-5, affine = true, bias = true } = options;
    this.numGroups = whole("GroupNorm", "numGroups", numGroups);
    whole("GroupNorm", "numChannels", numChannels);
    this.numChannels = divisible("GroupNorm", "numChannels", numChannels, numGroups);
    this.eps = eps;
    this.affine = affine;
    const make = factory(options);
    this.weight = affine ? new Parameter(empty([numChannels], make)) : null;
    this.bias = affine && bias ? new Parameter(empty([numChannels], make)) : null;
    this.resetParameters();
  }
  resetParameters(): void {
    if (this.weight !== null) ones_(this.weight);
    if (this.bias !== null) zeros_(this.bias);
  }
  forward(x: Tensor): Tensor {
    const { weight, bias, numGroups, eps } = this;
    return groupNorm(x, numGroups, { ...given({ weight, bias }), eps });
  }
  override extraRepr(): string {
    const { numGroups, numChannels, eps, affine, bias } = this;
    return (
      `${numGroups}, ${numChannels}, eps=${pythonFloat(eps)}, affine=${python(affine)}` +
      `, bias=${python(bias !== null)}`
    );
  }
}

// ---- instances --------------------------------------------------------------------------------------

const FUSED = { none: (y: Tensor) => y, relu, relu6 };

/** Parameters, statistics and printed form are batch norm's; what it computes is not. */
abstract class InstanceNormNd extends BatchNormNd {
  private readonly spatial: number;
  constructor(name: string, spatial: number, numFeatures: number, options: BatchNormOptions) {
    const { affine = false, trackRunningStats = false } = options ?? {};
    super(name, [spatial + 2], numFeatures, { ...options, affine, trackRunningStats });
    this.spatial = spatial;
  }
  override forwardWith(x: Tensor, activation: Activation): Tensor {
    const { weight, bias, runningMean, runningVar, momentum, eps, spatial, numFeatures } = this;
    const isBatch = x.ndim === spatial + 2;
    const name = this.constructor.name;
    if (!isBatch && x.ndim !== spatial + 1) {
      const dims = ["L", "H, W", "D, H, W"][spatial - 1];
      throw new ShapeError(name, `expected an input [N, C, ${dims}] or [C, ${dims}]`, {
        input: x.shape,
      });
    }
    const channels = x.shape[x.ndim - spatial - 1];
    if (channels !== numFeatures && (weight !== null || runningMean !== null)) {
      throw new ShapeError(
        name,
        `the input has ${channels} channels, but numFeatures is ${numFeatures}`,
        { input: x.shape },
      );
    }
    const options = {
      ...given({ weight, bias, runningMean, runningVar }),
      ...{ useInputStats: this.training || runningMean === null, momentum: momentum ?? 0, eps },
    };
    return composite(() => {
      const y = isBatch
        ? instanceNorm(x, options)
        : instanceNorm(x.unsqueeze(0), options).squeeze(0);
      return FUSED[activation](y);
    });
  }
}

/**
 * Normalises each channel of each sample of [N, C, L] or [C, L]; as `torch.nn.InstanceNorm1d`.
 * @see Ulyanov, Vedaldi and Lempitsky, Instance Normalization, 2016
 */
export class InstanceNorm1d extends InstanceNormNd {
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super("InstanceNorm1d", 1, numFeatures, options);
  }
}
/**
 * Normalises each channel of each sample of [N, C, H, W] or [C, H, W]; as `torch.nn.InstanceNorm2d`.
 * @see Ulyanov, Vedaldi and Lempitsky, Instance Normalization, 2016
 */
export class InstanceNorm2d extends InstanceNormNd {
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super("InstanceNorm2d", 2, numFeatures, options);
  }
}
/**
 * Normalises each channel of each sample of [N, C, D, H, W] or [C, D, H, W]; as `torch.nn.InstanceNorm3d`.
 * @see Ulyanov, Vedaldi and Lempitsky, Instance Normalization, 2016
 */
export class InstanceNorm3d extends InstanceNormNd {
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super("InstanceNorm3d", 3, numFeatures, options);
  }
}

// ---- root mean square -------------------------------------------------------------------------------

export interface RMSNormOptions extends FactoryOptions {
  /** Added to the mean square. Default: the distance from 1 to the next number of the input's dtype. */
  readonly eps?: number | null | undefined;
  /** Learn a scale per element. Default: true. */
  readonly elementwiseAffine?: boolean | undefined;
}
const RMS_OPTIONS: OptionNames<RMSNormOptions> = {
  eps: true,
  elementwiseAffine: true,
  ...FACTORY_OPTIONS,
};

/**
 * Divides the last dims, which must be `normalizedShape`, by the root of their mean square; as `torch.nn.RMSNorm`.
 * @see Zhang and Sennrich, Root Mean Square Layer Normalization, 2019
 */
export class RMSNorm extends Module {
  weight: Parameter | null;
  readonly normalizedShape: Shape;
  readonly eps: number | null;
  readonly elementwiseAffine: boolean;
  constructor(normalizedShape: Sizes, options: RMSNormOptions = {}) {
    super();
    checkOptions("RMSNorm", options, RMS_OPTIONS);
    const { eps = null, elementwiseAffine = true } = options;
    const shape = typeof normalizedShape === "number" ? [normalizedShape] : [...normalizedShape];
    for (const n of shape) whole("RMSNorm", "normalizedShape", n);
    this.normalizedShape = shape;
    this.eps = eps;
    this.elementwiseAffine = elementwiseAffine;
    this.weight = elementwiseAffine ? new Parameter(empty(shape, factory(options))) : null;
    this.resetParameters();
  }
  resetParameters(): void {
    if (this.weight !== null) ones_(this.weight);
  }
  forward(x: Tensor): Tensor {
    const { weight, eps, normalizedShape } = this;
    return rmsNorm(x, normalizedShape, given({ weight, eps }));
  }
  override extraRepr(): string {
    const { normalizedShape, eps, elementwiseAffine } = this;
    const shown = eps === null ? "None" : pythonFloat(eps);
    return `${python(normalizedShape)}, eps=${shown}, elementwise_affine=${python(elementwiseAffine)}`;
  }
}

const RESPONSE_OPTIONS: OptionNames<LocalResponseNormOptions> = {
  alpha: true,
  beta: true,
  k: true,
};

/**
 * Divides by what neighbouring channels of [N, C, …spatial] hold; as `torch.nn.LocalResponseNorm`.
 * @see Krizhevsky, Sutskever and Hinton, ImageNet Classification with Deep Convolutional Neural Networks, 2012
 */
export class LocalResponseNorm extends Module {
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;
  constructor(size: number, options: LocalResponseNormOptions = {}) {
    super();
    checkOptions("LocalResponseNorm", options, RESPONSE_OPTIONS);
    this.size = whole("LocalResponseNorm", "size", size);
    this.alpha = options.alpha ?? 1e-4;
    this.beta = options.beta ?? 0.75;
    this.k = options.k ?? 1;
  }
  forward(x: Tensor): Tensor {
    const { size, alpha, beta, k } = this;
    return localResponseNorm(x, size, { alpha, beta, k });
  }
  override extraRepr(): string {
    const { size, alpha, beta, k } = this;
    return `${size}, alpha=${pythonFloat(alpha)}, beta=${pythonFloat(beta)}, k=${pythonFloat(k)}`;
  }
}

trust(GroupNorm, RMSNorm, LocalResponseNorm);
