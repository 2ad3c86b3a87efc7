// The exponential of matrices.
import { composite, methods, type Tensor } from "../../tensor.ts";
import { eye } from "../creation.ts";
import { abs } from "../elementwise/abs.ts";
import { add } from "../elementwise/add.ts";
import { mul } from "../elementwise/mul.ts";
import { sub } from "../elementwise/sub.ts";
import { matmul } from "../linear/matmul.ts";
import { amax } from "../reduce/amax.ts";
import { sum } from "../reduce/sum.ts";
import { squareSize } from "./host.ts";
import { solve } from "./solve.ts";

/** Padé's approximant of eˣ of degree 13: p(x) / p(−x). Good to float64's precision up to a norm of 5.37. */
const PADE = [
  64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000,
  10559470521600, 670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
];
const LARGEST_NORM = 5.371920351148152;

/**
 * e to the power of square matrices [..., n, n]: Padé's approximant of A / 2ˢ, squared s times, where s follows from the
 * largest sum of a column. The gradient is that of these steps. As `torch.linalg.matrix_exp`.
 * @see Higham, The scaling and squaring method for the matrix exponential revisited, 2005
 */
export function matrixExp(x: Tensor): Tensor {
  const n = squareSize("linalg.matrixExp", x);
  if (x.numel === 0) return x.clone();
  return composite(() => {
    const norm = amax(sum(abs(x.detach()), -2)).item();
    // A norm that is no number has no exponential either: NaN goes through.
    const squarings =
      norm > LARGEST_NORM && norm < Infinity ? Math.ceil(Math.log2(norm / LARGEST_NORM)) : 0;
    const a = squarings === 0 ? x : mul(x, 2 ** -squarings);
    const one = eye(n, n, { dtype: x.dtype, device: x.backend });
    const a2 = matmul(a, a);
    const a4 = matmul(a2, a2);
    const a6 = matmul(a2, a4);
    // Coefficients from `first` on, every other one, as a polynomial of A².
    const scaled = PADE.map((c) => c / (PADE[0] as number));
    const half = (first: number): Tensor => {
      const part = (t: Tensor, k: number): Tensor => mul(t, scaled[first + k] as number);
      const high = add(add(part(a6, 12), part(a4, 10)), part(a2, 8));
      const low = add(add(part(a6, 6), part(a4, 4)), add(part(a2, 2), part(one, 0)));
      return add(matmul(a6, high), low);
    };
    const [even, odd] = [half(0), matmul(a, half(1))];
    let result = solve(sub(even, odd), add(even, odd));
    for (let s = 0; s < squarings; s++) result = matmul(result, result);
    return result;
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    matrixExp(): Tensor;
  }
}
methods({
  matrixExp() {
    return matrixExp(this);
  },
});
