// Pooling whose output size is given, power-average pooling, and the way back from max pooling.
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  checkOptions,
  type LpPoolOptions,
  lpPool1d,
  lpPool2d,
  lpPool3d,
  maxUnpool1d,
  maxUnpool2d,
  maxUnpool3d,
  type OptionNames,
  type OutputSize,
  type Tensor,
  type ValuesAndIndices,
} from "@tapegrad/core";
import { perDim, type Sizes } from "../args.ts";
import { Module } from "../module.ts";
import { keywords } from "../print.ts";
import { trust } from "../trust.ts";
import type { MaxPooled } from "./pool.ts";

abstract class AdaptivePoolNd extends Module {
  readonly dims: number;
  readonly outputSize: OutputSize;
  constructor(name: string, dims: number, outputSize: OutputSize) {
    super();
    // null keeps the size of the input.
    const sizes = typeof outputSize === "number" ? outputSize : outputSize.map((n) => n ?? 1);
    perDim(name, "outputSize", sizes, dims, 1);
    this.dims = dims;
    this.outputSize = outputSize;
  }
  override extraRepr(): string {
    return keywords({ output_size: this.outputSize });
  }
}

const AVG = [adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d];

abstract class AdaptiveAvgPoolNd extends AdaptivePoolNd {
  forward(x: Tensor): Tensor {
    const pool = AVG[this.dims - 1] as typeof adaptiveAvgPool1d;
    return pool(x, this.outputSize);
  }
}

/** Means over windows that make the output [N, C, outputSize]; as `torch.nn.AdaptiveAvgPool1d`. */
export class AdaptiveAvgPool1d extends AdaptiveAvgPoolNd {
  constructor(outputSize: OutputSize) {
    super("AdaptiveAvgPool1d", 1, outputSize);
  }
}
/** Means over windows that make the output [N, C, …outputSize]; as `torch.nn.AdaptiveAvgPool2d`. */
export class AdaptiveAvgPool2d extends AdaptiveAvgPoolNd {
  constructor(outputSize: OutputSize) {
    super("AdaptiveAvgPool2d", 2, outputSize);
  }
}
/** Means over windows that make the output [N, C, …outputSize]; as `torch.nn.AdaptiveAvgPool3d`. */
export class AdaptiveAvgPool3d extends AdaptiveAvgPoolNd {
  constructor(outputSize: OutputSize) {
    super("AdaptiveAvgPool3d", 3, outputSize);
  }
}

export interface AdaptiveMaxPoolOptions<I extends boolean = false> {
  /** Gives { values, indices } instead of the values alone. Default: false. */
  readonly returnIndices?: I | undefined;
}
const ADAPTIVE_MAX_OPTIONS: OptionNames<AdaptiveMaxPoolOptions<boolean>> = { returnIndices: true };
const MAX = [adaptiveMaxPool1d, adaptiveMaxPool2d, adaptiveMaxPool3d];

abstract class AdaptiveMaxPoolNd<I extends boolean> extends AdaptivePoolNd {
  readonly returnIndices: boolean;
  constructor(
    name: string,
    dims: number,
    outputSize: OutputSize,
    options: AdaptiveMaxPoolOptions<I>,
  ) {
    super(name, dims, outputSize);
    checkOptions(name, options, ADAPTIVE_MAX_OPTIONS);
    this.returnIndices = options.returnIndices ?? false;
  }
  forward(x: Tensor): MaxPooled<I> {
    const { outputSize, returnIndices } = this;
    const pool = MAX[this.dims - 1] as typeof adaptiveMaxPool1d;
    return pool(x, outputSize, { returnIndices }) as Tensor | ValuesAndIndices as MaxPooled<I>;
  }
}

/** The largest of windows that make the output [N, C, outputSize]; as `torch.nn.AdaptiveMaxPool1d`. */
export class AdaptiveMaxPool1d<I extends boolean = false> extends AdaptiveMaxPoolNd<I> {
  constructor(outputSize: OutputSize, options: AdaptiveMaxPoolOptions<I> = {}) {
    super("AdaptiveMaxPool1d", 1, outputSize, options);
  }
}
/** The largest of windows that make the output [N, C, …outputSize]; as `torch.nn.AdaptiveMaxPool2d`. */
export class AdaptiveMaxPool2d<I extends boolean = false> extends AdaptiveMaxPoolNd<I> {
  constructor(outputSize: OutputSize, options: AdaptiveMaxPoolOptions<I> = {}) {
    super("AdaptiveMaxPool2d", 2, outputSize, options);
  }
}
/** The largest of windows that make the output [N, C, …outputSize]; as `torch.nn.AdaptiveMaxPool3d`. */
export class AdaptiveMaxPool3d<I extends boolean = false> extends AdaptiveMaxPoolNd<I> {
  constructor(outputSize: OutputSize, options: AdaptiveMaxPoolOptions<I> = {}) {
    super("AdaptiveMaxPool3d", 3, outputSize, options);
  }
}

// ---- powers -----------------------------------------------------------------------------------------

