// Linear and Embedding: layers that are one matrix.
import {
  type Activation,
  ArgumentError,
  checkOptions,
  embedding,
  empty,
  linear,
  noGrad,
  type OptionNames,
  owned,
  type Tensor,
} from "@tapegrad/core";
import { FACTORY_OPTIONS, type FactoryOptions, factory, whole } from "../args.ts";
import type { Weights } from "../folded.ts";
import { defaultInit, normal_ } from "../init.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { python } from "../print.ts";
import { trust } from "../trust.ts";

export interface LinearOptions extends FactoryOptions {
  /** Default: true. */
  readonly bias?: boolean | undefined;
}
export const LINEAR_OPTIONS: OptionNames<LinearOptions> = { bias: true, ...FACTORY_OPTIONS };

/** [..., inFeatures] → [..., outFeatures]: x·Wᵀ + b; as `torch.nn.Linear`. */
export class Linear extends Module {
  /** [outFeatures, inFeatures] */
  weight: Parameter;
  /** [outFeatures], or null without one. */
  bias: Parameter | null;
  readonly inFeatures: number;
  readonly outFeatures: number;
  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    super();
    checkOptions("Linear", options, LINEAR_OPTIONS);
    this.inFeatures = whole("Linear", "inFeatures", inFeatures);
    this.outFeatures = whole("Linear", "outFeatures", outFeatures);
    const make = factory(options);
    this.weight = new Parameter(empty([outFeatures, inFeatures], make));
    this.bias = options.bias === false ? null : new Parameter(empty([outFeatures], make));
    this.resetParameters();
  }
  /** Draws weight and bias anew, as PyTorch does. */
  resetParameters(): void {
    defaultInit(this.weight, this.bias);
  }
  forward(x: Tensor): Tensor {
    return this.bias === null ? linear(x, this.weight) : linear(x, this.weight, this.bias);
  }
  /** forward() and an activation in one pass: what Sequential makes of it with a ReLU behind. */
  forwardWith(x: Tensor, activation: Activation): Tensor {
    return this.forwardFolded(x, this, activation);
  }
  /** forwardWith() with other weights: what Sequential makes of it with a norm behind it in evaluation. */
  forwardFolded(x: Tensor, { weight, bias }: Weights, activation: Activation): Tensor {
    return linear(x, weight, bias ?? undefined, { activation });
  }
  override extraRepr(): string {
    const { inFeatures, outFeatures, bias } = this;
    return `in_features=${inFeatures}, out_features=${outFeatures}, bias=${python(bias !== null)}`;
  }
}

export interface EmbeddingOptions extends FactoryOptions {
  /** The row of this index is zero and gets no gradient; negative counts from the end. */
  readonly paddingIdx?: number | undefined;
}
export const EMBEDDING_OPTIONS: OptionNames<EmbeddingOptions> = {
  paddingIdx: true,
  ...FACTORY_OPTIONS,
};

/** Rows of a table by index: integers [...] → [..., embeddingDim]; as `torch.nn.Embedding`. */
export class Embedding extends Module {
  /** [numEmbeddings, embeddingDim] */
  weight: Parameter;
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly paddingIdx: number | null;
  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingOptions = {}) {
    super();
    checkOptions("Embedding", options, EMBEDDING_OPTIONS);
    this.numEmbeddings = whole("Embedding", "numEmbeddings", numEmbeddings);
    this.embeddingDim = whole("Embedding", "embeddingDim", embeddingDim);
    this.paddingIdx = rowOf(options.paddingIdx ?? null, numEmbeddings);
    this.weight = new Parameter(empty([numEmbeddings, embeddingDim], factory(options)));
    this.resetParameters();
  }
  /** Draws the table from N(0, 1), but for the row of paddingIdx. */
  resetParameters(): void {
    normal_(this.weight);
    const { paddingIdx } = this;
    if (paddingIdx === null) return;
    owned(() => {
      noGrad(() => this.weight.select(0, paddingIdx).zero_());
      return [];
    });
  }
  forward(indices: Tensor): Tensor {
    const { paddingIdx } = this;
    return embedding(indices, this.weight, paddingIdx === null ? {} : { paddingIdx });
  }
  override extraRepr(): string {
    const padding = this.paddingIdx === null ? "" : `, padding_idx=${this.paddingIdx}`;
    return `${this.numEmbeddings}, ${this.embeddingDim}${padding}`;
  }
}

function rowOf(index: number | null, rows: number): number | null {
  if (index === null) return null;
  if (Number.isInteger(index) && index >= -rows && index < rows) {
    return index < 0 ? index + rows : index;
  }
  throw new ArgumentError(
    "Embedding",
    `paddingIdx must be in [${-rows}, ${rows}) for ${rows} rows; got ${index}`,
  );
}

trust(Linear, Embedding);
