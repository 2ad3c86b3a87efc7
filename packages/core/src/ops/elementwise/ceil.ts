// The smallest whole number ≥ x.
import { methods, type Tensor } from "../../tensor.ts";
import { zerosLike } from "../creation.ts";
import { numeric, unaryOp } from "./unary.ts";

const ceilOp = unaryOp({
  name: "ceil",
  doc: "The smallest whole number ≥ x, elementwise.",
  example: ["ceil(tensor([1.5, -1.5]))", "tensor([ 2., -1.])"],
  vjp: (g) => zerosLike(g),
  ranges: [
    { low: 0.1, high: 0.4 },
    { low: -0.9, high: -0.6 },
  ],
});

/**
 * The smallest whole number ≥ x; keeps the dtype, its gradient is 0. As `torch.ceil`.
 * @throws DTypeError for bool
 */
export function ceil(x: Tensor): Tensor {
  return ceilOp(numeric("ceil", x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    ceil(): Tensor;
  }
}
methods({
  ceil() {
    return ceil(this);
  },
});
