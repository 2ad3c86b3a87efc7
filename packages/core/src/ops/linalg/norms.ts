// Norms under torch.linalg's names, with its argument `ord`.
import { ArgumentError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { normalizeDim } from "../../shape.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { abs } from "../elementwise/abs.ts";
import { amax } from "../reduce/amax.ts";
import { amin } from "../reduce/amin.ts";
import { vectorNormOf } from "../reduce/norm.ts";
import type { Dims } from "../reduce/reduce.ts";
import { sum } from "../reduce/sum.ts";
import { movedim } from "../views/permute.ts";
import { unsqueeze } from "../views/unsqueeze.ts";
import { matrixSizes } from "./host.ts";
import { svdvals } from "./svd.ts";

export interface VectorNormOptions {
  /** Any number, ∞ and −∞ too. Default 2. */
  readonly ord?: number | undefined;
  /** One, several, or (default) all. */
  readonly dim?: Dims | undefined;
  /** Keep reduced dimensions with size 1. Default false. */
  readonly keepdim?: boolean | undefined;
}
const VECTOR: OptionNames<VectorNormOptions> = { ord: true, dim: true, keepdim: true };

/**
 * (Σ |x|^ord)^(1/ord) over `dim` (one, several, or all). As `torch.linalg.vector_norm`.
 * @throws DTypeError unless x is floating-point
 */
export function vectorNorm(x: Tensor, options: VectorNormOptions = {}): Tensor {
  const op = "linalg.vectorNorm";
  checkOptions(op, options, VECTOR);
  const { ord = 2, dim, keepdim = false } = options;
  if (typeof ord !== "number" || Number.isNaN(ord)) {
    throw new ArgumentError(op, `ord must be a number; got ${String(ord)}`);
  }
  return vectorNormOf(op, x, ord, dim, keepdim);
}

const NAMES = ["fro", "nuc"];

export interface MatrixNormOptions {
  /**
   * "fro": the root of the sum of squares; "nuc": the sum of singular values; 2 and −2: the largest and smallest of
   * them; 1, −1, ∞, −∞: the largest and smallest sum of |x| over columns or rows. Default "fro".
   */
  readonly ord?: number | "fro" | "nuc" | undefined;
  /** Where rows and columns lie. Default [−2, −1]. */
  readonly dim?: readonly [number, number] | undefined;
  /** Keep both dimensions with size 1. Default false. */
  readonly keepdim?: boolean | undefined;
}
const MATRIX: OptionNames<MatrixNormOptions> = { ord: true, dim: true, keepdim: true };

/**
 * Norms of matrices. As `torch.linalg.matrix_norm`.
 * @throws ArgumentError for an ord that there is not; ShapeError, DTypeError
 */
export function matrixNorm(x: Tensor, options: MatrixNormOptions = {}): Tensor {
  const op = "linalg.matrixNorm";
  checkOptions(op, options, MATRIX);
  matrixSizes(op, x);
  const { ord = "fro", dim = [-2, -1], keepdim = false } = options;
  const [rows, columns] = dim.map((d) => normalizeDim(op, d, x.ndim)) as [number, number];
  if (rows === columns) throw new ArgumentError(op, `dim names ${rows} twice`);
  if (ord === "fro") return vectorNormOf(op, x, 2, [rows, columns], keepdim);
  return composite(() => {
    // Rows and columns last; what comes out has neither.
    const y = oneOf(op, ord, movedim(x, [rows, columns], [-2, -1]));
    if (!keepdim) return y;
    const [first, second] = [Math.min(rows, columns), Math.max(rows, columns)];
    return unsqueeze(unsqueeze(y, first), second);
  });
}

function oneOf(op: string, ord: number | string, x: Tensor): Tensor {
  if (ord === "nuc") return sum(svdvals(x), -1);
  if (ord === 2) return amax(svdvals(x), -1);
  if (ord === -2) return amin(svdvals(x), -1);
  if (ord === 1) return amax(sum(abs(x), -2), -1);
  if (ord === -1) return amin(sum(abs(x), -2), -1);
  if (ord === Infinity) return amax(sum(abs(x), -1), -1);
  if (ord === -Infinity) return amin(sum(abs(x), -1), -1);
  throw new ArgumentError(
    op,
    `there is no ord ${ord}; there are ${NAMES.join(", ")}, ±1, ±2, ±Infinity`,
  );
}

export interface NormOptions {
  /** Of vectors a number, of matrices as matrixNorm has it. Default 2, of all elements. */
  readonly ord?: number | "fro" | "nuc" | undefined;
  /** One: vectors; two: matrices. Default: all of x. */
  readonly dim?: number | readonly number[] | undefined;
  /** Keep reduced dimensions with size 1. Default false. */
  readonly keepdim?: boolean | undefined;
}

/**
 * vectorNorm or matrixNorm: the latter for two dims, or for a name or number as `ord` of a matrix. As
 * `torch.linalg.norm`.
 */
export function norm(x: Tensor, options: NormOptions = {}): Tensor {
  checkOptions("linalg.norm", options, MATRIX);
  const { ord, dim, keepdim } = options;
  const two = Array.isArray(dim) ? dim.length === 2 : dim === undefined && x.ndim === 2;
  if (ord !== undefined && (two || typeof ord === "string")) {
    return matrixNorm(x, { ord, dim: dim as [number, number] | undefined, keepdim });
  }
  return vectorNorm(x, { ord: ord as number | undefined, dim, keepdim });
}
