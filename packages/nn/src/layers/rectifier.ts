// Activations with settings (ELU, LeakyReLU, Hardtanh, …), one whose slopes are learned (PReLU), and the smooth
// ones beside them.
import {
  celu,
  celu_,
  checkOptions,
  elu,
  elu_,
  empty,
  hardshrink,
  hardtanh,
  hardtanh_,
  leakyRelu,
  leakyRelu_,
  logsigmoid,
  mish,
  mish_,
  type OptionNames,
  prelu,
  rrelu,
  rrelu_,
  selu,
  selu_,
  softshrink,
  softsign,
  type Tensor,
  tanhshrink,
  threshold,
  threshold_,
} from "@tapegrad/core";
import { FACTORY_OPTIONS, type FactoryOptions, factory, whole } from "../args.ts";
import { constant_ } from "../init.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { keywords, pythonFloat } from "../print.ts";
import { trust } from "../trust.ts";
import {
  IN_PLACE_OPTIONS,
  InPlaceActivation,
  type InPlaceOptions,
  withInPlace,
} from "./in-place.ts";

/** "alpha=1.0": settings as the floats that they are. */
const floats = (values: Readonly<Record<string, number>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${pythonFloat(value)}`)
    .join(", ");

export interface ELUOptions extends InPlaceOptions {
  /** Default: 1. */
  readonly alpha?: number | undefined;
}
const ELU_OPTIONS: OptionNames<ELUOptions> = { alpha: true, ...IN_PLACE_OPTIONS };

/** x where x > 0, else alpha·(eˣ − 1); as `torch.nn.ELU`. */
export class ELU extends Module {
  readonly alpha: number;
  readonly inplace: boolean;
  constructor(options: ELUOptions = {}) {
    super();
    checkOptions("ELU", options, ELU_OPTIONS);
    this.alpha = options.alpha ?? 1;
    this.inplace = options.inplace ?? false;
  }
  forward(x: Tensor): Tensor {
    return (this.inplace ? elu_ : elu)(x, { alpha: this.alpha });
  }
  override extraRepr(): string {
    return withInPlace(floats({ alpha: this.alpha }), this.inplace);
  }
}
/** x where x > 0, else alpha·(e^(x/alpha) − 1); as `torch.nn.CELU`. */
export class CELU extends Module {
  readonly alpha: number;
  readonly inplace: boolean;
  constructor(options: ELUOptions = {}) {
    super();
    checkOptions("CELU", options, ELU_OPTIONS);
    this.alpha = options.alpha ?? 1;
    this.inplace = options.inplace ?? false;
  }
  forward(x: Tensor): Tensor {
    return (this.inplace ? celu_ : celu)(x, { alpha: this.alpha });
  }
  override extraRepr(): string {
    return withInPlace(floats({ alpha: this.alpha }), this.inplace);
  }
}
/** The self-normalising ELU; as `torch.nn.SELU`. */
export class SELU extends InPlaceActivation {
  forward(x: Tensor): Tensor {
    return this.inplace ? selu_(x) : selu(x);
  }
}

export interface LeakyReLUOptions extends InPlaceOptions {
  /** Default: 0.01. */
  readonly negativeSlope?: number | undefined;
}
const LEAKY_OPTIONS: OptionNames<LeakyReLUOptions> = {
  negativeSlope: true,
  ...IN_PLACE_OPTIONS,
};

/** x where x > 0, else negativeSlope·x; as `torch.nn.LeakyReLU`. */
export class LeakyReLU extends Module {
  readonly negativeSlope: number;
  readonly inplace: boolean;
  constructor(options: LeakyReLUOptions = {}) {
    super();
    checkOptions("LeakyReLU", options, LEAKY_OPTIONS);
    this.negativeSlope = options.negativeSlope ?? 0.01;
    this.inplace = options.inplace ?? false;
  }
  forward(x: Tensor): Tensor {
    return (this.inplace ? leakyRelu_ : leakyRelu)(x, { negativeSlope: this.negativeSlope });
  }
  override extraRepr(): string {
    return withInPlace(floats({ negative_slope: this.negativeSlope }), this.inplace);
  }
}

export interface RReLUOptions extends InPlaceOptions {
  /** Default: 1/8. */
  readonly lower?: number | undefined;
  /** Default: 1/3. */
  readonly upper?: number | undefined;
}
const RRELU_OPTIONS: OptionNames<RReLUOptions> = {
  lower: true,
  upper: true,
  ...IN_PLACE_OPTIONS,
};

/** LeakyReLU whose slopes are drawn from [lower, upper) in training; as `torch.nn.RReLU`. */
export class RReLU extends Module {
  readonly lower: number;
  readonly upper: number;
  readonly inplace: boolean;
  constructor(options: RReLUOptions = {}) {
    super();
    checkOptions("RReLU", options, RRELU_OPTIONS);
    this.lower = options.lower ?? 1 / 8;
    this.upper = options.upper ?? 1 / 3;
    this.inplace = options.inplace ?? false;
  }
  forward(x: Tensor): Tensor {
    return (this.inplace ? rrelu_ : rrelu)(x, {
      lower: this.lower,
      upper: this.upper,
      training: this.training,
    });
  }
  override extraRepr(): string {
    return withInPlace(floats({ lower: this.lower, upper: this.upper }), this.inplace);
  }
}

export interface PReLUOptions extends FactoryOptions {
  /** 1: one slope; else one for each channel (dimension 1). Default: 1. */
  readonly numParameters?: number | undefined;
  /** What the slopes begin with. Default: 0.25. */
  readonly init?: number | undefined;
}
const PRELU_OPTIONS: OptionNames<PReLUOptions> = {
  numParameters: true,
  init: true,
  ...FACTORY_OPTIONS,
};

/** x where x > 0, else weight·x, the slopes learned; as `torch.nn.PReLU`. */
export class PReLU extends Module {
  /** [numParameters] */
  weight: Parameter;
  readonly numParameters: number;
  readonly init: number;
  constructor(options: PReLUOptions = {}) {
    super();
    checkOptions("PReLU", options, PRELU_OPTIONS);
    this.numParameters = whole("PReLU", "numParameters", options.numParameters ?? 1);
    this.init = options.init ?? 0.25;
    this.weight = new Parameter(empty([this.numParameters], factory(options)));
    this.resetParameters();
  }
  resetParameters(): void {
    constant_(this.weight, this.init);
  }
  forward(x: Tensor): Tensor {
    return prelu(x, this.weight);
  }
  override extraRepr(): string {
    return keywords({ num_parameters: this.numParameters });
  }
}

export interface HardtanhOptions extends InPlaceOptions {
  /** Default: −1. */
  readonly minVal?: number | undefined;
  /** Default: 1. */
  readonly maxVal?: number | undefined;
}
const HARDTANH_OPTIONS: OptionNames<HardtanhOptions> = {
  minVal: true,
  maxVal: true,
  ...IN_PLACE_OPTIONS,
};

/** x kept in [minVal, maxVal]; as `torch.nn.Hardtanh`. */
export class Hardtanh extends Module {
  readonly minVal: number;
  readonly maxVal: number;
  readonly inplace: boolean;
  constructor(options: HardtanhOptions = {}) {
    super();
    checkOptions("Hardtanh", options, HARDTANH_OPTIONS);
    this.minVal = options.minVal ?? -1;
    this.maxVal = options.maxVal ?? 1;
    this.inplace = options.inplace ?? false;
  }
  forward(x: Tensor): Tensor {
    return (this.inplace ? hardtanh_ : hardtanh)(x, { minVal: this.minVal, maxVal: this.maxVal });
  }
  override extraRepr(): string {
    return withInPlace(floats({ min_val: this.minVal, max_val: this.maxVal }), this.inplace);
  }
}
/** x where x > threshold, else value; as `torch.nn.Threshold`. */
export class Threshold extends Module {
  readonly threshold: number;
  readonly value: number;
  readonly inplace: boolean;
  constructor(threshold: number, value: number, options: InPlaceOptions = {}) {
    super();
    checkOptions("Threshold", options, IN_PLACE_OPTIONS);
    this.threshold = threshold;
    this.value = value;
    this.inplace = options.inplace ?? false;
  }
  forward(x: Tensor): Tensor {
    return (this.inplace ? threshold_ : threshold)(x, this.threshold, this.value);
  }
  override extraRepr(): string {
    return withInPlace(keywords({ threshold: this.threshold, value: this.value }), this.inplace);
  }
}

export interface ShrinkOptions {
  /** What lies between −lambd and lambd becomes 0. Default: 0.5. */
  readonly lambd?: number | undefined;
}
const SHRINK_OPTIONS: OptionNames<ShrinkOptions> = { lambd: true };

/** x, but 0 where |x| ≤ lambd; as `torch.nn.Hardshrink`. */
export class Hardshrink extends Module {
  readonly lambd: number;
  constructor(options: ShrinkOptions = {}) {
    super();
    checkOptions("Hardshrink", options, SHRINK_OPTIONS);
    this.lambd = options.lambd ?? 0.5;
  }
  forward(x: Tensor): Tensor {
    return hardshrink(x, { lambd: this.lambd });
  }
  override extraRepr(): string {
    return pythonFloat(this.lambd);
  }
}
/** x moved towards 0 by lambd, and 0 where |x| ≤ lambd; as `torch.nn.Softshrink`. */
export class Softshrink extends Module {
  readonly lambd: number;
  constructor(options: ShrinkOptions = {}) {
    super();
    checkOptions("Softshrink", options, SHRINK_OPTIONS);
    this.lambd = options.lambd ?? 0.5;
  }
  forward(x: Tensor): Tensor {
    return softshrink(x, { lambd: this.lambd });
  }
  override extraRepr(): string {
    return pythonFloat(this.lambd);
  }
}
/** x − tanh(x); as `torch.nn.Tanhshrink`. */
export class Tanhshrink extends Module {
  forward(x: Tensor): Tensor {
    return tanhshrink(x);
  }
}
/** x/(1 + |x|); as `torch.nn.Softsign`. */
export class Softsign extends Module {
  forward(x: Tensor): Tensor {
    return softsign(x);
  }
}
/** log σ(x); as `torch.nn.LogSigmoid`. */
export class LogSigmoid extends Module {
  forward(x: Tensor): Tensor {
    return logsigmoid(x);
  }
}
/** x·tanh(log(1 + eˣ)); as `torch.nn.Mish`. */
export class Mish extends InPlaceActivation {
  forward(x: Tensor): Tensor {
    return this.inplace ? mish_(x) : mish(x);
  }
}

trust(ELU, CELU, SELU, LeakyReLU, RReLU, PReLU, Hardtanh, Threshold, Hardshrink, Softshrink);
trust(Tanhshrink, Softsign, LogSigmoid, Mish);
