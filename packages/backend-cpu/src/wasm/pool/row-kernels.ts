// Pooling of planes [H, W] row by row. A window is rows of taps, so each row of the input is folded sideways
// once, and each row of the result folds a few of these: k + k steps instead of k · k, all of them four at a
// time. An input row is first copied between paddings of its own (−∞ or 0), so that every window is full.
// The folded rows lie in a ring of as many as one window spans.
//
// The gradient of a mean is a mean again: each g, divided, stands at the first tap of its window, `stride` apart
// with zeros in between, and a sum over the taps spreads it.
import {
  type Code,
  countdown,
  countdownOrSkip,
  type Expr,
  type Func,
  f32,
  f32x4,
  func,
  type IntLocal,
  i32,
  i32x4,
  type Local,
  laneSelect,
  range,
  type Scope,
  v128,
  when,
} from "../assembler/assembler.ts";
import { splat } from "../elementwise/math.ts";

type V = Expr<"v128">;
type Lane = Local<"v128">;

export interface RowPooling {
  readonly way: "max" | "avg" | "avgGrad";
  /** Taps of a window, their distance, and the distance of two windows, in W. */
  readonly taps: number;
  readonly dilation: number;
  readonly stride: number;
  /** Folded rows that make one row of the result, at most. */
  readonly rows: number;
  readonly rowDilation: number;
  /** max: also says where each maximum is. */
  readonly places: boolean;
  readonly relaxed: boolean;
}

/** More taps than this, in either direction, are not written out. */
export const MOST_TAPS = 8;

/** One entry per row of the result: first folded row, how many, and the divisor. */
export const ROW_ENTRY = 12;

export const ROW_PARAMS = {
  planes: "i32",
  from: "i32",
  to: "i32",
  places: "i32",
  /** Rows of `from`, and how long they are. */
  inRows: "i32",
  inWidth: "i32",
  outRows: "i32",
  outWidth: "i32",
  /** ROW_ENTRY bytes per row of the result. */
  rowTable: "i32",
  /** Floats, or integers, per column: avg the divisors; avgGrad those of g's columns; max the first taps inside. */
  columnTable: "i32",
  /** avgGrad: floats, the divisors of g's rows. */
  divisors: "i32",
  /** Local memory: the padded row, a ring of rows and one neutral row, the same for places. */
  buffer: "i32",
  paddedBytes: "i32",
  rowBytes: "i32",
  ring: "i32",
  /** Elements of padding in front of a row. */
  left: "i32",
} as const;
type Params = { readonly [K in keyof typeof ROW_PARAMS]: IntLocal };

/** Elements 0, stride, 2·stride, 3·stride from p + offset elements on; may read up to 8 elements from there. */
function strided(stride: number, p: IntLocal, offset: number): V {
  const at = offset * 4;
  if (stride === 1) return v128.load(p, at);
  if (stride === 2) return f32x4.shuffle(v128.load(p, at), v128.load(p, at + 16), [0, 2, 4, 6]);
  const lane = (value: V, i: number): V => v128.load32Lane(p, value, i, at + i * stride * 4);
  return lane(lane(lane(v128.load32Zero(p, at), 1), 2), 3);
}

/** Floats of the padded row: what windows in groups of four may read, and what a row of the input fills. */
export function paddedWidth(p: RowPooling, inWidth: number, outWidth: number, left: number) {
  const step = p.way === "avgGrad" ? 1 : p.stride;
  const spread = p.way === "avgGrad" ? p.stride : 1;
  const read = (Math.ceil(outWidth / 4) * 4 - 1) * step + (p.taps - 1) * p.dilation + 1;
  return Math.ceil((Math.max(read, left + inWidth * spread) + 16) / 4) * 4;
}

/**
 * A value and where it comes from: `value` replaces `best` where it is larger or NaN, as the loops have it. Without
 * places a NaN may become another one.
 */
export function larger(
  p: Pick<RowPooling, "places" | "relaxed">,
  best: Lane,
  place: Lane,
  value: Lane,
  other: () => V,
  mask: Lane,
): Code {
  const nan = f32x4.ne(value, value);
  // All ones is a NaN.
  if (!p.places) return best.set(v128.or(f32x4.pmax(best, value), nan));
  const choose = laneSelect(p.relaxed);
  return [
    mask.set(v128.or(f32x4.gt(value, best), nan)),
    best.set(choose(value, best, mask)),
    place.set(choose(other(), place, mask)),
  ];
}

