// What weights are parametrized with, as torch.nn.utils.parametrizations: weightNorm, spectralNorm, orthogonal.
import {
  ArgumentError,
  add,
  allclose,
  cat,
  checkOptions,
  composite,
  expand,
  eye,
  finfo,
  geqrf,
  linalg,
  matrixExp,
  noGrad,
  type OptionNames,
  owned,
  randn,
  Tensor,
  zerosLike,
} from "@tapegrad/core";
import { oneOf, whole } from "../args.ts";
import { normalize } from "../functional.ts";
import { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from "../layers/conv.ts";
import { Module } from "../module.ts";
import { buffer } from "../parameter.ts";
import { trust } from "../trust.ts";
import { registerParametrization } from "./parametrize.ts";

export interface NameOptions {
  /** The parameter. Default: "weight". */
  readonly name?: string | undefined;
}

function weightOf(op: string, module: Module, name: string): Tensor {
  const weight = (module as unknown as Record<string, unknown>)[name];
  if (weight instanceof Tensor) return weight;
  throw new ArgumentError(op, `${module.constructor.name} has no parameter '${name}'`);
}

// ---- weight norm ------------------------------------------------------------------------------------------

/** The norm of all that lies under each index of a dim, kept as a dim of its own; null: of everything, a number. */
function normExceptDim(v: Tensor, dim: number | null): Tensor {
  if (dim === null) return v.norm();
  const others = v.shape.flatMap((_, d) => (d === dim ? [] : [d]));
  return others.length === 0 ? v.abs() : v.norm({ dim: others, keepdim: true });
}

class _WeightNorm extends Module {
  readonly dim: number | null;
  constructor(dim: number | null) {
    super();
    this.dim = dim;
  }
  forward(g: Tensor, v: Tensor): Tensor {
    return composite(() => v.mul(g.div(normExceptDim(v, this.dim))));
  }
  rightInverse(weight: Tensor): readonly Tensor[] {
    return [composite(() => normExceptDim(weight, this.dim)), weight];
  }
}

export interface WeightNormOptions extends NameOptions {
  /** Each index of this dim has a length of its own; null: one for all. Default: 0. */
  readonly dim?: number | null | undefined;
}
const WEIGHT_NORM: OptionNames<WeightNormOptions> = { name: true, dim: true };

/**
 * Learns length and direction of a weight apart: w = g · v / ‖v‖. g is `parametrizations.weight.original0`, v
 * `original1`; states that call them `weight_g` and `weight_v`, as older ones do, are understood. As
 * `torch.nn.utils.parametrizations.weight_norm`. An optimizer must be made after it.
 * @returns the module
 * @see Salimans and Kingma, Weight Normalization, 2016, https://arxiv.org/abs/1602.07868
 */
export function weightNorm<M extends Module>(module: M, options: WeightNormOptions = {}): M {
  const op = "weightNorm";
  checkOptions(op, options, WEIGHT_NORM);
  const { name = "weight", dim = 0 } = options;
  const { ndim } = weightOf(op, module, name);
  // −1 is all dims in PyTorch too.
  const all = dim === null || dim === -1;
  if (!all && (!Number.isInteger(dim) || dim < 0 || dim >= ndim)) {
    throw new ArgumentError(op, `dim must be in [0, ${ndim}), or null for all; got ${dim}`);
  }
  registerParametrization(module, name, new _WeightNorm(all ? null : dim), { unsafe: true });
  module.registerLoadStateDictPreHook((_, state, prefix) => {
    const old = [`${prefix}${name}_g`, `${prefix}${name}_v`];
    if (!old.every((key) => state.has(key))) return;
    old.forEach((key, i) => {
      state.set(`${prefix}parametrizations.${name}.original${i}`, state.get(key) as Tensor);
      state.delete(key);
    });
  });
  return module;
}

// ---- spectral norm ------------------------------------------------------------------------------------------

class _SpectralNorm extends Module {
  static override readonly stateKeys = { u: "_u", v: "_v" };
  /** Estimates of the first singular vectors; null for a vector, whose norm is known. */
  readonly u: Tensor | null = null;
  readonly v: Tensor | null = null;
  private readonly dim: number;
  private readonly nPowerIterations: number;
  private readonly eps: number;
  constructor(weight: Tensor, dim: number, nPowerIterations: number, eps: number) {
    super();
    this.dim = dim;
    this.nPowerIterations = nPowerIterations;
    this.eps = eps;
    if (weight.ndim < 2) return;
    const rows = weight.shape[dim] as number;
    const start = (size: number): Tensor =>
      buffer(
        noGrad(() =>
          composite(() =>
            this.unit(randn([size], { dtype: weight.dtype, device: weight.backend })),
          ),
        ),
      );
    this.u = start(rows);
    this.v = start(weight.numel / rows);
    this.iterate(weight, 15);
  }
  private unit(x: Tensor): Tensor {
    return normalize(x, { dim: 0, eps: this.eps });
  }
  private asMatrix(weight: Tensor): Tensor {
    const others = weight.shape.flatMap((_, d) => (d === this.dim ? [] : [d]));
    return weight.permute(this.dim, ...others).flatten({ startDim: 1 });
  }
  private iterate(weight: Tensor, times: number): void {
    const { u, v } = this;
    if (u === null || v === null) return;
    owned(() => {
      noGrad(() => {
        const matrix = this.asMatrix(weight);
        for (let i = 0; i < times; i++) {
          u.copy_(this.unit(matrix.mv(v)));
          v.copy_(this.unit(matrix.t().mv(u)));
        }
      });
      return [];
    });
  }
  forward(weight: Tensor): Tensor {
    const { u, v } = this;
    if (u === null || v === null) return this.unit(weight);
    if (this.training) this.iterate(weight, this.nPowerIterations);
    // Copies: the next call changes u and v before this one's gradient has been computed.
    return composite(() => weight.div(u.clone().dot(this.asMatrix(weight).mv(v.clone()))));
  }
  rightInverse(value: Tensor): Tensor {
    return value;
  }
}

export interface SpectralNormOptions extends NameOptions {
  /** Steps of the power method each time the weight is used in training. Default: 1. */
  readonly nPowerIterations?: number | undefined;
  /** Smallest norm that is divided by. Default: 1e-12. */
  readonly eps?: number | undefined;
  /** The dim of the outputs. Default: 0, of transposed convolutions 1. */
  readonly dim?: number | undefined;
}
const SPECTRAL_NORM: OptionNames<SpectralNormOptions> = {
  name: true,
  nPowerIterations: true,
  eps: true,
  dim: true,
};

/**
 * Divides a weight, seen as a matrix, by its largest singular value. That is estimated by the power method, which goes on
 * each time the weight is used in training, and stands still in evaluation. As
 * `torch.nn.utils.parametrizations.spectral_norm`.
 * @returns the module
 * @see Miyato et al., Spectral Normalization for Generative Adversarial Networks, 2018, https://arxiv.org/abs/1802.05957
 */
export function spectralNorm<M extends Module>(module: M, options: SpectralNormOptions = {}): M {
  const op = "spectralNorm";
  checkOptions(op, options, SPECTRAL_NORM);
  const { name = "weight", nPowerIterations = 1, eps = 1e-12 } = options;
  const weight = weightOf(op, module, name);
  whole(op, "nPowerIterations", nPowerIterations);
  const transposed = [ConvTranspose1d, ConvTranspose2d, ConvTranspose3d];
  const { dim = transposed.some((type) => module instanceof type) ? 1 : 0 } = options;
  const { ndim } = weight;
  if (!Number.isInteger(dim) || dim < -ndim || dim >= ndim) {
    throw new ArgumentError(op, `dim must be in [${-ndim}, ${ndim}); got ${dim}`);
  }
  const norm = new _SpectralNorm(weight, dim < 0 ? dim + ndim : dim, nPowerIterations, eps);
  return registerParametrization(module, name, norm);
}

// ---- orthogonal matrices ------------------------------------------------------------------------------------

export type OrthogonalMap = "matrix_exp" | "cayley" | "householder";
const MAPS: readonly OrthogonalMap[] = ["matrix_exp", "cayley", "householder"];

/** Q of a tall A = Q · R whose R has a diagonal ≥ 0. */
function orthonormal(a: Tensor): Tensor {
  const { Q, R } = linalg.qr(a);
  return Q.mul(R.diagonal({ dim1: -2, dim2: -1 }).sgn().unsqueeze(-2));
}

/** Whether Qᵀ · Q is the identity, to some roundings. */
function isOrthogonal(q: Tensor): boolean {
  const n = q.shape[q.ndim - 1] as number;
  const one = eye(n, n, { dtype: q.dtype, device: q.backend });
  return allclose(q.mT.matmul(q), expand(one, q.shape), {
    rtol: 0,
    atol: 10 * n * finfo(q.dtype).eps,
  });
}

class _Orthogonal extends Module {
  /** What the map starts from; null where it starts from the identity. */
  base: Tensor | null = null;
  private readonly map: OrthogonalMap;
  private readonly trivialized: boolean;
  constructor(map: OrthogonalMap, trivialized: boolean) {
    super();
    this.map = map;
    this.trivialized = trivialized;
  }
  forward(x: Tensor): Tensor {
    return composite(() => {
      const [rows, columns] = x.shape.slice(-2) as [number, number];
      const wide = rows < columns;
      const q = this.mapped(wide ? x.mT : x);
      const based = this.base === null ? q : this.base.matmul(q);
      return wide ? based.mT : based;
    });
  }
  /** The orthogonal matrix of a tall x. */
  private mapped(x: Tensor): Tensor {
    const [n, k] = x.shape.slice(-2) as [number, number];
    if (this.map === "householder") {
      const a = x.tril({ diagonal: -1 });
      const tau = add(a.square().sum(-2), 1).reciprocal().mul(2);
      // The signs on the diagonal are not learnt.
      const signs = x.detach().diagonal({ dim1: -2, dim2: -1 }).trunc().unsqueeze(-2);
      return linalg.householderProduct(a, tau).mul(signs);
    }
    const half = x.tril();
    const more = half.newZeros([...x.shape.slice(0, -1), n - k]);
    const square = cat([half, more], { dim: -1 });
    const skew = square.sub(square.mT);
    if (this.map === "matrix_exp") return matrixExp(skew).narrow(-1, 0, k);
    const one = eye(n, undefined, { dtype: x.dtype, device: x.backend });
    return linalg.solve(one.sub(skew.mul(0.5)), one.add(skew.mul(0.5))).narrow(-1, 0, k);
  }
  rightInverse(value: Tensor): Tensor {
    return noGrad(() => composite(() => this.inverse(value)));
  }
  private inverse(value: Tensor): Tensor {
    const [rows, columns] = value.shape.slice(-2) as [number, number];
    const wide = rows < columns;
    const q = wide ? value.mT : value;
    const [n, k] = q.shape.slice(-2) as [number, number];
    const like = { dtype: value.dtype, device: value.backend };
    if (!this.trivialized) {
      if (this.map !== "householder") {
        throw new ArgumentError(
          "orthogonal",
          `values cannot be given to "${this.map}" with { useTrivialization: false }`,
        );
      }
      // What geqrf() packs, with the signs of R's diagonal in place of R: negative where nothing was reflected.
      const { a, tau } = geqrf(q);
      const signs = a.diagonal({ dim1: -2, dim2: -1 }).sign();
      const diagonal = signs.mul(tau.eq(0).to(value.dtype).mul(-2).add(1)).diagEmbed();
      const below = diagonal.newZeros([...q.shape.slice(0, -2), n - k, k]);
      const packed = a.tril({ diagonal: -1 }).add(cat([diagonal, below], { dim: -2 }));
      return wide ? packed.mT : packed;
    }
    this.base = buffer(
      n > k
        ? orthonormal(cat([q, randn([...q.shape.slice(0, -2), n, n - k], like)], { dim: -1 }))
        : isOrthogonal(q)
          ? q.clone()
          : orthonormal(q),
    );
    // Minus one: Householder's map of zeros with that diagonal is the identity.
    return zerosLike(value).sub(eye(rows, columns, like));
  }
}

export interface OrthogonalOptions extends NameOptions {
  /** How the matrix is made of what is learnt. Default: "matrix_exp" for square weights, else "householder". */
  readonly orthogonalMap?: OrthogonalMap | undefined;
  /** Learn the way from a matrix that is kept beside it, not from the identity. Default: true. */
  readonly useTrivialization?: boolean | undefined;
}
const ORTHOGONAL: OptionNames<OrthogonalOptions> = {
  name: true,
  orthogonalMap: true,
  useTrivialization: true,
};

/**
 * Keeps a weight [..., m, n] orthogonal: orthonormal columns, or rows where there are fewer of them. It begins with the
 * orthogonal matrix of the weight's QR decomposition. As `torch.nn.utils.parametrizations.orthogonal`.
 * @returns the module
 * @throws ArgumentError for a weight of fewer than 2 dims, or another map
 * @see Lezcano-Casado, Trivializations for Gradient-Based Optimization on Manifolds, 2019, https://arxiv.org/abs/1909.09501
 */
export function orthogonal<M extends Module>(module: M, options: OrthogonalOptions = {}): M {
  const op = "orthogonal";
  checkOptions(op, options, ORTHOGONAL);
  const { name = "weight", useTrivialization = true } = options;
  const { ndim, shape } = weightOf(op, module, name);
  if (ndim < 2) throw new ArgumentError(op, `'${name}' has ${ndim} dims; a matrix has 2 or more`);
  const square = shape[ndim - 1] === shape[ndim - 2];
  const { orthogonalMap = square ? "matrix_exp" : "householder" } = options;
  oneOf(op, "orthogonalMap", orthogonalMap, MAPS);
  return registerParametrization(module, name, new _Orthogonal(orthogonalMap, useTrivialization), {
    unsafe: true,
  });
}

trust(_WeightNorm, _SpectralNorm, _Orthogonal);
