// The nearest whole number, of two the even one; or the nearest with some decimals.
import { ArgumentError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { composite, methods, type Tensor } from "../../tensor.ts";
import { zerosLike } from "../creation.ts";
import { div } from "./div.ts";
import { mul } from "./mul.ts";
import { floatingOnly, numeric, unaryOp } from "./unary.ts";

export interface RoundOptions {
  /** How many decimals stay; negative: zeros before the point. Default 0. */
  readonly decimals?: number | undefined;
}
const OPTIONS: OptionNames<RoundOptions> = { decimals: true };

const roundOp = unaryOp({
  name: "round",
  doc: "The nearest whole number, of two the even one, elementwise.",
  example: ["round(tensor([0.5, 1.5]))", "tensor([0., 2.])"],
  vjp: (g) => zerosLike(g),
  ranges: [
    { low: 0.1, high: 0.4 },
    { low: -0.9, high: -0.6 },
  ],
});

/**
 * The nearest whole number, of two the even one, or the nearest with `decimals`; keeps the dtype, its gradient
 * is 0. As `torch.round`.
 * @throws DTypeError for bool, and for integers with decimals; ArgumentError unless decimals is a whole number
 */
export function round(x: Tensor, options: RoundOptions = {}): Tensor {
  checkOptions("round", options, OPTIONS);
  const { decimals = 0 } = options;
  if (decimals === 0) return roundOp(numeric("round", x));
  if (!Number.isInteger(decimals)) {
    throw new ArgumentError("round", `decimals must be a whole number; got ${decimals}`);
  }
  const scale = 10 ** Math.abs(decimals);
  const [up, down] = decimals > 0 ? [mul, div] : [div, mul];
  return composite(() => down(roundOp(up(floatingOnly("round", x), scale)), scale));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    round(options?: RoundOptions): Tensor;
  }
}
methods({
  round(options) {
    return round(this, options);
  },
});
