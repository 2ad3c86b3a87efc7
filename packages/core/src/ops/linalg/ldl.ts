// A = L · D · Lᵀ of symmetric matrices that need not be definite, by the diagonal pivoting of Bunch and Kaufman, packed as
// LAPACK's sytf2 and sytrs do (https://netlib.org/lapack): D has blocks of one or two rows.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { checkLive, type Tensor } from "../../tensor.ts";
import { zeros } from "../creation.ts";
import { to } from "../elementwise/to.ts";
import { checkDTypes } from "../linear/matmul.ts";
import { eachMatrix, squareSize, which } from "./host.ts";

/** Bounds the growth of elements: Bunch and Kaufman's choice. */
const ALPHA = (1 + Math.sqrt(17)) / 8;

/**
 * The lower half of A becomes D's blocks and, below them, L. pivots as LAPACK's, counted from 1: p at k says that rows k
 * and p changed places, −p at k and k + 1 that D has a block of two there and rows k + 1 and p changed places. info is
 * the first zero block, counted from 1, or 0.
 */
function factored(
  matrix: Float64Array,
  n: number,
): { a: Float64Array; pivots: number[]; info: number } {
  const a = matrix.slice();
  for (let i = 0; i < n; i++) a.fill(0, i * n + i + 1, (i + 1) * n);
  const at = (i: number, j: number): number => a[i * n + j] as number;
  const swap = (i: number, j: number, k: number, l: number): void => {
    [a[i * n + j], a[k * n + l]] = [at(k, l), at(i, j)];
  };
  const pivots: number[] = [];
  let info = 0;
  for (let k = 0; k < n; ) {
    let largest = k;
    for (let i = k + 1; i < n; i++) {
      if (largest === k || Math.abs(at(i, k)) > Math.abs(at(largest, k))) largest = i;
    }
    const below = largest === k ? 0 : Math.abs(at(largest, k));
    const own = Math.abs(at(k, k));
    let pivot = k;
    let size = 1;
    if (Math.max(own, below) === 0) {
      if (info === 0) info = k + 1;
    } else if (own < ALPHA * below) {
      let row = 0;
      for (let j = k; j < largest; j++) row = Math.max(row, Math.abs(at(largest, j)));
      for (let i = largest + 1; i < n; i++) row = Math.max(row, Math.abs(at(i, largest)));
      if (own < ALPHA * below * (below / row)) {
        pivot = largest;
        if (Math.abs(at(largest, largest)) < ALPHA * row) size = 2;
      }
    }
    const last = k + size - 1;
    if (pivot !== last) {
      for (let i = pivot + 1; i < n; i++) swap(i, last, i, pivot);
      for (let i = last + 1; i < pivot; i++) swap(i, last, pivot, i);
      swap(last, last, pivot, pivot);
      if (size === 2) swap(k + 1, k, pivot, k);
    }
    if (size === 1 && Math.max(own, below) > 0) {
      const d = at(k, k);
      for (let j = k + 1; j < n; j++) {
        for (let i = j; i < n; i++) a[i * n + j] = at(i, j) - (at(j, k) * at(i, k)) / d;
      }
      for (let i = k + 1; i < n; i++) a[i * n + k] = at(i, k) / d;
    } else if (size === 2) {
      const d21 = at(k + 1, k);
      const d11 = at(k + 1, k + 1) / d21;
      const d22 = at(k, k) / d21;
      const scale = 1 / (d11 * d22 - 1) / d21;
      for (let j = k + 2; j < n; j++) {
        const first = scale * (d11 * at(j, k) - at(j, k + 1));
        const second = scale * (d22 * at(j, k + 1) - at(j, k));
        for (let i = j; i < n; i++)
          a[i * n + j] = at(i, j) - at(i, k) * first - at(i, k + 1) * second;
        a[j * n + k] = first;
        a[j * n + k + 1] = second;
      }
    }
    for (let i = 0; i < size; i++) pivots.push(size === 1 ? pivot + 1 : -(pivot + 1));
    k += size;
  }
  return { a, pivots, info };
}

