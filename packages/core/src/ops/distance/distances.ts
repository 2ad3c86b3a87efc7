// Distances and likenesses of vectors: pairwiseDistance, cosineSimilarity, pdist, and normalize.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { broadcastShapes, normalizeDim } from "../../shape.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { tensor } from "../creation.ts";
import { pNorm } from "./p-norm.ts";

function checkP(op: string, p: number): void {
  if (p >= 0) return;
  throw new ArgumentError(op, `p must be ≥ 0 (Infinity for the largest difference); got ${p}`);
}

export interface PairwiseDistanceOptions {
  /** Of the norm; Infinity: the largest difference. Default 2. */
  readonly p?: number | undefined;
  /** Added to each difference. Default 1e-6. */
  readonly eps?: number | undefined;
  /** Default false. */
  readonly keepdim?: boolean | undefined;
}
const PAIRWISE_OPTIONS: OptionNames<PairwiseDistanceOptions> = {
  p: true,
  eps: true,
  keepdim: true,
};

/**
 * The p-norm of x1 − x2 + eps over the last dim; as `torch.nn.functional.pairwise_distance`.
 * @param x1 [N, D] or [D], broadcast with x2
 * @returns [N] or []; with keepdim [N, 1] or [1]
 * @throws ShapeError shapes that do not broadcast; ArgumentError a negative p; DTypeError mixed or integer dtypes
 */
export function pairwiseDistance(
  x1: Tensor,
  x2: Tensor,
  options: PairwiseDistanceOptions = {},
): Tensor {
  const op = "pairwiseDistance";
  checkOptions(op, options, PAIRWISE_OPTIONS);
  const { p = 2, eps = 1e-6, keepdim = false } = options;
  checkDtypes(op, { x1, x2 });
  checkP(op, p);
  if (broadcastShapes(op, x1.shape, x2.shape).length === 0) {
    throw new ShapeError(op, "expected vectors [D] or [N, D]", { x1: x1.shape, x2: x2.shape });
  }
  return composite(() => pNorm(x1.sub(x2).add(eps), p, -1, keepdim));
}

export interface CosineSimilarityOptions {
  /** The dim of the vectors. Default 1. */
  readonly dim?: number | undefined;
  /** The least that a norm counts as. Default 1e-8. */
  readonly eps?: number | undefined;
}
const COSINE_OPTIONS: OptionNames<CosineSimilarityOptions> = { dim: true, eps: true };

/** t, but at least `least`; the gradient passes as if nothing had happened. */
const raised = (t: Tensor, least: number): Tensor => {
  const plain = t.detach();
  return t.add(plain.clamp({ min: least }).sub(plain));
};

/**
 * The cosine of the angle between x1 and x2 along dim; as `torch.nn.functional.cosine_similarity`.
 * @param x1 broadcast with x2
 * @returns the common shape without dim
 * @throws ShapeError shapes that do not broadcast; IndexError no such dim; DTypeError mixed or integer dtypes
 */
export function cosineSimilarity(
  x1: Tensor,
  x2: Tensor,
  options: CosineSimilarityOptions = {},
): Tensor {
  const op = "cosineSimilarity";
  checkOptions(op, options, COSINE_OPTIONS);
  const { dim = 1, eps = 1e-8 } = options;
  checkDtypes(op, { x1, x2 });
  const shape = broadcastShapes(op, x1.shape, x2.shape);
  const d = normalizeDim(op, dim, shape.length);
  return composite(() => {
    const unit = (x: Tensor): Tensor => {
      const wide = x.expand(...shape);
      return wide.div(raised(pNorm(wide, 2, d, true), eps));
    };
    return unit(x1).mul(unit(x2)).sum(d);
  });
}

export interface NormalizeOptions {
  /** Default 2. */
  readonly p?: number | undefined;
  /** Default 1. */
  readonly dim?: number | undefined;
  /** The least that a norm counts as. Default 1e-12. */
  readonly eps?: number | undefined;
}
const NORMALIZE_OPTIONS: OptionNames<NormalizeOptions> = { p: true, dim: true, eps: true };

/**
 * x over its p-norm along dim; as `torch.nn.functional.normalize`.
 * @throws IndexError no such dim; ArgumentError a negative p; DTypeError integers
 */
export function normalize(x: Tensor, options: NormalizeOptions = {}): Tensor {
  const op = "normalize";
  checkOptions(op, options, NORMALIZE_OPTIONS);
  const { p = 2, dim = 1, eps = 1e-12 } = options;
  checkDtypes(op, { input: x });
  checkP(op, p);
  const d = normalizeDim(op, dim, x.ndim);
  return composite(() => x.div(pNorm(x, p, d, true).clamp({ min: eps })));
}

export interface PdistOptions {
  /** Of the norm; Infinity: the largest difference. Default 2. */
  readonly p?: number | undefined;
}
const PDIST_OPTIONS: OptionNames<PdistOptions> = { p: true };

/**
 * The p-norm distance of each pair of rows of x [N, M]: (0, 1), (0, 2), …, (N − 2, N − 1); as
 * `torch.nn.functional.pdist`.
 * @returns [N · (N − 1) / 2]
 * @throws ShapeError unless x is a matrix; ArgumentError a negative p; DTypeError integers
 */
export function pdist(x: Tensor, options: PdistOptions = {}): Tensor {
  const op = "pdist";
  checkOptions(op, options, PDIST_OPTIONS);
  const { p = 2 } = options;
  checkDtypes(op, { input: x });
  checkP(op, p);
  if (x.ndim !== 2) throw new ShapeError(op, "expected a matrix [N, M]", { input: x.shape });
  const rows = x.shape[0] as number;
  const pairs = Array.from({ length: rows }, (_, i) =>
    Array.from({ length: rows - 1 - i }, (_, k) => [i, i + 1 + k] as const),
  ).flat();
  return composite(() => {
    const side = (which: 0 | 1): Tensor => {
      const index = tensor(
        pairs.map((pair) => pair[which]),
        { shape: [pairs.length], dtype: "int64", device: x.backend },
      );
      return x.indexSelect(0, index);
    };
    return pNorm(side(0).sub(side(1)), p, 1, false);
  });
}
