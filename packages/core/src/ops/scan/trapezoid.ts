// Areas under curves, by trapezoids: the whole one, and those up to each point.
import { ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { normalizeDim } from "../../shape.ts";
import { checkLive, composite, type Tensor } from "../../tensor.ts";
import { add } from "../elementwise/add.ts";
import { mul } from "../elementwise/mul.ts";
import { sub } from "../elementwise/sub.ts";
import { sum } from "../reduce/sum.ts";
import { sliceDim } from "../views/slice-dim.ts";
import { reshape } from "../views/view.ts";
import { cumsum } from "./cumsum.ts";

export interface TrapezoidOptions {
  /** The distance of two points. Default 1. */
  readonly dx?: number | undefined;
  /** Where the points lie, instead of dx. */
  readonly x?: Tensor | undefined;
  /** Default −1. */
  readonly dim?: number | undefined;
}
const OPTIONS: OptionNames<TrapezoidOptions> = { dx: true, x: "Tensor", dim: true };

/** The area of each trapezoid between neighbours along dim, which is given to `f` with them. */
function trapezoids(
  op: string,
  y: Tensor,
  options: TrapezoidOptions,
  f: (areas: Tensor, dim: number) => Tensor,
): Tensor {
  checkLive(op, y);
  checkOptions(op, options, OPTIONS);
  const { dx = 1, x, dim = -1 } = options;
  if (y.ndim === 0) {
    throw new ShapeError(op, "a zero-dimensional tensor has no neighbours", { input: y.shape });
  }
  const pairs = (t: Tensor, d: number): readonly [Tensor, Tensor] => {
    const n = t.shape[d] as number;
    return [sliceDim(t, d, 0, n - 1), sliceDim(t, d, 1, n)];
  };
  const d = normalizeDim(op, dim, y.ndim);
  return composite(() => {
    const middle = mul(add(...pairs(y, d)), 0.5);
    if (x === undefined) return f(mul(middle, dx), d);
    const [from, to] = pairs(x, x.ndim === 1 ? 0 : d);
    const steps = sub(to, from);
    const along = y.shape.map((_, i) => (i === d ? -1 : 1));
    return f(mul(middle, x.ndim === 1 ? reshape(steps, along) : steps), d);
  });
}

/** The area under the points y along `dim`, by trapezoids. As `torch.trapezoid`. */
export const trapezoid = (y: Tensor, options: TrapezoidOptions = {}): Tensor =>
  trapezoids("trapezoid", y, options, (areas, d) => sum(areas, d));

/** The areas under y from its first point to each of the others along `dim`. As `torch.cumulative_trapezoid`. */
export const cumulativeTrapezoid = (y: Tensor, options: TrapezoidOptions = {}): Tensor =>
  trapezoids("cumulativeTrapezoid", y, options, cumsum);
