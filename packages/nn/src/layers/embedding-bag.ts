// EmbeddingBag: an Embedding whose rows are reduced at once.
import {
  checkOptions,
  type EmbeddingBagMode,
  embeddingBag,
  type OptionNames,
  type Tensor,
} from "@tapegrad/core";
import { FACTORY_OPTIONS, type FactoryOptions, given, oneOf } from "../args.ts";
import { python } from "../print.ts";
import { trust } from "../trust.ts";
import { Embedding, type EmbeddingOptions } from "./linear.ts";

export interface EmbeddingBagLayerOptions
  extends FactoryOptions,
    Pick<EmbeddingOptions, "paddingIdx"> {
  /** Default: "mean". */
  readonly mode?: EmbeddingBagMode | undefined;
  /** The last offset is the end of the last bag. Default: false. */
  readonly includeLastOffset?: boolean | undefined;
}
const OPTIONS: OptionNames<EmbeddingBagLayerOptions> = {
  paddingIdx: true,
  ...FACTORY_OPTIONS,
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
    const { mode, includeLastOffset, paddingIdx } = this;
    return embeddingBag(indices, this.weight, {
      ...given({ offsets, perSampleWeights, paddingIdx }),
      ...{ mode, includeLastOffset },
    });
  }
  override extraRepr(): string {
    const padding = this.paddingIdx === null ? "" : `, padding_idx=${this.paddingIdx}`;
    return `${this.numEmbeddings}, ${this.embeddingDim}, mode=${python(this.mode)}${padding}`;
  }
}

trust(EmbeddingBag);
