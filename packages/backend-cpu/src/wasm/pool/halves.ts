// Pooling of 2 × 2 taps with stride 2 where nothing is cut off, the commonest there is: two rows in, one row out, without
// the rings of pool/row-kernels.ts. The same sums in the same order.
import type { PoolGeometry } from "@tapegrad/core";
import {
  type Code,
  countdown,
  type Expr,
  type Func,
  f32x4,
  func,
  type IntLocal,
  i32,
  v128,
} from "../assembler/assembler.ts";
import type { WasmContext } from "../context.ts";
import { splat } from "../elementwise/math.ts";
import { pieces, traffic } from "../threads/launch.ts";

type V = Expr<"v128">;
export type HalvesWay = "max" | "avg" | "avgGrad";

const even = (a: V, b: V): V => f32x4.shuffle(a, b, [0, 2, 4, 6]);
const odd = (a: V, b: V): V => f32x4.shuffle(a, b, [1, 3, 5, 7]);

/** halves(rows, vectors, row, large, small): small rows of so many vectors; a large row has `row` bytes. */
const halvesKernel = (way: HalvesWay): Func =>
  func(
    "halves",
    { rows: "i32", vectors: "i32", row: "i32", large: "i32", small: "i32" },
    (f, p) => {
      const [left, below] = f.locals("i32", 2) as [IntLocal, IntLocal];
      const value = f.local("v128");
      const fold = way === "max" ? f32x4.max : f32x4.add;
      const pair = (at: IntLocal): V =>
        fold(even(v128.load(at), v128.load(at, 16)), odd(v128.load(at), v128.load(at, 16)));
      const folded = (): V => fold(pair(p.large), pair(below));
      const narrow: Code = v128.store(
        p.small,
        way === "max" ? folded() : f32x4.mul(folded(), splat(0.25)),
      );
      const twice = (lanes: readonly number[], offset: number): Code =>
        [p.large, below].map((at) => v128.store(at, f32x4.shuffle(value, value, lanes), offset));
      const widen: Code = [
        value.set(f32x4.mul(v128.load(p.small), splat(0.25))),
        twice([0, 0, 1, 1], 0),
        twice([2, 2, 3, 3], 16),
      ];
      return countdown(p.rows, [
        below.set(i32.add(p.large, p.row)),
        left.set(p.vectors),
        countdown(left, [
          way === "avgGrad" ? widen : narrow,
          p.large.add(32),
          below.add(32),
          p.small.add(16),
        ]),
        p.large.set(below),
      ]);
    },
  );

/** Whether all windows are 2 × 2 squares side by side, in rows of whole vectors. */
function suits(g: PoolGeometry, divisor: (d: number) => number): boolean {
  const all = (list: readonly number[], value: number): boolean => list.every((v) => v === value);
  return (
    g.kernel.length === 2 &&
    all(g.kernel, 2) &&
    all(g.stride, 2) &&
    all(g.padding, 0) &&
    all(g.dilation, 1) &&
    [0, 1].every((d) => g.x[d + 2] === 2 * (g.y[d + 2] as number) && divisor(d) === 2) &&
    (g.y[3] as number) % 4 === 0
  );
}

/**
 * Pools `large` into `small`, or spreads the gradient `small` into `large`; both dense.
 * @param divisor of the windows of a dim
 */
export function poolHalves(
  ctx: WasmContext,
  way: HalvesWay,
  g: PoolGeometry,
  large: number,
  small: number,
  divisor: (d: number) => number,
): string | undefined {
  if (!suits(g, divisor)) return undefined;
  const [n, c, height, width] = g.y as readonly [number, number, number, number];
  const rows = n * c * height;
  if (rows * width === 0) return undefined;
  const { halves } = ctx.get<"halves">(`poolHalves/${way}`, () => [halvesKernel(way)]);
  const cost = traffic(rows * width * 20);
  ctx.launch(cost, (tasks) => {
    pieces(rows, cost, (first, size) => {
      const [wide, narrow] = [large + first * width * 16, small + first * width * 4];
      tasks.add(halves, size, width / 4, width * 8, wide, narrow);
    });
  });
  return `halves-${way}`;
}
