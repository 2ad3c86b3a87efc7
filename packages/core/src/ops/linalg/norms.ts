// Norms under torch.linalg's names, with its argument `ord`.
import { ArgumentError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import type { Tensor } from "../../tensor.ts";
import { vectorNormOf } from "../reduce/norm.ts";
import type { Dims } from "../reduce/reduce.ts";

export interface VectorNormOptions {
  /** Any number, ∞ and −∞ too. Default 2. */
  readonly ord?: number | undefined;
  /** One, several, or (default) all. */
  readonly dim?: Dims | undefined;
  /** Keep reduced dimensions with size 1. Default false. */
  readonly keepdim?: boolean | undefined;
}
const VECTOR: OptionNames<VectorNormOptions> = { ord: true, dim: true, keepdim: true };

/**
 * (Σ |x|^ord)^(1/ord) over `dim` (one, several, or all). As `torch.linalg.vector_norm`.
 * @throws DTypeError unless x is floating-point
 */
export function vectorNorm(x: Tensor, options: VectorNormOptions = {}): Tensor {
  const op = "linalg.vectorNorm";
  checkOptions(op, options, VECTOR);
  const { ord = 2, dim, keepdim = false } = options;
  if (typeof ord !== "number" || Number.isNaN(ord)) {
    throw new ArgumentError(op, `ord must be a number; got ${String(ord)}`);
  }
  return vectorNormOf(op, x, ord, dim, keepdim);
}
