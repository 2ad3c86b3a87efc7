// Activations along a dimension: GLU, Softmin, Softmax2d.
import {
  checkOptions,
  glu,
  type OptionNames,
  ShapeError,
  softmax,
  softmin,
  type Tensor,
} from "@tapegrad/core";
import { Module } from "../module.ts";
import { keywords } from "../print.ts";
import { trust } from "../trust.ts";

export interface GLUOptions {
  /** The dimension that is halved. Default: −1. */
  readonly dim?: number | undefined;
}
const GLU_OPTIONS: OptionNames<GLUOptions> = { dim: true };

/** The first half along dim times the sigmoid of the second; as `torch.nn.GLU`. */
export class GLU extends Module {
  readonly dim: number;
  constructor(options: GLUOptions = {}) {
    super();
    checkOptions("GLU", options, GLU_OPTIONS);
    this.dim = options.dim ?? -1;
  }
  forward(x: Tensor): Tensor {
    return glu(x, this.dim);
  }
  override extraRepr(): string {
    return keywords({ dim: this.dim });
  }
}
/** exp(−x) / Σ exp(−x) along dim; as `torch.nn.Softmin`. */
export class Softmin extends Module {
  readonly dim: number;
  constructor(dim: number) {
    super();
    this.dim = dim;
  }
  forward(x: Tensor): Tensor {
    return softmin(x, this.dim);
  }
  override extraRepr(): string {
    return keywords({ dim: this.dim });
  }
}
/** Softmax over the channels of [N, C, H, W] or [C, H, W], at each place; as `torch.nn.Softmax2d`. */
export class Softmax2d extends Module {
  forward(x: Tensor): Tensor {
    if (x.ndim !== 3 && x.ndim !== 4) {
      throw new ShapeError("Softmax2d", "expected an input [N, C, H, W] or [C, H, W]", {
        input: x.shape,
      });
    }
    return softmax(x, -3);
  }
}

trust(GLU, Softmin, Softmax2d);
