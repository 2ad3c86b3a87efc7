// Cholesky's decomposition, and solving with it.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { composite, methods, type Tensor } from "../../tensor.ts";
import { eye } from "../creation.ts";
import { add } from "../elementwise/add.ts";
import { mul } from "../elementwise/mul.ts";
import { sub } from "../elementwise/sub.ts";
import { to } from "../elementwise/to.ts";
import { tril, triu } from "../index/triangle.ts";
import { matmul } from "../linear/matmul.ts";
import { diagEmbed, diagonal } from "../views/diagonal.ts";
import { choleskyFactor } from "./decompose.ts";
import { eachMatrix, squareSize, which } from "./host.ts";
import { inverse, mt, solveTriangular } from "./solve.ts";

/** (x + xᵀ) / 2: what a function of symmetric matrices sees of x. */
export const symmetric = (x: Tensor): Tensor => mul(add(x, mt(x)), 0.5);

/**
 * The symmetric matrices that the lower half of x says, or the upper one. Gradients, which are symmetric, pass as they
 * are: those of a function of symmetric matrices belong to both halves, as PyTorch has it.
 */
export function fromHalf(x: Tensor, upper = false): Tensor {
  const flat = x.detach();
  const half = upper ? triu(flat) : tril(flat);
  const rest = upper ? triu(flat, { diagonal: 1 }) : tril(flat, { diagonal: -1 });
  const y = add(half, mt(rest));
  return x.requiresGrad ? add(x, sub(y, flat)) : y;
}

const choleskyOp = defineOp()({
  name: "cholesky",
  label: "linalg.cholesky",
  doc: "The lower triangular L with L · Lᵀ = A, of the symmetric part of positive definite matrices [..., n, n].",
  example: ["linalg.cholesky(tensor([[4, 2], [2, 5]]))", "tensor([[2., 0.],\n        [1., 2.]])"],
  inputs: ["x"],
  outputs: ["y"],
  saves: ["y"],
  compose: (x) => {
    const n = x.shape[x.ndim - 1] as number;
    const [y] = eachMatrix("linalg.cholesky", [symmetric(x.detach())], [[n, n]], ([a], place) => {
      const l = choleskyFactor(a as Float64Array, n);
      if (typeof l === "number") {
        throw new ArgumentError("linalg.cholesky", `${which(x, place)} is not positive definite`);
      }
      return [l];
    });
    return y as Tensor;
  },
  // With P the lower half of Lᵀ g, its diagonal halved: the symmetric part of L⁻ᵀ P L⁻¹ (Murray, Differentiation
  // of the Cholesky decomposition, https://arxiv.org/abs/1602.07527).
  vjp: (gs, { y }) => {
    const product = tril(matmul(mt(y), gs.y));
    const p = sub(product, mul(diagEmbed(diagonal(product, { dim1: -2, dim2: -1 })), 0.5));
    const left = solveTriangular(mt(y), p, { upper: true });
    return { x: symmetric(solveTriangular(y, left, { upper: false, left: false })) };
  },
  samples: (rng) => [
    // A batch: repeating the first row would make the matrix singular.
    [definite(rng.tensor([1, 3, 3]))],
    [definite(rng.tensor([2, 2, 2]))],
    [definite(rng.tensor([0, 0]))],
  ],
  errors: (rng) => [
    [() => cholesky(rng.tensor([2, 3])), ShapeError, /linalg.cholesky: expects square matrices/],
    [
      () => cholesky(mul(rng.tensor([2, 2]), 0)),
      ArgumentError,
      /linalg.cholesky: the matrix is not positive definite/,
    ],
  ],
});

const definite = (x: Tensor): Tensor =>
  add(
    matmul(x, mt(x)),
    eye(x.shape[x.ndim - 1] as number, undefined, { dtype: x.dtype, device: x.backend }),
  );

export interface CholeskyOptions {
  /** The upper triangular U with Uᵀ · U = A instead. Default false. */
  readonly upper?: boolean | undefined;
}
const OPTIONS: OptionNames<CholeskyOptions> = { upper: true };

/**
 * The lower triangular L with L · Lᵀ = A for positive definite matrices [..., n, n], of which the lower half is read
 * (for `upper` the upper one). As `torch.linalg.cholesky`.
 * @throws ArgumentError unless they are positive definite
 */
export function cholesky(x: Tensor, options: CholeskyOptions = {}): Tensor {
  squareSize("linalg.cholesky", x);
  checkOptions("linalg.cholesky", options, OPTIONS);
  return composite(() => {
    const y = choleskyOp(fromHalf(x, options.upper));
    return options.upper === true ? mt(y) : y;
  });
}

/**
 * For each of symmetric matrices, of which the lower half is read (or the upper one), the size of its smallest leading
 * minor that is not positive definite, 0 without one; int32.
 */
export function firstIndefinite(op: string, x: Tensor, upper = false): Tensor {
  const n = squareSize(op, x);
  const [info] = eachMatrix(op, [upper ? mt(x.detach()) : x.detach()], [[]], ([a]) => {
    const l = choleskyFactor(a as Float64Array, n);
    return [Float64Array.of(typeof l === "number" ? l : 0)];
  });
  return to(info as Tensor, "int32");
}

/** X with A · X = B, given the factor L of A = L · Lᵀ (upper: U of Uᵀ · U). As `torch.cholesky_solve`. */
export function choleskySolve(b: Tensor, factor: Tensor, options: CholeskyOptions = {}): Tensor {
  squareSize("choleskySolve", factor);
  checkOptions("choleskySolve", options, OPTIONS);
  return composite(() => {
    const l = options.upper ? mt(factor) : factor;
    return solveTriangular(mt(l), solveTriangular(l, b, { upper: false }), { upper: true });
  });
}

/** The inverse of A, given the triangular factor L of A = L · Lᵀ (upper: U of Uᵀ · U). As `torch.cholesky_inverse`. */
export function choleskyInverse(factor: Tensor, options: CholeskyOptions = {}): Tensor {
  squareSize("choleskyInverse", factor);
  checkOptions("choleskyInverse", options, OPTIONS);
  // PyTorch's gradient is that of a dense L, hence the product.
  return composite(() =>
    inverse(options.upper ? matmul(mt(factor), factor) : matmul(factor, mt(factor))),
  );
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    cholesky(options?: CholeskyOptions): Tensor;
    choleskySolve(factor: Tensor, options?: CholeskyOptions): Tensor;
    choleskyInverse(options?: CholeskyOptions): Tensor;
  }
}
methods({
  cholesky(options) {
    return cholesky(this, options);
  },
  choleskySolve(factor, options) {
    return choleskySolve(this, factor, options);
  },
  choleskyInverse(options) {
    return choleskyInverse(this, options);
  },
});
