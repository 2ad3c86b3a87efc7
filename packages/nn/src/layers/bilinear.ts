// Bilinear: a linear map of two vectors together.
import { bilinear, checkOptions, empty, type Tensor } from "@tapegrad/core";
import { factory, whole } from "../args.ts";
import { uniform_ } from "../init.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { python } from "../print.ts";
import { trust } from "../trust.ts";
import { LINEAR_OPTIONS, type LinearOptions } from "./linear.ts";

/** x1ᵀ·W·x2 + b for each of outFeatures; as `torch.nn.Bilinear`. */
export class Bilinear extends Module {
  /** [outFeatures, in1Features, in2Features] */
  weight: Parameter;
  /** [outFeatures], or null without one. */
  bias: Parameter | null;
  readonly in1Features: number;
  readonly in2Features: number;
  readonly outFeatures: number;
  constructor(
    in1Features: number,
    in2Features: number,
    outFeatures: number,
    options: LinearOptions = {},
  ) {
    super();
    checkOptions("Bilinear", options, LINEAR_OPTIONS);
    this.in1Features = whole("Bilinear", "in1Features", in1Features);
    this.in2Features = whole("Bilinear", "in2Features", in2Features);
    this.outFeatures = whole("Bilinear", "outFeatures", outFeatures);
    const make = factory(options);
    this.weight = new Parameter(empty([outFeatures, in1Features, in2Features], make));
    this.bias = options.bias === false ? null : new Parameter(empty([outFeatures], make));
    this.resetParameters();
  }
  /** Draws weight and bias anew from U(−1/√in1Features, 1/√in1Features), as PyTorch does. */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.in1Features);
    uniform_(this.weight, -bound, bound);
    if (this.bias !== null) uniform_(this.bias, -bound, bound);
  }
  forward(x1: Tensor, x2: Tensor): Tensor {
    return bilinear(x1, x2, this.weight, this.bias ?? undefined);
  }
  override extraRepr(): string {
    const { in1Features, in2Features, outFeatures, bias } = this;
    return (
      `in1_features=${in1Features}, in2_features=${in2Features}, out_features=${outFeatures}` +
      `, bias=${python(bias !== null)}`
    );
  }
}

trust(Bilinear);
