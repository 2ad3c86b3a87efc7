// oneHot: class numbers as rows of zeros and a one.
import { ArgumentError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { checkLive, composite, type Tensor } from "../../tensor.ts";
import { arange } from "../creation.ts";
import { eq } from "../elementwise/eq.ts";
import { to } from "../elementwise/to.ts";
import { amax } from "../reduce/amax.ts";
import { unsqueeze } from "../views/unsqueeze.ts";
import { checkIndexDType, checkIndices } from "./indices.ts";

export interface OneHotOptions {
  /** Default −1: one more than the largest in x, which is read at once. */
  readonly numClasses?: number | undefined;
}
const OPTIONS: OptionNames<OneHotOptions> = { numClasses: true };

/**
 * As `torch.nn.functional.one_hot`: [...] of integers in [0, numClasses) give [..., numClasses] of int64.
 * @param classes how many there are, by itself or by name
 * @throws IndexError naming the first class out of range
 */
export function oneHot(x: Tensor, classes: number | OneHotOptions = -1): Tensor {
  checkLive("oneHot", x);
  if (typeof classes === "object") checkOptions("oneHot", classes, OPTIONS);
  const numClasses = typeof classes === "object" ? (classes.numClasses ?? -1) : classes;
  if (!Number.isInteger(numClasses) || (numClasses < 1 && numClasses !== -1)) {
    throw new ArgumentError(
      "oneHot",
      `numClasses must be a whole number ≥ 1, or -1 for as many as there are; got ${numClasses}`,
    );
  }
  const count = numClasses < 0 ? classesIn(x) : numClasses;
  checkIndices("oneHot", x, x.shape.length, count);
  return composite(() => {
    const classes = arange(0, count, 1, { dtype: x.dtype, device: x.backend });
    return to(eq(unsqueeze(x, -1), classes), "int64");
  });
}

function classesIn(x: Tensor): number {
  checkIndexDType("oneHot", x.dtype);
  if (x.numel === 0) {
    throw new ArgumentError(
      "oneHot",
      "no element says how many classes there are; give numClasses",
    );
  }
  using largest = amax(x);
  return largest.item() + 1;
}
