// The list of kernels. A family is one file; it is added here and nowhere else.

import { conv, convInputGrad, convWeightGrad } from "./conv/index.ts";
import { binary, binaryScalar, copy, fill, unary, where } from "./elementwise.ts";
import { gather, scatterAdd } from "./indexing.ts";
import { matmul, matmulBias } from "./matmul.ts";
import { arange, random } from "./random.ts";
import { argReduce, reduce } from "./reduce.ts";

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
export const fused = { matmulBias, conv, convInputGrad, convWeightGrad };
