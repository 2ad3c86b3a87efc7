// Systems of equations and inverses of tensors whose dims fall into two groups: those of matrices, reshaped.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { normalizeDim, sizeOf } from "../../shape.ts";
import { checkLive, composite, type Tensor } from "../../tensor.ts";
import { permute } from "../views/permute.ts";
import { reshape } from "../views/view.ts";
import { inverse, solve } from "./solve.ts";

/**
 * The inverse of x as a map from its last dims to its first `ind` ones, whose sizes have the same product: of shape
 * [...last, ...first]. As `torch.linalg.tensorinv`.
 * @throws ArgumentError unless ind is a whole number ≥ 1; ShapeError
 */
export function tensorinv(x: Tensor, ind = 2): Tensor {
  const op = "linalg.tensorinv";
  checkLive(op, x);
  if (!Number.isInteger(ind) || ind < 1) {
    throw new ArgumentError(op, `ind must be a whole number ≥ 1; got ${ind}`);
  }
  const [first, last] = [x.shape.slice(0, ind), x.shape.slice(ind)];
  if (sizeOf(first) !== sizeOf(last)) {
    throw new ShapeError(op, `the first ${ind} dims and the others must have as many elements`, {
      input: x.shape,
    });
  }
  return composite(() =>
    reshape(inverse(reshape(x, [sizeOf(first), sizeOf(last)])), [...last, ...first]),
  );
}

export interface TensorsolveOptions {
  /** Dims of A that are moved to its end before. Default: none. */
  readonly dims?: readonly number[] | undefined;
}
const OPTIONS: OptionNames<TensorsolveOptions> = { dims: true };

/**
 * X with tensordot(A, X, X.ndim) = B: A has the shape [...B's, ...X's]. As `torch.linalg.tensorsolve`.
 * @throws ShapeError unless A makes a square matrix; ArgumentError for a singular one
 */
export function tensorsolve(a: Tensor, b: Tensor, options: TensorsolveOptions = {}): Tensor {
  const op = "linalg.tensorsolve";
  checkLive(op, a);
  checkLive(op, b);
  checkOptions(op, options, OPTIONS);
  const moved = (options.dims ?? []).map((d) => normalizeDim(op, d, a.ndim));
  return composite(() => {
    const stay = a.shape.map((_, d) => d).filter((d) => !moved.includes(d));
    const whole = moved.length === 0 ? a : permute(a, [...stay, ...moved]);
    const shape = whole.shape.slice(b.ndim);
    if (sizeOf(shape) !== b.numel || whole.numel !== b.numel ** 2) {
      throw new ShapeError(
        op,
        "A must have the shape [...B's, ...X's], both with as many elements",
        {
          A: a.shape,
          B: b.shape,
        },
      );
    }
    return reshape(solve(reshape(whole, [b.numel, b.numel]), reshape(b, [b.numel])), shape);
  });
}
