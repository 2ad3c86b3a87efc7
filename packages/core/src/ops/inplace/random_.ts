// Overwriting with random numbers: normal_, uniform_, bernoulli_.
import { ArgumentError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { methods, owned, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { checkDrawOptions, checkProbability, type DrawOptions } from "../random/check.ts";
import { rand, randn } from "../random/draws.ts";
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
});
