// Where the largest (or smallest) element is: the first of equals, and NaN beats all. Rows are looked at in blocks, the best
// of each as vectors, and then it is looked for in the best of the blocks. Columns keep a best value and its row each;
// blocks of rows are compared with them sixteen columns at a time. NaN is noted beside, and looked for where there is one.
import {
  type Code,
  call,
  countdown,
  countdownOrSkip,
  doWhile,
  type Expr,
  type Func,
  f32,
  f32x4,
  func,
  type I32,
  type IntLocal,
  i32,
  i32x4,
  i64,
  type Local,
  laneSelect,
  select,
  v128,
  when,
} from "../assembler/assembler.ts";

type V = Expr<"v128">;
type Lane = Local<"v128">;
export type ArgCode = "argmax" | "argmin";

/** Elements of a block of a row: of a short row few, since one block is looked at twice. */
const BLOCKS = [256, 2048] as const;
/** Rows that columns are compared with at a time. */
const ROWS = 32;
/** Bytes that a column needs: its best value, that one's row, and whether there was a NaN. */
export const COLUMN_STATE = 12;

const STRIDED = {
  rows: "i32",
  n: "i32",
  x: "i32",
  xRow: "i32",
  xStep: "i32",
  y: "i32",
  yRow: "i32",
} as const;

/** arg() of row after row: the definition. */
const oneByOne = (code: ArgCode): Func =>
  func("one", STRIDED, (f, p) => {
    const [from, index, best] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
    const [v, top] = [f.local("f32"), f.local("f32")];
    const beats = code === "argmax" ? f32.gt(v, top) : f32.lt(v, top);
    return countdown(p.rows, [
      from.set(p.x),
      index.set(0),
      best.set(0),
      top.set(f32.load(from)),
      doWhile(
        [
          v.set(f32.load(from)),
          when(i32.or(beats, i32.and(f32.ne(v, v), f32.eq(top, top))), [
            top.set(v),
            best.set(index),
          ]),
          from.add(p.xStep),
          index.add(1),
        ],
        i32.ltU(index, p.n),
      ),
      i64.store(p.y, i64.extendI32U(best)),
      p.x.add(p.xRow),
      p.y.add(p.yRow),
    ]);
  });

/**
 * arg(rows, n, x, xRow, xStep, y, yRow): y[r] (int64) = the place of the best of x[r, 0 … n − 1], any steps. Four rows at a
 * time, one in each lane.
 */
const strided = (code: ArgCode, relaxed: boolean, one: Func): Func =>
  func("arg", STRIDED, (f, p) => {
    const at = f.locals("i32", 4) as [IntLocal, IntLocal, IntLocal, IntLocal];
    const [fours, left] = f.locals("i32", 2) as [IntLocal, IntLocal];
    const [v, nan, top] = f.locals("v128", 3) as [Lane, Lane, Lane];
    const [place, index, next] = f.locals("v128", 3) as [Lane, Lane, Lane];
    const look = compareAt(code, relaxed, { v, nan, index });
    const fold: Code = [
      at.map((q, i) => q.set(i === 0 ? p.x : i32.add(at[i - 1] as IntLocal, p.xRow))),
      nan.set(v128.zero()),
      index.set(v128.zero()),
      place.set(v128.zero()),
      top.set(f32x4.splat(f32.const(code === "argmax" ? -Infinity : Infinity))),
      left.set(p.n),
      countdown(left, [
        v.set(v128.load32Splat(at[0])),
        [1, 2, 3].map((i) => v.set(v128.load32Lane(at[i] as IntLocal, v, i))),
        look(top, place),
        index.set(i32x4.add(index, next)),
        at.map((q) => q.add(p.xStep)),
      ]),
      when(
        v128.anyTrue(nan),
        call(one, 4, p.n, p.x, p.xRow, p.xStep, p.y, p.yRow),
        [0, 1, 2, 3].map((i) =>
          i64.store(i32.add(p.y, i32.mul(p.yRow, i)), i64.extendI32U(i32x4.extractLane(place, i))),
        ),
      ),
      p.x.add(i32.shl(p.xRow, 2)),
      p.y.add(i32.shl(p.yRow, 2)),
    ];
    return [
      next.set(i32x4.splat(1)),
      fours.set(i32.shrU(p.rows, 2)),
      countdownOrSkip(fours, fold),
      p.rows.set(i32.and(p.rows, 3)),
      when(p.rows, call(one, p.rows, p.n, p.x, p.xRow, p.xStep, p.y, p.yRow)),
    ];
  });

