// Powers and chains of matrices.
import { ArgumentError } from "../../errors.ts";
import { composite, methods, type Tensor } from "../../tensor.ts";
import { eye } from "../creation.ts";
import { clone } from "../elementwise/clone.ts";
import { mul } from "../elementwise/mul.ts";
import { matmul } from "../linear/matmul.ts";
import { type CrossOptions, cross as crossAlong } from "../linear/outer.ts";
import { sum } from "../reduce/sum.ts";
import { expand } from "../views/expand.ts";
import { squareSize } from "./host.ts";
import { inverse } from "./solve.ts";

/**
 * Square matrices [..., n, n] to a whole power, by repeated squaring; negative ones of the inverse. As
 * `torch.linalg.matrix_power`.
 * @throws ArgumentError unless the power is a whole number
 */
export function matrixPower(x: Tensor, power: number): Tensor {
  const op = "linalg.matrixPower";
  const n = squareSize(op, x);
  if (!Number.isInteger(power))
    throw new ArgumentError(op, `the power must be a whole number; got ${power}`);
  return composite(() => {
    if (power === 0) {
      return clone(expand(eye(n, n, { dtype: x.dtype, device: x.backend }), x.shape));
    }
    let square = power < 0 ? inverse(x) : x;
    let result: Tensor | undefined;
    for (let rest = Math.abs(power); rest > 0; rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) result = result === undefined ? square : matmul(result, square);
      if (rest > 1) square = matmul(square, square);
    }
    return result as Tensor;
  });
}

/**
 * The product of a list of matrices, in the order of the fewest multiplications; the first and the last may be
 * vectors. As `torch.linalg.multi_dot`.
 */
export function multiDot(tensors: readonly Tensor[]): Tensor {
  const op = "linalg.multiDot";
  if (!Array.isArray(tensors) || tensors.length < 2) {
    throw new ArgumentError(op, "needs a list of two tensors or more");
  }
  // sizes[i] × sizes[i + 1] is the i-th matrix; a vector in front is a row, behind a column.
  const sizes = tensors.map((t, i) => (i === 0 && t.ndim === 1 ? 1 : (t.shape[0] as number)));
  const last = tensors[tensors.length - 1] as Tensor;
  sizes.push(last.ndim === 1 ? 1 : (last.shape[1] as number));
  const best = new Map<string, { cost: number; split: number }>();
  const cheapest = (from: number, to: number): { cost: number; split: number } => {
    if (to - from === 1) return { cost: 0, split: from };
    const key = `${from},${to}`;
    const known = best.get(key);
    if (known !== undefined) return known;
    let found = { cost: Infinity, split: from + 1 };
    for (let split = from + 1; split < to; split++) {
      const own = (sizes[from] as number) * (sizes[split] as number) * (sizes[to] as number);
      const cost = cheapest(from, split).cost + cheapest(split, to).cost + own;
      if (cost < found.cost) found = { cost, split };
    }
    best.set(key, found);
    return found;
  };
  const product = (from: number, to: number): Tensor => {
    if (to - from === 1) return tensors[from] as Tensor;
    const { split } = cheapest(from, to);
    return matmul(product(from, split), product(split, to));
  };
  return composite(() => product(0, tensors.length));
}

/** The vector at right angles to a and b along `dim` (default the last), broadcast. As `torch.linalg.cross`. */
export const cross = (a: Tensor, b: Tensor, options: CrossOptions = {}): Tensor =>
  crossAlong(a, b, { dim: -1, ...options });

/** Σ a · b along `dim` (default the last), broadcast. As `torch.linalg.vecdot`. */
export const vecdot = (
  a: Tensor,
  b: Tensor,
  options: { readonly dim?: number | undefined } = {},
): Tensor => composite(() => sum(mul(a, b), options.dim ?? -1));

declare module "../../tensor.ts" {
  interface TensorMethods {
    matrixPower(power: number): Tensor;
  }
}
methods({
  matrixPower(power) {
    return matrixPower(this, power);
  },
});
