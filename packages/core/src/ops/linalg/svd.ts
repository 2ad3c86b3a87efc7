// Singular values and vectors, and what is made of them: pinv, matrixRank, cond.
import { finfo } from "../../dtype.ts";
import { ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { zeros } from "../creation.ts";
import { add } from "../elementwise/add.ts";
import { div } from "../elementwise/div.ts";
import { gt } from "../elementwise/gt.ts";
import { mul } from "../elementwise/mul.ts";
import { square } from "../elementwise/square.ts";
import { sub } from "../elementwise/sub.ts";
import { where } from "../elementwise/where.ts";
import { matmul } from "../linear/matmul.ts";
import { amax } from "../reduce/amax.ts";
import { sum } from "../reduce/sum.ts";
import { diagEmbed } from "../views/diagonal.ts";
import { select } from "../views/select.ts";
import { sliceDim } from "../views/slice-dim.ts";
import { unsqueeze } from "../views/unsqueeze.ts";
import { completed, singular, transposed } from "./decompose.ts";
import { gaps, spread } from "./eigh.ts";
import { eachMatrix, matrixSizes } from "./host.ts";
import { type MatrixNormOptions, matrixNorm } from "./norms.ts";
import { inverse, mt } from "./solve.ts";

interface SvdAttrs {
  readonly full: boolean;
}

const svdOp = defineOp<SvdAttrs>()({
  name: "svd",
  label: "linalg.svd",
  doc: "A [..., m, n] = U · diag(S) · Vᵀ, S descending, by one-sided Jacobi rotations in float64.",
  example: ["linalg.svd(tensor([[0, 2], [1, 0]])).S", "tensor([2., 1.])"],
  inputs: ["x"],
  outputs: ["u", "s", "v"],
  saves: ["u", "s", "v"],
  compose: (x, { full }) => {
    const [m, n] = x.shape.slice(-2) as [number, number];
    const k = Math.min(m, n);
    const [left, right] = full ? [m, n] : [k, k];
    const [u, s, v] = eachMatrix("linalg.svd", [x], [[m, left], [k], [right, n]], ([a]) => {
      const parts = singular(a as Float64Array, m, n);
      const wide = completed(parts.v, n, k, k, right);
      return [completed(parts.u, m, k, k, left), parts.s, transposed(wide, n, right)];
    });
    return { u: u as Tensor, s: s as Tensor, v: v as Tensor };
  },
  // gA = U [(skew(Uᵀ gU) / E) S + S (skew(Vᵀ gV) / E) + diag gS] Vᵀ + (1 − U Uᵀ) gU S⁻¹ Vᵀ + U S⁻¹ gVᵀ (1 − V Vᵀ), with
  // E_ij = s_j² − s_i² (Townsend, Differentiating the singular value decomposition, 2016). Here v is Vᵀ.
  vjp: (gs, saved, _a, m) => {
    const [rows, columns] = m.x.shape.slice(-2) as [number, number];
    // The extra vectors of full matrices are any base of what is left: their gradient is dropped, as PyTorch's.
    const k = Math.min(rows, columns);
    const left = (t: Tensor): Tensor => sliceDim(t, t.ndim - 1, 0, k);
    const right = (t: Tensor): Tensor => sliceDim(t, t.ndim - 2, 0, k);
    const [u, s, v] = [left(saved.u), saved.s, right(saved.v)];
    const gu = gs.u && left(gs.u);
    const gv = gs.v && right(gs.v);
    if (gu === undefined && gv === undefined) {
      return gs.s === undefined ? {} : { x: matmul(mul(u, unsqueeze(gs.s, -2)), v) };
    }
    const e = gaps(square(s));
    const [across, down] = [unsqueeze(s, -2), unsqueeze(s, -1)];
    const skew = (t: Tensor): Tensor => sub(t, mt(t));
    let inner: Tensor = gs.s === undefined ? mul(e, 0) : diagEmbed(gs.s);
    if (gu !== undefined) inner = add(inner, mul(div(skew(matmul(mt(u), gu)), e), across));
    if (gv !== undefined) inner = add(inner, mul(div(skew(matmul(v, mt(gv))), e), down));
    let x = matmul(matmul(u, inner), v);
    if (gu !== undefined && rows > columns) {
      const over = div(gu, across);
      x = add(x, matmul(sub(over, matmul(u, matmul(mt(u), over))), v));
    }
    if (gv !== undefined && columns > rows) {
      const over = div(gv, down);
      x = add(x, matmul(u, sub(over, matmul(matmul(over, mt(v)), v))));
    }
    return { x };
  },
  samples: (rng) => [
    [spread(rng.distinct([3, 2])), { full: false }],
    [spread(rng.distinct([2, 3])), { full: false }],
    [spread(rng.distinct([2, 2, 2])), { full: true }],
  ],
  errors: (rng) => [[() => svd(rng.tensor([3])), ShapeError, /linalg.svd: expects matrices/]],
});

export interface SvdOptions {
  /** U [m, m] and Vh [n, n] instead of [m, k] and [k, n], k the smaller one. Default true. */
  readonly fullMatrices?: boolean | undefined;
}
const OPTIONS: OptionNames<SvdOptions> = { fullMatrices: true };

/**
 * { U, S, Vh } with A = U · diag(S) · Vh, S descending. The signs of the vectors are arbitrary; their gradient needs
 * distinct singular values, and that of the extra vectors of full matrices is dropped. As `torch.linalg.svd`.
 */
export function svd(
  x: Tensor,
  options: SvdOptions = {},
): { readonly U: Tensor; readonly S: Tensor; readonly Vh: Tensor } {
  matrixSizes("linalg.svd", x);
  checkOptions("linalg.svd", options, OPTIONS);
  const [U, S, Vh] = svdOp(x, { full: options.fullMatrices ?? true });
  return { U, S, Vh };
}

/** The singular values [..., k], descending. As `torch.linalg.svdvals`. */
export function svdvals(x: Tensor): Tensor {
  matrixSizes("linalg.svdvals", x);
  return svdOp(x, { full: false })[1];
}

export interface RankOptions {
  /** Singular values up to it count as 0. Default 0. */
  readonly atol?: number | undefined;
  /** The same relative to the largest one. Default: the larger of m and n times the precision of the dtype. */
  readonly rtol?: number | undefined;
}
const RANK: OptionNames<RankOptions> = { atol: true, rtol: true };

/** Which singular values [..., k] count. */
function counted(op: string, x: Tensor, s: Tensor, options: RankOptions): Tensor {
  checkOptions(op, options, RANK);
  const { atol = 0 } = options;
  const { rtol = atol > 0 ? 0 : Math.max(...x.shape.slice(-2)) * finfo(x.dtype).eps } = options;
  const bound = mul(amax(s.detach(), -1, { keepdim: true }), rtol);
  return gt(s, atol > 0 ? bound.maximum(atol) : bound);
}

/**
 * Moore and Penrose's inverses [..., n, m] of matrices [..., m, n], also of those without one. The gradient is that of
 * the SVD: it needs distinct singular values. As `torch.linalg.pinv`.
 */
export function pinv(x: Tensor, options: RankOptions = {}): Tensor {
  const [m, n] = matrixSizes("linalg.pinv", x);
  if (m === 0 || n === 0) {
    return zeros([...x.shape.slice(0, -2), n, m], { dtype: x.dtype, device: x.backend });
  }
  return composite(() => {
    const [u, s, v] = svdOp(x, { full: false });
    const used = counted("linalg.pinv", x, s, options);
    const inverse = where(used, div(1, where(used, s, 1)), 0);
    return matmul(mul(mt(v), unsqueeze(inverse, -2)), mt(u));
  });
}

/** The ranks of matrices [..., m, n], int64: how many singular values are not nearly 0. As `torch.linalg.matrix_rank`. */
export function matrixRank(x: Tensor, options: RankOptions = {}): Tensor {
  matrixSizes("linalg.matrixRank", x);
  return composite(() => sum(counted("linalg.matrixRank", x, svdvals(x), options), -1));
}

/**
 * The largest singular value by the smallest one; or, in another norm of matrixNorm, that of A times that of A⁻¹. As
 * `torch.linalg.cond`.
 * @param ord default 2; −2 is the smallest by the largest
 */
export function cond(x: Tensor, ord: MatrixNormOptions["ord"] = 2): Tensor {
  matrixSizes("linalg.cond", x);
  return composite(() => {
    if (ord !== 2 && ord !== -2)
      return mul(matrixNorm(x, { ord }), matrixNorm(inverse(x), { ord }));
    const s = svdvals(x);
    const [largest, smallest] = [select(s, -1, 0), select(s, -1, -1)];
    return ord === 2 ? div(largest, smallest) : div(smallest, largest);
  });
}