/** pool(…ROW_PARAMS) */
export function rowPoolKernel(p: RowPooling): Func {
  return func("pool", ROW_PARAMS, (f, a) => {
    const [row, next, end, slot, out] = f.locals("i32", 5) as IntLocal[] as [
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
    ];
    const [table, ringAt, placeStep, at] = f.locals("i32", 4) as [
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
    ];
    const neutral = p.way === "max" ? splat(-Infinity) : v128.zero();
    const foldedRow = sideways(f, a, p, next, slot, placeStep);
    return [
      ringAt.set(i32.add(a.buffer, a.paddedBytes)),
      placeStep.set(i32.mul(a.rowBytes, i32.add(a.ring, 1))),
      // The padded row, the ring and the neutral row behind it: whole vectors.
      range(at, a.buffer, i32.add(ringAt, placeStep), v128.store(at, neutral), 16),
      countdownOrSkip(a.planes, [
        next.set(0),
        table.set(a.rowTable),
        out.set(a.outRows),
        countdownOrSkip(out, [
          row.set(i32.load(table)),
          end.set(
            i32.add(
              row,
              i32.add(i32.mul(i32.sub(i32.load(table, 4), 1), i32.const(p.rowDilation)), 1),
            ),
          ),
          when(
            i32.load(table, 4),
            range(next, next, end, [
              slot.set(i32.add(ringAt, i32.mul(i32.remU(next, a.ring), a.rowBytes))),
              foldedRow,
            ]),
          ),
          downwards(f, a, p, row, table, ringAt, placeStep),
          table.add(ROW_ENTRY),
        ]),
        // Rows behind the last window.
        a.from.add(i32.mul(i32.sub(a.inRows, next), i32.shl(a.inWidth, 2))),
      ]),
    ];
  });
}

/** Takes the next row from `from`, which moves on, and folds it into the ring. */
function sideways(
  f: Scope,
  a: Params,
  p: RowPooling,
  row: IntLocal,
  slot: IntLocal,
  placeStep: IntLocal,
): Code {
  const [q, to, left, column] = f.locals("i32", 4) as [IntLocal, IntLocal, IntLocal, IntLocal];
  const [value, sum, place, first, mask] = f.locals("v128", 5) as [Lane, Lane, Lane, Lane, Lane];
  const [divisor, step] = [f.local("v128"), f.local("v128")];
  const begin: Code = [
    q.set(a.from),
    to.set(i32.add(a.buffer, i32.shl(a.left, 2))),
    a.from.add(i32.shl(a.inWidth, 2)),
  ];
  const copied: Code = [
    left.set(i32.shrU(a.inWidth, 2)),
    countdownOrSkip(left, [v128.store(to, v128.load(q)), q.add(16), to.add(16)]),
    left.set(i32.and(a.inWidth, 3)),
    countdownOrSkip(left, [f32.store(to, f32.load(q)), q.add(4), to.add(4)]),
  ];
  const spread = (): Code => {
    const share = (load: V, over: V): Code => value.set(f32x4.div(load, f32x4.mul(over, divisor)));
    const apart = Array.from({ length: 4 }, (_, i) =>
      v128.store32Lane(to, value, i, i * p.stride * 4),
    );
    const halves = [
      v128.store(to, f32x4.shuffle(value, v128.zero(), [0, 4, 1, 5])),
      v128.store(to, f32x4.shuffle(value, v128.zero(), [2, 6, 3, 7]), 16),
    ];
    return [
      column.set(a.columnTable),
      divisor.set(v128.load32Splat(i32.add(a.divisors, i32.shl(row, 2)))),
      left.set(i32.shrU(a.inWidth, 2)),
      countdownOrSkip(left, [
        share(v128.load(q), v128.load(column)),
        p.stride === 1 ? v128.store(to, value) : p.stride === 2 ? halves : apart,
        q.add(16),
        column.add(16),
        to.add(16 * p.stride),
      ]),
      left.set(i32.and(a.inWidth, 3)),
      countdownOrSkip(left, [
        share(v128.load32Zero(q), v128.load32Splat(column)),
        v128.store32Lane(to, value, 0),
        q.add(4),
        column.add(4),
        to.add(4 * p.stride),
      ]),
    ];
  };
  const stride = p.way === "avgGrad" ? 1 : p.stride;
  const tap = (k: number): V => strided(stride, q, k * p.dilation);
  const others = Array.from({ length: p.taps - 1 }, (_, k) => k + 1);
  const max: Code = [
    sum.set(tap(0)),
    p.places ? place.set(i32x4.add(v128.load(column), step)) : [],
    others.map((k) => [
      value.set(tap(k)),
      larger(p, sum, place, value, () => i32x4.add(first, i32x4.splat(k * p.dilation)), mask),
    ]),
    v128.store(to, sum),
    p.places
      ? [
          v128.store(i32.add(to, placeStep), place),
          first.set(i32x4.add(first, i32x4.splat(4 * p.stride))),
          column.add(16),
        ]
      : [],
  ];
  const total = others.reduce((all, k) => f32x4.add(all, tap(k)), tap(0));
  return [
    begin,
    p.way === "avgGrad" ? spread() : copied,
    q.set(a.buffer),
    to.set(slot),
    left.set(i32.shrU(i32.add(a.outWidth, 3), 2)),
    p.places
      ? [
          column.set(a.columnTable),
          step.set(i32x4.splat(i32.mul(row, a.inWidth))),
          first.set(
            i32x4.add(
              i32x4.sub(step, i32x4.splat(a.left)),
              v128.constI32([0, p.stride, 2 * p.stride, 3 * p.stride]),
            ),
          ),
        ]
      : [],
    countdown(left, [
      p.way === "max" ? max : v128.store(to, total),
      q.add(16 * stride),
      to.add(16),
    ]),
  ];
}

