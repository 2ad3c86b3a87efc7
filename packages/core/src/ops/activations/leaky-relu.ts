// Rectifiers that let some of the negative side through: leakyRelu, and rrelu, whose slope is drawn.
import { ArgumentError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { defaultGenerator, type Generator } from "../../random/generator.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { gt } from "../elementwise/gt.ts";
import { maximum } from "../elementwise/maximum.ts";
import { floatingOnly } from "../elementwise/unary.ts";
import { where } from "../elementwise/where.ts";
import { rand } from "../random/draws.ts";
import { finite, settledOp } from "./settled.ts";

const leakyReluOp = settledOp<{ readonly slope: number }>({
  name: "leakyRelu",
  doc: "x where x > 0, else slope · x. Maas et al., Rectifier Nonlinearities Improve Neural Network Acoustic Models, 2013.",
  example: ["leakyRelu(tensor([-1, 2]))", "tensor([-0.0100,  2.0000])"],
  // Two passes instead of three where a line is above the other on its side.
  compose: (x, { slope }) =>
    slope > 0 && slope <= 1 ? maximum(x, x.mul(slope)) : where(gt(x, 0), x, x.mul(slope)),
  grad: (g, x, { slope }) => where(gt(x, 0), g, g.mul(slope)),
  samples: [
    [{ slope: 0.01 }, -2, -0.1],
    [{ slope: 0.2 }, 0.1, 2],
    [{ slope: 1.5 }, -2, -0.1],
    [{ slope: -0.5 }, -2, -0.1],
    [{ slope: 0 }, 0.1, 2],
  ],
  refuses: (x) => leakyRelu(x),
  errors: (rng) => [
    [
      () => leakyRelu(rng.tensor([2]), { negativeSlope: Number.NaN }),
      /leakyRelu: negativeSlope must be a finite number/,
    ],
    [
      () => rrelu(rng.tensor([2]), { lower: 2, upper: 1 }),
      /rrelu: lower \(2\) must not exceed upper \(1\)/,
    ],
  ],
});

export interface LeakyReluOptions {
  /** What negative values are multiplied with. Default 0.01. */
  readonly negativeSlope?: number | undefined;
}
const LEAKY_OPTIONS: OptionNames<LeakyReluOptions> = { negativeSlope: true };

/**
 * x where x > 0, else negativeSlope · x; as `torch.nn.functional.leaky_relu`.
 * @throws DTypeError unless x is floating-point
 */
export function leakyRelu(x: Tensor, options: LeakyReluOptions = {}): Tensor {
  checkOptions("leakyRelu", options, LEAKY_OPTIONS);
  const slope = finite("leakyRelu", "negativeSlope", options.negativeSlope ?? 0.01);
  return leakyReluOp(floatingOnly("leakyRelu", x), { slope });
}

export interface RreluOptions {
  /** Of the slopes that are drawn. Default 1/8. */
  readonly lower?: number | undefined;
  /** Of the slopes that are drawn. Default 1/3. */
  readonly upper?: number | undefined;
  /** Draw a slope for each negative element; else all have the mean of both ends. Default false. */
  readonly training?: boolean | undefined;
  /** Default: the generator that manualSeed seeds. */
  readonly generator?: Generator | undefined;
}
const RRELU_OPTIONS: OptionNames<RreluOptions> = {
  lower: true,
  upper: true,
  training: true,
  generator: true,
};

/**
 * leakyRelu whose slope is drawn from [lower, upper) for each element in training; as
 * `torch.nn.functional.rrelu`.
 * @throws DTypeError unless x is floating-point; ArgumentError when lower exceeds upper
 * @see https://arxiv.org/abs/1505.00853
 */
export function rrelu(x: Tensor, options: RreluOptions = {}): Tensor {
  checkOptions("rrelu", options, RRELU_OPTIONS);
  const { lower = 1 / 8, upper = 1 / 3, training = false, generator = defaultGenerator } = options;
  finite("rrelu", "lower", lower);
  finite("rrelu", "upper", upper);
  if (lower > upper) {
    throw new ArgumentError("rrelu", `lower (${lower}) must not exceed upper (${upper})`);
  }
  floatingOnly("rrelu", x);
  if (!training) return leakyReluOp(x, { slope: (lower + upper) / 2 });
  return composite(() => {
    const drawn = rand(x.shape, { dtype: x.dtype, device: x.backend, generator });
    const slopes = drawn.mul(upper - lower).add(lower);
    return x.mul(where(gt(x, 0), 1, slopes));
  });
}
