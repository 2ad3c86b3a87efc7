// Rounding, half to even, in place.
import { methods, type Tensor } from "../../tensor.ts";
import { zerosLike } from "../creation.ts";
import { type RoundOptions, round } from "../elementwise/round.ts";
import { inPlaceForm } from "./form.ts";
import { inPlaceOp } from "./unary.ts";

const roundInPlaceOp = inPlaceOp({
  code: "round",
  doc: "x = round(x).",
  example: ["tensor([0.5, 1.5]).round_()", "tensor([0., 2.])"],
  vjp: (g) => zerosLike(g),
  ranges: [
    { low: 0.1, high: 0.4 },
    { low: -0.9, high: -0.6 },
  ],
});

const roundDecimals_ = inPlaceForm("round_", round);

/**
 * x = round(x), with `decimals`. Returns x. As `torch.Tensor.round_`.
 * @throws DTypeError for bool; InPlaceError for a leaf that requires grad
 */
export function round_(x: Tensor, options: RoundOptions = {}): Tensor {
  return options.decimals === undefined ? roundInPlaceOp(x) : roundDecimals_(x, options);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    round_(options?: RoundOptions): Tensor;
  }
}
methods({
  round_(options) {
    return round_(this, options);
  },
});
