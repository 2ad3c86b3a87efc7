// Which elements carry a minus.
import { methods, type Tensor } from "../../tensor.ts";
import { testOp } from "./unary.ts";

const signbitOp = testOp({
  name: "signbit",
  doc: "Whether x is negative, −0 included, elementwise.",
  example: ["signbit(tensor([-1, -0, 2]))", "tensor([ True,  True, False])"],
});

/** True where x is negative, or −0; gives bool. As `torch.signbit`. */
export function signbit(x: Tensor): Tensor {
  return signbitOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    signbit(): Tensor;
  }
}
methods({
  signbit() {
    return signbit(this);
  },
});
