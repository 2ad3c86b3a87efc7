// Exponential linear units: elu, selu and celu are one function with three numbers.
import { ArgumentError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import type { Tensor } from "../../tensor.ts";
import { clamp } from "../elementwise/clamp.ts";
import { le } from "../elementwise/le.ts";
import { relu } from "../elementwise/relu.ts";
import { floatingOnly } from "../elementwise/unary.ts";
import { where } from "../elementwise/where.ts";
import { finite, settledOp } from "./settled.ts";

interface EluAttrs {
  readonly alpha: number;
  /** Of the result. */
  readonly scale: number;
  /** Of the exponent. */
  readonly inner: number;
}

const eluOp = settledOp<EluAttrs>({
  name: "elu",
  doc: "scale · x where x > 0, else scale · alpha · (exp(inner · x) − 1). Clevert et al., https://arxiv.org/abs/1511.07289.",
  example: ["elu(tensor([-1, 2]))", "tensor([-0.6321,  2.0000])"],
  // exp of what is not positive, so that the branch not taken cannot overflow.
  compose: (x, { alpha, scale, inner }) =>
    relu(x)
      .mul(scale)
      .add(
        clamp(x, { max: 0 })
          .mul(inner)
          .expm1()
          .mul(alpha * scale),
      ),
  grad: (g, x, { alpha, scale, inner }) => {
    const below = clamp(x, { max: 0 })
      .mul(inner)
      .exp()
      .mul(alpha * scale * inner);
    return where(le(x, 0), g.mul(below), g.mul(scale));
  },
  samples: [
    [{ alpha: 1, scale: 1, inner: 1 }, -3, -0.1],
    [{ alpha: 1, scale: 1, inner: 1 }, 0.1, 3],
    [{ alpha: 0.5, scale: 2, inner: 0.7 }, -2, -0.1],
  ],
  refuses: (x) => elu(x),
  errors: (rng) => [
    [() => elu(rng.tensor([2]), { alpha: Number.NaN }), /elu: alpha must be a finite number/],
    [() => celu(rng.tensor([2]), { alpha: 0 }), /celu: alpha must not be 0/],
  ],
});

export interface EluOptions {
  /** Default 1. */
  readonly alpha?: number | undefined;
}
const OPTIONS: OptionNames<EluOptions> = { alpha: true };

/**
 * x where x > 0, else alpha · (exp(x) − 1); as `torch.nn.functional.elu`.
 * @throws DTypeError unless x is floating-point
 * @see https://arxiv.org/abs/1511.07289
 */
export function elu(x: Tensor, options: EluOptions = {}): Tensor {
  checkOptions("elu", options, OPTIONS);
  const alpha = finite("elu", "alpha", options.alpha ?? 1);
  return eluOp(floatingOnly("elu", x), { alpha, scale: 1, inner: 1 });
}

/**
 * x where x > 0, else alpha · (exp(x / alpha) − 1), which is smooth at 0 whatever alpha; as
 * `torch.nn.functional.celu`.
 * @throws DTypeError unless x is floating-point; ArgumentError for alpha 0
 * @see https://arxiv.org/abs/1704.07483
 */
export function celu(x: Tensor, options: EluOptions = {}): Tensor {
  checkOptions("celu", options, OPTIONS);
  const alpha = finite("celu", "alpha", options.alpha ?? 1);
  if (alpha === 0) throw new ArgumentError("celu", "alpha must not be 0: it divides");
  return eluOp(floatingOnly("celu", x), { alpha, scale: 1, inner: 1 / alpha });
}

const SELU = { alpha: 1.6732632423543772, scale: 1.0507009873554805, inner: 1 };

/**
 * elu with the alpha and the scale that keep mean 0 and variance 1 through the layers; as
 * `torch.nn.functional.selu`.
 * @throws DTypeError unless x is floating-point
 * @see https://arxiv.org/abs/1706.02515
 */
export const selu = (x: Tensor): Tensor => eluOp(floatingOnly("selu", x), SELU);
