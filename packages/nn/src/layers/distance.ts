// Distances and likenesses as modules of two tensors.
import {
  type CosineSimilarityOptions,
  checkOptions,
  cosineSimilarity,
  type OptionNames,
  type PairwiseDistanceOptions,
  pairwiseDistance,
  type Tensor,
} from "@tapegrad/core";
import { Module } from "../module.ts";
import { trust } from "../trust.ts";

const PAIRWISE: OptionNames<PairwiseDistanceOptions> = { p: true, eps: true, keepdim: true };

/** The p-norm of x1 − x2 over the last dim; as `torch.nn.PairwiseDistance`. */
export class PairwiseDistance extends Module {
  readonly options: PairwiseDistanceOptions;
  constructor(options: PairwiseDistanceOptions = {}) {
    super();
    checkOptions("PairwiseDistance", options, PAIRWISE);
    this.options = { ...options };
  }
  forward(x1: Tensor, x2: Tensor): Tensor {
    return pairwiseDistance(x1, x2, this.options);
  }
}

const COSINE: OptionNames<CosineSimilarityOptions> = { dim: true, eps: true };

/** The cosine of the angle between x1 and x2 along dim; as `torch.nn.CosineSimilarity`. */
export class CosineSimilarity extends Module {
  readonly options: CosineSimilarityOptions;
  constructor(options: CosineSimilarityOptions = {}) {
    super();
    checkOptions("CosineSimilarity", options, COSINE);
    this.options = { ...options };
  }
  forward(x1: Tensor, x2: Tensor): Tensor {
    return cosineSimilarity(x1, x2, this.options);
  }
}

trust(PairwiseDistance, CosineSimilarity);
