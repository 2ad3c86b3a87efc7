// frexp: numbers taken apart into a mantissa and a power of two.
import { noGrad } from "../../autograd/tape.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { tensor } from "../creation.ts";
import { floating } from "../promote.ts";
import { handed } from "../sort/sort.ts";
import { mul } from "./mul.ts";

export interface MantissaAndExponent {
  /** In (−1, −½], [½, 1), or 0. */
  readonly mantissa: Tensor;
  /** int32. */
  readonly exponent: Tensor;
}

/** The exponent that brings |v| into [½, 1); 0 for 0, ∞ and NaN, which have none. */
function exponentOf(v: number): number {
  if (v === 0 || !Number.isFinite(v)) return 0;
  let e = Math.max(-1074, Math.floor(Math.log2(Math.abs(v))) + 1);
  const mantissa = (): number =>
    Math.abs(v) * 2 ** Math.floor(-e / 2) * 2 ** (-e - Math.floor(-e / 2));
  while (mantissa() >= 1) e++;
  while (mantissa() < 0.5) e--;
  return e;
}

/**
 * x = mantissa · 2^exponent; integers give float32. As `torch.frexp`.
 * @throws DeviceError on devices that cannot be read at once
 */
export function frexp(x: Tensor): MantissaAndExponent {
  const [mantissa, exponent] = handed(() => {
    const v = floating(x);
    const device = v.backend;
    const list = Array.from(v.dataSync() as Float64Array, exponentOf);
    const made = noGrad(() => ({
      exponent: tensor(Int32Array.from(list), { shape: v.shape, device }),
      // Twice by about half of it: 2^-exponent alone may overflow.
      powers: [(e: number) => Math.floor(-e / 2), (e: number) => -e - Math.floor(-e / 2)].map((f) =>
        tensor(
          Float64Array.from(list, (e) => 2 ** f(e)),
          { shape: v.shape, device, dtype: v.dtype },
        ),
      ),
    }));
    return [made.powers.reduce(mul, v), made.exponent];
  }) as [Tensor, Tensor];
  return { mantissa, exponent };
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    frexp(): MantissaAndExponent;
  }
}
methods({
  frexp() {
    return frexp(this);
  },
});
