// Dropout of whole channels, and the kinds for self-normalising networks. Dropout itself is in activation.ts.
import {
  alphaDropout,
  type DropoutOptions,
  dropout1d,
  dropout2d,
  dropout3d,
  featureAlphaDropout,
  type Tensor,
} from "@tapegrad/core";
import { within } from "../args.ts";
import { Module } from "../module.ts";
import { keywords } from "../print.ts";
import { trust } from "../trust.ts";

type Drop = (x: Tensor, options: DropoutOptions) => Tensor;

abstract class ChannelDropout extends Module {
  readonly p: number;
  private readonly drop: Drop;
  constructor(name: string, p: number, drop: Drop) {
    super();
    this.p = within(name, "p", p, 0, 1);
    this.drop = drop;
  }
  forward(x: Tensor): Tensor {
    return this.drop(x, { p: this.p, training: this.training });
  }
  override extraRepr(): string {
    return keywords({ p: this.p, inplace: false });
  }
}

/** In training, zeroes channels of [N, C, L] or [C, L] with probability p; as `torch.nn.Dropout1d`. */
export class Dropout1d extends ChannelDropout {
  constructor(p = 0.5) {
    super("Dropout1d", p, dropout1d);
  }
}
/** In training, zeroes channels of [N, C, H, W] with probability p; as `torch.nn.Dropout2d`. */
export class Dropout2d extends ChannelDropout {
  constructor(p = 0.5) {
    super("Dropout2d", p, dropout2d);
  }
}
/** In training, zeroes channels of [N, C, D, H, W] or [C, D, H, W]; as `torch.nn.Dropout3d`. */
export class Dropout3d extends ChannelDropout {
  constructor(p = 0.5) {
    super("Dropout3d", p, dropout3d);
  }
}
/** Dropout that keeps mean 0 and variance 1, for networks of SELU; as `torch.nn.AlphaDropout`. */
export class AlphaDropout extends ChannelDropout {
  constructor(p = 0.5) {
    super("AlphaDropout", p, alphaDropout);
  }
}
/** AlphaDropout of whole channels of [N, C, …]; as `torch.nn.FeatureAlphaDropout`. */
export class FeatureAlphaDropout extends ChannelDropout {
  constructor(p = 0.5) {
    super("FeatureAlphaDropout", p, featureAlphaDropout);
  }
}

trust(ChannelDropout);
