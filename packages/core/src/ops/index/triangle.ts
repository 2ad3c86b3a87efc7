// tril and triu: one side of the diagonal of matrices, zeros on the other.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { composite, methods, type Tensor } from "../../tensor.ts";
import { arange, zeros } from "../creation.ts";
import { ge } from "../elementwise/ge.ts";
import { le } from "../elementwise/le.ts";
import { where } from "../elementwise/where.ts";
import { reshape } from "../views/view.ts";

export interface TriangleOptions {
  /** Which diagonal bounds the part that stays: above the main one if positive. Default 0. */
  readonly diagonal?: number | undefined;
}
const OPTIONS: OptionNames<TriangleOptions> = { diagonal: true };

function triangle(op: "tril" | "triu", x: Tensor, options: TriangleOptions): Tensor {
  checkOptions(op, options, OPTIONS);
  const { diagonal = 0 } = options;
  const [rows, columns] = x.shape.slice(-2);
  if (rows === undefined || columns === undefined) {
    throw new ShapeError(op, "expects matrices [..., rows, columns]", { input: x.shape });
  }
  if (!Number.isInteger(diagonal)) {
    throw new ArgumentError(op, `diagonal must be a whole number; got ${diagonal}`);
  }
  return composite(() => {
    const device = x.backend;
    // Element (i, j) lies on diagonal j − i.
    const j = arange(0, columns, 1, { device });
    const bound = reshape(arange(diagonal, diagonal + rows, 1, { device }), [rows, 1]);
    const zero = zeros([], { dtype: x.dtype, device });
    return where(op === "tril" ? le(j, bound) : ge(j, bound), x, zero);
  });
}

/** As `torch.tril`: matrices [..., rows, columns] with zeros above the diagonal. */
export const tril = (x: Tensor, options: TriangleOptions = {}): Tensor =>
  triangle("tril", x, options);
/** As `torch.triu`: matrices [..., rows, columns] with zeros below the diagonal. */
export const triu = (x: Tensor, options: TriangleOptions = {}): Tensor =>
  triangle("triu", x, options);

declare module "../../tensor.ts" {
  interface TensorMethods {
    tril(options?: TriangleOptions): Tensor;
    triu(options?: TriangleOptions): Tensor;
  }
}
methods({
  tril(options) {
    return tril(this, options);
  },
  triu(options) {
    return triu(this, options);
  },
});
