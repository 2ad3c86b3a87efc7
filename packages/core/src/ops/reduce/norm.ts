// Norms of vectors: the p-th root of the sum of |x|^p over dims; distances by them.
import { ArgumentError, DTypeError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { zerosLike } from "../creation.ts";
import { abs } from "../elementwise/abs.ts";
import { div } from "../elementwise/div.ts";
import { eq } from "../elementwise/eq.ts";
import { mul } from "../elementwise/mul.ts";
import { ne } from "../elementwise/ne.ts";
import { pow } from "../elementwise/pow.ts";
import { sign } from "../elementwise/sign.ts";
import { sqrt } from "../elementwise/sqrt.ts";
import { square } from "../elementwise/square.ts";
import { sub } from "../elementwise/sub.ts";
import { to } from "../elementwise/to.ts";
import { where } from "../elementwise/where.ts";
import { unsqueeze } from "../views/unsqueeze.ts";
import { amax } from "./amax.ts";
import { amin } from "./amin.ts";
import {
  type Dims,
  type ReduceAttrs,
  reduceAttrs,
  reducedMeta,
  requireFloating,
  withKeptDims,
} from "./reduce.ts";
import { sum } from "./sum.ts";

interface NormAttrs extends ReduceAttrs {
  readonly p: number;
}

const normOp = defineOp<NormAttrs>()({
  name: "vectorNorm",
  label: "norm",
  doc: "(Σ |x|^p)^(1/p) over dims; p = 0 counts what is not 0, ±∞ takes the largest or smallest |x|.",
  example: ["norm(tensor([3, 4]))", "tensor(5.)"],
  inputs: ["x"],
  outputs: ["y"],
  saves: ["x", "y"],
  shape: (x, a) => {
    requireFloating("norm", x);
    return reducedMeta(x, a);
  },
  compose: (x, { p, dims, keepdim }) => {
    requireFloating("norm", x);
    const o = { keepdim };
    if (p === 2) return sqrt(sum(square(x), dims, o));
    if (p === 1) return sum(abs(x), dims, o);
    if (p === 0) return to(sum(ne(x, 0), dims, o), x.dtype);
    if (p === Infinity) return amax(abs(x), dims, o);
    if (p === -Infinity) return amin(abs(x), dims, o);
    return pow(sum(pow(abs(x), p), dims, o), 1 / p);
  },
  // With n = (Σ |x|^p)^(1/p): dn/dx = sign(x) · (|x| / n)^(p − 1), taken as 0 where that is 0 / 0.
  vjp: (gs, { x, y }, a) => {
    const { p } = a;
    const g = withKeptDims(gs.y, a, x.shape);
    if (p === 0) return { x: zerosLike(x) };
    if (p === 1) return { x: mul(g, sign(x)) };
    const n = withKeptDims(y, a, x.shape);
    if (p === 2) return { x: mul(g, where(eq(n, 0), 0, div(x, n))) };
    if (Math.abs(p) === Infinity) {
      const ties = to(eq(abs(x), n), x.dtype);
      return { x: mul(mul(sign(x), ties), div(g, sum(ties, a.dims, { keepdim: true }))) };
    }
    const zero = p < 1 ? eq(x, 0) : eq(n, 0);
    const ratio = div(where(zero, 1, abs(x)), where(eq(n, 0), 1, n));
    return { x: mul(g, where(zero, 0, mul(sign(x), pow(ratio, p - 1)))) };
  },
  samples: (rng) => [
    [rng.tensor([2, 3, 2]), { p: 2, dims: [0, 2], keepdim: false }],
    [rng.tensor([2, 3], { low: 0.2, high: 1 }), { p: 1, dims: [1], keepdim: true }],
    [rng.tensor([2, 3], { low: 0.2, high: 1 }), { p: 3, dims: [0, 1], keepdim: false }],
    [rng.tensor([3], { low: 0.2, high: 1 }), { p: 0.5, dims: [0], keepdim: false }],
    [rng.distinct([2, 3]), { p: Infinity, dims: [1], keepdim: false }],
    [rng.distinct([2, 3]), { p: -Infinity, dims: [1], keepdim: false }],
    [rng.tensor([], { low: 0.2, high: 1 }), { p: 2, dims: [], keepdim: false }],
  ],
  errors: (rng) => [
    [() => norm(rng.ints([2], 3)), DTypeError, /norm: expects a float dtype, got int64/],
    [
      () => norm(rng.tensor([2]), { p: "nuc" as "fro" }),
      ArgumentError,
      /norm: p must be a number or "fro"/,
    ],
  ],
});

export interface NormOptions {
  /** A number (0, ∞ and −∞ too), or "fro", which is 2. Default "fro". */
  readonly p?: number | "fro" | undefined;
  /** One, several, or (default) all. */
  readonly dim?: Dims | undefined;
  /** Keep reduced dimensions with size 1. Default false. */
  readonly keepdim?: boolean | undefined;
}
const OPTIONS: OptionNames<NormOptions> = { p: true, dim: true, keepdim: true };

/** The norm of vectors, for norm() and linalg.vectorNorm(). */
export function vectorNormOf(
  op: string,
  x: Tensor,
  p: number,
  dim: Dims | undefined,
  keepdim: boolean,
): Tensor {
  return normOp(x, { p, ...reduceAttrs(op, x, dim, { keepdim }) });
}

/**
 * (Σ |x|^p)^(1/p) over `dim` (one, several, or all), p = 2 by default; p may stand where the options do. The gradient
 * at 0 is 0. As `torch.norm`; norms of matrices are linalg.matrixNorm.
 * @throws DTypeError unless x is floating-point
 */
export function norm(
  x: Tensor,
  p: number | "fro" | NormOptions = {},
  options: NormOptions = {},
): Tensor {
  const given: NormOptions = typeof p === "object" ? p : { p, ...options };
  checkOptions("norm", given, OPTIONS);
  const { dim, keepdim = false } = given;
  const order = given.p === undefined || given.p === "fro" ? 2 : given.p;
  if (typeof order !== "number" || Number.isNaN(order)) {
    throw new ArgumentError("norm", `p must be a number or "fro"; got ${String(order)}`);
  }
  return vectorNormOf("norm", x, order, dim, keepdim);
}

/** The p-norm (p = 2 by default) of a − b, broadcast. As `torch.dist`. */
export const dist = (
  a: Tensor,
  b: Tensor,
  options: { readonly p?: number | undefined } = {},
): Tensor => composite(() => norm(sub(a, b), { p: options.p }));

/** The p-norms (p = 2 by default) [..., n, m] of the differences of rows of a [..., n, k] and b [..., m, k]. As `torch.cdist`. */
export function cdist(
  a: Tensor,
  b: Tensor,
  options: { readonly p?: number | undefined } = {},
): Tensor {
  checkLive("cdist", a);
  checkLive("cdist", b);
  if (a.ndim < 2 || b.ndim < 2 || a.shape[a.ndim - 1] !== b.shape[b.ndim - 1]) {
    throw new ShapeError("cdist", "expects rows of one length", { a: a.shape, b: b.shape });
  }
  return composite(() => norm(sub(unsqueeze(a, -2), unsqueeze(b, -3)), { p: options.p, dim: -1 }));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    norm(p?: number | "fro" | NormOptions, options?: NormOptions): Tensor;
    dist(b: Tensor, options?: { readonly p?: number | undefined }): Tensor;
  }
}
methods({
  norm(p, options) {
    return norm(this, p, options);
  },
  dist(b, options) {
    return dist(this, b, options);
  },
});
