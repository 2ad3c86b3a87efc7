// Max pooling at drawn distances.
import {
  checkOptions,
  type FractionalMaxPoolOptions,
  fractionalMaxPool2d,
  fractionalMaxPool3d,
  type OptionNames,
  type Tensor,
  type ValuesAndIndices,
} from "@tapegrad/core";
import { given, type Sizes } from "../args.ts";
import { Module } from "../module.ts";
import { buffer } from "../parameter.ts";

const OPTIONS: OptionNames<FractionalMaxPoolOptions> = {
  outputSize: true,
  outputRatio: true,
  returnIndices: true,
  randomSamples: "Tensor",
};

abstract class FractionalMaxPoolNd extends Module {
  static override readonly stateKeys = { randomSamples: "_random_samples" };
  readonly kernelSize: Sizes;
  /** The draws of every call, or null: new ones each. */
  randomSamples: Tensor | null;
  private readonly options: FractionalMaxPoolOptions;
  private readonly pool: typeof fractionalMaxPool2d;
  constructor(
    name: string,
    kernelSize: Sizes,
    options: FractionalMaxPoolOptions,
    pool: typeof fractionalMaxPool2d,
  ) {
    super();
    checkOptions(name, options, OPTIONS);
    this.kernelSize = kernelSize;
    const { randomSamples, ...rest } = options;
    this.randomSamples = randomSamples === undefined ? null : buffer(randomSamples);
    this.options = rest;
    this.pool = pool;
  }
  /** The pooled input; with returnIndices [values, indices]. */
  forward(x: Tensor): Tensor | [values: Tensor, indices: Tensor] {
    const pooled: Tensor | ValuesAndIndices = this.pool(x, this.kernelSize, {
      ...this.options,
      ...given({ randomSamples: this.randomSamples }),
    });
    return "values" in pooled ? [pooled.values, pooled.indices] : pooled;
  }
}

/** Max pooling of [N, C, H, W] with windows at drawn distances; as `torch.nn.FractionalMaxPool2d`. */
export class FractionalMaxPool2d extends FractionalMaxPoolNd {
  constructor(kernelSize: Sizes, options: FractionalMaxPoolOptions) {
    super("FractionalMaxPool2d", kernelSize, options, fractionalMaxPool2d);
  }
}
/** Max pooling of [N, C, D, H, W] with windows at drawn distances; as `torch.nn.FractionalMaxPool3d`. */
export class FractionalMaxPool3d extends FractionalMaxPoolNd {
  constructor(kernelSize: Sizes, options: FractionalMaxPoolOptions) {
    super("FractionalMaxPool3d", kernelSize, options, fractionalMaxPool3d);
  }
}
