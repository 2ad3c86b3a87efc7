// Systems of linear equations and what they give: solve, solveTriangular, inverse.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { defineOp, type Op } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { broadcastShapes } from "../../shape.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { eye } from "../creation.ts";
import { add } from "../elementwise/add.ts";
import { mul } from "../elementwise/mul.ts";
import { neg } from "../elementwise/neg.ts";
import { tril, triu } from "../index/triangle.ts";
import { checkDTypes, matmul } from "../linear/matmul.ts";
import { expand } from "../views/expand.ts";
import { transpose } from "../views/permute.ts";
import { squeeze } from "../views/squeeze.ts";
import { unsqueeze } from "../views/unsqueeze.ts";
import { solved, substitute } from "./decompose.ts";
import { eachMatrix, squareSize, which } from "./host.ts";

/** The transposed matrices. */
export const mt = (x: Tensor): Tensor => transpose(x, -1, -2);

const solveOp: Op<readonly ["a", "b"], readonly ["y"], undefined> = defineOp()({
  name: "solve",
  label: "linalg.solve",
  doc: "X with A · X = B, by LU with partial pivoting in float64; A [..., n, n], B [..., n, k].",
  example: ["linalg.solve(tensor([[2, 0], [0, 4]]), tensor([2, 2]))", "tensor([1.0000, 0.5000])"],
  inputs: ["a", "b"],
  outputs: ["y"],
  saves: ["a", "y"],
  compose: (a, b) => {
    const [n, columns] = b.shape.slice(-2) as [number, number];
    const [y] = eachMatrix("linalg.solve", [a, b], [[n, columns]], ([p, q], place) => {
      const x = solved(p as Float64Array, n, q as Float64Array, columns);
      if (x === undefined) {
        throw new ArgumentError(
          "linalg.solve",
          `${which(a, place)} is singular; pinv() takes such ones`,
        );
      }
      return [x];
    });
    return y as Tensor;
  },
  // A dX = dB − dA X, so with H = A⁻ᵀ g: gB = H, gA = −H Xᵀ.
  vjp: (gs, { a, y }, _a, _m, need) => {
    const h = solveOp(mt(a), gs.y);
    return { a: need.a ? neg(matmul(h, mt(y))) : undefined, b: h };
  },
  samples: (rng) => [
    // Batches throughout: repeating the first row would make one matrix singular.
    [regular(rng.tensor([1, 3, 3])), rng.tensor([1, 3, 2])],
    [regular(rng.tensor([2, 2, 2])), rng.tensor([2, 2, 1])],
    [regular(rng.tensor([0, 0])), rng.tensor([0, 2])],
  ],
  errors: (rng) => [
    [
      () => solve(rng.tensor([2, 3]), rng.tensor([2])),
      ShapeError,
      /linalg.solve: expects square matrices[\s\S]*\[2, 3\]/,
    ],
    [
      () => solve(rng.tensor([2, 2]), rng.tensor([3])),
      ShapeError,
      /linalg.solve: A has 2 rows but B has 3/,
    ],
    [
      () => solve(mul(rng.tensor([2, 2]), 0), rng.tensor([2])),
      ArgumentError,
      /linalg.solve: the matrix is singular/,
    ],
    [
      () => inverse(mul(rng.tensor([3, 2, 2]), 0)),
      ArgumentError,
      /linalg.solve: matrix 0 of the batch is singular/,
    ],
  ],
});

/** Samples far from singular. */
export const regular = (x: Tensor): Tensor =>
  add(
    x,
    mul(eye(x.shape[x.ndim - 1] as number, undefined, { dtype: x.dtype, device: x.backend }), 3),
  );

/** Both with the batch they broadcast to. */
function together(op: string, a: Tensor, b: Tensor): readonly [Tensor, Tensor] {
  const batch = broadcastShapes(op, a.shape.slice(0, -2), b.shape.slice(0, -2));
  return [expand(a, [...batch, ...a.shape.slice(-2)]), expand(b, [...batch, ...b.shape.slice(-2)])];
}

function checkRows(op: string, a: Tensor, b: Tensor, n: number, rows: number | undefined): void {
  checkDTypes(op, { A: a, B: b });
  if (rows !== n)
    throw new ShapeError(op, `A has ${n} rows but B has ${rows}`, { A: a.shape, B: b.shape });
}

export interface SolveOptions {
  /** False: X · A = B. Default true. */
  readonly left?: boolean | undefined;
}
const SOLVE: OptionNames<SolveOptions> = { left: true };

/**
 * X with A · X = B (or X · A = B): A [..., n, n], B [..., n, k], or [..., n] for vectors; batches broadcast. As
 * `torch.linalg.solve`.
 * @throws ArgumentError for a singular matrix; ShapeError
 */
