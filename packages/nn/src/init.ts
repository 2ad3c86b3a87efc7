// Initialisation of parameters, as `torch.nn.init`. All fill in place without recording, draw from the
// generator that manualSeed seeds (or the one given), and return their tensor.
import {
  ArgumentError,
  checkOptions,
  erf,
  eye,
  type Generator,
  linalg,
  noGrad,
  type OptionNames,
  owned,
  rand,
  randn,
  randperm,
  type Shape,
  ShapeError,
  type Tensor,
  tensor,
} from "@tapegrad/core";
import { divisible, oneOf, within } from "./args.ts";

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

/** Normal, but drawn from [a, b] alone; as `trunc_normal_`. */
export function truncNormal_(
  t: Tensor,
  mean = 0,
  std = 1,
  a = -2,
  b = 2,
  options: RandomSource = {},
): Tensor {
  checkOptions("truncNormal_", options, SOURCE_OPTIONS);
  if (!(a < b)) throw new ArgumentError("truncNormal_", `a (${a}) must be below b (${b})`);
  return fill(t, () => {
    // The distribution function at the ends, in [−1, 1], and its inverse of uniform numbers between them.
    const ends = tensor([a, b], { dtype: "float64", device: "reference" });
    const [low, high] = erf(ends.sub(mean).div(std * Math.SQRT2)).tolist() as [number, number];
    const drawn = rand(t.shape, like(t, options))
      .mul_(high - low)
      .add_(low);
    t.copy_(
      drawn
        .erfinv()
        .mul_(std * Math.SQRT2)
        .add_(mean)
        .clamp_({ min: a, max: b }),
    );
  });
}

function matrixOnly(op: string, t: Tensor): void {
  if (t.ndim !== 2) throw new ShapeError(op, "expects a matrix", { tensor: t.shape });
}

/** Ones on the diagonal of a matrix, zeros elsewhere; as `eye_`. */
export function eye_(t: Tensor): Tensor {
  matrixOnly("eye_", t);
  const [rows, columns] = t.shape as readonly [number, number];
  return fill(t, () => {
    t.copy_(eye(rows, columns, { dtype: t.dtype, device: t.backend }));
  });
}

export interface DiracOptions {
  /** Default: 1. */
  readonly groups?: number | undefined;
}
const DIRAC_OPTIONS: OptionNames<DiracOptions> = { groups: true };

/**
 * A convolution's weight [out, in / groups, …kernel] that passes as many input channels on as it can, unchanged; as
 * `dirac_`.
 */
export function dirac_(t: Tensor, options: DiracOptions = {}): Tensor {
  checkOptions("dirac_", options, DIRAC_OPTIONS);
  const { groups = 1 } = options;
  const [out, inputs, ...kernel] = t.shape as [number, number, ...number[]];
  if (t.ndim < 3 || t.ndim > 5) {
    throw new ShapeError("dirac_", "expects the weight of a convolution", { tensor: t.shape });
  }
  divisible("dirac_", "the channels of the output", out, groups);
  return fill(t, () => {
    t.zero_();
    for (let group = 0; group < groups; group++) {
      for (let d = 0; d < Math.min(out / groups, inputs); d++) {
        const middle = kernel.reduce(
          (x, size) => x.select(0, size >> 1),
          t.select(0, (group * out) / groups + d).select(0, d),
        );
        middle.fill_(1);
      }
    }
  });
}

/**
 * A matrix (of [out, …rest] seen as [out, rest]) with orthonormal rows or columns, times gain; as `orthogonal_`.
 * @see Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning, 2013
 */
export function orthogonal_(t: Tensor, options: XavierOptions = {}): Tensor {
  checkOptions("orthogonal_", options, XAVIER_OPTIONS);
  if (t.ndim < 2)
    throw new ShapeError("orthogonal_", "expects 2 or more dims", { tensor: t.shape });
  if (t.numel === 0) return t;
  const rows = t.shape[0] as number;
  const columns = t.numel / rows;
  return fill(t, () => {
    const drawn = randn([rows, columns], like(t, sourceOf(options)));
    const { Q, R } = linalg.qr(rows < columns ? drawn.t() : drawn);
    // With R's diagonal positive, Q is uniform among orthogonal matrices.
    const q = Q.mul(R.diagonal().sign());
    t.copy_((rows < columns ? q.t() : q).reshape(t.shape).mul(options.gain ?? 1));
  });
}

export interface SparseOptions extends RandomSource {
  /** Of what is not zero. Default: 0.01. */
  readonly std?: number | undefined;
}
const SPARSE_OPTIONS: OptionNames<SparseOptions> = { std: true, ...SOURCE_OPTIONS };

/** Normal, with this share of each column zero; as `sparse_`. @see Martens, Deep learning via Hessian-free optimization, 2010 */
export function sparse_(t: Tensor, sparsity: number, options: SparseOptions = {}): Tensor {
  checkOptions("sparse_", options, SPARSE_OPTIONS);
  matrixOnly("sparse_", t);
  const [rows, columns] = t.shape as readonly [number, number];
  const zeros = Math.ceil(within("sparse_", "sparsity", sparsity, 0, 1) * rows);
  normal_(t, 0, options.std ?? 0.01, sourceOf(options));
  return fill(t, () => {
    for (let column = 0; column < columns; column++) {
      const chosen = randperm(rows, { device: t.backend, ...sourceOf(options) }).narrow(
        0,
        0,
        zeros,
      );
      t.select(1, column).indexFill_(0, chosen, 0);
    }
  });
}

/** What PyTorch's Linear and convolutions do with their weight and bias: U(−1/√fan-in, 1/√fan-in). */
export function defaultInit(weight: Tensor, bias: Tensor | null): void {
  const { fanIn } = calculateFans(weight.shape);
  kaimingUniform_(weight, { a: Math.sqrt(5) });
  const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0;
  if (bias !== null) uniform_(bias, -bound, bound);
}