/** Compares v, elements `index`, with the best so far, and notes whether there is a NaN. */
function compareAt(
  code: ArgCode,
  relaxed: boolean,
  { v, nan, index }: Readonly<Record<"v" | "nan" | "index", Lane>>,
): (top: Lane, place: Lane) => Code {
  const [beats, better] = code === "argmax" ? [f32x4.gt, f32x4.pmax] : [f32x4.lt, f32x4.pmin];
  const choose = laneSelect(relaxed);
  return (top, place) => [
    place.set(choose(index, place, beats(v, top))),
    top.set(better(top, v)),
    nan.set(v128.or(nan, f32x4.ne(v, v))),
  ];
}

/** row(rows, n, x, xRow, y, yRow, from): the same for elements side by side; `from` is added to the places. */
const sideBySide = (code: ArgCode): Func =>
  func(
    "row",
    { rows: "i32", n: "i32", x: "i32", xRow: "i32", y: "i32", yRow: "i32", first: "i32" },
    (f, p) => {
      const names = f.locals("i32", 9);
      const [at, left, most, block, count, best, look, found, mask] = names;
      if (!at || !left || !most || !block || !count || !best || !look || !found || !mask) return [];
      const tops = f.locals("v128", 4) as [Lane, Lane, Lane, Lane];
      const [v, nan, wanted] = f.locals("v128", 3) as [Lane, Lane, Lane];
      const [s, top] = [f.local("f32"), f.local("f32")];
      const [t0, t1, t2, t3] = tops;
      const better: (a: V, b: V) => V = code === "argmax" ? f32x4.pmax : f32x4.pmin;
      const none = code === "argmax" ? -Infinity : Infinity;
      const beats = (a: Expr<"f32">, b: Expr<"f32">) =>
        code === "argmax" ? f32.gt(a, b) : f32.lt(a, b);
      const see = (t: Lane, offset: number): Code => [
        v.set(v128.load(at, offset)),
        t.set(better(t, v)),
        nan.set(v128.or(nan, f32x4.ne(v, v))),
      ];
      const swap = (lanes: readonly number[]): Code => [
        t0.set(better(t0, f32x4.shuffle(t0, t0, lanes))),
      ];
      const until = (found: V): Code =>
        doWhile(
          [v.set(v128.load(look)), mask.set(i32x4.bitmask(found)), look.add(16)],
          i32.eqz(mask),
        );
      /** The first element from `look` on that is `top`, or NaN where that is: there is one. */
      const find: Code = [
        wanted.set(f32x4.splat(top)),
        when(f32.eq(top, top), until(f32x4.eq(v, wanted)), until(f32x4.ne(v, v))),
        // The place of the lowest bit.
        best.set(
          i32.add(
            i32.shrU(i32.sub(i32.sub(look, 16), p.x), 2),
            select(
              select(i32.const(0), i32.const(1), i32.and(mask, 1)),
              select(i32.const(2), i32.const(3), i32.and(mask, 4)),
              i32.and(mask, 3),
            ),
          ),
        ),
      ];
      const isBetter = i32.and(f32.eq(top, top), i32.or(beats(s, top), f32.ne(s, s)));
      /** Vectors from `at` on, whole ones only: their best in s. */
      const vectors: Code = [
        found.set(at),
        tops.map((t) => t.set(f32x4.splat(f32.const(none)))),
        nan.set(v128.zero()),
        count.set(i32.shrU(block, 4)),
        countdownOrSkip(count, [tops.map((t, i) => see(t, i * 16)), at.add(64)]),
        count.set(i32.and(i32.shrU(block, 2), 3)),
        countdownOrSkip(count, [see(t0, 0), at.add(16)]),
        t0.set(better(better(t0, t1), better(t2, t3))),
        swap([2, 3, 2, 3]),
        swap([1, 1, 1, 1]),
        s.set(f32x4.extractLane(t0, 0)),
        when(v128.anyTrue(nan), s.set(f32.const(Number.NaN))),
        // A NaN stays; else a better one, or the first NaN.
        when(isBetter, [top.set(s), look.set(found)]),
      ];
      const [few, many] = BLOCKS;
      return [
        most.set(select(i32.const(many), i32.const(few), i32.gtU(p.n, 8 * many))),
        countdown(p.rows, [
          at.set(p.x),
          best.set(0),
          top.set(f32.load(p.x)),
          left.set(i32.and(p.n, -4)),
          when(left, [
            look.set(p.x),
            doWhile(
              [
                block.set(select(left, most, i32.ltU(left, most))),
                left.set(i32.sub(left, block)),
                vectors,
              ],
              left,
            ),
            find,
          ]),
          left.set(i32.and(p.n, 3)),
          countdownOrSkip(left, [
            s.set(f32.load(at)),
            when(isBetter, [top.set(s), best.set(i32.shrU(i32.sub(at, p.x), 2))]),
            at.add(4),
          ]),
          i64.store(p.y, i64.extendI32U(i32.add(best, p.first))),
          p.x.add(p.xRow),
          p.y.add(p.yRow),
        ]),
      ];
    },
  );

