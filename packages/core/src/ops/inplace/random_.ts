// Overwriting with random numbers: normal_, uniform_, bernoulli_.
import { ArgumentError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { checkLive, methods, owned, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { sub } from "../elementwise/sub.ts";
import { checkDrawOptions, checkProbability, type DrawOptions } from "../random/check.ts";
import { rand, randint, randn } from "../random/draws.ts";
import { copy_ } from "./copy_.ts";

export interface NormalInPlaceOptions extends DrawOptions {
  /** Default 0. */
  readonly mean?: number | undefined;
  /** Default 1. */
  readonly std?: number | undefined;
}
const NORMAL: OptionNames<NormalInPlaceOptions> = { mean: true, std: true, generator: true };

/** x becomes normally distributed; as `torch.Tensor.normal_`. Returns x. */
export function normal_(x: Tensor, options: NormalInPlaceOptions = {}): Tensor {
  checkOptions("normal_", options, NORMAL);
  const { mean = 0, std = 1 } = options;
  checkDtypes("normal_", { x });
  if (!(std >= 0)) throw new ArgumentError("normal_", `std must be ≥ 0; got ${std}`);
  return overwrite(x, () => randn(x.shape, like(x, options)).mul(std).add(mean));
}

export interface UniformInPlaceOptions extends DrawOptions {
  /** The lower bound. Default 0. */
  readonly from?: number | undefined;
  /** The upper bound. Default 1. */
  readonly to?: number | undefined;
}
const UNIFORM: OptionNames<UniformInPlaceOptions> = { from: true, to: true, generator: true };

/** x becomes uniform in [from, to); as `torch.Tensor.uniform_`. Returns x. */
export function uniform_(x: Tensor, options: UniformInPlaceOptions = {}): Tensor {
  checkOptions("uniform_", options, UNIFORM);
  const { from = 0, to = 1 } = options;
  checkDtypes("uniform_", { x });
  if (!(from <= to)) {
    throw new ArgumentError("uniform_", `from must be ≤ to; got ${from} and ${to}`);
  }
  return overwrite(x, () =>
    rand(x.shape, like(x, options))
      .mul(to - from)
      .add(from),
  );
}

/** Each element of x becomes 1 with probability p, else 0; as `torch.Tensor.bernoulli_`. Returns x. */
export function bernoulli_(x: Tensor, p = 0.5, options: DrawOptions = {}): Tensor {
  checkDrawOptions("bernoulli_", options);
  checkProbability("bernoulli_", p);
  return overwrite(x, () => rand(x.shape, { ...like(x, options), dtype: "float32" }).lt(p));
}

/** Draws that are a function of uniform ones: f of a u in (0, 1]. */
const fromUniform = (op: string, x: Tensor, options: DrawOptions, f: (u: Tensor) => Tensor) => {
  checkDrawOptions(op, options);
  checkDtypes(op, { x });
  return overwrite(x, () => f(sub(1, rand(x.shape, like(x, options)))));
};
function positive(op: string, name: string, value: number): number {
  if (!(value > 0)) throw new ArgumentError(op, `${name} must be > 0; got ${value}`);
  return value;
}

/** x becomes exponentially distributed with rate lambd; as `torch.Tensor.exponential_`. Returns x. */
export function exponential_(x: Tensor, lambd = 1, options: DrawOptions = {}): Tensor {
  const rate = positive("exponential_", "lambd", lambd);
  return fromUniform("exponential_", x, options, (u) => u.log().div(-rate));
}

/** x becomes Cauchy distributed around median, with width sigma; as `torch.Tensor.cauchy_`. Returns x. */
export function cauchy_(x: Tensor, median = 0, sigma = 1, options: DrawOptions = {}): Tensor {
  const width = positive("cauchy_", "sigma", sigma);
  return fromUniform("cauchy_", x, options, (u) =>
    u.sub(0.5).mul(Math.PI).tan().mul(width).add(median),
  );
}

/** x becomes the number of tries until one of probability p succeeds; as `torch.Tensor.geometric_`. Returns x. */
export function geometric_(x: Tensor, p: number, options: DrawOptions = {}): Tensor {
  if (!(p > 0 && p < 1)) {
    throw new ArgumentError("geometric_", `p must lie between 0 and 1; got ${p}`);
  }
  return fromUniform("geometric_", x, options, (u) =>
    u.log().div(Math.log1p(-p)).ceil().clampMin(1),
  );
}

/** x becomes a number whose logarithm is normally distributed; as `torch.Tensor.log_normal_`. Returns x. */
export function logNormal_(x: Tensor, mean = 1, std = 2, options: DrawOptions = {}): Tensor {
  checkDrawOptions("logNormal_", options);
  checkDtypes("logNormal_", { x });
  positive("logNormal_", "std", std);
  return overwrite(x, () => randn(x.shape, like(x, options)).mul(std).add(mean).exp());
}

/** The largest number up to which a dtype has all whole numbers, as `random_` uses them by default. */
const WHOLE: Readonly<Record<string, number>> = {
  float32: 2 ** 24,
  uint8: 255,
  bool: 1,
  int32: 2 ** 31 - 1,
};

/**
 * x becomes whole numbers in [from, to), by default from 0 to the largest of its dtype (int64 and float64: 2^53); as
 * `torch.Tensor.random_`. Returns x.
 */
export function random_(x: Tensor, from = 0, to?: number, options: DrawOptions = {}): Tensor {
  checkDrawOptions("random_", options);
  checkLive("random_", x);
  const end = to ?? (WHOLE[x.dtype] ?? 2 ** 53 - 1) + 1;
  return overwrite(x, () => randint(from, end, x.shape, like(x, options)));
}

const like = (x: Tensor, { generator }: DrawOptions) => ({
  dtype: x.dtype,
  device: x.backend,
  generator,
});

function overwrite(x: Tensor, draw: () => Tensor): Tensor {
  owned(() => [void copy_(x, draw())]);
  return x;
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    normal_(options?: NormalInPlaceOptions): Tensor;
    uniform_(options?: UniformInPlaceOptions): Tensor;
    bernoulli_(p?: number, options?: DrawOptions): Tensor;
    cauchy_(median?: number, sigma?: number, options?: DrawOptions): Tensor;
    exponential_(lambd?: number, options?: DrawOptions): Tensor;
    geometric_(p: number, options?: DrawOptions): Tensor;
    logNormal_(mean?: number, std?: number, options?: DrawOptions): Tensor;
    random_(from?: number, to?: number, options?: DrawOptions): Tensor;
  }
}
methods({
  normal_(options) {
    return normal_(this, options);
  },
  uniform_(options) {
    return uniform_(this, options);
  },
  bernoulli_(p, options) {
    return bernoulli_(this, p, options);
  },
  cauchy_(median, sigma, options) {
    return cauchy_(this, median, sigma, options);
  },
  exponential_(lambd, options) {
    return exponential_(this, lambd, options);
  },
  geometric_(p, options) {
    return geometric_(this, p, options);
  },
  logNormal_(mean, std, options) {
    return logNormal_(this, mean, std, options);
  },
  random_(from, to, options) {
    return random_(this, from, to, options);
  },
});
