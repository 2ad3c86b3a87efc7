// Activations along a dimension: glu, softmin, gumbelSoftmax.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { defaultGenerator, type Generator } from "../../random/generator.ts";
import { normalizeDim } from "../../shape.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { oneHot } from "../index/one-hot.ts";
import { rand } from "../random/draws.ts";
import { overDim, type SoftmaxOptions, softmax } from "../reduce/softmax.ts";

/**
 * The first half of x along dim times the sigmoid of the second; as `torch.nn.functional.glu`.
 * @returns half as long in dim
 * @throws ShapeError an odd length; IndexError no such dim; DTypeError integers
 * @see https://arxiv.org/abs/1612.08083
 */
export function glu(x: Tensor, dim = -1): Tensor {
  checkDtypes("glu", { input: x });
  const d = normalizeDim("glu", dim, x.ndim);
  const length = x.shape[d];
  if (length === undefined || length % 2 !== 0) {
    throw new ShapeError("glu", `dim ${d} is halved, so its length must be even`, {
      input: x.shape,
    });
  }
  const half = length / 2;
  return composite(() => x.narrow(d, 0, half).mul(x.narrow(d, half, half).sigmoid()));
}

/**
 * softmax of −x along dim; as `torch.nn.functional.softmin`.
 * @throws IndexError no such dim; DTypeError integers
 */
export function softmin(
  x: Tensor,
  dim: number | SoftmaxOptions,
  options: SoftmaxOptions = {},
): Tensor {
  return overDim("softmin", x, dim, options, (wide, d) => composite(() => softmax(wide.neg(), d)));
}

export interface GumbelSoftmaxOptions {
  /** Temperature: the smaller, the closer to a choice. Default 1. */
  readonly tau?: number | undefined;
  /** Gives the choice itself, with the gradient of the soft one. Default false. */
  readonly hard?: boolean | undefined;
  /** Default −1. */
  readonly dim?: number | undefined;
  /** Default: the generator that manualSeed seeds. */
  readonly generator?: Generator | undefined;
}
const GUMBEL_OPTIONS: OptionNames<GumbelSoftmaxOptions> = {
  tau: true,
  hard: true,
  dim: true,
  generator: true,
};

/**
 * A random choice along dim that has a gradient: softmax((logits + noise) / tau), the noise drawn from the Gumbel
 * distribution; as `torch.nn.functional.gumbel_softmax`.
 * @param logits unnormalised log-probabilities
 * @throws ArgumentError unless tau > 0; IndexError no such dim; DTypeError integers
 * @see https://arxiv.org/abs/1611.01144
 */
export function gumbelSoftmax(logits: Tensor, options: GumbelSoftmaxOptions = {}): Tensor {
  const op = "gumbelSoftmax";
  checkOptions(op, options, GUMBEL_OPTIONS);
  const { tau = 1, hard = false, dim = -1, generator = defaultGenerator } = options;
  checkDtypes(op, { logits });
  if (!(tau > 0)) throw new ArgumentError(op, `tau must be > 0; got ${tau}`);
  const d = normalizeDim(op, dim, logits.ndim);
  return composite(() => {
    // −log(−log u) with u in (0, 1): rand() may give 0, whose logarithm would be infinite.
    const u = rand(logits.shape, { dtype: logits.dtype, device: logits.backend, generator });
    const noise = u.clamp({ min: 1e-30 }).log().neg().clamp({ min: 1e-30 }).log().neg();
    const soft = softmax(logits.add(noise).div(tau), d);
    if (!hard) return soft;
    const best = soft.detach().argmax(d);
    const chosen = oneHot(best, logits.shape[d] as number).to(logits.dtype);
    const choice = chosen.permute(
      Array.from({ length: logits.ndim }, (_, i) =>
        i === d ? logits.ndim - 1 : i < d ? i : i - 1,
      ),
    );
    // The value of the choice, the gradient of the soft one.
    return choice.sub(soft.detach()).add(soft);
  });
}
