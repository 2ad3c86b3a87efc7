// The list of kernels. A family is one file; it is added here and nowhere else.

import { conv, convInputGrad, convWeightGrad } from "./conv/index.ts";
import { dropout } from "./dropout.ts";
import { binary, binaryScalar, copy, fill, unary, where } from "./elementwise.ts";
import { gather, scatterAdd, scatterInto } from "./indexing.ts";
import { mode, scanExtreme, searchsorted, sort } from "./lines.ts";
import { matmul, matmulBias } from "./matmul.ts";
import { adamStep, powerSum, scaleAll, sgdStep } from "./optim.ts";
import {
  adaptiveAvgPool,
  adaptiveAvgPoolGrad,
  avgPool,
  avgPoolGrad,
  maxPool,
  planeGather,
  planeScatter,
} from "./pool/index.ts";
import { arange, random } from "./random.ts";
import { argReduce, reduce } from "./reduce.ts";
import { crossEntropy, crossEntropyGrad } from "./rows/cross-entropy.ts";
import { batchNorm, batchNormEval, batchNormGrad, layerNorm, layerNormGrad } from "./rows/norm.ts";
import { logSoftmax, logSoftmaxGrad, softmax, softmaxGrad } from "./rows/softmax.ts";
import { scan } from "./scan.ts";

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
  ...{ maxPool, avgPool, avgPoolGrad, adaptiveAvgPool, adaptiveAvgPoolGrad },
  ...{ planeGather, planeScatter, dropout },
  ...{ scatterInto, sort, mode, searchsorted, scan, scanExtreme },
  ...{ sgdStep, adamStep, powerSum, scaleAll },
};
