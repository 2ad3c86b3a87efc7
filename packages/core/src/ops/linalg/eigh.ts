// Eigenvalues and eigenvectors of symmetric matrices.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import type { Tensor } from "../../tensor.ts";
import { eye } from "../creation.ts";
import { add } from "../elementwise/add.ts";
import { div } from "../elementwise/div.ts";
import { mul } from "../elementwise/mul.ts";
import { sub } from "../elementwise/sub.ts";
import { where } from "../elementwise/where.ts";
import { matmul } from "../linear/matmul.ts";
import { handed } from "../sort/sort.ts";
import { diagEmbed } from "../views/diagonal.ts";
import { unsqueeze } from "../views/unsqueeze.ts";
import { fromHalf, symmetric } from "./cholesky.ts";
import { symmetricEigen } from "./decompose.ts";
import { eachMatrix, squareSize } from "./host.ts";
import { mt } from "./solve.ts";

const eighOp = defineOp()({
  name: "eigh",
  label: "linalg.eigh",
  doc: "The eigenvalues, ascending, and eigenvectors (columns) of the symmetric part of matrices [..., n, n].",
  example: ["linalg.eigh(tensor([[2, 1], [1, 2]])).eigenvalues", "tensor([1., 3.])"],
  inputs: ["x"],
  outputs: ["values", "vectors"],
  saves: ["values", "vectors"],
  compose: (x) => {
    const n = x.shape[x.ndim - 1] as number;
    const [values, vectors] = eachMatrix(
      "linalg.eigh",
      [symmetric(x.detach())],
      [[n], [n, n]],
      ([a]) => {
        const parts = symmetricEigen(a as Float64Array, n);
        return [parts.values, parts.vectors];
      },
    );
    return { values: values as Tensor, vectors: vectors as Tensor };
  },
  // V (diag gL + (Vᵀ gV) / E) Vᵀ with E_ij = L_j − L_i, of which the symmetric part counts (Giles, An extended
  // collection of matrix derivative results, 2008, section 3.1). Equal eigenvalues have no gradient of vectors.
  vjp: (gs, { values, vectors }) => {
    let inner: Tensor | undefined;
    if (gs.values !== undefined) inner = diagEmbed(gs.values);
    if (gs.vectors !== undefined) {
      const off = div(matmul(mt(vectors), gs.vectors), gaps(values));
      const turned = where(onDiagonal(values), 0, off);
      inner = inner === undefined ? turned : add(inner, turned);
    }
    return inner === undefined ? {} : { x: symmetric(matmul(matmul(vectors, inner), mt(vectors))) };
  },
  samples: (rng) => [[spread(rng.distinct([3, 3]))], [spread(rng.distinct([2, 2, 2]))]],
  errors: (rng) => [
    [() => eigh(rng.tensor([2, 3])), ShapeError, /linalg.eigh: expects square matrices/],
    [
      () => eigh(rng.tensor([2, 2]), { UPLO: "l" as "L" }),
      ArgumentError,
      /linalg.eigh: UPLO must be "L" or "U"; got "l"/,
    ],
  ],
});

/** x_j − x_i, 1 where i = j. */
export const gaps = (x: Tensor): Tensor =>
  where(onDiagonal(x), 1, sub(unsqueeze(x, -2), unsqueeze(x, -1)));

/** A [n, n] mask for vectors [..., n]. */
export function onDiagonal(x: Tensor): Tensor {
  const n = x.shape[x.ndim - 1] as number;
  return eye(n, n, { dtype: "bool", device: x.backend });
}

/** Samples with eigenvalues (singular values) well apart. */
export function spread(x: Tensor): Tensor {
  const [m, n] = x.shape.slice(-2) as [number, number];
  const steps = Array.from({ length: Math.min(m, n) }, (_, i) => 2 * i + 2);
  const place = { dtype: x.dtype, device: x.backend };
  return steps.reduce(
    (y, step, i) => {
      const at = eye(m, n, place)
        .select(0, i)
        .unsqueeze(0)
        .mul(eye(m, m, place).select(0, i).unsqueeze(1));
      return add(y, mul(at, step));
    },
    mul(x, 0.5),
  );
}

export interface EighOptions {
  /** The half that is read: "L", the lower one, or "U". Default "L". */
  readonly UPLO?: "L" | "U" | undefined;
}
const OPTIONS: OptionNames<EighOptions> = { UPLO: true };

/**
 * { eigenvalues [..., n] ascending, eigenvectors [..., n, n] as columns } of symmetric matrices, of which one half is
 * read. The signs of the vectors are arbitrary; their gradient needs distinct eigenvalues. As `torch.linalg.eigh`.
 */
export function eigh(
  x: Tensor,
  options: EighOptions = {},
): { readonly eigenvalues: Tensor; readonly eigenvectors: Tensor } {
  const op = "linalg.eigh";
  squareSize(op, x);
  checkOptions(op, options, OPTIONS);
  const { UPLO = "L" } = options;
  if (UPLO !== "L" && UPLO !== "U") {
    throw new ArgumentError(op, `UPLO must be "L" or "U"; got ${JSON.stringify(UPLO)}`);
  }
  const [eigenvalues, eigenvectors] = handed(() => eighOp(fromHalf(x, UPLO === "U"))) as [
    Tensor,
    Tensor,
  ];
  return { eigenvalues, eigenvectors };
}

/** The eigenvalues [..., n], ascending, of symmetric matrices. As `torch.linalg.eigvalsh`. */
export const eigvalsh = (x: Tensor, options: EighOptions = {}): Tensor =>
  eigh(x, options).eigenvalues;
