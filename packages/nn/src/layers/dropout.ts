// Dropout of whole channels, and the kinds for self-normalising networks. Dropout itself is in activation.ts.
import {
  alphaDropout,
  alphaDropout_,
  checkOptions,
  type DropoutOptions,
  dropout1d,
  dropout1d_,
  dropout2d,
  dropout2d_,
  dropout3d,
  dropout3d_,
  featureAlphaDropout,
  featureAlphaDropout_,
  type Tensor,
} from "@tapegrad/core";
import { within } from "../args.ts";
import { Module } from "../module.ts";
import { keywords } from "../print.ts";
import { trust } from "../trust.ts";
import { IN_PLACE_OPTIONS, type InPlaceOptions } from "./in-place.ts";

type Drop = (x: Tensor, options: DropoutOptions) => Tensor;

abstract class ChannelDropout extends Module {
  readonly p: number;
  readonly inplace: boolean;
  private readonly drop: Drop;
  private readonly dropInPlace: Drop;
  constructor(
    name: string,
    p: number,
    options: InPlaceOptions,
    [drop, dropInPlace]: readonly [Drop, Drop],
  ) {
    super();
    checkOptions(name, options, IN_PLACE_OPTIONS);
    this.p = within(name, "p", p, 0, 1);
    this.inplace = options.inplace ?? false;
    this.drop = drop;
    this.dropInPlace = dropInPlace;
  }
  forward(x: Tensor): Tensor {
    const { p, training } = this;
    // Without training there is nothing to write.
    return (this.inplace && training ? this.dropInPlace : this.drop)(x, { p, training });
  }
  override extraRepr(): string {
    return keywords({ p: this.p, inplace: this.inplace });
  }
}

/** In training, zeroes channels of [N, C, L] or [C, L] with probability p; as `torch.nn.Dropout1d`. */
export class Dropout1d extends ChannelDropout {
  constructor(p = 0.5, options: InPlaceOptions = {}) {
    super("Dropout1d", p, options, [dropout1d, dropout1d_]);
  }
}
/** In training, zeroes channels of [N, C, H, W] with probability p; as `torch.nn.Dropout2d`. */
export class Dropout2d extends ChannelDropout {
  constructor(p = 0.5, options: InPlaceOptions = {}) {
    super("Dropout2d", p, options, [dropout2d, dropout2d_]);
  }
}
/** In training, zeroes channels of [N, C, D, H, W] or [C, D, H, W]; as `torch.nn.Dropout3d`. */
export class Dropout3d extends ChannelDropout {
  constructor(p = 0.5, options: InPlaceOptions = {}) {
    super("Dropout3d", p, options, [dropout3d, dropout3d_]);
  }
}
/** Dropout that keeps mean 0 and variance 1, for networks of SELU; as `torch.nn.AlphaDropout`. */
export class AlphaDropout extends ChannelDropout {
  constructor(p = 0.5, options: InPlaceOptions = {}) {
    super("AlphaDropout", p, options, [alphaDropout, alphaDropout_]);
  }
}
/** AlphaDropout of whole channels of [N, C, …]; as `torch.nn.FeatureAlphaDropout`. */
export class FeatureAlphaDropout extends ChannelDropout {
  constructor(p = 0.5, options: InPlaceOptions = {}) {
    super("FeatureAlphaDropout", p, options, [featureAlphaDropout, featureAlphaDropout_]);
  }
}

trust(ChannelDropout);
