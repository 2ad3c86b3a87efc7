// Convolutions and their transposes in one, two and three spatial dims.
import {
  type Activation,
  ArgumentError,
  checkOptions,
  composite,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  empty,
  type OptionNames,
  type Padding,
  type PadMode,
  pad,
  type Tensor,
} from "@tapegrad/core";
import {
  divisible,
  FACTORY_OPTIONS,
  type FactoryOptions,
  factory,
  oneOf,
  perDim,
  type Sizes,
  whole,
} from "../args.ts";
import type { Weights } from "../folded.ts";
import { defaultInit } from "../init.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { python } from "../print.ts";
import { trust } from "../trust.ts";

export interface ConvOptions extends FactoryOptions {
  /** Default: 1. */
  readonly stride?: Sizes | undefined;
  /** Zeros at both ends: numbers, "valid" (none) or "same" (output as large as the input). Default: 0. */
  readonly padding?: Padding | undefined;
  /** Default: 1. */
  readonly dilation?: Sizes | undefined;
  /** Blocks of channels that see nothing of each other; groups = inChannels is depthwise. Default: 1. */
  readonly groups?: number | undefined;
  /** Default: true. */
  readonly bias?: boolean | undefined;
  /** What the padding holds: zeros, or what is there already. Default: "zeros". */
  readonly paddingMode?: PaddingMode | undefined;
}
/** As the modes of pad(), whose "constant" is called "zeros" here. */
export type PaddingMode = "zeros" | "reflect" | "replicate" | "circular";
const PADDING_MODES: readonly PaddingMode[] = ["zeros", "reflect", "replicate", "circular"];
const CONV_OPTIONS: OptionNames<ConvOptions> = {
  stride: true,
  padding: true,
  dilation: true,
  groups: true,
  bias: true,
  paddingMode: true,
  ...FACTORY_OPTIONS,
};
export interface ConvTransposeOptions extends Omit<ConvOptions, "padding" | "paddingMode"> {
  /** Only zeros. */
  readonly paddingMode?: "zeros" | undefined;
  /** Default: 0. */
  readonly padding?: Sizes | undefined;
  /** Added to the end of the output, to choose among the sizes a stride leaves open. Default: 0. */
  readonly outputPadding?: Sizes | undefined;
}
const CONV_TRANSPOSE_OPTIONS: OptionNames<ConvTransposeOptions> = {
  ...CONV_OPTIONS,
  outputPadding: true,
};

/** What both kinds share: geometry, parameters, printed form. */
abstract class ConvBase extends Module {
  /** Convolution [out, in / groups, …kernel]; transposed [in, out / groups, …kernel]. */
  weight: Parameter;
  /** [outChannels], or null without one. */
  bias: Parameter | null;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
  readonly paddingMode: PaddingMode;
  abstract readonly padding: readonly number[] | "same" | "valid";

