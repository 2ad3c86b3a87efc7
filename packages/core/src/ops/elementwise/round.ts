// The nearest whole number, of two the even one.
import { methods, type Tensor } from "../../tensor.ts";
import { zerosLike } from "../creation.ts";
import { numeric, unaryOp } from "./unary.ts";

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
 * The nearest whole number, of two the even one; keeps the dtype, its gradient is 0. As `torch.round`.
 * @throws DTypeError for bool
 */
export function round(x: Tensor): Tensor {
  return roundOp(numeric("round", x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    round(): Tensor;
  }
}
methods({
  round() {
    return round(this);
  },
});