/**
 * column(planes, n, rows, x, xPlane, xRow, y, yPlane, yStep, state): n columns side by side over `rows` rows, in each of the
 * planes; `state` has room for COLUMN_STATE · n bytes, n rounded up to a multiple of 4. The last four of them are looked at
 * together, whether they begin at a multiple of 4 or not.
 */
const columns = (code: ArgCode, relaxed: boolean, one: Func): Func =>
  func(
    "column",
    {
      planes: "i32",
      n: "i32",
      rows: "i32",
      x: "i32",
      xPlane: "i32",
      xRow: "i32",
      y: "i32",
      yPlane: "i32",
      yStep: "i32",
      state: "i32",
    },
    (f, p) => {
      const names = f.locals("i32", 9);
      const [at, from, to, left, row, first, end, block, last] = names;
      if (!at || !from || !to || !left || !row || !first || !end || !block || !last) return [];
      const [v, nan, index] = f.locals("v128", 3) as [Lane, Lane, Lane];
      const tops = f.locals("v128", 4) as [Lane, Lane, Lane, Lane];
      const places = f.locals("v128", 4) as [Lane, Lane, Lane, Lane];
      const look = compareAt(code, relaxed, { v, nan, index });
      const bytes = COLUMN_STATE * 4;
      /** The rows first … end − 1 of so many vectors at `from`; what is known of them lies at `to`. */
      const compared = (vectors: 1 | 4): Code => {
        const each = (body: (top: Lane, place: Lane, i: number) => Code): Code =>
          Array.from({ length: vectors }, (_, i) => body(tops[i] as Lane, places[i] as Lane, i));
        return [
          nan.set(v128.zero()),
          when(
            first,
            each((top, place, i) => [
              top.set(v128.load(to, i * bytes)),
              place.set(v128.load(to, i * bytes + 16)),
              nan.set(v128.or(nan, v128.load(to, i * bytes + 32))),
            ]),
            each((top, place, i) => [top.set(v128.load(from, i * 16)), place.set(v128.zero())]),
          ),
          at.set(from),
          row.set(first),
          doWhile(
            [
              index.set(i32x4.splat(row)),
              each((top, place, i) => [v.set(v128.load(at, i * 16)), look(top, place)]),
              at.add(p.xRow),
              row.add(1),
            ],
            i32.ltU(row, end),
          ),
          each((top, place, i) => [
            v128.store(to, top, i * bytes),
            v128.store(to, place, i * bytes + 16),
            v128.store(to, nan, i * bytes + 32),
          ]),
          from.add(vectors * 16),
          to.add(vectors * bytes),
        ];
      };
      const compareAll: Code = [
        first.set(0),
        block.set(p.x),
        doWhile(
          [
            end.set(i32.add(first, ROWS)),
            end.set(select(end, p.rows, i32.ltU(end, p.rows))),
            from.set(block),
            to.set(p.state),
            left.set(i32.shrU(p.n, 4)),
            countdownOrSkip(left, compared(4)),
            last.set(i32.sub(i32.add(block, i32.shl(p.n, 2)), 16)),
            left.set(i32.shrU(i32.add(i32.and(p.n, 15), 3), 2)),
            countdownOrSkip(left, [from.set(select(from, last, i32.ltU(from, last))), compared(1)]),
            block.add(i32.mul(p.xRow, ROWS)),
            first.set(end),
          ],
          i32.ltU(first, p.rows),
        ),
      ];
      const [xAt, yAt] = [from, at];
      const slowly = (count: I32): Code => call(one, count, p.rows, xAt, 4, p.xRow, yAt, p.yStep);
      const lane = (k: number): Code => i64.store(yAt, i64.extendI32U(i32.load(to, 16 + k * 4)));
      const results: Code = [
        to.set(p.state),
        last.set(i32.sub(p.n, 4)),
        first.set(0),
        doWhile(
          [
            first.set(select(first, last, i32.ltU(first, last))),
            xAt.set(i32.add(p.x, i32.shl(first, 2))),
            yAt.set(i32.add(p.y, i32.mul(first, p.yStep))),
            // A NaN in these columns, or in others beside them.
            when(
              v128.anyTrue(v128.load(to, 32)),
              slowly(4),
              [0, 1, 2, 3].map((k) => [lane(k), yAt.add(p.yStep)]),
            ),
            to.add(bytes),
            first.add(4),
          ],
          i32.ltU(first, p.n),
        ),
      ];
      return countdown(p.planes, [
        when(i32.gtU(p.n, 3), [compareAll, results], [xAt.set(p.x), yAt.set(p.y), slowly(p.n)]),
        p.x.add(p.xPlane),
        p.y.add(p.yPlane),
      ]);
    },
  );