  constructor(
    name: string,
    dims: number,
    channels: readonly [inChannels: number, outChannels: number],
    kernelSize: Sizes,
    transposed: boolean,
    options: Omit<ConvOptions, "padding">,
  ) {
    super();
    checkOptions(name, options, transposed ? CONV_TRANSPOSE_OPTIONS : CONV_OPTIONS);
    const groups = whole(name, "groups", options.groups ?? 1);
    const [input, output] = channels;
    this.groups = groups;
    this.inChannels = divisible(name, "inChannels", whole(name, "inChannels", input), groups);
    this.outChannels = divisible(name, "outChannels", whole(name, "outChannels", output), groups);
    this.kernelSize = perDim(name, "kernelSize", kernelSize, dims, 1);
    this.stride = perDim(name, "stride", options.stride ?? 1, dims, 1);
    this.dilation = perDim(name, "dilation", options.dilation ?? 1, dims, 1);
    const [first, second] = transposed ? [input, output] : [output, input];
    const modes = transposed ? PADDING_MODES.slice(0, 1) : PADDING_MODES;
    this.paddingMode = oneOf(name, "paddingMode", options.paddingMode ?? "zeros", modes);
    const make = factory(options);
    this.weight = new Parameter(empty([first, second / groups, ...this.kernelSize], make));
    this.bias = options.bias === false ? null : new Parameter(empty([output], make));
  }
  /** Draws weight and bias anew, as PyTorch does. */
  resetParameters(): void {
    defaultInit(this.weight, this.bias);
  }
  protected printedWith(outputPadding: readonly number[]): string {
    const { inChannels, outChannels, kernelSize, stride, padding, dilation, groups, bias } = this;
    const { paddingMode } = this;
    const differs = (values: readonly number[], usual: number) => values.some((v) => v !== usual);
    const parts: [text: string, shown: boolean][] = [
      [`${inChannels}, ${outChannels}`, true],
      [`kernel_size=${python(kernelSize)}`, true],
      [`stride=${python(stride)}`, true],
      typeof padding === "string"
        ? [`padding=${padding}`, true]
        : [`padding=${python(padding)}`, differs(padding, 0)],
      [`dilation=${python(dilation)}`, differs(dilation, 1)],
      [`output_padding=${python(outputPadding)}`, differs(outputPadding, 0)],
      [`groups=${groups}`, groups !== 1],
      ["bias=False", bias === null],
      [`padding_mode=${paddingMode}`, paddingMode !== "zeros"],
    ];
    return parts
      .filter(([, shown]) => shown)
      .map(([text]) => text)
      .join(", ");
  }
}

// ---- convolution ------------------------------------------------------------------------------------

const CONV = [conv1d, conv2d, conv3d];

abstract class ConvNd extends ConvBase {
  readonly padding: readonly number[] | "same" | "valid";
  constructor(
    name: string,
    dims: number,
    channels: readonly [number, number],
    kernelSize: Sizes,
    options: ConvOptions,
  ) {
    super(name, dims, channels, kernelSize, false, options);
    this.padding = paddingOf(name, options.padding ?? 0, this.stride);
    this.resetParameters();
  }
  forward(x: Tensor): Tensor {
    return this.forwardWith(x, "none");
  }
  /** forward() and an activation in one pass: what Sequential makes of a convolution with a ReLU behind it. */
  forwardWith(x: Tensor, activation: Activation): Tensor {
    return this.forwardFolded(x, this, activation);
  }
  /** forwardWith() with other weights: what Sequential makes of a convolution with a norm behind it in evaluation. */
  forwardFolded(x: Tensor, { weight, bias }: Weights, activation: Activation): Tensor {
    const { stride, dilation, groups, paddingMode } = this;
    const conv = CONV[stride.length - 1] as typeof conv1d;
    const pads = paddingMode === "zeros" ? null : this.amounts();
    const padding = pads === null ? this.padding : 0;
    const options = { stride, padding, dilation, groups, activation };
    const all = bias === null ? options : { ...options, bias };
    if (pads === null) return conv(x, weight, all);
    return composite(() => conv(pad(x, pads, { mode: paddingMode as PadMode }), weight, all));
  }
  /** What pad() adds, the last dim first; "same" adds the odd one behind. */
  private amounts(): readonly number[] {
    const { padding, kernelSize, dilation } = this;
    return kernelSize
      .map((k, d) => {
        if (padding === "valid") return [0, 0];
        if (padding !== "same") return [padding[d] as number, padding[d] as number];
        const total = (dilation[d] as number) * (k - 1);
        return [Math.floor(total / 2), Math.ceil(total / 2)];
      })
      .reverse()
      .flat();
  }
  override extraRepr(): string {
    return this.printedWith([]);
  }
}
trust(ConvNd);

function paddingOf(name: string, padding: Padding, stride: readonly number[]) {
  if (padding === "valid") return padding;
  if (padding === "same") {
    if (stride.every((s) => s === 1)) return padding;
    throw new ArgumentError(
      name,
      `padding "same" needs stride 1, got [${stride.join(", ")}]; give the padding in numbers`,
    );
  }
  if (typeof padding === "string") {
    throw new ArgumentError(name, `padding is numbers, "same" or "valid"; got "${padding}"`);
  }
  return perDim(name, "padding", padding, stride.length, 0);
}