/** Folds rows of the ring, from the row-th on, into one row of the result, which moves on. */
function downwards(
  f: Scope,
  a: Params,
  p: RowPooling,
  row: IntLocal,
  table: IntLocal,
  ringAt: IntLocal,
  placeStep: IntLocal,
): Code {
  const rows = f.locals("i32", p.rows) as IntLocal[];
  const [left, column] = [f.local("i32"), f.local("i32")];
  const [value, sum, place, mask, divisor] = f.locals("v128", 5) as [Lane, Lane, Lane, Lane, Lane];
  const moving = [
    ...rows,
    a.to,
    ...(p.places ? [a.places] : []),
    ...(p.way === "avg" ? [column] : []),
  ];
  const move = (bytes: number | IntLocal, back = false): Code =>
    moving.map((q) => (back ? q.set(i32.sub(q, bytes)) : q.add(bytes)));
  const first = rows[0] as IntLocal;
  const placeOf = (q: IntLocal): V => v128.load(i32.add(q, placeStep));
  const fold: Code = [
    sum.set(v128.load(first)),
    p.places ? place.set(placeOf(first)) : [],
    rows
      .slice(1)
      .map((q) =>
        p.way === "max"
          ? [value.set(v128.load(q)), larger(p, sum, place, value, () => placeOf(q), mask)]
          : sum.set(f32x4.add(sum, v128.load(q))),
      ),
    p.way === "avg" ? sum.set(f32x4.div(sum, f32x4.mul(v128.load(column), divisor))) : [],
  ];
  const four: Code = [
    fold,
    v128.store(a.to, sum),
    p.places ? v128.store(a.places, place) : [],
    move(16),
  ];
  const lane = (i: number): Code => [
    v128.store32Lane(a.to, sum, i, i * 4),
    p.places ? v128.store32Lane(a.places, place, i, i * 4) : [],
  ];
  const [missing, narrow] = [f.local("i32"), f.local("i32")];
  return [
    rows.map((q, t) => [
      q.set(i32.add(ringAt, i32.mul(a.rowBytes, a.ring))),
      when(
        i32.gtU(i32.load(table, 4), t),
        q.set(
          i32.add(ringAt, i32.mul(i32.remU(i32.add(row, t * p.rowDilation), a.ring), a.rowBytes)),
        ),
      ),
    ]),
    p.way === "avg"
      ? [column.set(a.columnTable), divisor.set(f32x4.splat(f32.convertI32U(i32.load(table, 8))))]
      : [],
    left.set(i32.shrU(a.outWidth, 2)),
    narrow.set(i32.and(a.outWidth, 3)),
    when(
      left,
      [
        countdown(left, four),
        // The rest is the end of the last four once more.
        when(narrow, [missing.set(i32.shl(i32.sub(4, narrow), 2)), move(missing, true), four]),
      ],
      [
        fold,
        lane(0),
        when(i32.gtU(narrow, 1), lane(1)),
        when(i32.gtU(narrow, 2), lane(2)),
        a.to.add(i32.shl(narrow, 2)),
        p.places ? a.places.add(i32.shl(narrow, 2)) : [],
      ],
    ),
  ];
}
