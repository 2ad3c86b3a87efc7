// The whole number next to x toward 0.
import { methods, type Tensor } from "../../tensor.ts";
import { zerosLike } from "../creation.ts";
import { numeric, unaryOp } from "./unary.ts";

const truncOp = unaryOp({
  name: "trunc",
  doc: "The whole number next to x toward 0, elementwise.",
  example: ["trunc(tensor([1.5, -1.5]))", "tensor([ 1., -1.])"],
  vjp: (g) => zerosLike(g),
  ranges: [
    { low: 0.1, high: 0.4 },
    { low: -0.9, high: -0.6 },
  ],
});

/**
 * The whole number next to x toward 0; keeps the dtype, its gradient is 0. As `torch.trunc`.
 * @throws DTypeError for bool
 */
export function trunc(x: Tensor): Tensor {
  return truncOp(numeric("trunc", x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    trunc(): Tensor;
  }
}
methods({
  trunc() {
    return trunc(this);
  },
});
