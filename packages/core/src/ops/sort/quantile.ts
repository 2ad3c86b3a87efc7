// Quantiles: where a share of the sorted elements lies below, between two of them interpolated.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { normalizeDim } from "../../shape.ts";
import { composite, methods, type Tensor } from "../../tensor.ts";
import { tensor } from "../creation.ts";
import { ceil } from "../elementwise/ceil.ts";
import { clampMin } from "../elementwise/clamp.ts";
import { eq } from "../elementwise/eq.ts";
import { floor } from "../elementwise/floor.ts";
import { isnan } from "../elementwise/isnan.ts";
import { lerp } from "../elementwise/lerp.ts";
import { mul } from "../elementwise/mul.ts";
import { round } from "../elementwise/round.ts";
import { sub } from "../elementwise/sub.ts";
import { to } from "../elementwise/to.ts";
import { floatingOnly } from "../elementwise/unary.ts";
import { where } from "../elementwise/where.ts";
import { gather } from "../index/gather.ts";
import { isTensor } from "../promote.ts";
import { requireElements } from "../reduce/reduce.ts";
import { sum } from "../reduce/sum.ts";
import { stack } from "../views/stack.ts";
import { reshape } from "../views/view.ts";
import { sort } from "./sort.ts";

const WAYS = ["linear", "lower", "higher", "nearest", "midpoint"] as const;

export interface QuantileOptions {
  /** Default: all of x. */
  readonly dim?: number | undefined;
  /** Keep the reduced dimension with size 1. Default false. */
  readonly keepdim?: boolean | undefined;
  /** Between two elements: a line, one of them, or the middle. Default "linear". */
  readonly interpolation?: (typeof WAYS)[number] | undefined;
}
const OPTIONS: OptionNames<QuantileOptions> = { dim: true, keepdim: true, interpolation: true };

function quantileOf(
  op: string,
  ignoreNaN: boolean,
  x: Tensor,
  q: number | Tensor,
  options: QuantileOptions,
): Tensor {
  checkOptions(op, options, OPTIONS);
  floatingOnly(op, x);
  const { dim, keepdim = false, interpolation = "linear" } = options;
  if (!WAYS.includes(interpolation)) {
    throw new ArgumentError(op, `interpolation is one of ${WAYS.join(", ")}; got ${interpolation}`);
  }
  if (isTensor(q) && q.ndim > 1) {
    throw new ShapeError(op, "q must be a number or a vector of them", { q: q.shape });
  }
  const shares = isTensor(q) ? Array.from(q.dataSync() as ArrayLike<number>) : [q];
  for (const share of shares) {
    if (!(share >= 0 && share <= 1))
      throw new ArgumentError(op, `q must lie in [0, 1]; got ${share}`);
  }
  return composite(() => {
    const all = dim === undefined || x.ndim === 0;
    const d = all ? 0 : normalizeDim(op, dim, x.ndim);
    const lines = all ? reshape(x, [x.numel]) : x;
    requireElements(op, lines.shape, [d]);
    const size = lines.shape[d] as number;
    const sorted = sort(lines, d).values;
    const missing = sum(isnan(lines.detach()), d, { keepdim: true });
    // In float64, so that a share of a long line finds its place; GPUs have none.
    const fine = x.device === "gpu" ? "float32" : "float64";
    const last = to(clampMin(sub(size - 1, ignoreNaN ? missing : mul(missing, 0)), 0), fine);
    const kept = x.shape.map((n, i) => (all || i === d ? 1 : n));
    const shape = keepdim ? kept : kept.filter((_, i) => !(all || i === d));
    const found = shares.map((share) => {
      const place = mul(last, share);
      const at = (p: Tensor): Tensor => gather(sorted, d, to(p, "int64"));
      const value = between(place, at, interpolation, x);
      const whole = ignoreNaN
        ? value
        : where(eq(missing, 0), value, tensor(Number.NaN, { dtype: x.dtype, device: x.backend }));
      return reshape(whole, shape);
    });
    return isTensor(q) && q.ndim === 1 ? stack(found) : (found[0] as Tensor);
  });
}

function between(
  place: Tensor,
  at: (place: Tensor) => Tensor,
  interpolation: (typeof WAYS)[number],
  x: Tensor,
): Tensor {
  switch (interpolation) {
    case "lower":
      return at(floor(place));
    case "higher":
      return at(ceil(place));
    case "nearest":
      return at(round(place));
    case "midpoint":
      return lerp(at(floor(place)), at(ceil(place)), 0.5);
    case "linear": {
      const low = floor(place);
      return lerp(at(low), at(ceil(place)), to(sub(place, low), x.dtype));
    }
  }
}

/**
 * The q-quantiles (q a number, or a vector: then they stand in a new first dim) of x or along `dim`; NaN where
 * there is one. As `torch.quantile`.
 * @throws ArgumentError unless 0 ≤ q ≤ 1; DTypeError for integers; ShapeError when there is nothing to reduce
 */
export function quantile(x: Tensor, q: number | Tensor, options: QuantileOptions = {}): Tensor {
  return quantileOf("quantile", false, x, q, options);
}
/** As quantile, NaN ignored. As `torch.nanquantile`. */
export function nanquantile(x: Tensor, q: number | Tensor, options: QuantileOptions = {}): Tensor {
  return quantileOf("nanquantile", true, x, q, options);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    quantile(q: number | Tensor, options?: QuantileOptions): Tensor;
    nanquantile(q: number | Tensor, options?: QuantileOptions): Tensor;
  }
}
methods({
  quantile(q, options) {
    return quantile(this, q, options);
  },
  nanquantile(q, options) {
    return nanquantile(this, q, options);
  },
});
