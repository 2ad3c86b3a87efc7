// A = P · L · U: the factors of Gauss's elimination, and what they solve.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { checkLive, composite, type Tensor } from "../../tensor.ts";
import { eye, tensor, zeros } from "../creation.ts";
import { add } from "../elementwise/add.ts";
import { sub } from "../elementwise/sub.ts";
import { to } from "../elementwise/to.ts";
import { tril, triu } from "../index/triangle.ts";
import { matmul } from "../linear/matmul.ts";
import { cat } from "../views/cat.ts";
import { sliceDim } from "../views/slice-dim.ts";
import { lu as eliminated } from "./decompose.ts";
import { eachMatrix, matrixSizes, squareSize, which } from "./host.ts";
import { mt, regular, solveTriangular } from "./solve.ts";

const rowsOf = (t: Tensor, from: number, until: number): Tensor =>
  sliceDim(t, t.ndim - 2, from, until);
const columnsOf = (t: Tensor, from: number, until: number): Tensor =>
  sliceDim(t, t.ndim - 1, from, until);

/** A · X = B or, from the right, X · A = B for the triangles that LU holds: L has ones on its diagonal. */
const throughL = (l: Tensor, b: Tensor): Tensor =>
  solveTriangular(mt(l), b, { upper: true, unitriangular: true });
const pastU = (b: Tensor, u: Tensor): Tensor =>
  solveTriangular(mt(u), b, { upper: false, left: false });

interface LuAttrs {
  /** Of whom a singular matrix is refused; PyTorch's lu() takes them, lu_factor() does not. */
  readonly refusing: string | undefined;
}

const luOp = defineOp<LuAttrs>()({
  name: "luFactor",
  label: "linalg.luFactor",
  doc: "A [..., m, n] = P · L · U by elimination with partial pivoting in float64: L and U in one matrix.",
  example: [
    "linalg.luFactor(tensor([[1, 2], [4, 4]])).LU",
    "tensor([[4.0000, 4.0000],\n        [0.2500, 1.0000]])",
  ],
  inputs: ["x"],
  outputs: ["lu", "pivots", "p"],
  constant: ["pivots", "p"],
  saves: ["lu", "p"],
  compose: (x, { refusing }) => {
    const [m, n] = x.shape.slice(-2) as [number, number];
    const k = Math.min(m, n);
    const [both, pivots, p] = eachMatrix(
      "linalg.luFactor",
      [x],
      [[m, n], [k], [m, m]],
      ([a], place) => {
        const parts = eliminated(a as Float64Array, m, n);
        if (parts.singular && refusing !== undefined) {
          throw new ArgumentError(
            refusing,
            `${which(x, place)} is singular, and its factors solve nothing; linalg.lu() takes such ones`,
          );
        }
        const permutation = new Float64Array(m * m);
        parts.order.forEach((row, i) => {
          permutation[row * m + i] = 1;
        });
        // LAPACK counts rows from 1.
        return [parts.lu, Float64Array.from(parts.pivots, (row) => row + 1), permutation];
      },
    );
    return { lu: both as Tensor, pivots: to(pivots as Tensor, "int32"), p: p as Tensor };
  },
  // dA = P (dL U + L dU), so with the k × k parts L₁ and U₁ beside what is below (L₂) and at the right (U₂):
  // gA₁ = P L₁⁻ᵀ (tril(L₁ᵀ gL₁ − gU₂ U₂ᵀ, −1) + triu(gU₁ U₁ᵀ − L₂ᵀ gL₂)) U₁⁻ᵀ, below gL₂ U₁⁻ᵀ, at the right L₁⁻ᵀ gU₂.
  vjp: (gs, { lu: both, p }, _a, m) => {
    if (gs.lu === undefined) return {};
    const [rows, columns] = m.x.shape.slice(-2) as [number, number];
    const k = Math.min(rows, columns);
    const top = (t: Tensor): Tensor => columnsOf(rowsOf(t, 0, k), 0, k);
    const [square, g] = [top(both), top(gs.lu)];
    const [l, u] = [unitLower(square), triu(square)];
    let lower = matmul(mt(l), tril(g, { diagonal: -1 }));
    let upper = matmul(triu(g), mt(u));
    const right = columns > rows ? columnsOf(gs.lu, k, columns) : undefined;
    const below = rows > columns ? rowsOf(gs.lu, k, rows) : undefined;
    if (right) lower = sub(lower, matmul(right, mt(columnsOf(both, k, columns))));
    if (below) upper = sub(upper, matmul(mt(rowsOf(both, k, rows)), below));
    const inner = add(tril(lower, { diagonal: -1 }), triu(upper));
    let x = throughL(l, pastU(inner, u));
    if (right) x = cat([x, throughL(l, right)], { dim: -1 });
    if (below) x = cat([x, pastU(below, u)], { dim: -2 });
    return { x: matmul(p, x) };
  },
  samples: (rng) => [
    [regular(rng.tensor([1, 3, 3])), ANY],
    [regular(rng.tensor([2, 2, 2])), ANY],
    [columnsOf(regular(rng.tensor([1, 3, 3])), 0, 2), ANY],
    [rowsOf(regular(rng.tensor([1, 3, 3])), 0, 2), ANY],
  ],
  errors: (rng) => [
    [() => luFactor(rng.tensor([3])), ShapeError, /linalg.luFactor: expects matrices/],
    [() => luFactor(zeros([2, 2])), ArgumentError, /linalg.luFactor: the matrix is singular/],
    [
      () => luSolve(rng.tensor([2, 2]), rng.tensor([2]), rng.tensor([2, 1])),
      ArgumentError,
      /linalg.luSolve: pivots are those of luFactor\(\): int32/,
    ],
  ],
});

