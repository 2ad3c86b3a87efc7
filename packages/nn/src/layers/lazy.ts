// Lazy layers: the number of input features or channels is read off the first input. Until then their parameters have
// no elements; then the layer becomes the one it stands for, with the same parameters, so that an optimizer that was
// given them before keeps them. A state that is loaded tells the shapes, too.
import { ShapeError, type Tensor } from "@tapegrad/core";
import { defined, type Sizes } from "../args.ts";
import type { Module } from "../module.ts";
import { Buffer, isUnshaped, Parameter, shapeAs, unshape } from "../parameter.ts";
import {
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvOptions,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeOptions,
} from "./conv.ts";
import { InstanceNorm1d, InstanceNorm2d, InstanceNorm3d } from "./group-norm.ts";
import { Linear, type LinearOptions } from "./linear.ts";
import { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormOptions } from "./norm.ts";

interface Resettable extends Module {
  resetParameters(): void;
}
type ClassOf<M> = abstract new (...args: never[]) => M;
type Shaped = readonly (readonly [t: Tensor | null, shape: readonly number[]])[];

/** Lets `tensors` wait for their shapes, and a property of that name say 0. */
function wait(module: Module, property: string, tensors: readonly (Tensor | null)[]): void {
  for (const t of tensors) if (t instanceof Parameter || t instanceof Buffer) unshape(t);
  Object.assign(module, { [property]: 0 });
}

/** Makes the module an instance of `type`. What no state has filled meanwhile is drawn. */
function become<M extends Resettable>(
  module: M,
  type: ClassOf<M>,
  property: string,
  size: number,
  shapes: Shaped,
): M {
  Object.setPrototypeOf(module, type.prototype as object);
  Object.assign(module, { [property]: size });
  const empty = shapes.filter(([t]) => t !== null && isUnshaped(t));
  for (const [t, shape] of empty) shapeAs(t as Tensor, shape);
  if (empty.length > 0) module.resetParameters();
  return module;
}

/** The size of a dim of the first input, which counts from the end. */
function sizeAt(name: string, x: Tensor, fromEnd: number): number {
  const size = x.shape[x.ndim - fromEnd];
  if (size !== undefined && size > 0) return size;
  throw new ShapeError(name, "the first input does not tell how large the layer is to be", {
    input: x.shape,
  });
}

/** Linear whose inFeatures the first input tells; as `torch.nn.LazyLinear`. */
export class LazyLinear extends Linear {
  constructor(outFeatures: number, options: LinearOptions = {}) {
    super(1, outFeatures, options);
    wait(this, "inFeatures", [this.weight]);
  }
  /** Nothing is drawn before the shapes are known. */
  override resetParameters(): void {}
  override forward(x: Tensor): Tensor {
    const size = sizeAt("LazyLinear", x, 1);
    const shapes: Shaped = [[this.weight, [this.outFeatures, size]]];
    return become(this as Linear, Linear, "inFeatures", size, shapes).forward(x);
  }
}

// ---- convolutions -----------------------------------------------------------------------------------

type AnyConv = Conv1d | Conv2d | Conv3d;
type AnyConvTranspose = ConvTranspose1d | ConvTranspose2d | ConvTranspose3d;

/** inChannels of a convolution before it is known: a number that its groups divide. */
const some = (options: { readonly groups?: number | undefined }): number => options.groups ?? 1;

function convolution<C extends AnyConv | AnyConvTranspose>(
  lazy: C,
  type: ClassOf<C>,
  x: Tensor,
  transposed: boolean,
): Tensor {
  const { kernelSize, outChannels, groups, weight } = lazy;
  const size = sizeAt(lazy.constructor.name, x, kernelSize.length + 1);
  const shape = transposed ? [size, outChannels / groups] : [outChannels, size / groups];
  const shapes: Shaped = [[weight, [...shape, ...kernelSize]]];
  return become(lazy as Resettable & C, type, "inChannels", size, shapes).forward(x);
}

/** Conv1d whose inChannels the first input tells; as `torch.nn.LazyConv1d`. */
export class LazyConv1d extends Conv1d {
  constructor(outChannels: number, kernelSize: Sizes, options: ConvOptions = {}) {
    super(some(options), outChannels, kernelSize, options);
    wait(this, "inChannels", [this.weight]);
  }
  override resetParameters(): void {}
  override forward(x: Tensor): Tensor {
    return convolution(this as Conv1d, Conv1d, x, false);
  }
}
/** Conv2d whose inChannels the first input tells; as `torch.nn.LazyConv2d`. */
export class LazyConv2d extends Conv2d {
  constructor(outChannels: number, kernelSize: Sizes, options: ConvOptions = {}) {
    super(some(options), outChannels, kernelSize, options);
    wait(this, "inChannels", [this.weight]);
  }
  override resetParameters(): void {}
  override forward(x: Tensor): Tensor {
    return convolution(this as Conv2d, Conv2d, x, false);
  }
}
/** Conv3d whose inChannels the first input tells; as `torch.nn.LazyConv3d`. */
export class LazyConv3d extends Conv3d {
  constructor(outChannels: number, kernelSize: Sizes, options: ConvOptions = {}) {
    super(some(options), outChannels, kernelSize, options);
    wait(this, "inChannels", [this.weight]);
  }
  override resetParameters(): void {}
  override forward(x: Tensor): Tensor {
    return convolution(this as Conv3d, Conv3d, x, false);
  }
}
/** ConvTranspose1d whose inChannels the first input tells; as `torch.nn.LazyConvTranspose1d`. */
export class LazyConvTranspose1d extends ConvTranspose1d {
  constructor(outChannels: number, kernelSize: Sizes, options: ConvTransposeOptions = {}) {
    super(some(options), outChannels, kernelSize, options);
    wait(this, "inChannels", [this.weight]);
  }
  override resetParameters(): void {}
  override forward(x: Tensor): Tensor {
    return convolution(this as ConvTranspose1d, ConvTranspose1d, x, true);
  }
}
/** ConvTranspose2d whose inChannels the first input tells; as `torch.nn.LazyConvTranspose2d`. */
export class LazyConvTranspose2d extends ConvTranspose2d {
  constructor(outChannels: number, kernelSize: Sizes, options: ConvTransposeOptions = {}) {
    super(some(options), outChannels, kernelSize, options);
    wait(this, "inChannels", [this.weight]);
  }
  override resetParameters(): void {}
  override forward(x: Tensor): Tensor {
    return convolution(this as ConvTranspose2d, ConvTranspose2d, x, true);
  }
}
/** ConvTranspose3d whose inChannels the first input tells; as `torch.nn.LazyConvTranspose3d`. */
export class LazyConvTranspose3d extends ConvTranspose3d {
  constructor(outChannels: number, kernelSize: Sizes, options: ConvTransposeOptions = {}) {
    super(some(options), outChannels, kernelSize, options);
    wait(this, "inChannels", [this.weight]);
  }
  override resetParameters(): void {}
  override forward(x: Tensor): Tensor {
    return convolution(this as ConvTranspose3d, ConvTranspose3d, x, true);
  }
}

