// The distinct elements, or slices along a dim. How many there are depends on the values, so they are read at
// once, and nothing is recorded.
import { noGrad } from "../../autograd/tape.ts";
import type { TypedArray } from "../../dtype.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { normalizeDim, type Shape, sizeOf } from "../../shape.ts";
import { checkLive, methods, type Tensor } from "../../tensor.ts";
import { tensor } from "../creation.ts";
import { indexSelect } from "../index/index-select.ts";
import { reshape } from "../views/view.ts";
import { handed } from "./sort.ts";

export interface UniqueConsecutiveOptions {
  /** Also which of the values each element is. Default false. */
  readonly returnInverse?: boolean | undefined;
  /** Also how often each of the values is there. Default false. */
  readonly returnCounts?: boolean | undefined;
  /** Distinct slices along it instead of elements. Default: elements of x read as one row. */
  readonly dim?: number | undefined;
}
export interface UniqueOptions extends UniqueConsecutiveOptions {
  /** The values always are in order; the option is there for those who say so. */
  readonly sorted?: boolean | undefined;
}
const CONSECUTIVE: OptionNames<UniqueConsecutiveOptions> = {
  returnInverse: true,
  returnCounts: true,
  dim: true,
};
const UNIQUE: OptionNames<UniqueOptions> = { ...CONSECUTIVE, sorted: true };

/** What was asked for beside the values. */
export interface Unique {
  readonly values: Tensor;
  /** int64, the shape of x (along `dim`: a vector). */
  readonly inverse?: Tensor;
  /** int64, a vector. */
  readonly counts?: Tensor;
}

/** Slices along d as lists of element numbers. */
function slicesOf(shape: Shape, d: number): (slice: number, k: number) => number {
  const inner = sizeOf(shape.slice(d + 1));
  const n = shape[d] as number;
  return (slice, k) => Math.floor(k / inner) * n * inner + slice * inner + (k % inner);
}

/** Below 0: slice p comes first. NaN comes last. */
function comparison(data: TypedArray, shape: Shape, d: number) {
  const at = slicesOf(shape, d);
  const size = shape[d] === 0 ? 0 : sizeOf(shape) / (shape[d] as number);
  const hasNaN = (p: number): boolean => {
    for (let k = 0; k < size; k++) if (Number.isNaN(data[at(p, k)])) return true;
    return false;
  };
  const compare = (p: number, q: number): number => {
    for (let k = 0; k < size; k++) {
      const [a, b] = [data[at(p, k)] as number, data[at(q, k)] as number];
      if (a < b) return -1;
      if (a > b) return 1;
      if (a !== b && Number.isNaN(a) !== Number.isNaN(b)) return Number.isNaN(a) ? 1 : -1;
    }
    return 0;
  };
  return Object.assign(compare, { hasNaN });
}

function distinct(
  op: string,
  x: Tensor,
  options: UniqueConsecutiveOptions,
  ordered: boolean,
): Tensor | Unique {
  const { dim, returnInverse = false, returnCounts = false } = options;
  return noGrad(() => {
    const data = x.dataSync();
    const d = dim === undefined ? 0 : normalizeDim(op, dim, x.ndim);
    const lines: Shape = dim === undefined ? [x.numel] : x.shape;
    const count = lines[d] as number;
    const compare = comparison(data, lines, d);
    const order = Array.from({ length: count }, (_, i) => i);
    if (ordered) order.sort((p, q) => compare(p, q) || p - q);
    const firsts: number[] = [];
    const counts: number[] = [];
    const inverse = new BigInt64Array(count);
    order.forEach((slice, i) => {
      // NaN differs from itself, as in PyTorch.
      const repeated = i > 0 && compare(order[i - 1] as number, slice) === 0;
      if (!repeated || compare.hasNaN(slice)) {
        firsts.push(slice);
        counts.push(0);
      }
      counts[counts.length - 1] = (counts[counts.length - 1] as number) + 1;
      inverse[slice] = BigInt(firsts.length - 1);
    });
    const device = x.backend;
    const integers = (list: number[]): Tensor =>
      tensor(BigInt64Array.from(list, BigInt), { device });
    const [values] = handed(() => [
      indexSelect(dim === undefined ? reshape(x, [x.numel]) : x, d, integers(firsts)),
    ]) as [Tensor];
    if (!returnInverse && !returnCounts) return values;
    const shape = dim === undefined ? x.shape : [count];
    return {
      values,
      ...(returnInverse && { inverse: tensor(inverse, { shape, device }) }),
      ...(returnCounts && { counts: integers(counts) }),
    };
  });
}

type Asked = { readonly returnInverse: true } | { readonly returnCounts: true };

/**
 * The distinct elements of x in order, or the distinct slices along `dim`; with returnInverse or returnCounts
 * { values, inverse, counts }. No gradient. As `torch.unique`.
 * @throws DeviceError on devices that cannot be read at once
 */
export function unique(x: Tensor, options: UniqueOptions & Asked): Unique;
export function unique(
  x: Tensor,
  options?: UniqueOptions & { returnInverse?: false; returnCounts?: false },
): Tensor;
export function unique(x: Tensor, options: UniqueOptions = {}): Tensor | Unique {
  checkLive("unique", x);
  checkOptions("unique", options, UNIQUE);
  return distinct("unique", x, options, true);
}

/**
 * As unique, but only neighbours that are equal count as one, and the order stays. As `torch.unique_consecutive`.
 * @throws DeviceError on devices that cannot be read at once
 */
export function uniqueConsecutive(x: Tensor, options: UniqueConsecutiveOptions & Asked): Unique;
export function uniqueConsecutive(
  x: Tensor,
  options?: UniqueConsecutiveOptions & { returnInverse?: false; returnCounts?: false },
): Tensor;
export function uniqueConsecutive(
  x: Tensor,
  options: UniqueConsecutiveOptions = {},
): Tensor | Unique {
  checkLive("uniqueConsecutive", x);
  checkOptions("uniqueConsecutive", options, CONSECUTIVE);
  return distinct("uniqueConsecutive", x, options, false);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    unique(options: UniqueOptions & Asked): Unique;
    unique(options?: UniqueOptions & { returnInverse?: false; returnCounts?: false }): Tensor;
    uniqueConsecutive(options: UniqueConsecutiveOptions & Asked): Unique;
    uniqueConsecutive(
      options?: UniqueConsecutiveOptions & { returnInverse?: false; returnCounts?: false },
    ): Tensor;
  }
}
methods({
  unique(options?: UniqueOptions & Asked) {
    return unique(this, options as UniqueOptions & Asked);
  },
  uniqueConsecutive(options?: UniqueConsecutiveOptions & Asked) {
    return uniqueConsecutive(this, options as UniqueConsecutiveOptions & Asked);
  },
} as Partial<Tensor> & ThisType<Tensor>);
