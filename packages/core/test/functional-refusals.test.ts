// What the functions for networks refuse: each error says function, argument, what was got, and what would do.
import * as core from "@tapegrad/core";
import {
  ArgumentError,
  DTypeError,
  IndexError,
  ones,
  ShapeError,
  tensor,
  zeros,
} from "@tapegrad/core";
import { expect } from "chai";
import { useBackend } from "./use-backend.ts";

useBackend("reference");

type Refusal = readonly [
  call: () => unknown,
  type: new (...args: never[]) => Error,
  message: RegExp,
];
const ints = () => tensor([1n, 2n]);
const row = () => ones([3]);
const image = () => ones([1, 2, 4, 4]);

const REFUSALS: Readonly<Record<string, readonly Refusal[]>> = {
  glu: [
    [
      () => core.glu(row()),
      ShapeError,
      /glu: dim 0 is halved, so its length must be even[\s\S]*\[3\]/,
    ],
    [() => core.glu(row(), 1), IndexError, /glu: dim 1 is out of range/],
  ],
  gumbelSoftmax: [
    [
      () => core.gumbelSoftmax(row(), { tau: 0 }),
      ArgumentError,
      /gumbelSoftmax: tau must be > 0; got 0/,
    ],
  ],
  softsign: [
    [() => core.softsign(ints()), DTypeError, /softsign: expected a floating-point tensor/],
  ],
  tanhshrink: [[() => core.tanhshrink(ints()), DTypeError, /tanhshrink: expected a floating/]],
  pairwiseDistance: [
    [() => core.pairwiseDistance(row(), ones([2])), ShapeError, /pairwiseDistance: sizes 3 and 2/],
    [() => core.pairwiseDistance(row(), row(), { p: -1 }), ArgumentError, /p must be ≥ 0.*got -1/],
    [
      () => core.pairwiseDistance(ones([]), ones([])),
      ShapeError,
      /expected vectors \[D\] or \[N, D\]/,
    ],
  ],
  cosineSimilarity: [
    [
      () => core.cosineSimilarity(row(), row()),
      IndexError,
      /cosineSimilarity: dim 1 is out of range/,
    ],
  ],
  normalize: [[() => core.normalize(row()), IndexError, /normalize: dim 1 is out of range/]],
  pdist: [[() => core.pdist(row()), ShapeError, /pdist: expected a matrix \[N, M\]/]],
  huberLoss: [
    [
      () => core.huberLoss(row(), row(), { delta: 0 }),
      ArgumentError,
      /huberLoss: delta must be > 0; got 0/,
    ],
    [
      () => core.huberLoss(row(), ones([2])),
      ShapeError,
      /huberLoss: input and target must have the same/,
    ],
  ],
  klDiv: [
    [
      () => core.klDiv(row(), row(), { reduction: "max" as "mean" }),
      ArgumentError,
      /klDiv: reduction is "none", "mean" or "sum"; got "max"/,
    ],
  ],
  gaussianNllLoss: [
    [
      () => core.gaussianNllLoss(row(), row(), -1),
      ArgumentError,
      /a variance is not negative; got -1/,
    ],
    [
      () => core.gaussianNllLoss(row(), row(), ones([2])),
      ShapeError,
      /variance must have the shape of input/,
    ],
    [() => core.gaussianNllLoss(row(), row(), 1, { eps: 0 }), ArgumentError, /eps must be > 0/],
  ],
  marginRankingLoss: [
    [
      () => core.marginRankingLoss(row(), row(), ones([2])),
      ShapeError,
      /marginRankingLoss: input and target/,
    ],
  ],
  multiMarginLoss: [
    [
      () => core.multiMarginLoss(ones([2, 3]), ints().add(2)),
      IndexError,
      /multiMarginLoss: index 3 .* size 3/,
    ],
    [
      () => core.multiMarginLoss(ones([2, 3]), row()),
      DTypeError,
      /target holds class numbers, integers/,
    ],
    [
      () => core.multiMarginLoss(ones([3, 3]), ints()),
      ShapeError,
      /expected \[N, C\] or \[C\], and a target \[N\]/,
    ],
    [
      () => core.multiMarginLoss(ones([2, 3]), ints(), { p: 3 as 2 }),
      ArgumentError,
      /multiMarginLoss: p must be 1 or 2; got 3/,
    ],
    [
      () => core.multiMarginLoss(ones([2, 3]), ints(), { weight: ones([2]) }),
      ShapeError,
      /weight must have one value for each of 3 classes/,
    ],
  ],
  multilabelMarginLoss: [
    [
      () => core.multilabelMarginLoss(ones([2]), ints().add(1)),
      IndexError,
      /multilabelMarginLoss: index 2 .* size 2/,
    ],
  ],
  cosineEmbeddingLoss: [
    [
      () => core.cosineEmbeddingLoss(row(), row(), row()),
      ShapeError,
      /expected inputs \[N, D\] and a target \[N\]/,
    ],
  ],
  tripletMarginLoss: [
    [
      () => core.tripletMarginLoss(row(), row(), row(), { margin: 0 }),
      ArgumentError,
      /tripletMarginLoss: margin must be > 0; got 0/,
    ],
  ],
  ctcLoss: [
    [
      () => core.ctcLoss(row(), ints(), 1, 1),
      ShapeError,
      /ctcLoss: logProbs must be \[T, N, C\] or \[T, C\]/,
    ],
    [
      () => core.ctcLoss(ones([4, 3]), ints(), 5, 2),
      ArgumentError,
      /inputLengths must be 1 whole numbers from 1 to 4; got \[5\]/,
    ],
    [
      () => core.ctcLoss(ones([4, 3]), ints(), 4, 3),
      ArgumentError,
      /targetLengths must be 1 whole numbers from 0 to 2; got \[3\]/,
    ],
    [() => core.ctcLoss(ones([4, 2]), ints(), 4, 2), IndexError, /ctcLoss: index 2/],
    [
      () => core.ctcLoss(ones([4, 3]), ints(), 4, 2, { blank: 3 }),
      ArgumentError,
      /blank must be one of 3 classes; got 3/,
    ],
    [
      () => core.ctcLoss(ones([4, 2, 3]), ints(), [4, 4], [1, 2]),
      ShapeError,
      /targets must be \[N, S\], or all of them/,
    ],
  ],
  groupNorm: [
    [
      () => core.groupNorm(image(), 3),
      ArgumentError,
      /groupNorm: numGroups must divide the 2 channels; got 3/,
    ],
    [() => core.groupNorm(row(), 1), ShapeError, /groupNorm: input must be \[batch, channels, …\]/],
    [
      () => core.groupNorm(image(), 1, { weight: row() }),
      ShapeError,
      /weight must have one value for each of 2 channels/,
    ],
  ],
  instanceNorm: [
    [
      () => core.instanceNorm(image(), { useInputStats: false }),
      ArgumentError,
      /needs runningMean and runningVar/,
    ],
    [
      () => core.instanceNorm(ones([2, 2, 1])),
      ShapeError,
      /needs more than one value in each channel/,
    ],
  ],
  localResponseNorm: [
    [
      () => core.localResponseNorm(image(), 0),
      ArgumentError,
      /localResponseNorm: size must be a whole number ≥ 1/,
    ],
    [
      () => core.localResponseNorm(ones([2, 2]), 2),
      ShapeError,
      /input must be \[batch, channels, …spatial\]/,
    ],
  ],
  lpPool2d: [
    [
      () => core.lpPool2d(image(), 0, 2),
      ArgumentError,
      /lpPool2d: normType must be a number other than 0/,
    ],
    [
      () => core.lpPool2d(image(), 2, [2]),
      ArgumentError,
      /lpPool2d: kernel must be a whole number ≥ 1, or 2/,
    ],
  ],
  avgPool2d: [
    [
      () => core.avgPool2d(image(), 2, { divisorOverride: 0 }),
      ArgumentError,
      /divisorOverride is a whole number other than 0/,
    ],
  ],
  adaptiveMaxPool2d: [
    [
      () => core.adaptiveMaxPool2d(image(), 0),
      ArgumentError,
      /adaptiveMaxPool2d: outputSize must be a whole number ≥ 1/,
    ],
    [
      () => core.adaptiveMaxPool2d(row(), 1),
      ShapeError,
      /adaptiveMaxPool2d: input must have 4 dimensions/,
    ],
  ],
  maxUnpool1d: [
    [
      () => core.maxUnpool1d(ones([1, 1, 2]), ints(), 2),
      ShapeError,
      /input and indices must have the same shape/,
    ],
    [() => core.maxUnpool1d(ones([1, 2]), tensor([[0n, 9n]]), 2), IndexError, /index 9/],
    [
      () => core.maxUnpool1d(ones([1, 2]), tensor([[0n, 1n]]), 2, { outputSize: [9] }),
      ArgumentError,
      /outputSize must lie between 2 and 6 in spatial dim 0; got \[9\]/,
    ],
  ],
  interpolate: [
    [
      () => core.interpolate(image(), {}),
      ArgumentError,
      /interpolate: needs either size or scaleFactor/,
    ],
    [
      () => core.interpolate(image(), { size: 2, scaleFactor: 2 }),
      ArgumentError,
      /needs either size or scaleFactor/,
    ],
    [
      () => core.interpolate(image(), { size: 2, mode: "cubic" as "bicubic" }),
      ArgumentError,
      /mode must be one of "nearest"/,
    ],
    [
      () => core.interpolate(image(), { size: 2, mode: "linear" }),
      ShapeError,
      /mode "linear" takes .* of 3 dimensions; the input has 4/,
    ],
    [
      () => core.interpolate(image(), { size: 2, alignCorners: true }),
      ArgumentError,
      /alignCorners belongs to linear and cubic modes/,
    ],
    [
      () => core.interpolate(image(), { size: [2, 2, 2] }),
      ArgumentError,
      /size must be a number > 0, or 2 of them/,
    ],
    [
      () => core.interpolate(image(), { scaleFactor: 0.1 }),
      ArgumentError,
      /leaves nothing of \[4, 4\]/,
    ],
    [
      () => core.interpolate(image(), { size: 2, antialias: true }),
      ArgumentError,
      /antialias belongs to "bilinear" and "bicubic"/,
    ],
  ],
  unfold: [
    [
      () => core.unfold(image(), 5),
      ShapeError,
      /unfold: the block spans 5 in spatial dim 0 but the padded image has 4/,
    ],
  ],
  fold: [
    [
      () => core.fold(ones([1, 7, 9]), 4, 2),
      ArgumentError,
      /fold: columns of 7 values .*4 must divide 7/,
    ],
    [
      () => core.fold(ones([1, 8, 8]), 4, 2),
      ShapeError,
      /8 blocks were given; 3 × 3 = 9 fit into 4 × 4/,
    ],
  ],
  affineGrid: [
    [() => core.affineGrid(ones([1, 2, 2]), [1, 1, 2, 2]), ShapeError, /theta must be \[N, 2, 3\]/],
  ],
  gridSample: [
    [
      () => core.gridSample(image(), ones([1, 2, 2, 3])),
      ShapeError,
      /gridSample: expected x \[N, C, H, W\] with a grid/,
    ],
    [
      () => core.gridSample(ones([1, 1, 2, 2, 2]), ones([1, 1, 1, 1, 3]), { mode: "bicubic" }),
      ArgumentError,
      /mode must be one of "bilinear", "nearest"; got "bicubic"/,
    ],
    [
      () => core.gridSample(image(), ones([1, 2, 2, 2]), { paddingMode: "wrap" as "zeros" }),
      ArgumentError,
      /paddingMode must be one of "zeros", "border", "reflection"; got "wrap"/,
    ],
  ],
  pixelShuffle: [
    [() => core.pixelShuffle(image(), 2), ShapeError, /channels that 4 divides/],
    [
      () => core.pixelShuffle(image(), 0.5),
      ArgumentError,
      /upscaleFactor must be a whole number ≥ 1; got 0.5/,
    ],
  ],
  pixelUnshuffle: [
    [() => core.pixelUnshuffle(image(), 3), ShapeError, /a height and width that 3 divides/],
  ],
  channelShuffle: [[() => core.channelShuffle(image(), 3), ShapeError, /channels that 3 divides/]],
  alphaDropout: [
    [
      () => core.alphaDropout(row(), { p: 2 }),
      ArgumentError,
      /alphaDropout: p is a probability.*got 2/,
    ],
  ],
  dropout2d: [[() => core.dropout2d(ints()), DTypeError, /dropout2d: input is int64/]],
  bilinear: [
    [
      () => core.bilinear(row(), row(), ones([2, 3, 2])),
      ShapeError,
      /bilinear: expected x1 \[\.\.\., in1\]/,
    ],
  ],
  embeddingBag: [
    [() => core.embeddingBag(ints(), ones([3, 2])), ArgumentError, /an input \[n\] needs offsets/],
    [
      () => core.embeddingBag(ints(), ones([3, 2]), { offsets: tensor([1n]) }),
      ArgumentError,
      /offsets must be \[B\], begin with 0 and never fall; got \[1\]/,
    ],
    [
      () => core.embeddingBag(ints().reshape([1, 2]), ones([2, 2])),
      IndexError,
      /index 2 .* size 2/,
    ],
    [
      () =>
        core.embeddingBag(ints().reshape([1, 2]), ones([3, 2]), { perSampleWeights: ones([1, 2]) }),
      ArgumentError,
      /perSampleWeights belong to mode "sum"/,
    ],
    [
      () => core.embeddingBag(ints().reshape([1, 2]), ones([3, 2]), { paddingIdx: 3 }),
      ArgumentError,
      /paddingIdx must be in \[-3, 3\); got 3/,
    ],
  ],
  scaledDotProductAttention: [
    [
      () => core.scaledDotProductAttention(ones([2, 3]), ones([2, 4]), ones([2, 3])),
      ShapeError,
      /query and key must have the same last dim E/,
    ],
    [
      () => core.scaledDotProductAttention(ones([2, 3]), ones([4, 3]), ones([2, 3])),
      ShapeError,
      /key and value must have the same number S/,
    ],
    [
      () =>
        core.scaledDotProductAttention(ones([2, 3]), ones([4, 3]), ones([4, 3]), {
          attnMask: zeros([3, 4]),
        }),
      ShapeError,
      /sizes 2 and 3|attnMask must broadcast/,
    ],
    [
      () =>
        core.scaledDotProductAttention(ones([2, 3]), ones([2, 3]), ones([2, 3]), {
          attnMask: zeros([2, 2]),
          isCausal: true,
        }),
      ArgumentError,
      /takes attnMask or isCausal, not both/,
    ],
    [
      () =>
        core.scaledDotProductAttention(ones([2, 3]), ones([2, 3]), ones([2, 3]), {
          attnMask: ints(),
        }),
      DTypeError,
      /attnMask must be bool or float32; it is int64/,
    ],
  ],
};

describe("functions for networks refuse", () => {
  for (const [name, refusals] of Object.entries(REFUSALS)) {
    refusals.forEach(([call, type, message], i) => {
      it(`${name} ${i + 1}`, () => {
        expect(call).to.throw(type, message);
      });
    });
  }
});
