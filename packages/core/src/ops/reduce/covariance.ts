// Covariances and correlations of variables (rows) over observations (columns).
import { isIntegral } from "../../dtype.ts";
import { DTypeError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { sameShape } from "../../shape.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { clamp } from "../elementwise/clamp.ts";
import { div } from "../elementwise/div.ts";
import { mul } from "../elementwise/mul.ts";
import { sqrt } from "../elementwise/sqrt.ts";
import { sub } from "../elementwise/sub.ts";
import { to } from "../elementwise/to.ts";
import { matmul } from "../linear/matmul.ts";
import { floating } from "../promote.ts";
import { diagonal } from "../views/diagonal.ts";
import { transpose } from "../views/permute.ts";
import { unsqueeze } from "../views/unsqueeze.ts";
import { reshape } from "../views/view.ts";
import { mean } from "./mean.ts";
import { sum } from "./sum.ts";

export interface CovOptions {
  /** What is taken off the number of observations before dividing by it. Default 1. */
  readonly correction?: number | undefined;
  /** [observations]: how often each observation was made, whole numbers. */
  readonly fweights?: Tensor | undefined;
  /** [observations]: how much each observation weighs. */
  readonly aweights?: Tensor | undefined;
}
const COV: OptionNames<CovOptions> = { correction: true, fweights: "Tensor", aweights: "Tensor" };

/** The weight of each observation, and of all but what `correction` takes off. */
function weighted(op: string, rows: Tensor, options: CovOptions) {
  const { correction = 1, fweights, aweights } = options;
  const given = Object.entries({ fweights, aweights }).flatMap(([name, w]) => {
    if (w === undefined) return [];
    checkLive(op, w);
    if (!sameShape(w.shape, [rows.shape[1] as number])) {
      throw new ShapeError(op, `${name} needs one weight an observation`, {
        input: rows.shape,
        [name]: w.shape,
      });
    }
    return [to(w, rows.dtype)];
  });
  if (fweights !== undefined && !isIntegral(fweights.dtype)) {
    throw new DTypeError(op, `fweights must be whole numbers, got ${fweights.dtype}`);
  }
  const weights = given.length > 0 ? given.reduce(mul) : undefined;
  if (weights === undefined) return { degrees: (rows.shape[1] as number) - correction };
  const total = sum(weights);
  const { aweights: plain } = options;
  // What is taken off counts as much as an observation weighs on average.
  const off =
    plain === undefined || correction === 0
      ? correction
      : mul(div(sum(mul(weights, to(plain, rows.dtype))), total), correction);
  return { weights, degrees: sub(total, off), total };
}

function covariance(op: string, x: Tensor, options: CovOptions = {}): Tensor {
  checkLive(op, x);
  if (x.ndim > 2) throw new ShapeError(op, "expects [variables, observations]", { input: x.shape });
  const rows = floating(x.ndim < 2 ? reshape(x, [1, x.numel]) : x);
  const { weights, degrees, total } = weighted(op, rows, options);
  const centre = weights
    ? div(sum(mul(rows, weights), 1, { keepdim: true }), total)
    : mean(rows, 1, { keepdim: true });
  const centred = sub(rows, centre);
  const other = transpose(weights ? mul(centred, weights) : centred, 0, 1);
  const y = div(matmul(centred, other), clampedDegrees(degrees));
  return x.ndim < 2 ? reshape(y, []) : y;
}

const clampedDegrees = (degrees: Tensor | number): Tensor | number =>
  typeof degrees === "number" ? Math.max(0, degrees) : clamp(degrees, { min: 0 });

/**
 * The covariances [n, n] of n variables, rows of x [n, observations]; of a vector its variance. As `torch.cov`.
 */
export function cov(x: Tensor, options: CovOptions = {}): Tensor {
  checkOptions("cov", options, COV);
  return composite(() => covariance("cov", x, options));
}

/** The correlations [n, n] of n variables, rows of x [n, observations], in [−1, 1]. As `torch.corrcoef`. */
export function corrcoef(x: Tensor): Tensor {
  return composite(() => {
    const c = covariance("corrcoef", x);
    if (c.ndim === 0) return div(c, c);
    const deviation = sqrt(diagonal(c));
    return clamp(div(div(c, unsqueeze(deviation, 1)), deviation), { min: -1, max: 1 });
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
