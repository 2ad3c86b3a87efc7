// Pooling in one, two and three spatial dims.
import {
  avgPool1d,
  avgPool2d,
  avgPool3d,
  checkOptions,
  type KnownOptions,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  type OptionNames,
  type Tensor,
  type ValuesAndIndices,
} from "@tapegrad/core";
import { given, perDim, type Sizes } from "../args.ts";
import { Module } from "../module.ts";
import { keywords } from "../print.ts";
import { trust } from "../trust.ts";

export interface PoolOptions {
  /** Default: the kernel's size, so that windows do not overlap. */
  readonly stride?: Sizes | undefined;
  /** At both ends, at most half of the kernel. Default: 0. */
  readonly padding?: Sizes | undefined;
  /** Let the last window reach over the end. Default: false. */
  readonly ceilMode?: boolean | undefined;
}
const POOL_OPTIONS: OptionNames<PoolOptions> = { stride: true, padding: true, ceilMode: true };
export interface MaxPoolOptions<I extends boolean = false> extends PoolOptions {
  /** Default: 1. */
  readonly dilation?: Sizes | undefined;
  /** Gives { values, indices }, as MaxUnpool wants them, instead of the values alone. Default: false. */
  readonly returnIndices?: I | undefined;
}
const MAX_POOL_OPTIONS: OptionNames<MaxPoolOptions<boolean>> = {
  ...POOL_OPTIONS,
  dilation: true,
  returnIndices: true,
};
/** What a max pooling gives, with and without indices. */
export type MaxPooled<I extends boolean> = I extends true ? ValuesAndIndices : Tensor;
export interface AvgPoolOptions extends PoolOptions {
  /** Count padded zeros in the mean. Default: true. */
  readonly countIncludePad?: boolean | undefined;
  /** What each sum is divided by instead of the size of its window; in two and three dims. */
  readonly divisorOverride?: number | undefined;
}
const AVG_POOL_OPTIONS: OptionNames<AvgPoolOptions> = {
  ...POOL_OPTIONS,
  countIncludePad: true,
  divisorOverride: true,
};

abstract class PoolNd extends Module {
  readonly dims: number;
  readonly kernelSize: Sizes;
  readonly stride: Sizes;
  readonly padding: Sizes;
  readonly ceilMode: boolean;
  constructor(
    name: string,
    dims: number,
    kernelSize: Sizes,
    options: PoolOptions,
    known: KnownOptions,
  ) {
    super();
    checkOptions(name, options, known);
    const { stride = kernelSize, padding = 0, ceilMode = false } = options;
    perDim(name, "kernelSize", kernelSize, dims, 1);
    perDim(name, "stride", stride, dims, 1);
    perDim(name, "padding", padding, dims, 0);
    this.dims = dims;
    this.kernelSize = kernelSize;
    this.stride = stride;
    this.padding = padding;
    this.ceilMode = ceilMode;
  }
}

const MAX = [maxPool1d, maxPool2d, maxPool3d];

abstract class MaxPoolNd<I extends boolean> extends PoolNd {
  readonly dilation: Sizes;
  readonly returnIndices: boolean;
  constructor(name: string, dims: number, kernelSize: Sizes, options: MaxPoolOptions<I>) {
    super(name, dims, kernelSize, options, MAX_POOL_OPTIONS);
    this.dilation = options.dilation ?? 1;
    this.returnIndices = options.returnIndices ?? false;
    perDim(name, "dilation", this.dilation, dims, 1);
  }
  forward(x: Tensor): MaxPooled<I> {
    const { stride, padding, dilation, ceilMode, returnIndices } = this;
    const pool = MAX[this.dims - 1] as typeof maxPool1d;
    const options = { stride, padding, dilation, ceilMode, returnIndices };
    return pool(x, this.kernelSize, options) as Tensor | ValuesAndIndices as MaxPooled<I>;
  }
  override extraRepr(): string {
    const { kernelSize, stride, padding, dilation, ceilMode } = this;
    return keywords({
      ...{ kernel_size: kernelSize, stride, padding, dilation },
      ceil_mode: ceilMode,
    });
  }
}

/** The largest of each window of [N, C, L] or [C, L]; as `torch.nn.MaxPool1d`. */
export class MaxPool1d<I extends boolean = false> extends MaxPoolNd<I> {
  constructor(kernelSize: Sizes, options: MaxPoolOptions<I> = {}) {
    super("MaxPool1d", 1, kernelSize, options);
  }
}
/** The largest of each window of [N, C, H, W] or [C, H, W]; as `torch.nn.MaxPool2d`. */
export class MaxPool2d<I extends boolean = false> extends MaxPoolNd<I> {
  constructor(kernelSize: Sizes, options: MaxPoolOptions<I> = {}) {
    super("MaxPool2d", 2, kernelSize, options);
  }
}
/** The largest of each window of [N, C, D, H, W] or [C, D, H, W]; as `torch.nn.MaxPool3d`. */
export class MaxPool3d<I extends boolean = false> extends MaxPoolNd<I> {
  constructor(kernelSize: Sizes, options: MaxPoolOptions<I> = {}) {
    super("MaxPool3d", 3, kernelSize, options);
  }
}

const AVG = [avgPool1d, avgPool2d, avgPool3d];

abstract class AvgPoolNd extends PoolNd {
  readonly countIncludePad: boolean;
  readonly divisorOverride: number | null;
  constructor(name: string, dims: number, kernelSize: Sizes, options: AvgPoolOptions) {
    super(name, dims, kernelSize, options, AVG_POOL_OPTIONS);
    this.countIncludePad = options.countIncludePad ?? true;
    this.divisorOverride = options.divisorOverride ?? null;
  }
  forward(x: Tensor): Tensor {
    const { stride, padding, ceilMode, countIncludePad, divisorOverride } = this;
    const pool = AVG[this.dims - 1] as typeof avgPool1d;
    const options = { stride, padding, ceilMode, countIncludePad };
    return pool(x, this.kernelSize, { ...options, ...given({ divisorOverride }) });
  }
  override extraRepr(): string {
    // PyTorch spreads the numbers of AvgPool1d over its dims, and of no other pooling.
    const shown = (v: Sizes) => (this.dims === 1 ? [v].flat() : v);
    return keywords({
      kernel_size: shown(this.kernelSize),
      stride: shown(this.stride),
      padding: shown(this.padding),
    });
  }
}

/** The mean of each window of [N, C, L] or [C, L]; as `torch.nn.AvgPool1d`. */
export class AvgPool1d extends AvgPoolNd {
  constructor(kernelSize: Sizes, options: AvgPoolOptions = {}) {
    super("AvgPool1d", 1, kernelSize, options);
  }
}
/** The mean of each window of [N, C, H, W] or [C, H, W]; as `torch.nn.AvgPool2d`. */
export class AvgPool2d extends AvgPoolNd {
  constructor(kernelSize: Sizes, options: AvgPoolOptions = {}) {
    super("AvgPool2d", 2, kernelSize, options);
  }
}
/** The mean of each window of [N, C, D, H, W] or [C, D, H, W]; as `torch.nn.AvgPool3d`. */
export class AvgPool3d extends AvgPoolNd {
  constructor(kernelSize: Sizes, options: AvgPoolOptions = {}) {
    super("AvgPool3d", 3, kernelSize, options);
  }
}

trust(MaxPoolNd, AvgPoolNd);
