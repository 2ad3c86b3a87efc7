// The forms of decompositions that report a matrix they cannot take in a tensor, `info`, and go on: choleskyEx, luFactorEx,
// ldlFactorEx, invEx, solveEx. info [...] is int32: 0, or the place of the first pivot that failed, counted from 1.
import { ArgumentError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { eye } from "../creation.ts";
import { add } from "../elementwise/add.ts";
import { eq } from "../elementwise/eq.ts";
import { mul } from "../elementwise/mul.ts";
import { to } from "../elementwise/to.ts";
import { where } from "../elementwise/where.ts";
import { any } from "../reduce/any.ts";
import { argmax } from "../reduce/argmax.ts";
import { diagonal } from "../views/diagonal.ts";
import { unsqueeze } from "../views/unsqueeze.ts";
import { type CholeskyOptions, cholesky, firstIndefinite } from "./cholesky.ts";
import { matrixSizes, squareSize } from "./host.ts";
import { LDL_OPTIONS, type LdlOptions, ldl } from "./ldl.ts";
import { factors } from "./lu.ts";
import { inverse, solve } from "./solve.ts";

export interface ExOptions {
  /** Throw where info is not 0. Default false. */
  readonly checkErrors?: boolean | undefined;
}
const EX: OptionNames<ExOptions> = { checkErrors: true };

/** info itself, unless it is to be refused. */
function checked(op: string, info: Tensor, options: ExOptions): Tensor {
  if (options.checkErrors !== true) return info;
  const failed = Array.from(info.dataSync() as Int32Array).find((i) => i !== 0);
  if (failed === undefined) return info;
  throw new ArgumentError(op, `the decomposition failed at pivot ${failed} (info is not 0)`);
}

/** The place of the first zero on U's diagonal, counted from 1; 0 without one. */
function firstZero(x: Tensor): Tensor {
  return composite(() => {
    const { LU } = factors(x.detach());
    const zero = eq(diagonal(LU, { dim1: -2, dim2: -1 }), 0);
    if (zero.shape[zero.ndim - 1] === 0) return any(zero, -1).to("int32");
    return to(mul(any(zero, -1), add(argmax(to(zero, "int32"), -1), 1)), "int32");
  });
}

/** f of x, the identity in place of matrices that it cannot take, whose results become NaN; their gradient is 0. */
function whereGood(info: Tensor, x: Tensor, f: (good: Tensor) => Tensor): Tensor {
  return composite(() => {
    const good = unsqueeze(unsqueeze(eq(info, 0), -1), -1);
    const n = x.shape[x.ndim - 1] as number;
    const result = f(where(good, x, eye(n, n, { dtype: x.dtype, device: x.backend })));
    return where(result.ndim < good.ndim ? good.squeeze(-1) : good, result, Number.NaN);
  });
}

/**
 * { L, info }: cholesky(), but a matrix that is not positive definite gives NaN and the size of its smallest leading
 * minor that is not (PyTorch leaves what it had computed by then). As `torch.linalg.cholesky_ex`.
 */
export function choleskyEx(
  x: Tensor,
  options: CholeskyOptions & ExOptions = {},
): { readonly L: Tensor; readonly info: Tensor } {
  const op = "linalg.choleskyEx";
  checkOptions(op, options, { ...EX, upper: true } satisfies OptionNames<typeof options>);
  const info = checked(op, firstIndefinite(op, x, options.upper), options);
  return { L: whereGood(info, x, (good) => cholesky(good, { upper: options.upper })), info };
}

/** { inverse, info }: inverse(), but a singular matrix gives NaN. As `torch.linalg.inv_ex`. */
export function invEx(
  x: Tensor,
  options: ExOptions = {},
): { readonly inverse: Tensor; readonly info: Tensor } {
  const op = "linalg.invEx";
  squareSize(op, x);
  checkOptions(op, options, EX);
  const info = checked(op, firstZero(x), options);
  return { inverse: whereGood(info, x, inverse), info };
}

export interface SolveExOptions extends ExOptions {
  /** False: X · A = B. Default true. */
  readonly left?: boolean | undefined;
}

/** { result, info }: solve(), but a singular matrix gives NaN. As `torch.linalg.solve_ex`. */
export function solveEx(
  a: Tensor,
  b: Tensor,
  options: SolveExOptions = {},
): { readonly result: Tensor; readonly info: Tensor } {
  const op = "linalg.solveEx";
  squareSize(op, a);
  checkOptions(op, options, { ...EX, left: true } satisfies OptionNames<SolveExOptions>);
  const { left = true } = options;
  const info = checked(op, firstZero(a), options);
  return { result: whereGood(info, a, (good) => solve(good, b, { left })), info };
}

/** { LU, pivots, info }: luFactor(), singular matrices too. As `torch.linalg.lu_factor_ex`. */
export function luFactorEx(
  x: Tensor,
  options: ExOptions = {},
): { readonly LU: Tensor; readonly pivots: Tensor; readonly info: Tensor } {
  const op = "linalg.luFactorEx";
  matrixSizes(op, x);
  checkOptions(op, options, EX);
  const info = checked(op, firstZero(x), options);
  return { ...factors(x), info };
}

/** { LD, pivots, info }: ldlFactor(), singular matrices too. As `torch.linalg.ldl_factor_ex`. */
export function ldlFactorEx(
  x: Tensor,
  options: LdlOptions & ExOptions = {},
): { readonly LD: Tensor; readonly pivots: Tensor; readonly info: Tensor } {
  const op = "linalg.ldlFactorEx";
  squareSize(op, x);
  checkOptions(op, options, { ...EX, ...LDL_OPTIONS } satisfies OptionNames<typeof options>);
  const { LD, pivots, info } = ldl(x);
  return { LD, pivots, info: checked(op, info, options) };
}
