// Padding in one, two and three spatial dims, in all modes.
import { type PadMode, pad, ShapeError, type Tensor } from "@tapegrad/core";
import { type Sizes, wholes } from "../args.ts";
import { Module } from "../module.ts";
import { keywords, python, pythonFloat } from "../print.ts";
import { trust } from "../trust.ts";

abstract class PadNd extends Module {
  /** [before, after] of the last dim, then of the one before, … */
  readonly padding: readonly number[];
  private readonly dims: number;
  private readonly mode: PadMode;
  constructor(name: string, dims: number, mode: PadMode, padding: Sizes) {
    super();
    this.padding = wholes(name, "padding", padding, 2 * dims);
    this.dims = dims;
    this.mode = mode;
  }
  forward(x: Tensor): Tensor {
    const { dims, mode } = this;
    if (mode !== "constant" && x.ndim !== dims + 1 && x.ndim !== dims + 2) {
      throw new ShapeError(
        this.constructor.name,
        `expected ${dims + 2} dimensions, [batch, channels, …spatial], or ${dims + 1}; got ${x.ndim}`,
        { input: x.shape },
      );
    }
    return this.padded(x);
  }
  protected padded(x: Tensor): Tensor {
    return pad(x, this.padding, { mode: this.mode });
  }
  override extraRepr(): string {
    return python(this.padding);
  }
}

abstract class ConstantPadNd extends PadNd {
  readonly value: number;
  constructor(name: string, dims: number, padding: Sizes, value: number) {
    super(name, dims, "constant", padding);
    this.value = value;
  }
  protected override padded(x: Tensor): Tensor {
    return pad(x, this.padding, { value: this.value });
  }
  override extraRepr(): string {
    const { value } = this;
    const shown = Number.isInteger(value) ? `${value}` : pythonFloat(value);
    return `${keywords({ padding: this.padding })}, value=${shown}`;
  }
}

/** Pads the last dim with a value; as `torch.nn.ConstantPad1d`. */
export class ConstantPad1d extends ConstantPadNd {
  constructor(padding: Sizes, value: number) {
    super("ConstantPad1d", 1, padding, value);
  }
}
/** Pads the last two dims with a value; as `torch.nn.ConstantPad2d`. */
export class ConstantPad2d extends ConstantPadNd {
  constructor(padding: Sizes, value: number) {
    super("ConstantPad2d", 2, padding, value);
  }
}
/** Pads the last three dims with a value; as `torch.nn.ConstantPad3d`. */
export class ConstantPad3d extends ConstantPadNd {
  constructor(padding: Sizes, value: number) {
    super("ConstantPad3d", 3, padding, value);
  }
}

/** Pads the last dim with zeros; as `torch.nn.ZeroPad1d`. */
export class ZeroPad1d extends PadNd {
  constructor(padding: Sizes) {
    super("ZeroPad1d", 1, "constant", padding);
  }
}
/** Pads the last two dims with zeros; as `torch.nn.ZeroPad2d`. */
export class ZeroPad2d extends PadNd {
  constructor(padding: Sizes) {
    super("ZeroPad2d", 2, "constant", padding);
  }
}
/** Pads the last three dims with zeros; as `torch.nn.ZeroPad3d`. */
export class ZeroPad3d extends PadNd {
  constructor(padding: Sizes) {
    super("ZeroPad3d", 3, "constant", padding);
  }
}

/** Pads [N, C, L] or [C, L] with what lies inside, mirrored; as `torch.nn.ReflectionPad1d`. */
export class ReflectionPad1d extends PadNd {
  constructor(padding: Sizes) {
    super("ReflectionPad1d", 1, "reflect", padding);
  }
}
/** Pads [N, C, H, W] or [C, H, W] with what lies inside, mirrored; as `torch.nn.ReflectionPad2d`. */
export class ReflectionPad2d extends PadNd {
  constructor(padding: Sizes) {
    super("ReflectionPad2d", 2, "reflect", padding);
  }
}
/** Pads [N, C, D, H, W] or [C, D, H, W] with what lies inside, mirrored; as `torch.nn.ReflectionPad3d`. */
export class ReflectionPad3d extends PadNd {
  constructor(padding: Sizes) {
    super("ReflectionPad3d", 3, "reflect", padding);
  }
}

/** Pads [N, C, L] or [C, L] with its edges; as `torch.nn.ReplicationPad1d`. */
export class ReplicationPad1d extends PadNd {
  constructor(padding: Sizes) {
    super("ReplicationPad1d", 1, "replicate", padding);
  }
}
/** Pads [N, C, H, W] or [C, H, W] with its edges; as `torch.nn.ReplicationPad2d`. */
export class ReplicationPad2d extends PadNd {
  constructor(padding: Sizes) {
    super("ReplicationPad2d", 2, "replicate", padding);
  }
}
/** Pads [N, C, D, H, W] or [C, D, H, W] with its edges; as `torch.nn.ReplicationPad3d`. */
export class ReplicationPad3d extends PadNd {
  constructor(padding: Sizes) {
    super("ReplicationPad3d", 3, "replicate", padding);
  }
}

/** Pads [N, C, L] or [C, L] with its other end; as `torch.nn.CircularPad1d`. */
export class CircularPad1d extends PadNd {
  constructor(padding: Sizes) {
    super("CircularPad1d", 1, "circular", padding);
  }
}
/** Pads [N, C, H, W] or [C, H, W] with its other end; as `torch.nn.CircularPad2d`. */
export class CircularPad2d extends PadNd {
  constructor(padding: Sizes) {
    super("CircularPad2d", 2, "circular", padding);
  }
}
/** Pads [N, C, D, H, W] or [C, D, H, W] with its other end; as `torch.nn.CircularPad3d`. */
export class CircularPad3d extends PadNd {
  constructor(padding: Sizes) {
    super("CircularPad3d", 3, "circular", padding);
  }
}

trust(PadNd);