const ANY: LuAttrs = { refusing: undefined };

/** The strict lower part, with ones on the diagonal. */
function unitLower(x: Tensor): Tensor {
  const [m, n] = x.shape.slice(-2) as [number, number];
  return add(tril(x, { diagonal: -1 }), eye(m, n, { dtype: x.dtype, device: x.backend }));
}

/**
 * { LU, pivots } of matrices [..., m, n]: L below the diagonal (ones on it), U on and above it; pivots [..., k], int32:
 * row i changed places with row pivots[i], counted from 1. As `torch.linalg.lu_factor`.
 * @throws ArgumentError for a singular matrix
 */
export function luFactor(x: Tensor): { readonly LU: Tensor; readonly pivots: Tensor } {
  const op = "linalg.luFactor";
  matrixSizes(op, x);
  const [LU, pivots] = luOp(x, { refusing: op });
  return { LU, pivots };
}

/** What luFactor() gives, of singular matrices too. */
export function factors(x: Tensor): { readonly LU: Tensor; readonly pivots: Tensor } {
  const [LU, pivots] = luOp(x, ANY);
  return { LU, pivots };
}

/** { P, L, U } with A = P · L · U: a permutation [m, m], L [m, k], U [k, n]. As `torch.linalg.lu`. */
export function lu(x: Tensor): { readonly P: Tensor; readonly L: Tensor; readonly U: Tensor } {
  const [m, n] = matrixSizes("linalg.lu", x);
  const k = Math.min(m, n);
  const [both, , P] = luOp(x, ANY);
  const L = composite(() => unitLower(columnsOf(both, 0, k)));
  const U = composite(() => triu(rowsOf(both, 0, k)));
  return { P, L, U };
}

export interface LuSolveOptions {
  /** False: X · A = B. Default true. */
  readonly left?: boolean | undefined;
  /** Aᵀ in place of A. Default false. */
  readonly adjoint?: boolean | undefined;
}
const OPTIONS: OptionNames<LuSolveOptions> = { left: true, adjoint: true };

/** The permutation P of A = P · L · U, from the exchanges of rows that LAPACK notes. */
function permutation(pivots: Tensor, like: Tensor): Tensor {
  const n = like.shape[like.ndim - 1] as number;
  const swaps = pivots.dataSync() as Int32Array;
  const data = new Float64Array((swaps.length / n) * n * n);
  for (let start = 0; start < swaps.length; start += n) {
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = 0; i < n; i++) {
      const other = (swaps[start + i] as number) - 1;
      [order[i], order[other]] = [order[other] as number, order[i] as number];
    }
    order.forEach((row, i) => {
      data[start * n + row * n + i] = 1;
    });
  }
  const shape = [...pivots.shape, n];
  return tensor(data, { shape, dtype: like.dtype, device: like.backend });
}

/**
 * X with A · X = B (or X · A = B) for the factors that luFactor() gave of square A; B [..., n, k]. As
 * `torch.linalg.lu_solve`.
 * @throws ShapeError, ArgumentError
 */
export function luSolve(
  LU: Tensor,
  pivots: Tensor,
  b: Tensor,
  options: LuSolveOptions = {},
): Tensor {
  const op = "linalg.luSolve";
  const n = squareSize(op, LU);
  checkLive(op, pivots);
  checkLive(op, b);
  checkOptions(op, options, OPTIONS);
  const { left = true, adjoint = false } = options;
  const fits = pivots.dtype === "int32" && `${pivots.shape}` === `${LU.shape.slice(0, -1)}`;
  if (!fits) {
    throw new ArgumentError(
      op,
      `pivots are those of luFactor(): int32 [${LU.shape.slice(0, -1)}], got ${pivots.dtype} [${pivots.shape}]`,
    );
  }
  if (b.ndim < 2 || b.shape[b.ndim - (left ? 2 : 1)] !== n) {
    throw new ShapeError(op, `B must be [..., ${left ? `${n}, k` : `k, ${n}`}]`, { B: b.shape });
  }
  return composite(() => {
    // X · A = B is Aᵀ · Xᵀ = Bᵀ.
    if (!left) return mt(luSolve(LU, pivots, mt(b), { adjoint: !adjoint }));
    const p = permutation(pivots, LU);
    if (adjoint) {
      const y = solveTriangular(mt(LU), b, { upper: false });
      return matmul(p, solveTriangular(mt(LU), y, { upper: true, unitriangular: true }));
    }
    const moved = matmul(mt(p), b);
    const y = solveTriangular(LU, moved, { upper: false, unitriangular: true });
    return solveTriangular(LU, y, { upper: true });
  });
}