/** X with A · X = B, in place of B [n, columns]. */
function through(
  a: Float64Array,
  pivots: ArrayLike<number>,
  n: number,
  b: Float64Array,
): Float64Array {
  const x = b.slice();
  const columns = n === 0 ? 0 : x.length / n;
  const at = (i: number, j: number): number => a[i * n + j] as number;
  const exchange = (i: number, j: number): void => {
    if (i === j) return;
    const row = x.slice(i * columns, (i + 1) * columns);
    x.copyWithin(i * columns, j * columns, (j + 1) * columns);
    x.set(row, j * columns);
  };
  /** Row i −= factor · row k */
  const take = (i: number, k: number, factor: number): void => {
    for (let c = 0; c < columns; c++) {
      x[i * columns + c] = (x[i * columns + c] as number) - factor * (x[k * columns + c] as number);
    }
  };
  for (let k = 0; k < n; ) {
    const pivot = pivots[k] as number;
    const size = pivot > 0 ? 1 : 2;
    exchange(k + size - 1, Math.abs(pivot) - 1);
    for (let i = k + size; i < n; i++) for (let j = 0; j < size; j++) take(i, k + j, at(i, k + j));
    for (let c = 0; c < columns; c++) {
      const place = k * columns + c;
      if (size === 1) x[place] = (x[place] as number) / at(k, k);
      else {
        const off = at(k + 1, k);
        const [d1, d2] = [at(k, k) / off, at(k + 1, k + 1) / off];
        const [b1, b2] = [(x[place] as number) / off, (x[place + columns] as number) / off];
        x[place] = (d2 * b1 - b2) / (d1 * d2 - 1);
        x[place + columns] = (d1 * b2 - b1) / (d1 * d2 - 1);
      }
    }
    k += size;
  }
  for (let k = n - 1; k >= 0; ) {
    const pivot = pivots[k] as number;
    const size = pivot > 0 ? 1 : 2;
    for (let j = 0; j < size; j++) {
      for (let i = k + 1; i < n; i++) take(k - j, i, at(i, k - j));
    }
    exchange(k, Math.abs(pivot) - 1);
    k -= size;
  }
  return x;
}

interface FactorAttrs {
  /** Of whom a singular D is refused. */
  readonly refusing: string | undefined;
}

const factorOp = defineOp<FactorAttrs>()({
  name: "ldlFactor",
  label: "linalg.ldlFactor",
  doc: "A = L · D · Lᵀ of symmetric matrices [..., n, n], of which the lower half is read, in float64.",
  example: [
    "linalg.ldlFactor(tensor([[4, 2], [2, 3]])).LD",
    "tensor([[4.0000, 0.0000],\n        [0.5000, 2.0000]])",
  ],
  inputs: ["x"],
  outputs: ["ld", "pivots", "info"],
  differentiable: false,
  compose: (x, { refusing }) => {
    const n = squareSize("linalg.ldlFactor", x);
    const [ld, pivots, info] = eachMatrix(
      "linalg.ldlFactor",
      [x],
      [[n, n], [n], []],
      ([m], place) => {
        const parts = factored(m as Float64Array, n);
        if (parts.info > 0 && refusing !== undefined) {
          throw new ArgumentError(
            refusing,
            `${which(x, place)} is singular: block ${parts.info} of D is zero; ldlFactorEx() takes such ones`,
          );
        }
        return [parts.a, Float64Array.from(parts.pivots), Float64Array.of(parts.info)];
      },
    );
    return {
      ld: ld as Tensor,
      pivots: to(pivots as Tensor, "int32"),
      info: to(info as Tensor, "int32"),
    };
  },
  samples: (rng) => [
    [rng.distinct([3, 3]), { refusing: undefined }],
    [rng.distinct([2, 2, 2]), { refusing: undefined }],
    [rng.distinct([0, 0]), { refusing: undefined }],
  ],
  errors: (rng) => [
    [() => ldlFactor(rng.tensor([2, 3])), ShapeError, /linalg.ldlFactor: expects square matrices/],
    [() => ldlFactor(zeros([2, 2])), ArgumentError, /linalg.ldlFactor: the matrix is singular/],
  ],
});

