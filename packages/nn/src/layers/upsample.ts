// Resizing and rearranging of images: Upsample, PixelShuffle, PixelUnshuffle, ChannelShuffle.
import {
  channelShuffle,
  checkOptions,
  type InterpolateOptions,
  type InterpolationMode,
  interpolate,
  type OptionNames,
  pixelShuffle,
  pixelUnshuffle,
  type Tensor,
} from "@tapegrad/core";
import { given, type Sizes, whole } from "../args.ts";
import { Module } from "../module.ts";
import { keywords, python, pythonFloat } from "../print.ts";
import { trust } from "../trust.ts";

export type UpsampleOptions = Omit<InterpolateOptions, "antialias">;
const UPSAMPLE_OPTIONS: OptionNames<UpsampleOptions> = {
  size: true,
  scaleFactor: true,
  mode: true,
  alignCorners: true,
  recomputeScaleFactor: true,
};

/** interpolate() as a layer; as `torch.nn.Upsample`. */
export class Upsample extends Module {
  readonly size: Sizes | null;
  readonly scaleFactor: Sizes | null;
  readonly mode: InterpolationMode;
  readonly alignCorners: boolean | null;
  readonly recomputeScaleFactor: boolean;
  constructor(options: UpsampleOptions) {
    super();
    checkOptions("Upsample", options, UPSAMPLE_OPTIONS);
    this.size = options.size ?? null;
    this.scaleFactor = options.scaleFactor ?? null;
    this.mode = options.mode ?? "nearest";
    this.alignCorners = options.alignCorners ?? null;
    this.recomputeScaleFactor = options.recomputeScaleFactor ?? false;
  }
  forward(x: Tensor): Tensor {
    const { size, scaleFactor, mode, alignCorners, recomputeScaleFactor } = this;
    const options = given({ size, scaleFactor, alignCorners });
    return interpolate(x, { ...options, mode, recomputeScaleFactor });
  }
  override extraRepr(): string {
    const { size, scaleFactor, mode } = this;
    const factor =
      typeof scaleFactor === "number"
        ? pythonFloat(scaleFactor)
        : `(${scaleFactor?.map(pythonFloat).join(", ")})`;
    const first = scaleFactor === null ? keywords({ size }) : `scale_factor=${factor}`;
    return `${first}, mode=${python(mode)}`;
  }
}

export type UpsamplingOptions = Pick<InterpolateOptions, "size" | "scaleFactor">;

/** Upsample of [N, C, H, W] to the nearest pixel; as `torch.nn.UpsamplingNearest2d`. */
export class UpsamplingNearest2d extends Upsample {
  constructor(options: UpsamplingOptions) {
    super({ ...options, mode: "nearest" });
  }
}
/** Upsample of [N, C, H, W], bilinear with aligned corners; as `torch.nn.UpsamplingBilinear2d`. */
export class UpsamplingBilinear2d extends Upsample {
  constructor(options: UpsamplingOptions) {
    super({ ...options, mode: "bilinear", alignCorners: true });
  }
}

/** [N, C·r², H, W] → [N, C, H·r, W·r]; as `torch.nn.PixelShuffle`. */
export class PixelShuffle extends Module {
  readonly upscaleFactor: number;
  constructor(upscaleFactor: number) {
    super();
    this.upscaleFactor = whole("PixelShuffle", "upscaleFactor", upscaleFactor);
  }
  forward(x: Tensor): Tensor {
    return pixelShuffle(x, this.upscaleFactor);
  }
  override extraRepr(): string {
    return keywords({ upscale_factor: this.upscaleFactor });
  }
}
/** [N, C, H·r, W·r] → [N, C·r², H, W]; as `torch.nn.PixelUnshuffle`. */
export class PixelUnshuffle extends Module {
  readonly downscaleFactor: number;
  constructor(downscaleFactor: number) {
    super();
    this.downscaleFactor = whole("PixelUnshuffle", "downscaleFactor", downscaleFactor);
  }
  forward(x: Tensor): Tensor {
    return pixelUnshuffle(x, this.downscaleFactor);
  }
  override extraRepr(): string {
    return keywords({ downscale_factor: this.downscaleFactor });
  }
}
/** Channels of [N, C, …] in `groups` groups, dealt out again; as `torch.nn.ChannelShuffle`. */
export class ChannelShuffle extends Module {
  readonly groups: number;
  constructor(groups: number) {
    super();
    this.groups = whole("ChannelShuffle", "groups", groups);
  }
  forward(x: Tensor): Tensor {
    return channelShuffle(x, this.groups);
  }
  override extraRepr(): string {
    return keywords({ groups: this.groups });
  }
}

trust(Upsample, PixelShuffle, PixelUnshuffle, ChannelShuffle);
