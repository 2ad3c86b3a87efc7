// Vandermonde's matrix: the powers of the elements of a vector.
import { checkOptions, type OptionNames } from "../../options.ts";
import { checkLive, composite, type Tensor } from "../../tensor.ts";
import { arange } from "../creation.ts";
import { pow } from "../elementwise/pow.ts";
import { to } from "../elementwise/to.ts";
import { vectors, wholeNumber } from "../views/bounds.ts";
import { unsqueeze } from "../views/unsqueeze.ts";

export interface VanderOptions {
  /** How many powers. Default: as many as x has elements. */
  readonly N?: number | undefined;
  /** Powers grow from left to right. Default false: they fall. */
  readonly increasing?: boolean | undefined;
}
const OPTIONS: OptionNames<VanderOptions> = { N: true, increasing: true };

/** As `torch.vander`: the powers N − 1 … 0 of the elements of a vector, a row each. */
export function vander(x: Tensor, options: VanderOptions = {}): Tensor {
  const op = "vander";
  checkLive(op, x);
  checkOptions(op, options, OPTIONS);
  vectors(op, [x]);
  const { N = x.numel, increasing = false } = options;
  wholeNumber(op, "N", N, 0);
  return composite(() => {
    const device = x.backend;
    const powers = increasing ? arange(0, N, 1, { device }) : arange(N - 1, -1, -1, { device });
    return pow(unsqueeze(x, 1), to(powers, x.dtype));
  });
}
