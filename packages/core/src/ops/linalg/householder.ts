// Householder's reflections, packed as LAPACK does: H_i = 1 − tau_i v_i v_iᵀ, v_i below the diagonal of column i, 1 on it.
import { ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { eye } from "../creation.ts";
import { add } from "../elementwise/add.ts";
import { mul } from "../elementwise/mul.ts";
import { sub } from "../elementwise/sub.ts";
import { tril } from "../index/triangle.ts";
import { checkDTypes, matmul } from "../linear/matmul.ts";
import { sliceDim } from "../views/slice-dim.ts";
import { unsqueeze } from "../views/unsqueeze.ts";
import { eachMatrix, matrixSizes } from "./host.ts";
import { mt } from "./solve.ts";

/** R on and above the diagonal, v_i below it; and tau (Golub and Van Loan, algorithm 5.1.1, with LAPACK's signs). */
function packed(matrix: Float64Array, m: number, n: number): [Float64Array, Float64Array] {
  const a = matrix.slice();
  const at = (i: number, j: number): number => a[i * n + j] as number;
  const tau = new Float64Array(Math.min(m, n));
  for (let k = 0; k < tau.length; k++) {
    let tail = 0;
    for (let i = k + 1; i < m; i++) tail += at(i, k) ** 2;
    if (tail === 0) continue;
    const head = at(k, k);
    const length = (head >= 0 ? -1 : 1) * Math.sqrt(head * head + tail);
    const t = (length - head) / length;
    tau[k] = t;
    for (let i = k + 1; i < m; i++) a[i * n + k] = at(i, k) / (head - length);
    a[k * n + k] = length;
    for (let j = k + 1; j < n; j++) {
      let sum = at(k, j);
      for (let i = k + 1; i < m; i++) sum += at(i, k) * at(i, j);
      a[k * n + j] = at(k, j) - t * sum;
      for (let i = k + 1; i < m; i++) a[i * n + j] = at(i, j) - t * sum * at(i, k);
    }
  }
  return [a, tau];
}

const geqrfOp = defineOp()({
  name: "geqrf",
  doc: "A [..., m, n] = Q · R: R on and above the diagonal of a, the reflections that make Q below it and in tau.",
  example: ["geqrf(tensor([[3, 0], [4, 5]])).tau", "tensor([1.6000, 0.0000])"],
  inputs: ["x"],
  outputs: ["a", "tau"],
  differentiable: false,
  compose: (x) => {
    const [m, n] = matrixSizes("geqrf", x);
    const shapes = [[m, n], [Math.min(m, n)]];
    const [a, tau] = eachMatrix("geqrf", [x], shapes, ([matrix]) =>
      packed(matrix as Float64Array, m, n),
    );
    return { a: a as Tensor, tau: tau as Tensor };
  },
  samples: (rng) => [
    [rng.distinct([3, 2])],
    [rng.distinct([2, 2, 3])],
    [rng.distinct([1, 1])],
    [rng.distinct([0, 2])],
  ],
  errors: (rng) => [
    [() => geqrf(rng.tensor([3])), ShapeError, /geqrf: expects matrices/],
    [
      () => householderProduct(rng.tensor([2, 3]), rng.tensor([2])),
      ShapeError,
      /linalg.householderProduct: expects A \[..., m, n\] with m ≥ n/,
    ],
    [
      () => ormqr(rng.tensor([3, 2]), rng.tensor([2]), rng.tensor([2, 2])),
      ShapeError,
      /ormqr: expects other/,
    ],
  ],
});

/**
 * { a, tau } of matrices [..., m, n]: the QR decomposition as reflections, for householderProduct() and ormqr(); it has
 * no gradient, linalg.qr() has one. As `torch.geqrf`.
 */
export function geqrf(x: Tensor): { readonly a: Tensor; readonly tau: Tensor } {
  matrixSizes("geqrf", x);
  const [a, tau] = geqrfOp(x);
  return { a, tau };
}

/** The vectors v_i [..., m, k] and factors tau_i [..., 1, 1] of the reflections, which a [..., m, n] packs. */
function reflections(op: string, a: Tensor, tau: Tensor): [v: Tensor, tau: Tensor][] {
  const [m, n] = matrixSizes(op, a);
  checkLive(op, tau);
  checkDTypes(op, { A: a, tau });
  const k = tau.shape[tau.ndim - 1] ?? 0;
  const batch = `${a.shape.slice(0, -2)}` === `${tau.shape.slice(0, -1)}`;
  if (tau.ndim !== a.ndim - 1 || !batch || k > Math.min(m, n)) {
    throw new ShapeError(op, "expects A [..., m, n], and tau [..., k] with k ≤ min(m, n)", {
      A: a.shape,
      tau: tau.shape,
    });
  }
  const vectors = add(tril(a, { diagonal: -1 }), eye(m, n, { dtype: a.dtype, device: a.backend }));
  return Array.from({ length: k }, (_, i) => [
    sliceDim(vectors, a.ndim - 1, i, i + 1),
    unsqueeze(sliceDim(tau, tau.ndim - 1, i, i + 1), -1),
  ]);
}

/** (1 − tau v vᵀ) · x */
const reflected = (x: Tensor, [v, tau]: readonly [Tensor, Tensor]): Tensor =>
  sub(x, mul(tau, matmul(v, matmul(mt(v), x))));

/**
 * The first n columns of H_0 · H_1 · …, for reflections that A [..., m, n] and tau [..., k] pack: with those of geqrf(),
 * the Q of A = Q · R. As `torch.linalg.householder_product`.
 * @returns [..., m, n]
 * @throws ShapeError, DTypeError
 */
export function householderProduct(a: Tensor, tau: Tensor): Tensor {
  const op = "linalg.householderProduct";
  return composite(() => {
    const [m, n] = matrixSizes(op, a);
    if (m < n) throw new ShapeError(op, "expects A [..., m, n] with m ≥ n", { A: a.shape });
    const all = reflections(op, a, tau);
    // From the last on: what is not yet touched of the identity's columns stays thin.
    return all.reduceRight(
      reflected,
      eye(m, n, { dtype: a.dtype, device: a.backend }).expand(a.shape),
    );
  });
}

export interface OrmqrOptions {
  /** False: other · Q. Default true. */
  readonly left?: boolean | undefined;
  /** Qᵀ in place of Q. Default false. */
  readonly transpose?: boolean | undefined;
}
const OPTIONS: OptionNames<OrmqrOptions> = { left: true, transpose: true };

/**
 * Q · other (or Qᵀ · other, other · Q, other · Qᵀ), Q [..., m, m] the whole product of the reflections that `a` and tau
 * pack, as geqrf() gives them. As `torch.ormqr`.
 * @throws ShapeError, DTypeError
 */
export function ormqr(a: Tensor, tau: Tensor, other: Tensor, options: OrmqrOptions = {}): Tensor {
  const op = "ormqr";
  checkLive(op, other);
  checkOptions(op, options, OPTIONS);
  const { left = true, transpose = false } = options;
  return composite(() => {
    const all = reflections(op, a, tau);
    const m = a.shape[a.ndim - 2] as number;
    if (other.ndim !== a.ndim || other.shape[other.ndim - (left ? 2 : 1)] !== m) {
      throw new ShapeError(op, `expects other [..., ${left ? `${m}, k` : `k, ${m}`}]`, {
        A: a.shape,
        other: other.shape,
      });
    }
    // other · Q is (Qᵀ · otherᵀ)ᵀ. Q applies the last reflection first, Qᵀ the first.
    const x = left ? other : mt(other);
    const y = left === transpose ? all.reduce(reflected, x) : all.reduceRight(reflected, x);
    return left ? y : mt(y);
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    geqrf(): { readonly a: Tensor; readonly tau: Tensor };
    ormqr(tau: Tensor, other: Tensor, options?: OrmqrOptions): Tensor;
  }
}
methods({
  geqrf() {
    return geqrf(this);
  },
  ormqr(tau, other, options) {
    return ormqr(this, tau, other, options);
  },
});