// ---- norms ------------------------------------------------------------------------------------------

type AnyNorm =
  | BatchNorm1d
  | BatchNorm2d
  | BatchNorm3d
  | InstanceNorm1d
  | InstanceNorm2d
  | InstanceNorm3d;

const perChannel = (norm: AnyNorm) => [norm.weight, norm.bias, norm.runningMean, norm.runningVar];

/** fromEnd: where the channels stand; as batch norms have them in dimension 1, it may depend on x. */
function norm<N extends AnyNorm>(lazy: N, type: ClassOf<N>, x: Tensor, fromEnd: number): Tensor {
  const size = sizeAt(lazy.constructor.name, x, fromEnd);
  const shapes = perChannel(lazy).map((t) => [t, [size]] as const);
  return become(lazy as Resettable & N, type, "numFeatures", size, shapes).forward(x);
}

/** BatchNorm1d whose numFeatures the first input tells; as `torch.nn.LazyBatchNorm1d`. */
export class LazyBatchNorm1d extends BatchNorm1d {
  constructor(options: BatchNormOptions = {}) {
    super(1, options);
    wait(this, "numFeatures", perChannel(this));
  }
  override resetParameters(): void {}
  override forward(x: Tensor): Tensor {
    return norm(this as BatchNorm1d, BatchNorm1d, x, x.ndim - 1);
  }
}
/** BatchNorm2d whose numFeatures the first input tells; as `torch.nn.LazyBatchNorm2d`. */
export class LazyBatchNorm2d extends BatchNorm2d {
  constructor(options: BatchNormOptions = {}) {
    super(1, options);
    wait(this, "numFeatures", perChannel(this));
  }
  override resetParameters(): void {}
  override forward(x: Tensor): Tensor {
    return norm(this as BatchNorm2d, BatchNorm2d, x, x.ndim - 1);
  }
}
/** BatchNorm3d whose numFeatures the first input tells; as `torch.nn.LazyBatchNorm3d`. */
export class LazyBatchNorm3d extends BatchNorm3d {
  constructor(options: BatchNormOptions = {}) {
    super(1, options);
    wait(this, "numFeatures", perChannel(this));
  }
  override resetParameters(): void {}
  override forward(x: Tensor): Tensor {
    return norm(this as BatchNorm3d, BatchNorm3d, x, x.ndim - 1);
  }
}
/** PyTorch's lazy instance norms learn and keep statistics unless told otherwise, as the others do not. */
const tracking = (options: BatchNormOptions): BatchNormOptions => ({
  affine: true,
  trackRunningStats: true,
  ...defined(options),
});

/** InstanceNorm1d whose numFeatures the first input tells; as `torch.nn.LazyInstanceNorm1d`. */
export class LazyInstanceNorm1d extends InstanceNorm1d {
  constructor(options: BatchNormOptions = {}) {
    super(1, tracking(options));
    wait(this, "numFeatures", perChannel(this));
  }
  override resetParameters(): void {}
  override forward(x: Tensor): Tensor {
    return norm(this as InstanceNorm1d, InstanceNorm1d, x, 2);
  }
}
/** InstanceNorm2d whose numFeatures the first input tells; as `torch.nn.LazyInstanceNorm2d`. */
export class LazyInstanceNorm2d extends InstanceNorm2d {
  constructor(options: BatchNormOptions = {}) {
    super(1, tracking(options));
    wait(this, "numFeatures", perChannel(this));
  }
  override resetParameters(): void {}
  override forward(x: Tensor): Tensor {
    return norm(this as InstanceNorm2d, InstanceNorm2d, x, 3);
  }
}
/** InstanceNorm3d whose numFeatures the first input tells; as `torch.nn.LazyInstanceNorm3d`. */
export class LazyInstanceNorm3d extends InstanceNorm3d {
  constructor(options: BatchNormOptions = {}) {
    super(1, tracking(options));
    wait(this, "numFeatures", perChannel(this));
  }
  override resetParameters(): void {}
  override forward(x: Tensor): Tensor {
    return norm(this as InstanceNorm3d, InstanceNorm3d, x, 4);
  }
}
