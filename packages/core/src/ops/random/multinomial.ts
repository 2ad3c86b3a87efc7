// multinomial: row numbers drawn by weight. On the host: the results are indices.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { tensor } from "../creation.ts";
import type { DrawOptions } from "./check.ts";
import { hostUniform } from "./draws.ts";

export interface MultinomialOptions extends DrawOptions {
  /** Whether one may be drawn again. Default false. */
  readonly replacement?: boolean | undefined;
}
const OPTIONS: OptionNames<MultinomialOptions> = { replacement: true, generator: true };

/**
 * `numSamples` indices drawn by the weights of each row, as `torch.multinomial`; the weights need not add up to 1.
 * @param weights [categories] or [rows, categories], finite and ≥ 0, not all 0
 * @returns int64, [numSamples] or [rows, numSamples]
 * @throws ArgumentError for weights that cannot be drawn from, or more samples than weights > 0 without replacement
 * @see https://docs.pytorch.org/docs/stable/generated/torch.multinomial.html
 */
export function multinomial(
  weights: Tensor,
  numSamples: number,
  options: MultinomialOptions = {},
): Tensor {
  const op = "multinomial";
  checkOptions(op, options, OPTIONS);
  checkDtypes(op, { weights });
  const { replacement = false, generator } = options;
  if (weights.ndim < 1 || weights.ndim > 2) {
    throw new ShapeError(op, "weights must be [categories] or [rows, categories]", {
      weights: weights.shape,
    });
  }
  if (!Number.isInteger(numSamples) || numSamples < 1) {
    throw new ArgumentError(op, `numSamples must be a whole number ≥ 1; got ${numSamples}`);
  }
  const [columns = 0, rows = 1] = [...weights.shape].reverse();
  const data = weights.dataSync() as Float64Array;
  const u = hostUniform(rows * numSamples, { generator });
  const drawn = new BigInt64Array(rows * numSamples);
  for (let r = 0; r < rows; r++) {
    const row = Float64Array.from(data.subarray(r * columns, (r + 1) * columns));
    checkRow(op, row, r, replacement ? 1 : numSamples);
    for (let s = 0; s < numSamples; s++) {
      const at = pick(row, u[r * numSamples + s] as number);
      drawn[r * numSamples + s] = BigInt(at);
      if (!replacement) row[at] = 0;
    }
  }
  return tensor(drawn, {
    shape: [...weights.shape.slice(0, -1), numSamples],
    device: weights.backend,
  });
}

function checkRow(op: string, row: Float64Array, number: number, needed: number): void {
  const bad = row.findIndex((w) => !(w >= 0 && w < Number.POSITIVE_INFINITY));
  if (bad >= 0) {
    throw new ArgumentError(
      op,
      `weights must be finite and ≥ 0; row ${number} has ${row[bad]} at ${bad}`,
    );
  }
  const positive = row.filter((w) => w > 0).length;
  if (positive < needed) {
    throw new ArgumentError(
      op,
      `row ${number} has ${positive} weights > 0, too few to draw ${needed} without replacement`,
    );
  }
}

/** The category whose part of [0, sum) u falls into. */
function pick(row: Float64Array, u: number): number {
  let rest = u * row.reduce((a, b) => a + b, 0);
  let last = 0;
  for (let i = 0; i < row.length; i++) {
    const w = row[i] as number;
    if (w === 0) continue;
    if (rest < w) return i;
    rest -= w;
    last = i; // where rounding leaves a rest
  }
  return last;
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    multinomial(numSamples: number, options?: MultinomialOptions): Tensor;
  }
}
methods({
  multinomial(numSamples, options) {
    return multinomial(this, numSamples, options);
  },
});
