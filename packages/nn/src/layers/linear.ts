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
import { FACTORY_OPTIONS, type FactoryOptions, factory, given, whole } from "../args.ts";
import type { Weights } from "../folded.ts";
import { defaultInit, normal_ } from "../init.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { python, pythonFloat } from "../print.ts";
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
  /** Rows of a larger norm are scaled down to it, in the table itself, before they are read. */
  readonly maxNorm?: number | undefined;
  /** The p of that norm. Default: 2. */
  readonly normType?: number | undefined;
  /** Divides the gradient of each row by how often it was read. Default: false. */
  readonly scaleGradByFreq?: boolean | undefined;
}
export const EMBEDDING_OPTIONS: OptionNames<EmbeddingOptions> = {
  paddingIdx: true,
  maxNorm: true,
  normType: true,
  scaleGradByFreq: true,
  ...FACTORY_OPTIONS,
};

/** Rows of a table by index: integers [...] → [..., embeddingDim]; as `torch.nn.Embedding`. */
export class Embedding extends Module {
  /** [numEmbeddings, embeddingDim] */
  weight: Parameter;
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly paddingIdx: number | null;
  readonly maxNorm: number | null;
  readonly normType: number;
  readonly scaleGradByFreq: boolean;
  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingOptions = {}) {
    super();
    checkOptions("Embedding", options, EMBEDDING_OPTIONS);
    this.numEmbeddings = whole("Embedding", "numEmbeddings", numEmbeddings);
    this.embeddingDim = whole("Embedding", "embeddingDim", embeddingDim);
    this.paddingIdx = rowOf(options.paddingIdx ?? null, numEmbeddings);
    this.maxNorm = options.maxNorm ?? null;
    this.normType = options.normType ?? 2;
    this.scaleGradByFreq = options.scaleGradByFreq ?? false;
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
    return embedding(indices, this.weight, this.lookup());
  }
  /** What embedding() and embeddingBag() are told. */
  protected lookup() {
    const { paddingIdx, maxNorm, normType, scaleGradByFreq } = this;
    return given({ paddingIdx, maxNorm, normType, scaleGradByFreq });
  }
  override extraRepr(): string {
    const { paddingIdx, maxNorm, normType, scaleGradByFreq } = this;
    const parts = [
      `${this.numEmbeddings}, ${this.embeddingDim}`,
      ...(paddingIdx === null ? [] : [`padding_idx=${paddingIdx}`]),
      ...(maxNorm === null ? [] : [`max_norm=${pythonFloat(maxNorm)}`]),
      ...(normType === 2 ? [] : [`norm_type=${pythonFloat(normType)}`]),
      ...(scaleGradByFreq ? ["scale_grad_by_freq=True"] : []),
    ];
    return parts.join(", ");
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
