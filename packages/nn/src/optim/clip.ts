// Clipping of gradients by their common norm.
import {
  ArgumentError,
  checkOptions,
  composite,
  DeviceError,
  noGrad,
  type OptionNames,
  owned,
  powerSum,
  scaleAll,
  stack,
  Tensor,
  zeros,
} from "@tapegrad/core";
import { gradientOf } from "../parameter.ts";

export interface ClipOptions {
  /** 2, any p > 0, or Infinity. Default: 2. */
  readonly normType?: number | undefined;
}
const OPTIONS: OptionNames<ClipOptions> = { normType: true };

/**
 * Scales the gradients of all parameters together so that their norm is at most maxNorm, as
 * `torch.nn.utils.clip_grad_norm_`; one pass over the gradients for the norm, one for the scaling.
 * @returns the norm before clipping
 */
export function clipGradNorm(
  params: Tensor | Iterable<Tensor>,
  maxNorm: number,
  options: ClipOptions = {},
): number {
  checkOptions("clipGradNorm", options, OPTIONS);
  const { normType = 2 } = options;
  checkNorms("clipGradNorm", maxNorm, normType);
  const list = params instanceof Tensor ? [params] : [...params];
  const gradients = list.map(gradientOf).filter((g) => g !== null);
  if (gradients.length === 0) return 0;
  const { backend } = (gradients[0] as Tensor).storage;
  if (backend.readSync === undefined) {
    throw new DeviceError(
      `clipGradNorm: gradients on '${backend.name}' cannot be read at once; use clipGradNormTensor(…)`,
    );
  }
  let total = 0;
  owned(() => {
    noGrad(() => {
      total = normOf(gradients, normType);
      const factor = maxNorm / (total + 1e-6);
      // NaN falls through on purpose: a NaN norm shows in every gradient, as in PyTorch.
      if (factor >= 1) return;
      if (!scaleAll(gradients, factor)) for (const g of gradients) g.mul_(factor);
    });
    return [];
  });
  return total;
}

/**
 * clipGradNorm without waiting for the device: the norm stays there.
 * @returns the norm before clipping, zero-dimensional; on the default device where there is no gradient
 */
export function clipGradNormTensor(
  params: Tensor | Iterable<Tensor>,
  maxNorm: number,
  options: ClipOptions = {},
): Tensor {
  checkOptions("clipGradNormTensor", options, OPTIONS);
  const { normType = 2 } = options;
  checkNorms("clipGradNormTensor", maxNorm, normType);
  const list = params instanceof Tensor ? [params] : [...params];
  const gradients = list.map(gradientOf).filter((g) => g !== null);
  if (gradients.length === 0) return zeros([]);
  return composite(() =>
    noGrad(() => {
      const parts = stack(gradients.map((g) => part(g, normType)));
      const total =
        normType === Number.POSITIVE_INFINITY ? parts.max() : parts.sum().pow(1 / normType);
      // min() keeps a NaN: it shows in every gradient, as in PyTorch.
      const factor = total.add(1e-6).reciprocal().mul(maxNorm).clamp({ max: 1 });
      for (const g of gradients) g.mul_(factor);
      return total;
    }),
  );
}

function checkNorms(op: string, maxNorm: number, normType: number): void {
  if (maxNorm >= 0 && normType > 0) return;
  throw new ArgumentError(
    op,
    `maxNorm must be ≥ 0 and normType > 0; got ${maxNorm} and ${normType}`,
  );
}

/** In one pass where there is a kernel for it, else from the parts. */
function normOf(gradients: readonly Tensor[], p: number): number {
  const sum =
    powerSum(gradients, p)?.item() ??
    combined(
      gradients.map((g) => part(g, p)),
      p,
    );
  return p === Number.POSITIVE_INFINITY ? sum : sum ** (1 / p);
}

/** What one gradient adds to the norm: Σ|g|ᵖ, or max|g|. */
function part(g: Tensor, p: number): Tensor {
  if (p === Number.POSITIVE_INFINITY) return g.abs().max();
  if (p === 1) return g.abs().sum();
  return (p === 2 ? g.square() : g.abs().pow(p)).sum();
}

/** One read for all of them. */
function combined(parts: readonly Tensor[], p: number): number {
  const all = stack(parts);
  return (p === Number.POSITIVE_INFINITY ? all.max() : all.sum()).item();
}
