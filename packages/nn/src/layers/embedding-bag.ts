// EmbeddingBag: an Embedding whose rows are reduced at once.
import {
  checkOptions,
  type EmbeddingBagMode,
  embeddingBag,
  type OptionNames,
  type Tensor,
} from "@tapegrad/core";
import { given, oneOf } from "../args.ts";
import { python, pythonFloat } from "../print.ts";
import { trust } from "../trust.ts";
import { EMBEDDING_OPTIONS, Embedding, type EmbeddingOptions } from "./linear.ts";

export interface EmbeddingBagLayerOptions extends EmbeddingOptions {
  /** Default: "mean". */
  readonly mode?: EmbeddingBagMode | undefined;
  /** The last offset is the end of the last bag. Default: false. */
  readonly includeLastOffset?: boolean | undefined;
}
const OPTIONS: OptionNames<EmbeddingBagLayerOptions> = {
  ...EMBEDDING_OPTIONS,
  mode: true,
  includeLastOffset: true,
};

/** Sums, means or maxima of rows of a table: integers [B, N], or [n] with offsets, → [B, embeddingDim]; as `torch.nn.EmbeddingBag`. */
export class EmbeddingBag extends Embedding {
  readonly mode: EmbeddingBagMode;
  readonly includeLastOffset: boolean;
  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingBagLayerOptions = {}) {
    checkOptions("EmbeddingBag", options, OPTIONS);
    const { mode = "mean", includeLastOffset = false, ...rest } = options;
    super(numEmbeddings, embeddingDim, rest);
    this.mode = oneOf("EmbeddingBag", "mode", mode, ["sum", "mean", "max"]);
    this.includeLastOffset = includeLastOffset;
  }
  override forward(indices: Tensor, offsets?: Tensor, perSampleWeights?: Tensor): Tensor {
    const { mode, includeLastOffset } = this;
    return embeddingBag(indices, this.weight, {
      ...given({ offsets, perSampleWeights }),
      ...this.lookup(),
      ...{ mode, includeLastOffset },
    });
  }
  override extraRepr(): string {
    const { maxNorm, normType, scaleGradByFreq, mode, paddingIdx } = this;
    return [
      `${this.numEmbeddings}, ${this.embeddingDim}`,
      ...(maxNorm === null ? [] : [`max_norm=${pythonFloat(maxNorm)}`]),
      ...(normType === 2 ? [] : [`norm_type=${pythonFloat(normType)}`]),
      ...(scaleGradByFreq ? ["scale_grad_by_freq=True"] : []),
      `mode=${python(mode)}`,
      ...(paddingIdx === null ? [] : [`padding_idx=${paddingIdx}`]),
    ].join(", ");
  }
}

trust(EmbeddingBag);
