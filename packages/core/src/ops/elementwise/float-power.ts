// Powers in double precision.
import { composite, methods, type Tensor } from "../../tensor.ts";
import { isTensor, type Operand } from "../promote.ts";
import { pow } from "./pow.ts";
import { to } from "./to.ts";

/** a ** b in float64, whatever the dtypes; broadcast. As `torch.float_power`. */
export function floatPower(a: Operand, b: Operand): Tensor {
  const wide = (t: Operand): Operand => (isTensor(t) ? to(t, "float64") : t);
  return composite(() => pow(wide(a), wide(b)));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    floatPower(b: Operand): Tensor;
  }
}
methods({
  floatPower(b) {
    return floatPower(this, b);
  },
});
