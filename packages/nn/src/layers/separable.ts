// Separable convolutions: each channel is filtered by itself (depthwise), then channels are mixed point
// by point (1 × 1). A norm and an activation may stand between the two and after them.
import { checkOptions, type OptionNames, type Padding, type Tensor } from "@tapegrad/core";
import { FACTORY_OPTIONS, type FactoryOptions, given, type Sizes, whole } from "../args.ts";
import { Module } from "../module.ts";
import type { Layer } from "../sequential.ts";
import { runChain, trustContainers } from "../trust.ts";
import { Conv1d, Conv2d, type ConvOptions } from "./conv.ts";

export interface SeparableConvOptions extends FactoryOptions {
  /** Filters per input channel. Default: 1. */
  readonly depthMultiplier?: number | undefined;
  /** Of the depthwise part. Default: 1. */
  readonly stride?: Sizes | undefined;
  /** Of the depthwise part: numbers, "same" or "valid". Default: 0. */
  readonly padding?: Padding | undefined;
  /** Of the depthwise part. Default: 1. */
  readonly dilation?: Sizes | undefined;
  /** Of both parts. Default: true; a norm that follows makes it superfluous. */
  readonly bias?: boolean | undefined;
  /** Makes the norm between the parts, of inChannels · depthMultiplier channels. Default: none. */
  readonly norm?: ((channels: number) => Layer) | undefined;
  /** Makes the activation between the parts. Default: none. */
  readonly activation?: (() => Layer) | undefined;
  /** Makes the norm after both parts, of outChannels. Default: none. */
  readonly finalNorm?: ((channels: number) => Layer) | undefined;
  /** Makes the activation after both parts. Default: none. */
  readonly finalActivation?: (() => Layer) | undefined;
}
const OPTIONS: OptionNames<SeparableConvOptions> = {
  depthMultiplier: true,
  stride: true,
  padding: true,
  dilation: true,
  bias: true,
  norm: true,
  activation: true,
  finalNorm: true,
  finalActivation: true,
  ...FACTORY_OPTIONS,
};

type ConvClass<C> = new (
  inChannels: number,
  outChannels: number,
  kernelSize: Sizes,
  options: ConvOptions,
) => C;

abstract class SeparableConvNd<C extends Conv1d | Conv2d> extends Module {
  /** One filter bank per channel; [inChannels · depthMultiplier, 1, …kernelSize]. */
  readonly depthwise: C;
  readonly norm: Layer | null;
  readonly activation: Layer | null;
  /** [outChannels, inChannels · depthMultiplier, 1, …] */
  readonly pointwise: C;
  readonly finalNorm: Layer | null;
  readonly finalActivation: Layer | null;

  constructor(
    name: string,
    Conv: ConvClass<C>,
    channels: readonly [inChannels: number, outChannels: number],
    kernelSize: Sizes,
    options: SeparableConvOptions,
  ) {
    super();
    checkOptions(name, options, OPTIONS);
    const { depthMultiplier = 1, stride = 1, padding = 0, dilation = 1, bias = true } = options;
    const [input, output] = channels;
    const middle =
      whole(name, "inChannels", input) * whole(name, "depthMultiplier", depthMultiplier);
    whole(name, "outChannels", output);
    const make = given({ dtype: options.dtype, device: options.device });
    this.depthwise = new Conv(input, middle, kernelSize, {
      ...{ stride, padding, dilation, bias, groups: input },
      ...make,
    });
    this.norm = options.norm?.(middle) ?? null;
    this.activation = options.activation?.() ?? null;
    this.pointwise = new Conv(middle, output, 1, { bias, ...make });
    this.finalNorm = options.finalNorm?.(output) ?? null;
    this.finalActivation = options.finalActivation?.() ?? null;
  }
  forward(x: Tensor): Tensor {
    const { depthwise, norm, activation, pointwise, finalNorm, finalActivation } = this;
    const parts = [depthwise, norm, activation, pointwise, finalNorm, finalActivation];
    return runChain(
      parts.filter((part) => part !== null),
      x,
    );
  }
}
trustContainers(SeparableConvNd);

/**
 * Depthwise then pointwise convolution of [N, C, L] or [C, L].
 * @see Chollet, Xception: Deep Learning with Depthwise Separable Convolutions, 2017
 */
export class SeparableConv1d extends SeparableConvNd<Conv1d> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Sizes,
    options: SeparableConvOptions = {},
  ) {
    super("SeparableConv1d", Conv1d, [inChannels, outChannels], kernelSize, options);
  }
}

/**
 * Depthwise then pointwise convolution of [N, C, H, W] or [C, H, W].
 * @see Chollet, Xception: Deep Learning with Depthwise Separable Convolutions, 2017
 */
export class SeparableConv2d extends SeparableConvNd<Conv2d> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Sizes,
    options: SeparableConvOptions = {},
  ) {
    super("SeparableConv2d", Conv2d, [inChannels, outChannels], kernelSize, options);
  }
}