/**
 * Convolution of [N, C, L] or [C, L], as `torch.nn.Conv1d`; groups = inChannels makes it depthwise.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv1d.html
 */
export class Conv1d extends ConvNd {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Sizes,
    options: ConvOptions = {},
  ) {
    super("Conv1d", 1, [inChannels, outChannels], kernelSize, options);
  }
}

/**
 * Convolution of [N, C, H, W] or [C, H, W], as `torch.nn.Conv2d`; groups = inChannels makes it depthwise.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
 */
export class Conv2d extends ConvNd {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Sizes,
    options: ConvOptions = {},
  ) {
    super("Conv2d", 2, [inChannels, outChannels], kernelSize, options);
  }
}

/**
 * Convolution of [N, C, D, H, W] or [C, D, H, W], as `torch.nn.Conv3d`; groups = inChannels makes it depthwise.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv3d.html
 */
export class Conv3d extends ConvNd {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Sizes,
    options: ConvOptions = {},
  ) {
    super("Conv3d", 3, [inChannels, outChannels], kernelSize, options);
  }
}

// ---- transposed -------------------------------------------------------------------------------------

const CONV_TRANSPOSE = [convTranspose1d, convTranspose2d, convTranspose3d];

abstract class ConvTransposeNd extends ConvBase {
  readonly padding: readonly number[];
  readonly outputPadding: readonly number[];
  constructor(
    name: string,
    dims: number,
    channels: readonly [number, number],
    kernelSize: Sizes,
    options: ConvTransposeOptions,
  ) {
    super(name, dims, channels, kernelSize, true, options);
    this.padding = perDim(name, "padding", options.padding ?? 0, dims, 0);
    this.outputPadding = perDim(name, "outputPadding", options.outputPadding ?? 0, dims, 0);
    this.outputPadding.forEach((extra, d) => {
      const limit = Math.max(this.stride[d] as number, this.dilation[d] as number);
      if (extra < limit) return;
      throw new ArgumentError(
        name,
        `outputPadding must be smaller than stride or dilation (${limit} in dim ${d}); got ${extra}`,
      );
    });
    this.resetParameters();
  }
  forward(x: Tensor): Tensor {
    const { bias, stride, padding, outputPadding, dilation, groups } = this;
    const convTranspose = CONV_TRANSPOSE[stride.length - 1] as typeof convTranspose1d;
    const options = { stride, padding, outputPadding, dilation, groups };
    return convTranspose(x, this.weight, bias === null ? options : { ...options, bias });
  }
  override extraRepr(): string {
    return this.printedWith(this.outputPadding);
  }
}
trust(ConvTransposeNd);

/**
 * Transposed convolution of [N, C, L] or [C, L], as `torch.nn.ConvTranspose1d`.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose1d.html
 */
export class ConvTranspose1d extends ConvTransposeNd {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Sizes,
    options: ConvTransposeOptions = {},
  ) {
    super("ConvTranspose1d", 1, [inChannels, outChannels], kernelSize, options);
  }
}

/**
 * Transposed convolution of [N, C, H, W] or [C, H, W], as `torch.nn.ConvTranspose2d`.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html
 */
export class ConvTranspose2d extends ConvTransposeNd {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Sizes,
    options: ConvTransposeOptions = {},
  ) {
    super("ConvTranspose2d", 2, [inChannels, outChannels], kernelSize, options);
  }
}

/**
 * Transposed convolution of [N, C, D, H, W] or [C, D, H, W], as `torch.nn.ConvTranspose3d`.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose3d.html
 */
export class ConvTranspose3d extends ConvTransposeNd {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Sizes,
    options: ConvTransposeOptions = {},
  ) {
    super("ConvTranspose3d", 3, [inChannels, outChannels], kernelSize, options);
  }
}
