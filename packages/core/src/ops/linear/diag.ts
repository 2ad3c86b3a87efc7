// Diagonals of matrices, matrices of diagonals, and traces.
import { ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { clone } from "../elementwise/clone.ts";
import { sum } from "../reduce/sum.ts";
import { diagEmbed, diagonal } from "../views/diagonal.ts";
import { reshape } from "../views/view.ts";

export interface DiagOptions {
  /** Which diagonal: above the main one if positive. Default 0. */
  readonly diagonal?: number | undefined;
}
const DIAG: OptionNames<DiagOptions> = { diagonal: true };

/**
 * The diagonal of a matrix as a vector, a copy; or the matrix with a vector as diagonal. As `torch.diag`.
 * @throws ShapeError for other ranks; diagonal() and diagEmbed() take batches
 */
export function diag(x: Tensor, options: DiagOptions = {}): Tensor {
  checkLive("diag", x);
  checkOptions("diag", options, DIAG);
  const { diagonal: offset = 0 } = options;
  if (x.ndim === 1) return diagEmbed(x, { offset });
  if (x.ndim === 2) return composite(() => clone(diagonal(x, { offset })));
  throw new ShapeError("diag", "expects a vector or a matrix; use diagonal() or diagEmbed()", {
    input: x.shape,
  });
}

export interface DiagflatOptions {
  /** Which diagonal: above the main one if positive. Default 0. */
  readonly offset?: number | undefined;
}
const DIAGFLAT: OptionNames<DiagflatOptions> = { offset: true };

/** The matrix with all elements of x, read as one row, as diagonal. As `torch.diagflat`. */
export function diagflat(x: Tensor, options: DiagflatOptions = {}): Tensor {
  checkLive("diagflat", x);
  checkOptions("diagflat", options, DIAGFLAT);
  return composite(() => diagEmbed(reshape(x, [x.numel]), { offset: options.offset ?? 0 }));
}

/**
 * The sum of the diagonal of a matrix. As `torch.trace`.
 * @throws ShapeError unless x is a matrix
 */
export function trace(x: Tensor): Tensor {
  checkLive("trace", x);
  if (x.ndim !== 2) throw new ShapeError("trace", "expects a matrix", { input: x.shape });
  return composite(() => sum(diagonal(x)));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    diag(options?: DiagOptions): Tensor;
    diagflat(options?: DiagflatOptions): Tensor;
    trace(): Tensor;
  }
}
methods({
  diag(options) {
    return diag(this, options);
  },
  diagflat(options) {
    return diagflat(this, options);
  },
  trace() {
    return trace(this);
  },
});
