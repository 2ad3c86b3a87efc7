// Layers that rearrange: Unfold, Fold, Unflatten.
import {
  checkOptions,
  type FoldOptions,
  fold,
  type OptionNames,
  reshape,
  ShapeError,
  type Tensor,
  unfold,
} from "@tapegrad/core";
import { perDim, type Sizes } from "../args.ts";
import { Module } from "../module.ts";
import { keywords } from "../print.ts";
import { trust } from "../trust.ts";

const OPTIONS: OptionNames<FoldOptions> = { dilation: true, padding: true, stride: true };

/** What both directions share. */
abstract class Blocks extends Module {
  readonly kernelSize: Sizes;
  readonly dilation: Sizes;
  readonly padding: Sizes;
  readonly stride: Sizes;
  constructor(name: string, kernelSize: Sizes, options: FoldOptions) {
    super();
    checkOptions(name, options, OPTIONS);
    const { dilation = 1, padding = 0, stride = 1 } = options;
    perDim(name, "kernelSize", kernelSize, 2, 1);
    perDim(name, "dilation", dilation, 2, 1);
    perDim(name, "padding", padding, 2, 0);
    perDim(name, "stride", stride, 2, 1);
    this.kernelSize = kernelSize;
    this.dilation = dilation;
    this.padding = padding;
    this.stride = stride;
  }
  protected get options(): FoldOptions {
    const { dilation, padding, stride } = this;
    return { dilation, padding, stride };
  }
  override extraRepr(): string {
    const { kernelSize, dilation, padding, stride } = this;
    return keywords({ kernel_size: kernelSize, dilation, padding, stride });
  }
}

/** The sliding blocks of [N, C, H, W] as columns; as `torch.nn.Unfold`. */
export class Unfold extends Blocks {
  constructor(kernelSize: Sizes, options: FoldOptions = {}) {
    super("Unfold", kernelSize, options);
  }
  forward(x: Tensor): Tensor {
    return unfold(x, this.kernelSize, this.options);
  }
}

/** Columns added up to images [N, C, …outputSize]; as `torch.nn.Fold`. */
export class Fold extends Blocks {
  readonly outputSize: Sizes;
  constructor(outputSize: Sizes, kernelSize: Sizes, options: FoldOptions = {}) {
    super("Fold", kernelSize, options);
    perDim("Fold", "outputSize", outputSize, 2, 1);
    this.outputSize = outputSize;
  }
  forward(x: Tensor): Tensor {
    return fold(x, this.outputSize, this.kernelSize, this.options);
  }
  override extraRepr(): string {
    return `${keywords({ output_size: this.outputSize })}, ${super.extraRepr()}`;
  }
}

/** Splits a dim into several; one of them may be −1. As `torch.nn.Unflatten`. */
export class Unflatten extends Module {
  readonly dim: number;
  readonly unflattenedSize: readonly number[];
  constructor(dim: number, unflattenedSize: readonly number[]) {
    super();
    this.dim = dim;
    this.unflattenedSize = unflattenedSize;
  }
  forward(x: Tensor): Tensor {
    const d = this.dim < 0 ? this.dim + x.ndim : this.dim;
    const size = x.shape[d];
    const known = this.unflattenedSize.reduce((n, k) => (k === -1 ? n : n * k), 1);
    const rest = this.unflattenedSize.includes(-1) ? Math.floor((size ?? 0) / known) : 1;
    if (size === undefined || known * rest !== size) {
      throw new ShapeError("Unflatten", `dim ${this.dim} cannot become this`, {
        input: x.shape,
        unflattenedSize: this.unflattenedSize,
      });
    }
    const sizes = this.unflattenedSize.map((n) => (n === -1 ? rest : n));
    return reshape(x, [...x.shape.slice(0, d), ...sizes, ...x.shape.slice(d + 1)]);
  }
  override extraRepr(): string {
    return keywords({ dim: this.dim, unflattened_size: this.unflattenedSize });
  }
}

trust(Unfold, Fold, Unflatten);
