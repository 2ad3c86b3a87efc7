// Contraction of dims of two tensors: one product of matrices.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { normalizeDim, sizeOf } from "../../shape.ts";
import { checkLive, composite, type Tensor } from "../../tensor.ts";
import { permute } from "../views/permute.ts";
import { reshape } from "../views/view.ts";
import { matmul } from "./matmul.ts";

export interface TensordotOptions {
  /** The last n dims of a with the first n of b, or a list for each. Default 2. */
  readonly dims?: number | readonly [readonly number[], readonly number[]] | undefined;
}
const OPTIONS: OptionNames<TensordotOptions> = { dims: true };

/**
 * Sums of products over pairs of dims; what is left of a, then of b. As `torch.tensordot`.
 * @throws ShapeError naming the sizes that differ; ArgumentError for lists of unequal length
 */
export function tensordot(a: Tensor, b: Tensor, options: TensordotOptions = {}): Tensor {
  const op = "tensordot";
  checkLive(op, a);
  checkLive(op, b);
  checkOptions(op, options, OPTIONS);
  const { dims = 2 } = options;
  const counted = typeof dims === "number";
  if (counted && (!Number.isInteger(dims) || dims < 0 || dims > Math.min(a.ndim, b.ndim))) {
    throw new ArgumentError(op, `dims is ${dims}; a has ${a.ndim} dimensions, b ${b.ndim}`);
  }
  const [left, right] = counted
    ? [range(a.ndim - dims, a.ndim), range(0, dims)]
    : [
        dims[0].map((d) => normalizeDim(op, d, a.ndim)),
        dims[1].map((d) => normalizeDim(op, d, b.ndim)),
      ];
  if (left.length !== right.length) {
    throw new ArgumentError(op, `dims names ${left.length} dims of a and ${right.length} of b`);
  }
  left.forEach((d, k) => {
    if (a.shape[d] !== b.shape[right[k] as number]) {
      throw new ShapeError(op, `dim ${d} of a and dim ${right[k]} of b differ`, {
        a: a.shape,
        b: b.shape,
      });
    }
  });
  const [freeA, freeB] = [others(a, left), others(b, right)];
  const sizes = (x: Tensor, list: readonly number[]): number[] =>
    list.map((d) => x.shape[d] as number);
  const shared = sizeOf(sizes(a, left));
  return composite(() => {
    const p = reshape(permute(a, [...freeA, ...left]), [sizeOf(sizes(a, freeA)), shared]);
    const q = reshape(permute(b, [...right, ...freeB]), [shared, sizeOf(sizes(b, freeB))]);
    return reshape(matmul(p, q), [...sizes(a, freeA), ...sizes(b, freeB)]);
  });
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);
const others = (x: Tensor, dims: readonly number[]): number[] =>
  range(0, x.ndim).filter((d) => !dims.includes(d));
