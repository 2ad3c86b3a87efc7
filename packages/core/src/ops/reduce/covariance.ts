// Covariances and correlations of variables (rows) over observations (columns), and areas under curves.
import { ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { normalizeDim } from "../../shape.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { add } from "../elementwise/add.ts";
import { clamp } from "../elementwise/clamp.ts";
import { div } from "../elementwise/div.ts";
import { mul } from "../elementwise/mul.ts";
import { sqrt } from "../elementwise/sqrt.ts";
import { sub } from "../elementwise/sub.ts";
import { matmul } from "../linear/matmul.ts";
import { floating } from "../promote.ts";
import { diagonal } from "../views/diagonal.ts";
import { transpose } from "../views/permute.ts";
import { sliceDim } from "../views/slice-dim.ts";
import { unsqueeze } from "../views/unsqueeze.ts";
import { reshape } from "../views/view.ts";
import { mean } from "./mean.ts";
import { sum } from "./sum.ts";

export interface CovOptions {
  /** What is taken off the number of observations before dividing by it. Default 1. */
  readonly correction?: number | undefined;
}
const COV: OptionNames<CovOptions> = { correction: true };

function covariance(op: string, x: Tensor, correction: number): Tensor {
  checkLive(op, x);
  if (x.ndim > 2) throw new ShapeError(op, "expects [variables, observations]", { input: x.shape });
  const rows = floating(x.ndim < 2 ? reshape(x, [1, x.numel]) : x);
  const centred = sub(rows, mean(rows, 1, { keepdim: true }));
  const degrees = Math.max(0, (rows.shape[1] as number) - correction);
  const y = div(matmul(centred, transpose(centred, 0, 1)), degrees);
  return x.ndim < 2 ? reshape(y, []) : y;
}

/**
 * The covariances [n, n] of n variables, rows of x [n, observations]; of a vector its variance. As `torch.cov`, without
 * its weights.
 */
export function cov(x: Tensor, options: CovOptions = {}): Tensor {
  checkOptions("cov", options, COV);
  return composite(() => covariance("cov", x, options.correction ?? 1));
}

/** The correlations [n, n] of n variables, rows of x [n, observations], in [−1, 1]. As `torch.corrcoef`. */
export function corrcoef(x: Tensor): Tensor {
  return composite(() => {
    const c = covariance("corrcoef", x, 1);
    if (c.ndim === 0) return div(c, c);
    const deviation = sqrt(diagonal(c));
    return clamp(div(div(c, unsqueeze(deviation, 1)), deviation), { min: -1, max: 1 });
  });
}

export interface TrapezoidOptions {
  /** The distance of two points. Default 1. */
  readonly dx?: number | undefined;
  /** Where the points lie, instead of dx. */
  readonly x?: Tensor | undefined;
  /** Default −1. */
  readonly dim?: number | undefined;
}
const TRAPEZOID: OptionNames<TrapezoidOptions> = { dx: true, x: "Tensor", dim: true };

/** The area under the points y along `dim`, by trapezoids. As `torch.trapezoid`. */
export function trapezoid(y: Tensor, options: TrapezoidOptions = {}): Tensor {
  checkLive("trapezoid", y);
  checkOptions("trapezoid", options, TRAPEZOID);
  const { dx = 1, x, dim = -1 } = options;
  const pairs = (t: Tensor, d: number): readonly [Tensor, Tensor] => {
    const n = t.shape[d] as number;
    return [sliceDim(t, d, 0, n - 1), sliceDim(t, d, 1, n)];
  };
  const d = normalizeDim("trapezoid", dim, y.ndim);
  return composite(() => {
    const [left, right] = pairs(y, d);
    const middle = mul(add(left, right), 0.5);
    if (x === undefined) return mul(sum(middle, d), dx);
    const [from, to] = pairs(x, x.ndim === 1 ? 0 : d);
    const steps = sub(to, from);
    const wide =
      x.ndim === 1
        ? reshape(
            steps,
            y.shape.map((_, i) => (i === d ? -1 : 1)),
          )
        : steps;
    return sum(mul(middle, wide), d);
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    cov(options?: CovOptions): Tensor;
    corrcoef(): Tensor;
  }
}
methods({
  cov(options) {
    return cov(this, options);
  },
  corrcoef() {
    return corrcoef(this);
  },
});
