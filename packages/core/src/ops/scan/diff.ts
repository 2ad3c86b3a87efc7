// Differences of neighbours.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { normalizeDim } from "../../shape.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { logicalXor } from "../elementwise/logical-xor.ts";
import { sub } from "../elementwise/sub.ts";
import { cat } from "../views/cat.ts";
import { sliceDim } from "../views/slice-dim.ts";

export interface DiffOptions {
  /** How many times. Default 1. */
  readonly n?: number | undefined;
  /** Default −1. */
  readonly dim?: number | undefined;
  /** Put before x along dim first. */
  readonly prepend?: Tensor | undefined;
  /** Put behind x along dim first. */
  readonly append?: Tensor | undefined;
}
const OPTIONS: OptionNames<DiffOptions> = {
  n: true,
  dim: true,
  prepend: "Tensor",
  append: "Tensor",
};

/**
 * x[i + 1] − x[i] along `dim`, n times; of bools, whether they differ. As `torch.diff`.
 * @throws ShapeError for a zero-dim tensor; ArgumentError unless n is a whole number ≥ 0
 */
export function diff(x: Tensor, options: DiffOptions = {}): Tensor {
  checkOptions("diff", options, OPTIONS);
  checkLive("diff", x);
  const { n = 1, dim = -1, prepend, append } = options;
  if (!Number.isInteger(n) || n < 0) {
    throw new ArgumentError("diff", `n must be a whole number ≥ 0; got ${n}`);
  }
  if (x.ndim === 0) {
    throw new ShapeError("diff", "a zero-dimensional tensor has no neighbours", { input: x.shape });
  }
  const d = normalizeDim("diff", dim, x.ndim);
  const parts = [prepend, x, append].filter((t) => t !== undefined);
  return composite(() => {
    let y = parts.length > 1 ? cat(parts, { dim: d }) : x;
    for (let k = 0; k < n; k++) {
      const size = y.shape[d] as number;
      if (size === 0) break;
      const [next, last] = [sliceDim(y, d, 1, size), sliceDim(y, d, 0, size - 1)];
      y = y.dtype === "bool" ? logicalXor(next, last) : sub(next, last);
    }
    return y;
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    diff(options?: DiffOptions): Tensor;
  }
}
methods({
  diff(options) {
    return diff(this, options);
  },
});
