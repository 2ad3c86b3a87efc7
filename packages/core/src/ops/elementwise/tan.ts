// The tangent.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { add } from "./add.ts";
import { mul } from "./mul.ts";
import { square } from "./square.ts";
import { unaryOp } from "./unary.ts";

const tanOp = unaryOp({
  name: "tan",
  doc: "The tangent of x in radians, elementwise.",
  example: ["tan(tensor([0, 1]))", "tensor([0.0000, 1.5574])"],
  saves: ["y"],
  // tan′ = 1 + tan²
  vjp: (g, { y }) => mul(g, add(square(y), 1)),
});

/** tan x, x in radians; integers give float32. As `torch.tan`. */
export function tan(x: Tensor): Tensor {
  return tanOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    tan(): Tensor;
  }
}
methods({
  tan() {
    return tan(this);
  },
});
