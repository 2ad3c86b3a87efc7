// Activations: of four results as a kernel stores them; and behind a kernel that does not apply it in its own
// pass, in place, while some of it is still in the caches.
import type { Activation } from "@tapegrad/core";
import {
  type Code,
  countdownOrSkip,
  type Expr,
  type Func,
  f32x4,
  func,
  i32,
  v128,
  when,
} from "./assembler/assembler.ts";
import { f32 } from "./assembler/instructions.ts";
import type { WasmContext } from "./context.ts";
import type { ActivationCode } from "./gemm/contraction.ts";
import { pieces, traffic } from "./threads/launch.ts";

/** Of four results, exactly what the elementwise ops give: NaN stays. */
export const ACTIVATIONS: Readonly<Record<Activation, (z: Expr<"v128">) => Expr<"v128">>> = {
  none: (z) => z,
  relu: (z) => f32x4.pmax(z, v128.zero()),
  relu6: (z) => f32x4.pmin(f32x4.pmax(z, v128.zero()), f32x4.splat(f32.const(6))),
};

const BY_CODE = [ACTIVATIONS.none, ACTIVATIONS.relu, ACTIVATIONS.relu6] as const;
export const activated = (z: Expr<"v128">, code: ActivationCode): Expr<"v128"> => BY_CODE[code](z);

/** activate(at, n, six): n floats; NaN stays. */
function kernel(): Func {
  return func("activate", { at: "i32", n: "i32", six: "i32" }, (f, { at, n, six }) => {
    const [x, high] = [f.local("v128"), f.local("v128")];
    const left = f.local("i32");
    const clamp: Code = x.set(f32x4.pmin(f32x4.pmax(x, v128.zero()), high));
    return [
      high.set(f32x4.splat(f32.const(Number.POSITIVE_INFINITY))),
      when(six, high.set(f32x4.splat(f32.const(6)))),
      left.set(i32.shrU(n, 2)),
      countdownOrSkip(left, [x.set(v128.load(at)), clamp, v128.store(at, x), at.add(16)]),
      left.set(i32.and(n, 3)),
      countdownOrSkip(left, [
        x.set(v128.load32Zero(at)),
        clamp,
        v128.store32Lane(at, x, 0),
        at.add(4),
      ]),
    ];
  });
}

export function activate(ctx: WasmContext, at: number, n: number, code: ActivationCode): void {
  if (code === 0 || n === 0) return;
  const { activate: run } = ctx.get<"activate">("activate", () => [kernel()]);
  const cost = traffic(n * 8);
  ctx.launch(cost, (tasks) => {
    pieces(n, cost, (first, size) => tasks.add(run, at + first * 4, size, code === 2 ? 1 : 0), 16);
  });
}
