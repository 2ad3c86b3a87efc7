// Least squares.
import { ShapeError } from "../../errors.ts";
import { checkLive, composite, type Tensor } from "../../tensor.ts";
import { matmul } from "../linear/matmul.ts";
import { matrixSizes } from "./host.ts";
import { qr } from "./qr.ts";
import { mt, solveTriangular } from "./solve.ts";

/**
 * { solution }: X [..., n, k] that makes A · X − B smallest, A [..., m, n] of full rank, B [..., m, k]; where many do
 * (m < n), the smallest of them. By QR. As `torch.linalg.lstsq`, whose other results are not given.
 * @throws ShapeError
 */
export function lstsq(a: Tensor, b: Tensor): { readonly solution: Tensor } {
  const op = "linalg.lstsq";
  const [m, n] = matrixSizes(op, a);
  checkLive(op, b);
  if (b.ndim < 2 || b.shape[b.ndim - 2] !== m) {
    throw new ShapeError(op, `B needs ${m} rows, as A has`, { A: a.shape, B: b.shape });
  }
  const solution = composite(() => {
    if (m >= n) {
      const { Q, R } = qr(a);
      return solveTriangular(R, matmul(mt(Q), b), { upper: true });
    }
    // Aᵀ = Q R: X = Q R⁻ᵀ B has no part that A would not see.
    const { Q, R } = qr(mt(a));
    return matmul(Q, solveTriangular(mt(R), b, { upper: false }));
  });
  return { solution };
}