export function solve(a: Tensor, b: Tensor, options: SolveOptions = {}): Tensor {
  const op = "linalg.solve";
  const n = squareSize(op, a);
  checkLive(op, b);
  checkOptions(op, options, SOLVE);
  const vectors =
    b.ndim === 1 || (b.ndim === a.ndim - 1 && b.shape.every((size, d) => size === a.shape[d]));
  if (options.left === false) {
    if (vectors) {
      throw new ShapeError(op, "X · A = B needs matrices B [..., k, n]", {
        A: a.shape,
        B: b.shape,
      });
    }
    checkRows(op, a, b, n, b.shape[b.ndim - 1]);
    return composite(() => mt(solveOp(...together(op, mt(a), mt(b)))));
  }
  checkRows(op, a, b, n, vectors ? b.shape[b.ndim - 1] : b.shape[b.ndim - 2]);
  return composite(() => {
    const y = solveOp(...together(op, a, vectors ? unsqueeze(b, -1) : b));
    return vectors ? squeeze(y, -1) : y;
  });
}

interface TriangularAttrs {
  readonly upper: boolean;
  readonly unitriangular: boolean;
}

const solveTriangularOp: Op<readonly ["a", "b"], readonly ["y"], TriangularAttrs> =
  defineOp<TriangularAttrs>()({
    name: "solveTriangular",
    label: "linalg.solveTriangular",
    doc: "X with A · X = B for a triangular A, of which the other half is not read.",
    inputs: ["a", "b"],
    outputs: ["y"],
    saves: ["a", "y"],
    compose: (a, b, { upper, unitriangular }) => {
      const [n, columns] = b.shape.slice(-2) as [number, number];
      const [y] = eachMatrix("linalg.solveTriangular", [a, b], [[n, columns]], ([t, q]) => [
        substitute(t as Float64Array, n, q as Float64Array, columns, upper, unitriangular),
      ]);
      return y as Tensor;
    },
    // As of solve, but only in the half that is read.
    vjp: (gs, { a, y }, { upper, unitriangular }, _m, need) => {
      const h = solveTriangularOp(mt(a), gs.y, { upper: !upper, unitriangular });
      const half = upper ? triu : tril;
      const diagonal = unitriangular ? (upper ? 1 : -1) : 0;
      return { a: need.a ? half(neg(matmul(h, mt(y))), { diagonal }) : undefined, b: h };
    },
    samples: (rng) => [
      [regular(rng.tensor([3, 3])), rng.tensor([3, 2]), { upper: true, unitriangular: false }],
      [
        regular(rng.tensor([2, 2, 2])),
        rng.tensor([2, 2, 1]),
        { upper: false, unitriangular: true },
      ],
    ],
    errors: (rng) => [
      [
        () => solveTriangular(rng.tensor([2, 2]), rng.tensor([3, 1]), { upper: true }),
        ShapeError,
        /linalg.solveTriangular: A has 2 rows but B has 3/,
      ],
    ],
  });

export interface SolveTriangularOptions {
  /** Which half of A is read. */
  readonly upper: boolean;
  /** False: X · A = B. Default true. */
  readonly left?: boolean | undefined;
  /** Ones on the diagonal, which is not read. Default false. */
  readonly unitriangular?: boolean | undefined;
}
const TRIANGULAR: OptionNames<SolveTriangularOptions> = {
  upper: true,
  left: true,
  unitriangular: true,
};

/**
 * X with A · X = B (or X · A = B) for a triangular A [..., n, n]; batches broadcast. A zero on the diagonal gives
 * infinities. As `torch.linalg.solve_triangular`.
 */
export function solveTriangular(a: Tensor, b: Tensor, options: SolveTriangularOptions): Tensor {
  const op = "linalg.solveTriangular";
  const n = squareSize(op, a);
  checkLive(op, b);
  checkOptions(op, options, TRIANGULAR);
  const { upper, left = true, unitriangular = false } = options;
  if (typeof upper !== "boolean")
    throw new ArgumentError(op, "needs { upper: true } or { upper: false }");
  if (!left) {
    const other = { upper: !upper, unitriangular };
    return composite(() => mt(solveTriangular(mt(a), mt(b), other)));
  }
  checkRows(op, a, b, n, b.shape[b.ndim - 2]);
  return composite(() => solveTriangularOp(...together(op, a, b), { upper, unitriangular }));
}

/**
 * The inverses of matrices [..., n, n]. As `torch.inverse`; also linalg.inv.
 * @throws ArgumentError for a singular matrix
 */
export function inverse(x: Tensor): Tensor {
  const n = squareSize("inverse", x);
  return composite(() => {
    const one = eye(n, n, { dtype: x.dtype, device: x.backend });
    return solveOp(x, expand(one, x.shape));
  });
}
export { inverse as inv };

declare module "../../tensor.ts" {
  interface TensorMethods {
    inverse(): Tensor;
  }
}
methods({
  inverse() {
    return inverse(this);
  },
});
