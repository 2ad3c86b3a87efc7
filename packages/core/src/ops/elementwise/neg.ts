// The sign turned.
import { methods, type Tensor } from "../../tensor.ts";
import { numeric, unaryOp } from "./unary.ts";

const negOp = unaryOp({
  name: "neg",
  doc: "−x, elementwise.",
  example: ["neg(tensor([1, -2]))", "tensor([-1.,  2.])"],
  vjp: (g) => neg(g),
});

/**
 * −x; keeps the dtype, uint8 wraps. As `torch.neg`.
 * @throws DTypeError for bool
 */
export function neg(x: Tensor): Tensor {
  return negOp(numeric("neg", x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    neg(): Tensor;
  }
}
methods({
  neg() {
    return neg(this);
  },
});
