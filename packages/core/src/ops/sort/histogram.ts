// Counting: bincount of small integers, histc in equal bins.

import { noGrad } from "../../autograd/tape.ts";
import { isIntegral } from "../../dtype.ts";
import { ArgumentError, DTypeError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { sameShape } from "../../shape.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { ones, zeros } from "../creation.ts";
import { clamp } from "../elementwise/clamp.ts";
import { div } from "../elementwise/div.ts";
import { floor } from "../elementwise/floor.ts";
import { ge } from "../elementwise/ge.ts";
import { le } from "../elementwise/le.ts";
import { logicalAnd } from "../elementwise/logical-and.ts";
import { mul } from "../elementwise/mul.ts";
import { sub } from "../elementwise/sub.ts";
import { to } from "../elementwise/to.ts";
import { floatingOnly } from "../elementwise/unary.ts";
import { where } from "../elementwise/where.ts";
import { scatterAdd } from "../index/scatter-add.ts";
import { amax } from "../reduce/amax.ts";
import { amin } from "../reduce/amin.ts";
import { reshape } from "../views/view.ts";

export interface BincountOptions {
  /** What each element counts. Default 1. */
  readonly weights?: Tensor | undefined;
  /** How many counts there are at least. Default 0. */
  readonly minlength?: number | undefined;
}
const BINCOUNT: OptionNames<BincountOptions> = { weights: "Tensor", minlength: true };

/**
 * How often each of 0, 1, 2 … is in the vector x, int64; with weights, their sums (float64; float32 for float32). The
 * largest element decides the length, so it is read. No gradient. As `torch.bincount`.
 * @throws DTypeError unless x holds integers; ShapeError; ArgumentError for a negative element
 */
export function bincount(x: Tensor, options: BincountOptions = {}): Tensor {
  const op = "bincount";
  checkLive(op, x);
  checkOptions(op, options, BINCOUNT);
  const { weights, minlength = 0 } = options;
  if (!isIntegral(x.dtype)) throw new DTypeError(op, `expected integers, got ${x.dtype}`);
  if (x.ndim !== 1) throw new ShapeError(op, "expects a vector", { input: x.shape });
  if (weights !== undefined && !sameShape(weights.shape, x.shape)) {
    throw new ShapeError(op, "weights needs the shape of the input", {
      input: x.shape,
      weights: weights.shape,
    });
  }
  if (!Number.isInteger(minlength) || minlength < 0) {
    throw new ArgumentError(op, `minlength must be a whole number ≥ 0; got ${minlength}`);
  }
  return noGrad(() =>
    composite(() => {
      const [low, high] = x.numel === 0 ? [0, -1] : [amin(x).item(), amax(x).item()];
      if (low < 0) throw new ArgumentError(op, `counts elements ≥ 0; there is ${low}`);
      const dtype =
        weights === undefined ? "int64" : weights.dtype === "float32" ? "float32" : "float64";
      const device = x.backend;
      const counts = zeros([Math.max(high + 1, minlength)], { dtype, device });
      if (x.numel === 0) return counts;
      const each = weights === undefined ? ones(x.shape, { dtype, device }) : to(weights, dtype);
      return scatterAdd(counts, 0, to(x, "int64"), each);
    }),
  );
}

export interface HistcOptions {
  /** Default 100. */
  readonly bins?: number | undefined;
  /** With max: the range; what lies outside is not counted. Default: both 0, which takes that of x. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}
const HISTC: OptionNames<HistcOptions> = { bins: true, min: true, max: true };

/**
 * How many elements of x fall into each of `bins` equal parts of [min, max], the upper end included, in x's dtype. No
 * gradient. As `torch.histc`.
 * @throws DTypeError unless x is floating-point; ArgumentError
 */
export function histc(x: Tensor, options: HistcOptions = {}): Tensor {
  const op = "histc";
  floatingOnly(op, x);
  checkOptions(op, options, HISTC);
  const { bins = 100 } = options;
  if (!Number.isInteger(bins) || bins < 1) {
    throw new ArgumentError(op, `bins must be a whole number ≥ 1; got ${bins}`);
  }
  return noGrad(() =>
    composite(() => {
      const flat = reshape(x, [x.numel]);
      let { min = 0, max = 0 } = options;
      if (min === max && x.numel > 0) [min, max] = [amin(flat).item(), amax(flat).item()];
      if (min === max) [min, max] = [min - 1, max + 1];
      if (!(min < max))
        throw new ArgumentError(op, `max must be larger than min; got ${min} and ${max}`);
      const counts = zeros([bins], { dtype: x.dtype, device: x.backend });
      if (x.numel === 0) return counts;
      const inside = logicalAnd(ge(flat, min), le(flat, max));
      const place = floor(div(mul(sub(flat, min), bins), max - min));
      const bin = clamp(where(inside, place, 0), { min: 0, max: bins - 1 });
      return scatterAdd(counts, 0, to(bin, "int64"), to(inside, x.dtype));
    }),
  );
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    bincount(options?: BincountOptions): Tensor;
    histc(options?: HistcOptions): Tensor;
  }
}
methods({
  bincount(options) {
    return bincount(this, options);
  },
  histc(options) {
    return histc(this, options);
  },
});
