// Activations of four results, as a kernel stores them.
import type { Activation } from "@tapegrad/core";
import { type Expr, f32, f32x4, v128 } from "./assembler/assembler.ts";
import type { ActivationCode } from "./gemm/contraction.ts";

/** Of four results, exactly what the elementwise ops give: NaN stays. */
export const ACTIVATIONS: Readonly<Record<Activation, (z: Expr<"v128">) => Expr<"v128">>> = {
  none: (z) => z,
  relu: (z) => f32x4.pmax(z, v128.zero()),
  relu6: (z) => f32x4.pmin(f32x4.pmax(z, v128.zero()), f32x4.splat(f32.const(6))),
};

const BY_CODE = [ACTIVATIONS.none, ACTIVATIONS.relu, ACTIVATIONS.relu6] as const;
export const activated = (z: Expr<"v128">, code: ActivationCode): Expr<"v128"> => BY_CODE[code](z);