/** pick(count, places, x, y): of the places of the best of consecutive pieces of a row x, the best, into y. */
const pick = (code: ArgCode): Func =>
  func("pick", { count: "i32", places: "i32", x: "i32", y: "i32" }, (f, p) => {
    const [place, best] = f.locals("i32", 2) as [IntLocal, IntLocal];
    const [v, top] = [f.local("f32"), f.local("f32")];
    const beats = code === "argmax" ? f32.gt(v, top) : f32.lt(v, top);
    return [
      best.set(i32.load(p.places)),
      top.set(f32.load(i32.add(p.x, i32.shl(best, 2)))),
      countdown(p.count, [
        place.set(i32.load(p.places)),
        v.set(f32.load(i32.add(p.x, i32.shl(place, 2)))),
        when(i32.or(beats, i32.and(f32.ne(v, v), f32.eq(top, top))), [top.set(v), best.set(place)]),
        p.places.add(8),
      ]),
      i64.store(p.y, i64.extendI32U(best)),
    ];
  });

export type ArgKernels = "arg" | "row" | "column" | "pick";
export function argKernels(code: ArgCode, relaxed: boolean): Func[] {
  const one = oneByOne(code);
  return [
    one,
    strided(code, relaxed, one),
    sideBySide(code),
    columns(code, relaxed, one),
    pick(code),
  ];
}