const LP_OPTIONS: OptionNames<LpPoolOptions> = { stride: true, ceilMode: true };
const LP = [lpPool1d, lpPool2d, lpPool3d];

abstract class LPPoolNd extends Module {
  readonly dims: number;
  readonly normType: number;
  readonly kernelSize: Sizes;
  readonly stride: Sizes | null;
  readonly ceilMode: boolean;
  constructor(
    name: string,
    dims: number,
    normType: number,
    kernelSize: Sizes,
    options: LpPoolOptions,
  ) {
    super();
    checkOptions(name, options, LP_OPTIONS);
    perDim(name, "kernelSize", kernelSize, dims, 1);
    perDim(name, "stride", options.stride ?? kernelSize, dims, 1);
    this.dims = dims;
    this.normType = normType;
    this.kernelSize = kernelSize;
    this.stride = options.stride ?? null;
    this.ceilMode = options.ceilMode ?? false;
  }
  forward(x: Tensor): Tensor {
    const { normType, kernelSize, stride, ceilMode } = this;
    const pool = LP[this.dims - 1] as typeof lpPool1d;
    return pool(x, normType, kernelSize, { stride: stride ?? kernelSize, ceilMode });
  }
  override extraRepr(): string {
    const { normType, kernelSize, stride, ceilMode } = this;
    return keywords({
      norm_type: normType,
      kernel_size: kernelSize,
      stride,
      ceil_mode: ceilMode,
    });
  }
}

/** The p-norm of each window of [N, C, L] or [C, L]; as `torch.nn.LPPool1d`. */
export class LPPool1d extends LPPoolNd {
  constructor(normType: number, kernelSize: Sizes, options: LpPoolOptions = {}) {
    super("LPPool1d", 1, normType, kernelSize, options);
  }
}
/** The p-norm of each window of [N, C, H, W] or [C, H, W]; as `torch.nn.LPPool2d`. */
export class LPPool2d extends LPPoolNd {
  constructor(normType: number, kernelSize: Sizes, options: LpPoolOptions = {}) {
    super("LPPool2d", 2, normType, kernelSize, options);
  }
}
/** The p-norm of each window of [N, C, D, H, W] or [C, D, H, W]; as `torch.nn.LPPool3d`. */
export class LPPool3d extends LPPoolNd {
  constructor(normType: number, kernelSize: Sizes, options: LpPoolOptions = {}) {
    super("LPPool3d", 3, normType, kernelSize, options);
  }
}

// ---- and back ---------------------------------------------------------------------------------------

export interface MaxUnpoolLayerOptions {
  /** Default: the kernel's size. */
  readonly stride?: Sizes | undefined;
  /** That the pooling had. Default: 0. */
  readonly padding?: Sizes | undefined;
}
const UNPOOL_OPTIONS: OptionNames<MaxUnpoolLayerOptions> = { stride: true, padding: true };
const UNPOOL = [maxUnpool1d, maxUnpool2d, maxUnpool3d];

abstract class MaxUnpoolNd extends Module {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  constructor(name: string, dims: number, kernelSize: Sizes, options: MaxUnpoolLayerOptions) {
    super();
    checkOptions(name, options, UNPOOL_OPTIONS);
    this.kernelSize = perDim(name, "kernelSize", kernelSize, dims, 1);
    this.stride = perDim(name, "stride", options.stride ?? kernelSize, dims, 1);
    this.padding = perDim(name, "padding", options.padding ?? 0, dims, 0);
  }
  forward(
    x: Tensor,
    indices: Tensor,
    options: { readonly outputSize?: readonly number[] | undefined } = {},
  ): Tensor {
    const { kernelSize, stride, padding } = this;
    const unpool = UNPOOL[kernelSize.length - 1] as typeof maxUnpool1d;
    return unpool(x, indices, kernelSize, { ...options, stride, padding });
  }
  override extraRepr(): string {
    const { kernelSize, stride, padding } = this;
    return keywords({ kernel_size: kernelSize, stride, padding });
  }
}

/** Puts values where the indices of MaxPool1d say, among zeros; as `torch.nn.MaxUnpool1d`. */
export class MaxUnpool1d extends MaxUnpoolNd {
  constructor(kernelSize: Sizes, options: MaxUnpoolLayerOptions = {}) {
    super("MaxUnpool1d", 1, kernelSize, options);
  }
}
/** Puts values where the indices of MaxPool2d say, among zeros; as `torch.nn.MaxUnpool2d`. */
export class MaxUnpool2d extends MaxUnpoolNd {
  constructor(kernelSize: Sizes, options: MaxUnpoolLayerOptions = {}) {
    super("MaxUnpool2d", 2, kernelSize, options);
  }
}
/** Puts values where the indices of MaxPool3d say, among zeros; as `torch.nn.MaxUnpool3d`. */
export class MaxUnpool3d extends MaxUnpoolNd {
  constructor(kernelSize: Sizes, options: MaxUnpoolLayerOptions = {}) {
    super("MaxUnpool3d", 3, kernelSize, options);
  }
}

trust(AdaptiveAvgPoolNd, AdaptiveMaxPoolNd, LPPoolNd, MaxUnpoolNd);
