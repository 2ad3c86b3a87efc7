// The inverse of the tangent.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { add } from "./add.ts";
import { div } from "./div.ts";
import { square } from "./square.ts";
import { unaryOp } from "./unary.ts";

const atanOp = unaryOp({
  name: "atan",
  doc: "The angle in (−π/2, π/2) whose tangent is x.",
  example: ["atan(tensor([0, 1]))", "tensor([0.0000, 0.7854])"],
  saves: ["x"],
  vjp: (g, { x }) => div(g, add(square(x), 1)),
});

/** arctan x in radians; integers give float32. As `torch.atan`. */
export function atan(x: Tensor): Tensor {
  return atanOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    atan(): Tensor;
  }
}
methods({
  atan() {
    return atan(this);
  },
});