const solveOp = defineOp()({
  name: "ldlSolve",
  label: "linalg.ldlSolve",
  doc: "X with A · X = B, from the factors of ldlFactor().",
  inputs: ["ld", "pivots", "b"],
  outputs: ["y"],
  differentiable: false,
  compose: (ld, pivots, b) => {
    const [n, columns] = b.shape.slice(-2) as [number, number];
    const rows = pivots.reshape([...pivots.shape, 1]);
    const [y] = eachMatrix("linalg.ldlSolve", [b, ld, rows], [[n, columns]], ([x, a, p]) => [
      through(a as Float64Array, p as Float64Array, n, x as Float64Array),
    ]);
    return y as Tensor;
  },
  samples: (rng) => [solveSample(rng.distinct([3, 3]), rng.tensor([3, 2]))],
  errors: (rng) => [
    [
      () => ldlSolve(rng.tensor([2, 2]), rng.tensor([2]), rng.tensor([2, 1])),
      ArgumentError,
      /linalg.ldlSolve: pivots are those of ldlFactor\(\): int32/,
    ],
  ],
});

function solveSample(x: Tensor, b: Tensor): [Tensor, Tensor, Tensor] {
  const { LD, pivots } = ldlFactor(x);
  return [LD, pivots, b];
}

export interface LdlOptions {
  /** Of complex matrices; real ones are symmetric either way. Default false. */
  readonly hermitian?: boolean | undefined;
}
export const LDL_OPTIONS: OptionNames<LdlOptions> = { hermitian: true };

/** The factors without a check, and info [...]: the first zero block of D, counted from 1, or 0. */
export function ldl(x: Tensor, refusing?: string) {
  const [LD, pivots, info] = factorOp(x, { refusing });
  return { LD, pivots, info };
}

/**
 * { LD, pivots } of symmetric matrices [..., n, n], of which the lower half is read: D's blocks of one or two rows on the
 * diagonal, L below them; pivots [..., n], int32, as LAPACK's sytrf notes them. No gradient, as in PyTorch. As
 * `torch.linalg.ldl_factor`.
 * @throws ArgumentError for a singular matrix
 */
export function ldlFactor(
  x: Tensor,
  options: LdlOptions = {},
): { readonly LD: Tensor; readonly pivots: Tensor } {
  const op = "linalg.ldlFactor";
  squareSize(op, x);
  checkOptions(op, options, LDL_OPTIONS);
  const { LD, pivots } = ldl(x, op);
  return { LD, pivots };
}

/**
 * X with A · X = B for the factors that ldlFactor() gave of A; B [..., n, k], of the same batch. No gradient, as in
 * PyTorch. As `torch.linalg.ldl_solve`.
 * @throws ShapeError, DTypeError, ArgumentError
 */
export function ldlSolve(LD: Tensor, pivots: Tensor, b: Tensor, options: LdlOptions = {}): Tensor {
  const op = "linalg.ldlSolve";
  const n = squareSize(op, LD);
  checkLive(op, pivots);
  checkLive(op, b);
  checkOptions(op, options, LDL_OPTIONS);
  checkDTypes(op, { LD, B: b });
  const batch = LD.shape.slice(0, -2);
  if (pivots.dtype !== "int32" || `${pivots.shape}` !== `${[...batch, n]}`) {
    throw new ArgumentError(
      op,
      `pivots are those of ldlFactor(): int32 [${[...batch, n]}], got ${pivots.dtype} [${pivots.shape}]`,
    );
  }
  if (b.ndim !== LD.ndim || `${b.shape.slice(0, -1)}` !== `${[...batch, n]}`) {
    throw new ShapeError(op, `B must be [${[...batch, n]}, k]`, { LD: LD.shape, B: b.shape });
  }
  return solveOp(LD, pivots, b);
}
