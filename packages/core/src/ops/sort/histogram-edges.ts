// histogram: counts between edges, and the edges.
import { noGrad } from "../../autograd/tape.ts";
import { ArgumentError, DTypeError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { sameShape } from "../../shape.ts";
import { checkLive, methods, Tensor } from "../../tensor.ts";
import { linspace, onesLike, zeros } from "../creation.ts";
import { clamp } from "../elementwise/clamp.ts";
import { clone } from "../elementwise/clone.ts";
import { div } from "../elementwise/div.ts";
import { eq } from "../elementwise/eq.ts";
import { ge } from "../elementwise/ge.ts";
import { le } from "../elementwise/le.ts";
import { logicalAnd } from "../elementwise/logical-and.ts";
import { mul } from "../elementwise/mul.ts";
import { sub } from "../elementwise/sub.ts";
import { floatingOnly } from "../elementwise/unary.ts";
import { where } from "../elementwise/where.ts";
import { scatterAdd } from "../index/scatter-add.ts";
import { amax } from "../reduce/amax.ts";
import { amin } from "../reduce/amin.ts";
import { sum } from "../reduce/sum.ts";
import { diff } from "../scan/diff.ts";
import { vectors, wholeNumber } from "../views/bounds.ts";
import { select } from "../views/select.ts";
import { reshape } from "../views/view.ts";
import { bucketize } from "./search.ts";
import { handed } from "./sort.ts";

export interface HistogramOptions {
  /** With a number of bins: where the first begins and the last ends. Default: the extremes of x. */
  readonly range?: readonly [number, number] | undefined;
  /** What each element counts, in x's shape. Default 1. */
  readonly weight?: Tensor | undefined;
  /** The area under the histogram is 1. Default false. */
  readonly density?: boolean | undefined;
}
const OPTIONS: OptionNames<HistogramOptions> = { range: true, weight: "Tensor", density: true };

export interface Histogram {
  readonly hist: Tensor;
  readonly binEdges: Tensor;
}

function edgesOf(op: string, x: Tensor, bins: number | Tensor, options: HistogramOptions): Tensor {
  if (bins instanceof Tensor) {
    checkLive(op, bins);
    vectors(op, [bins]);
    if (bins.dtype !== x.dtype) {
      throw new DTypeError(op, `x is ${x.dtype} but the edges are ${bins.dtype}; cast one`);
    }
    return clone(bins);
  }
  wholeNumber(op, "bins", bins, 1);
  let [low, high] = options.range ?? [0, 0];
  if (!(low <= high)) throw new ArgumentError(op, `range must rise; got ${low} and ${high}`);
  if (options.range === undefined && x.numel > 0) [low, high] = [amin(x).item(), amax(x).item()];
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  return linspace(low, high, bins + 1, { dtype: x.dtype, device: x.backend });
}

/**
 * As `torch.histogram`: { hist, binEdges }: how many elements of x (or how much weight) lie in each of `bins` equal
 * parts, or between neighbours of a rising vector of edges; the last part has its upper edge. No gradient.
 * @throws DTypeError unless x is floating-point; ArgumentError; ShapeError
 */
export function histogram(
  x: Tensor,
  bins: number | Tensor,
  options: HistogramOptions = {},
): Histogram {
  const op = "histogram";
  floatingOnly(op, x);
  checkOptions(op, options, OPTIONS);
  const { weight, density = false } = options;
  if (weight !== undefined && !sameShape(weight.shape, x.shape)) {
    throw new ShapeError(op, "weight needs the shape of the input", {
      input: x.shape,
      weight: weight.shape,
    });
  }
  const [hist, binEdges] = noGrad(() =>
    handed(() => {
      const edges = edgesOf(op, x, bins, options);
      const count = edges.numel - 1;
      const flat = reshape(x, [x.numel]);
      const [first, last] = [select(edges, 0, 0), select(edges, 0, count)];
      const inside = logicalAnd(ge(flat, first), le(flat, last));
      // The number of edges that do not lie above it; the upper end belongs to the last part.
      const place = sub(bucketize(flat, edges, { right: true }), 1);
      const at = clamp(where(eq(flat, last), count - 1, place), { min: 0, max: count - 1 });
      const each = weight === undefined ? onesLike(flat) : reshape(weight, [x.numel]);
      const counts = scatterAdd(
        zeros([count], { dtype: x.dtype, device: x.backend }),
        0,
        at,
        mul(each, inside),
      );
      return [density ? div(counts, mul(sum(counts), diff(edges))) : counts, edges];
    }),
  ) as [Tensor, Tensor];
  return { hist, binEdges };
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    histogram(bins: number | Tensor, options?: HistogramOptions): Histogram;
  }
}
methods({
  histogram(bins, options) {
    return histogram(this, bins, options);
  },
});
