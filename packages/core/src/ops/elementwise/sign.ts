// The sign.
import { methods, type Tensor } from "../../tensor.ts";
import { zerosLike } from "../creation.ts";
import { unaryOp } from "./unary.ts";

const signOp = unaryOp({
  name: "sign",
  doc: "−1, 0 or 1, elementwise; 0 for NaN.",
  example: ["sign(tensor([-3, 0, 2]))", "tensor([-1.,  0.,  1.])"],
  vjp: (g) => zerosLike(g),
  ranges: [
    { low: 0.1, high: 1 },
    { low: -1, high: -0.1 },
  ],
});

/** −1, 0 or 1; keeps the dtype, its gradient is 0. As `torch.sign`. */
export function sign(x: Tensor): Tensor {
  return signOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    sign(): Tensor;
  }
}
methods({
  sign() {
    return sign(this);
  },
});
