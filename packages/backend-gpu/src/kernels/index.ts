// The list of kernels. A family is one file; it is added here and nowhere else.

import { conv, convInputGrad, convWeightGrad } from "./conv/index.ts";
import { binary, binaryScalar, copy, fill, unary, where } from "./elementwise.ts";
import { gather, scatterAdd } from "./indexing.ts";
import { matmul, matmulBias } from "./matmul.ts";
import { arange, random } from "./random.ts";
import { argReduce, reduce } from "./reduce.ts";
import { crossEntropy, crossEntropyGrad } from "./rows/cross-entropy.ts";
import { batchNorm, batchNormEval, batchNormGrad, layerNorm, layerNormGrad } from "./rows/norm.ts";
import { logSoftmax, logSoftmaxGrad, softmax, softmaxGrad } from "./rows/softmax.ts";

/** What every backend must have. */
export const required = {
  fill,
  copy,
  unary,
  binary,
  binaryScalar,
  where,
  reduce,
  argReduce,
  matmul,
  gather,
  scatterAdd,
  random,
  arange,
};

/** What spares compositions: one line per family. */
export const fused = {
  matmulBias,
  ...{ conv, convInputGrad, convWeightGrad },
  ...{ softmax, logSoftmax, softmaxGrad, logSoftmaxGrad },
  ...{ batchNorm, batchNormEval, batchNormGrad, layerNorm, layerNormGrad },
  ...{ crossEntropy, crossEntropyGrad },
};
