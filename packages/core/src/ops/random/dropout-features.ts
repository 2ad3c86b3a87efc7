// Dropout of whole channels, and the dropout that keeps mean and variance of self-normalising networks.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import { defaultGenerator } from "../../random/generator.ts";
import type { Shape } from "../../shape.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { ones } from "../creation.ts";
import { ge } from "../elementwise/ge.ts";
import { rand } from "./draws.ts";
import { type DropoutOptions, dropout } from "./dropout.ts";

const OPTIONS = { p: true, training: true, generator: true } as const;

function checked(op: string, x: Tensor, options: DropoutOptions): number {
  checkOptions(op, options, OPTIONS);
  checkDtypes(op, { input: x });
  const { p = 0.5 } = options;
  if (p >= 0 && p <= 1) return p;
  throw new ArgumentError(op, `p is a probability, from 0 to 1; got ${p}`);
}

/** One value for each channel of each sample, to be broadcast over the rest. */
const perChannel = (x: Tensor, leading: number): Shape =>
  x.shape.map((n, d) => (d < leading ? n : 1));

function dropChannels(
  op: string,
  x: Tensor,
  ranks: readonly number[],
  options: DropoutOptions,
): Tensor {
  const p = checked(op, x, options);
  if (!ranks.includes(x.ndim)) {
    throw new ShapeError(op, `expected ${ranks.join(" or ")} dimensions; got ${x.ndim}`, {
      input: x.shape,
    });
  }
  const { training = true, generator } = options;
  if (!training || p === 0) return x;
  // The first rank is that of one sample, whose channels come first.
  const leading = x.ndim === ranks[0] && ranks.length > 1 ? 1 : 2;
  return composite(() => {
    const like = { dtype: x.dtype, device: x.backend };
    return x.mul(dropout(ones(perChannel(x, leading), like), { p, generator }));
  });
}

/**
 * x [N, C, L] or [C, L] with whole channels zeroed at random and the others scaled by 1 / (1 − p); as
 * `torch.nn.functional.dropout1d`. In evaluation, or with p = 0, it is x itself.
 * @throws ArgumentError when p is no probability; ShapeError another rank; DTypeError integers
 * @see https://arxiv.org/abs/1411.4280
 */
export const dropout1d = (x: Tensor, options: DropoutOptions = {}): Tensor =>
  dropChannels("dropout1d", x, [2, 3], options);
/** dropout1d for x [N, C, H, W]; as `torch.nn.functional.dropout2d`, which has no form for one sample. */
export const dropout2d = (x: Tensor, options: DropoutOptions = {}): Tensor =>
  dropChannels("dropout2d", x, [4], options);
/** dropout1d for x [N, C, D, H, W] or [C, D, H, W]; as `torch.nn.functional.dropout3d`. */
export const dropout3d = (x: Tensor, options: DropoutOptions = {}): Tensor =>
  dropChannels("dropout3d", x, [4, 5], options);

/** What a dropped value becomes: the limit of selu at −∞. */
const SATURATED = -1.7580993408473766;

function alpha(op: string, x: Tensor, options: DropoutOptions, leading: number): Tensor {
  const p = checked(op, x, options);
  const { training = false, generator = defaultGenerator } = options;
  if (!training || p === 0) return x;
  return composite(() => {
    if (p === 1) return x.mul(0);
    // scale · (kept or saturated) + shift has mean 0 and variance 1 where x has.
    const scale = 1 / Math.sqrt((SATURATED ** 2 * p + 1) * (1 - p));
    const shift = -scale * SATURATED * p;
    const drawn = rand(perChannel(x, leading), { dtype: x.dtype, device: x.backend, generator });
    const kept = ge(drawn, p).to(x.dtype);
    const added = kept
      .sub(1)
      .mul(-scale * SATURATED)
      .add(shift);
    return x.mul(kept.mul(scale)).add(added);
  });
}

/**
 * Dropout that keeps mean 0 and variance 1, for networks of selu; as `torch.nn.functional.alpha_dropout`. Evaluation
 * unless training says otherwise, as in PyTorch.
 * @throws ArgumentError when p is no probability; DTypeError integers
 * @see https://arxiv.org/abs/1706.02515
 */
export const alphaDropout = (x: Tensor, options: DropoutOptions = {}): Tensor =>
  alpha("alphaDropout", x, options, x.ndim);
/** alphaDropout of whole channels of x [N, C, …]; as `torch.nn.functional.feature_alpha_dropout`. */
export const featureAlphaDropout = (x: Tensor, options: DropoutOptions = {}): Tensor =>
  alpha("featureAlphaDropout", x, options, 2);
