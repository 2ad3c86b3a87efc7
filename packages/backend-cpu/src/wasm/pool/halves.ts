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
  i32x4,
  type Local,
  select,
  touch,
  v128,
  when,
} from "../assembler/assembler.ts";
import type { WasmContext } from "../context.ts";
import { splat } from "../elementwise/math.ts";
import { pieces, traffic } from "../threads/launch.ts";
import { larger } from "./row-kernels.ts";

type V = Expr<"v128">;
type Lane = Local<"v128">;
type Lanes = [Lane, Lane, Lane, Lane, Lane, Lane];
export type HalvesWay = "max" | "avg" | "avgGrad";

const even = (a: V, b: V): V => f32x4.shuffle(a, b, [0, 2, 4, 6]);
const odd = (a: V, b: V): V => f32x4.shuffle(a, b, [1, 3, 5, 7]);

const PARAMS = { rows: "i32", vectors: "i32", row: "i32", large: "i32", small: "i32" } as const;

/** Bytes of the large side that are asked for before they are written. */
const AHEAD = 1024;
/** AHEAD, or 0 where the `rows` pairs of large rows that are left are no more than that. */
const aheadIn = (rows: IntLocal, row: IntLocal): Expr<"i32"> =>
  select(
    i32.const(0),
    i32.const(AHEAD),
    i32.ltU(i32.mul(rows, i32.shl(row, 1)), i32.add(i32.shl(row, 1), AHEAD)),
  );

/** halves(rows, vectors, row, large, small): small rows of so many vectors; a large row has `row` bytes. */
const meansKernel = (way: "avg" | "avgGrad"): Func =>
  func("halves", PARAMS, (f, p) => {
    const [left, below, ahead] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
    const value = f.local("v128");
    const pair = (at: IntLocal): V =>
      f32x4.add(even(v128.load(at), v128.load(at, 16)), odd(v128.load(at), v128.load(at, 16)));
    const narrow: Code = v128.store(
      p.small,
      f32x4.mul(f32x4.add(pair(p.large), pair(below)), splat(0.25)),
    );
    const twice = (lanes: readonly number[], offset: number): Code =>
      [p.large, below].map((at) => v128.store(at, f32x4.shuffle(value, value, lanes), offset));
    const widen: Code = [
      touch(i32.add(below, ahead)),
      value.set(f32x4.mul(v128.load(p.small), splat(0.25))),
      twice([0, 0, 1, 1], 0),
      twice([2, 2, 3, 3], 16),
    ];
    return countdown(p.rows, [
      below.set(i32.add(p.large, p.row)),
      left.set(p.vectors),
      way === "avgGrad" ? ahead.set(aheadIn(p.rows, p.row)) : [],
      countdown(left, [
        way === "avgGrad" ? widen : narrow,
        p.large.add(32),
        below.add(32),
        p.small.add(16),
      ]),
      p.large.set(below),
    ]);
  });

/**
 * The same for maxima. With `places`: where in its plane each one is; line: how many small rows of its plane lie in
 * front of the first one, of `height`.
 */
const maximaKernel = (places: boolean, relaxed: boolean): Func =>
  func("halves", { ...PARAMS, places: "i32", line: "i32", height: "i32" }, (f, p) => {
    const [left, below] = f.locals("i32", 2) as [IntLocal, IntLocal];
    const [best, place, value, mask, first, down] = f.locals("v128", 6) as Lanes;
    const halves = [p.large, below].flatMap((at, row) =>
      [even, odd].map((half, column) => ({
        load: half(v128.load(at), v128.load(at, 16)),
        place: (): V => {
          const inRow = row === 0 ? first : i32x4.add(first, down);
          return column === 0 ? inRow : i32x4.add(inRow, i32x4.splat(1));
        },
      })),
    );
    const fold: Code = halves.map((half, i) =>
      i === 0
        ? [best.set(half.load), places ? place.set(first) : []]
        : [value.set(half.load), larger({ places, relaxed }, best, place, value, half.place, mask)],
    );
    return [
      places ? down.set(i32x4.splat(i32.shrU(p.row, 2))) : [],
      countdown(p.rows, [
        below.set(i32.add(p.large, p.row)),
        left.set(p.vectors),
        places
          ? first.set(
              i32x4.add(
                i32x4.splat(i32.shrU(i32.mul(p.line, p.row), 1)),
                v128.constI32([0, 2, 4, 6]),
              ),
            )
          : [],
        countdown(left, [
          fold,
          v128.store(p.small, best),
          places
            ? [
                v128.store(p.places, place),
                p.places.add(16),
                first.set(i32x4.add(first, i32x4.splat(8))),
              ]
            : [],
          p.large.add(32),
          below.add(32),
          p.small.add(16),
        ]),
        p.large.set(below),
        places ? [p.line.add(1), when(i32.eq(p.line, p.height), p.line.set(0))] : [],
      ]),
    ];
  });

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
 * @param places where to say where each maximum is, 0: nowhere
 * @param divisor of the windows of a dim
 */
export function poolHalves(
  ctx: WasmContext,
  way: HalvesWay,
  g: PoolGeometry,
  large: number,
  small: number,
  places: number,
  divisor: (d: number) => number,
): string | undefined {
  if (!suits(g, divisor)) return undefined;
  const [n, c, height, width] = g.y as readonly [number, number, number, number];
  const rows = n * c * height;
  if (rows * width === 0) return undefined;
  const { halves } = ctx.get<"halves">(`poolHalves/${way}/${places !== 0}`, () => [
    way === "max" ? maximaKernel(places !== 0, ctx.relaxed) : meansKernel(way),
  ]);
  const cost = traffic(rows * width * 20);
  ctx.launch(cost, (tasks) => {
    pieces(rows, cost, (first, size) => {
      const [wide, narrow] = [large + first * width * 16, small + first * width * 4];
      const more = way === "max" ? [places + first * width * 4, first % height, height] : [];
      tasks.add(halves, size, width / 4, width * 8, wide, narrow, ...more);
    });
  });
  return `halves-${way}`;
}
