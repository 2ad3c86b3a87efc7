// The largest whole number ≤ x.
import { methods, type Tensor } from "../../tensor.ts";
import { zerosLike } from "../creation.ts";
import { numeric, unaryOp } from "./unary.ts";

const floorOp = unaryOp({
  name: "floor",
  doc: "The largest whole number ≤ x, elementwise.",
  example: ["floor(tensor([1.5, -1.5]))", "tensor([ 1., -2.])"],
  vjp: (g) => zerosLike(g),
  ranges: [
    { low: 0.1, high: 0.4 },
    { low: -0.9, high: -0.6 },
  ],
});

/**
 * The largest whole number ≤ x; keeps the dtype, its gradient is 0. As `torch.floor`.
 * @throws DTypeError for bool
 */
export function floor(x: Tensor): Tensor {
  return floorOp(numeric("floor", x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    floor(): Tensor;
  }
}
methods({
  floor() {
    return floor(this);
  },
});
