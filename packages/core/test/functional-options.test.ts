// Options that do not exist are errors in the functions for networks.
import * as core from "@tapegrad/core";
import { ArgumentError, ones, tensor } from "@tapegrad/core";
import { expect } from "chai";
import { useBackend } from "./use-backend.ts";

useBackend("reference");

const ints = () => tensor([1n, 2n]);
const row = () => ones([3]);
const image = () => ones([1, 2, 4, 4]);

/** Calls as JavaScript makes them: what TypeScript would refuse is what is tested. */
const js = core as unknown as Record<string, (...args: unknown[]) => unknown>;
const none = { nonsense: 1 };
const vectors = () => [row(), row(), row()];

/** The arguments before the options of each function that has options. */
const BEFORE_OPTIONS: Readonly<Record<string, () => unknown[]>> = {
  ...Object.fromEntries(
    ["elu", "celu", "leakyRelu", "rrelu", "hardtanh", "hardshrink", "softshrink", "gumbelSoftmax"]
      .concat(["normalize", "pdist", "interpolate", "instanceNorm"])
      .concat(["dropout1d", "dropout2d", "dropout3d", "alphaDropout", "featureAlphaDropout"])
      .map((name) => [name, () => [row()]]),
  ),
  ...Object.fromEntries(
    ["pairwiseDistance", "cosineSimilarity", "huberLoss", "binaryCrossEntropy", "klDiv"]
      .concat([
        "poissonNllLoss",
        "hingeEmbeddingLoss",
        "softMarginLoss",
        "multilabelSoftMarginLoss",
      ])
      .concat(["multiMarginLoss", "multilabelMarginLoss", "gridSample"])
      .map((name) => [name, () => [row(), row()]]),
  ),
  ...Object.fromEntries(
    ["gaussianNllLoss", "marginRankingLoss", "cosineEmbeddingLoss", "tripletMarginLoss"]
      .concat(["tripletMarginWithDistanceLoss", "scaledDotProductAttention"])
      .map((name) => [name, vectors]),
  ),
  ctcLoss: () => [ones([4, 3]), ints(), 4, 2],
  groupNorm: () => [image(), 2],
  rmsNorm: () => [row(), 3],
  localResponseNorm: () => [image(), 2],
  unfold: () => [image(), 2],
  fold: () => [ones([1, 8, 9]), 4, 2],
  affineGrid: () => [ones([1, 2, 3]), [1, 1, 2, 2]],
  ...Object.fromEntries(
    [1, 2, 3].flatMap((n) => [
      [`lpPool${n}d`, () => [image(), 2, 2]],
      [`adaptiveMaxPool${n}d`, () => [image(), 2]],
      [`maxUnpool${n}d`, () => [image(), image(), 2]],
    ]),
  ),
};

describe("functions for networks know their options", () => {
  for (const [name, args] of Object.entries(BEFORE_OPTIONS)) {
    it(name, () => {
      const pattern = new RegExp(`^${name}: there is no option 'nonsense'; there are `);
      expect(() => js[name]?.(...args(), none)).to.throw(ArgumentError, pattern);
    });
  }
});
