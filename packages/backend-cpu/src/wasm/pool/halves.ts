// Pooling of 2 × 2 taps with stride 2 where nothing is cut off, the commonest there is: two rows in, one row out, without
// the rings of pool/row-kernels.ts. The same sums in the same order.
import { divisorAt, type PoolGeometry } from "@tapegrad/core";
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
  laneSelect,
  select,
  touch,
  v128,
  when,
} from "../assembler/assembler.ts";
import type { WasmContext } from "../context.ts";
import { integers, splat } from "../elementwise/math.ts";
import { pieces, traffic } from "../threads/launch.ts";
import { larger } from "./row-kernels.ts";

type V = Expr<"v128">;
type Lane = Local<"v128">;
type Lanes = [Lane, Lane, Lane, Lane, Lane, Lane];
export type HalvesWay = "max" | "maxGrad" | "avg" | "avgGrad";

const even = (a: V, b: V): V => f32x4.shuffle(a, b, [0, 2, 4, 6]);
const odd = (a: V, b: V): V => f32x4.shuffle(a, b, [1, 3, 5, 7]);

/** a₀ b₀ a₁ b₁, and a₂ b₂ a₃ b₃ */
const lowPairs = (a: V, b: V): V => f32x4.shuffle(a, b, [0, 4, 1, 5]);
const highPairs = (a: V, b: V): V => f32x4.shuffle(a, b, [2, 6, 3, 7]);

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
      [p.large, below].map((at) => touch(i32.add(at, ahead))),
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
    const [a, b, c, d, upper, lower] = f.locals("v128", 6) as Lanes;
    const window: readonly (readonly [element: Lane, place: () => V])[] = [
      [a, () => first],
      [b, () => i32x4.add(first, integers(1))],
      [c, () => i32x4.add(first, down)],
      [d, () => i32x4.add(i32x4.add(first, down), integers(1))],
    ];
    const load: Code = [
      [p.large, below].map((at, row) => {
        const [x, y] = row === 0 ? [a, b] : [c, d];
        return [
          value.set(v128.load(at)),
          mask.set(v128.load(at, 16)),
          x.set(even(value, mask)),
          y.set(odd(value, mask)),
        ];
      }),
    ];
    /** One after the other. */
    const anyWay: Code = [
      best.set(a),
      places ? place.set(first) : [],
      window
        .slice(1)
        .map(([element, at]) => larger({ places, relaxed }, best, place, element, at, mask)),
    ];
    /** Two by two, where none is NaN: the first of equals wins here too. */
    const knockout: Code = [
      upper.set(f32x4.pmax(a, b)),
      lower.set(f32x4.pmax(c, d)),
      best.set(f32x4.pmax(upper, lower)),
      // A mask is −1 where it holds.
      place.set(
        laneSelect(relaxed)(
          i32x4.sub(i32x4.add(first, down), f32x4.gt(d, c)),
          i32x4.sub(first, f32x4.gt(b, a)),
          f32x4.gt(lower, upper),
        ),
      ),
    ];
    const sum = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
    const fold: Code = places
      ? [
          mask.set(sum),
          // ∞ − ∞ goes the longer way too.
          when(v128.anyTrue(f32x4.ne(mask, mask)), anyWay, knockout),
        ]
      : anyWay;
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
          load,
          fold,
          v128.store(p.small, best),
          places
            ? [
                v128.store(p.places, place),
                p.places.add(16),
                first.set(i32x4.add(first, integers(8))),
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

/**
 * The gradient of the maxima, from their places: each element of `large` is written once, and nothing is read there.
 * line, height: as in maximaKernel().
 */
const spreadMaximaKernel = (): Func =>
  func("halves", { ...PARAMS, places: "i32", line: "i32", height: "i32" }, (f, p) => {
    const [left, below] = f.locals("i32", 2) as [IntLocal, IntLocal];
    const [g, place, first, down, even, odd] = f.locals("v128", 6) as Lanes;
    /** g where the maximum is the element of its window that `first` says, else 0. */
    const picked = (): V => v128.and(g, i32x4.eq(place, first));
    const row = (at: IntLocal): Code => [
      even.set(picked()),
      first.set(i32x4.add(first, integers(1))),
      odd.set(picked()),
      v128.store(at, lowPairs(even, odd)),
      v128.store(at, highPairs(even, odd), 16),
    ];
    return [
      // From the second element of a window to the third.
      down.set(i32x4.splat(i32.sub(i32.shrU(p.row, 2), 1))),
      countdown(p.rows, [
        below.set(i32.add(p.large, p.row)),
        left.set(p.vectors),
        first.set(
          i32x4.add(i32x4.splat(i32.shrU(i32.mul(p.line, p.row), 1)), v128.constI32([0, 2, 4, 6])),
        ),
        countdown(left, [
          g.set(v128.load(p.small)),
          place.set(v128.load(p.places)),
          row(p.large),
          first.set(i32x4.add(first, down)),
          row(below),
          first.set(i32x4.add(i32x4.sub(first, down), integers(6))),
          [p.large, below].map((at) => at.add(32)),
          [p.small, p.places].map((at) => at.add(16)),
        ]),
        p.large.set(below),
        p.line.add(1),
        when(i32.eq(p.line, p.height), p.line.set(0)),
      ]),
    ];
  });

const kernelOf = (way: HalvesWay, places: boolean, relaxed: boolean): Func =>
  way === "max"
    ? maximaKernel(places, relaxed)
    : way === "maxGrad"
      ? spreadMaximaKernel()
      : meansKernel(way);

/** Whether all windows are 2 × 2 squares side by side, in rows of whole vectors. */
function suits(g: PoolGeometry): boolean {
  const all = (list: readonly number[], value: number): boolean => list.every((v) => v === value);
  return (
    g.kernel.length === 2 &&
    all(g.kernel, 2) &&
    all(g.stride, 2) &&
    all(g.padding, 0) &&
    all(g.dilation, 1) &&
    [0, 1].every((d) => g.x[d + 2] === 2 * (g.y[d + 2] as number) && divisorAt(g, d, 0) === 2) &&
    (g.y[3] as number) % 4 === 0
  );
}

/**
 * Pools `large` into `small`, or spreads the gradient `small` into `large`; both dense.
 * @param places where it says where each maximum is, 0: nowhere
 */
export function poolHalves(
  ctx: WasmContext,
  way: HalvesWay,
  g: PoolGeometry,
  large: number,
  small: number,
  places: number,
): string | undefined {
  if (!suits(g)) return undefined;
  const [n, c, height, width] = g.y as readonly [number, number, number, number];
  const rows = n * c * height;
  if (rows * width === 0) return undefined;
  const { halves } = ctx.get<"halves">(`poolHalves/${way}/${places !== 0}`, () => [
    kernelOf(way, places !== 0, ctx.relaxed),
  ]);
  const cost = traffic(rows * width * 20);
  ctx.launch(cost, (tasks) => {
    pieces(rows, cost, (first, size) => {
      const [wide, narrow] = [large + first * width * 16, small + first * width * 4];
      const plane = [places + first * width * 4, first % height, height];
      const more = way === "max" || way === "maxGrad" ? plane : [];
      tasks.add(halves, size, width / 4, width * 8, wide, narrow, ...more);
    });
  });
  return `halves-${way}`;
}
