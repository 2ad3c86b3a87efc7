// Activations and the layers without parameters beside them: Identity, Flatten, Dropout.
import {
  type Activation,
  checkOptions,
  dropout,
  dropout_,
  flatten,
  gelu,
  hardsigmoid,
  hardsigmoid_,
  hardswish,
  hardswish_,
  logSoftmax,
  type OptionNames,
  relu,
  relu_,
  relu6,
  relu6_,
  sigmoid,
  silu,
  silu_,
  softmax,
  softplus,
  type Tensor,
  tanh,
} from "@tapegrad/core";
import { oneOf, within } from "../args.ts";
import { Module } from "../module.ts";
import { keywords, pythonFloat } from "../print.ts";
import { trust } from "../trust.ts";
import { IN_PLACE_OPTIONS, InPlaceActivation, type InPlaceOptions } from "./in-place.ts";

/** Gives back its very input. */
export class Identity extends Module {
  forward(x: Tensor): Tensor {
    return x;
  }
}
/** max(0, x) */
export class ReLU extends InPlaceActivation {
  /** A norm in front may take it over, see Sequential. */
  get activation(): Activation {
    return "relu";
  }
  forward(x: Tensor): Tensor {
    return this.inplace ? relu_(x) : relu(x);
  }
}
/** min(max(0, x), 6) */
export class ReLU6 extends InPlaceActivation {
  /** A norm in front may take it over, see Sequential. */
  get activation(): Activation {
    return "relu6";
  }
  forward(x: Tensor): Tensor {
    return this.inplace ? relu6_(x) : relu6(x);
  }
}
export interface GELUOptions {
  /** Default: "none". */
  readonly approximate?: "none" | "tanh" | undefined;
}
const GELU_OPTIONS: OptionNames<GELUOptions> = { approximate: true };

/** x·Φ(x), with Φ the normal distribution function, or its tanh approximation. */
export class GELU extends Module {
  readonly approximate: "none" | "tanh";
  constructor(options: GELUOptions = {}) {
    super();
    checkOptions("GELU", options, GELU_OPTIONS);
    this.approximate = oneOf("GELU", "approximate", options.approximate ?? "none", [
      "none",
      "tanh",
    ]);
  }
  forward(x: Tensor): Tensor {
    return gelu(x, { approximate: this.approximate });
  }
  override extraRepr(): string {
    return keywords({ approximate: this.approximate });
  }
}
/** x·sigmoid(x), also called swish. */
export class SiLU extends InPlaceActivation {
  forward(x: Tensor): Tensor {
    return this.inplace ? silu_(x) : silu(x);
  }
}
/** x·relu6(x + 3)/6 */
export class Hardswish extends InPlaceActivation {
  forward(x: Tensor): Tensor {
    return this.inplace ? hardswish_(x) : hardswish(x);
  }
  /** PyTorch does not print its option. */
  override extraRepr(): string {
    return "";
  }
}
/** relu6(x + 3)/6 */
export class Hardsigmoid extends InPlaceActivation {
  forward(x: Tensor): Tensor {
    return this.inplace ? hardsigmoid_(x) : hardsigmoid(x);
  }
  /** PyTorch does not print its option. */
  override extraRepr(): string {
    return "";
  }
}
/** 1/(1 + e⁻ˣ) */
export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}
export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

export interface SoftplusOptions {
  /** Default: 1. */
  readonly beta?: number | undefined;
  /** Default: 20. */
  readonly threshold?: number | undefined;
}
const SOFTPLUS_OPTIONS: OptionNames<SoftplusOptions> = { beta: true, threshold: true };

/** log(1 + e^(beta·x))/beta; linear where beta·x is above threshold. */
export class Softplus extends Module {
  readonly beta: number;
  readonly threshold: number;
  constructor(options: SoftplusOptions = {}) {
    super();
    checkOptions("Softplus", options, SOFTPLUS_OPTIONS);
    this.beta = options.beta ?? 1;
    this.threshold = options.threshold ?? 20;
  }
  forward(x: Tensor): Tensor {
    return softplus(x, { beta: this.beta, threshold: this.threshold });
  }
  override extraRepr(): string {
    return `beta=${pythonFloat(this.beta)}, threshold=${pythonFloat(this.threshold)}`;
  }
}
/** exp(x) / Σ exp(x) along dim. */
export class Softmax extends Module {
  readonly dim: number;
  constructor(dim: number) {
    super();
    this.dim = dim;
  }
  forward(x: Tensor): Tensor {
    return softmax(x, this.dim);
  }
  override extraRepr(): string {
    return keywords({ dim: this.dim });
  }
}
/** log of softmax along dim, without its overflow. */
export class LogSoftmax extends Module {
  readonly dim: number;
  constructor(dim: number) {
    super();
    this.dim = dim;
  }
  forward(x: Tensor): Tensor {
    return logSoftmax(x, this.dim);
  }
  override extraRepr(): string {
    return keywords({ dim: this.dim });
  }
}

export interface FlattenOptions {
  /** Default: 1. */
  readonly startDim?: number | undefined;
  /** Default: -1. */
  readonly endDim?: number | undefined;
}
const FLATTEN_OPTIONS: OptionNames<FlattenOptions> = { startDim: true, endDim: true };

/** Merges dims startDim … endDim into one; as `torch.nn.Flatten`. */
export class Flatten extends Module {
  readonly startDim: number;
  readonly endDim: number;
  constructor(startDim: number | FlattenOptions = {}, endDim?: number) {
    super();
    const options = typeof startDim === "number" ? { startDim, endDim } : startDim;
    checkOptions("Flatten", options, FLATTEN_OPTIONS);
    this.startDim = options.startDim ?? 1;
    this.endDim = options.endDim ?? -1;
  }
  forward(x: Tensor): Tensor {
    return flatten(x, { startDim: this.startDim, endDim: this.endDim });
  }
  override extraRepr(): string {
    return keywords({ start_dim: this.startDim, end_dim: this.endDim });
  }
}

/**
 * In training, zeroes elements with probability p and scales the others by 1/(1 − p); else it gives
 * back its very input. As `torch.nn.Dropout`.
 */
export class Dropout extends Module {
  readonly p: number;
  readonly inplace: boolean;
  constructor(p = 0.5, options: InPlaceOptions = {}) {
    super();
    checkOptions("Dropout", options, IN_PLACE_OPTIONS);
    this.p = within("Dropout", "p", p, 0, 1);
    this.inplace = options.inplace ?? false;
  }
  forward(x: Tensor): Tensor {
    const { p, training } = this;
    // Without training there is nothing to write.
    return (this.inplace && training ? dropout_ : dropout)(x, { p, training });
  }
  override extraRepr(): string {
    return keywords({ p: this.p, inplace: this.inplace });
  }
}

trust(Identity, ReLU, ReLU6, GELU, SiLU, Hardswish, Hardsigmoid, Sigmoid, Tanh);
trust(Softplus, Softmax, LogSoftmax, Flatten, Dropout);
