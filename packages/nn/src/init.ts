// Initialisation of parameters, as `torch.nn.init`. All fill in place without recording, draw from the
// generator that manualSeed seeds (or the one given), and return their tensor.
import {
  checkOptions,
  type Generator,
  noGrad,
  type OptionNames,
  owned,
  rand,
  randn,
  type Shape,
  ShapeError,
  type Tensor,
} from "@tapegrad/core";
import { oneOf } from "./args.ts";

export interface RandomSource {
  readonly generator?: Generator | undefined;
}
const SOURCE_OPTIONS: OptionNames<RandomSource> = { generator: true };

/** Which side of the weight keeps its variance: activations (fan in) or gradients (fan out). */
export type FanMode = "fan_in" | "fan_out";
export type Nonlinearity =
  | "linear"
  | "conv1d"
  | "conv2d"
  | "conv3d"
  | "sigmoid"
  | "tanh"
  | "relu"
  | "leaky_relu"
  | "selu";

export interface KaimingOptions extends RandomSource {
  /** Negative slope of the leaky ReLU that follows. Default: 0. */
  readonly a?: number | undefined;
  /** Default: "fan_in". */
  readonly mode?: FanMode | undefined;
  /** Default: "leaky_relu". */
  readonly nonlinearity?: Nonlinearity | undefined;
}
const KAIMING_OPTIONS: OptionNames<KaimingOptions> = {
  a: true,
  mode: true,
  nonlinearity: true,
  ...SOURCE_OPTIONS,
};
export interface XavierOptions extends RandomSource {
  /** Default: 1. */
  readonly gain?: number | undefined;
}
const XAVIER_OPTIONS: OptionNames<XavierOptions> = { gain: true, ...SOURCE_OPTIONS };

/** Changes t in place; what is made on the way goes at once. */
function fill(t: Tensor, f: () => void): Tensor {
  owned(() => {
    noGrad(f);
    return [];
  });
  return t;
}

const sourceOf = ({ generator }: RandomSource): RandomSource =>
  generator === undefined ? {} : { generator };
const like = (t: Tensor, options: RandomSource) => ({
  dtype: t.dtype,
  device: t.backend,
  ...sourceOf(options),
});

/** Uniform in [low, high); as `uniform_`. */
export function uniform_(t: Tensor, low = 0, high = 1, options: RandomSource = {}): Tensor {
  checkOptions("uniform_", options, SOURCE_OPTIONS);
  return fill(t, () => {
    t.copy_(
      rand(t.shape, like(t, options))
        .mul_(high - low)
        .add_(low),
    );
  });
}
/** Normal; as `normal_`. */
export function normal_(t: Tensor, mean = 0, std = 1, options: RandomSource = {}): Tensor {
  checkOptions("normal_", options, SOURCE_OPTIONS);
  return fill(t, () => {
    t.copy_(randn(t.shape, like(t, options)).mul_(std).add_(mean));
  });
}
export const constant_ = (t: Tensor, value: number): Tensor =>
  fill(t, () => {
    t.fill_(value);
  });
export const zeros_ = (t: Tensor): Tensor => constant_(t, 0);
export const ones_ = (t: Tensor): Tensor => constant_(t, 1);

/**
 * How many inputs an output unit reads, and how many outputs an input unit feeds: of a weight
 * [out, in, …kernel].
 */
export function calculateFans(shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  if (shape.length < 2) {
    throw new ShapeError("calculateFans", "a weight with fewer than 2 dimensions has no fans", {
      weight: shape,
    });
  }
  const kernel = shape.slice(2).reduce((n, k) => n * k, 1);
  return { fanIn: (shape[1] as number) * kernel, fanOut: (shape[0] as number) * kernel };
}

const GAINS: Readonly<Record<Nonlinearity, (slope: number) => number>> = {
  linear: () => 1,
  conv1d: () => 1,
  conv2d: () => 1,
  conv3d: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => Math.SQRT2,
  leaky_relu: (slope) => Math.sqrt(2 / (1 + slope * slope)),
  selu: () => 3 / 4,
};

/** The factor by which a nonlinearity wants its weights' deviation scaled; slope is for leaky_relu. */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  oneOf("calculateGain", "nonlinearity", nonlinearity, Object.keys(GAINS) as Nonlinearity[]);
  return GAINS[nonlinearity](slope);
}

function kaimingStd(op: string, t: Tensor, options: KaimingOptions): number {
  checkOptions(op, options, KAIMING_OPTIONS);
  const { a = 0, mode = "fan_in", nonlinearity = "leaky_relu" } = options;
  oneOf(op, "mode", mode, ["fan_in", "fan_out"]);
  const { fanIn, fanOut } = calculateFans(t.shape);
  return calculateGain(nonlinearity, a) / Math.sqrt(mode === "fan_in" ? fanIn : fanOut);
}

/** @see He et al., Delving Deep into Rectifiers, 2015 */
export function kaimingUniform_(t: Tensor, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * kaimingStd("kaimingUniform_", t, options);
  return uniform_(t, -bound, bound, sourceOf(options));
}
export const kaimingNormal_ = (t: Tensor, options: KaimingOptions = {}): Tensor =>
  normal_(t, 0, kaimingStd("kaimingNormal_", t, options), sourceOf(options));

function xavierStd(op: string, t: Tensor, options: XavierOptions): number {
  checkOptions(op, options, XAVIER_OPTIONS);
  const { gain = 1 } = options;
  const { fanIn, fanOut } = calculateFans(t.shape);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}
/** @see Glorot and Bengio, Understanding the difficulty of training deep feedforward networks, 2010 */
export function xavierUniform_(t: Tensor, options: XavierOptions = {}): Tensor {
  const bound = Math.sqrt(3) * xavierStd("xavierUniform_", t, options);
  return uniform_(t, -bound, bound, sourceOf(options));
}
export const xavierNormal_ = (t: Tensor, options: XavierOptions = {}): Tensor =>
  normal_(t, 0, xavierStd("xavierNormal_", t, options), sourceOf(options));

/** What PyTorch's Linear and convolutions do with their weight and bias: U(−1/√fan-in, 1/√fan-in). */
export function defaultInit(weight: Tensor, bias: Tensor | null): void {
  const { fanIn } = calculateFans(weight.shape);
  kaimingUniform_(weight, { a: Math.sqrt(5) });
  const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0;
  if (bias !== null) uniform_(bias, -bound, bound);
}
