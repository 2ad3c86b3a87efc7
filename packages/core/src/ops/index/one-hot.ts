// oneHot: class numbers as rows of zeros and a one.
import { ArgumentError } from "../../errors.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { arange } from "../creation.ts";
import { eq } from "../elementwise/eq.ts";
import { to } from "../elementwise/to.ts";
import { unsqueeze } from "../views/unsqueeze.ts";
import { checkIndices } from "./indices.ts";

/**
 * As `torch.nn.functional.one_hot`: [...] of integers in [0, numClasses) give [..., numClasses] of int64.
 * @throws IndexError naming the first class out of range
 */
export function oneHot(x: Tensor, numClasses: number): Tensor {
  if (!Number.isInteger(numClasses) || numClasses < 1) {
    throw new ArgumentError("oneHot", `numClasses must be a whole number ≥ 1; got ${numClasses}`);
  }
  checkIndices("oneHot", x, x.shape.length, numClasses);
  return composite(() => {
    const classes = arange(0, numClasses, 1, { dtype: x.dtype, device: x.backend });
    return to(eq(unsqueeze(x, -1), classes), "int64");
  });
}
