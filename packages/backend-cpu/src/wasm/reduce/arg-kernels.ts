// Where the largest (or smallest) element is: the first of equals, and NaN beats all. Rows are looked at in blocks: the best
// of a block as vectors, then, only if it beats what was found before, where in the block it is. Columns keep a best
// value and its row each, in memory, and are compared four at a time.
import {
  type Code,
  countdown,
  countdownOrSkip,
  doWhile,
  type Expr,
  type Func,
  f32,
  f32x4,
  func,
  type IntLocal,
  i32,
  i32x4,
  i64,
  type Local,
  select,
  v128,
  when,
} from "../assembler/assembler.ts";

type V = Expr<"v128">;
type Lane = Local<"v128">;
export type ArgCode = "argmax" | "argmin";

/** Elements of a block: its second look finds it in the first-level cache. */
const BLOCK = 1024;

/**
 * arg(rows, n, x, xRow, xStep, y, yRow): y[r] (int64) = the place of the best of x[r, 0 … n − 1], any steps.
 */
const strided = (code: ArgCode): Func =>
  func(
    "arg",
    { rows: "i32", n: "i32", x: "i32", xRow: "i32", xStep: "i32", y: "i32", yRow: "i32" },
    (f, p) => {
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
    },
  );

/** row(rows, n, x, xRow, y, yRow, from): the same for elements side by side; `from` is added to the places. */
const sideBySide = (code: ArgCode): Func =>
  func(
    "row",
    { rows: "i32", n: "i32", x: "i32", xRow: "i32", y: "i32", yRow: "i32", first: "i32" },
    (f, p) => {
      const names = f.locals("i32", 7);
      const [at, left, block, count, best, look, mask] = names;
      if (!at || !left || !block || !count || !best || !look || !mask) return [];
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
      /** The first element from `look` on that is `s`, or NaN where s is: there is one. */
      const find: Code = [
        wanted.set(f32x4.splat(s)),
        doWhile(
          [
            v.set(v128.load(look)),
            mask.set(
              i32x4.bitmask(
                v128.or(f32x4.eq(v, wanted), v128.and(f32x4.ne(v, v), f32x4.ne(wanted, wanted))),
              ),
            ),
            look.add(16),
          ],
          i32.eqz(mask),
        ),
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
        top.set(s),
      ];
      /** Vectors from `at` on, whole ones only: their best in s. */
      const vectors: Code = [
        look.set(at),
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
        when(i32.and(f32.eq(top, top), i32.or(beats(s, top), f32.ne(s, s))), find),
      ];
      return countdown(p.rows, [
        at.set(p.x),
        best.set(0),
        top.set(f32.load(p.x)),
        left.set(i32.and(p.n, -4)),
        when(
          left,
          doWhile(
            [
              block.set(select(left, i32.const(BLOCK), i32.ltU(left, BLOCK))),
              left.set(i32.sub(left, block)),
              vectors,
            ],
            left,
          ),
        ),
        left.set(i32.and(p.n, 3)),
        countdownOrSkip(left, [
          s.set(f32.load(at)),
          when(i32.and(f32.eq(top, top), i32.or(beats(s, top), f32.ne(s, s))), [
            top.set(s),
            best.set(i32.shrU(i32.sub(at, p.x), 2)),
          ]),
          at.add(4),
        ]),
        i64.store(p.y, i64.extendI32U(i32.add(best, p.first))),
        p.x.add(p.xRow),
        p.y.add(p.yRow),
      ]);
    },
  );

/**
 * column(n, rows, x, xRow, y, yStep, state): n columns side by side, n a multiple of 4, over `rows` rows; `state`
 * has room for 8·n bytes.
 */
const columns = (code: ArgCode): Func =>
  func(
    "column",
    { n: "i32", rows: "i32", x: "i32", xRow: "i32", y: "i32", yStep: "i32", state: "i32" },
    (f, p) => {
      const [at, to, left, row] = f.locals("i32", 4) as [IntLocal, IntLocal, IntLocal, IntLocal];
      const [v, top, beats, index] = f.locals("v128", 4) as [Lane, Lane, Lane, Lane];
      const compare = code === "argmax" ? f32x4.gt : f32x4.lt;
      const over = (body: Code): Code => [
        at.set(p.x),
        to.set(p.state),
        left.set(i32.shrU(p.n, 2)),
        countdown(left, [body, at.add(16), to.add(32)]),
      ];
      return [
        over([v128.store(to, v128.load(at)), v128.store(to, v128.zero(), 16)]),
        row.set(1),
        when(
          i32.gtU(p.rows, 1),
          doWhile(
            [
              p.x.add(p.xRow),
              index.set(i32x4.splat(row)),
              over([
                v.set(v128.load(at)),
                top.set(v128.load(to)),
                beats.set(
                  v128.or(compare(v, top), v128.andnot(f32x4.ne(v, v), f32x4.ne(top, top))),
                ),
                when(v128.anyTrue(beats), [
                  v128.store(to, v128.bitselect(v, top, beats)),
                  v128.store(to, v128.bitselect(index, v128.load(to, 16), beats), 16),
                ]),
              ]),
              row.add(1),
            ],
            i32.ltU(row, p.rows),
          ),
        ),
        to.set(p.state),
        left.set(i32.shrU(p.n, 2)),
        countdown(left, [
          [0, 4, 8, 12].map((offset) => [
            i64.store(p.y, i64.extendI32U(i32.load(to, 16 + offset))),
            p.y.add(p.yStep),
          ]),
          to.add(32),
        ]),
      ];
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
export const argKernels = (code: ArgCode): Func[] => [
  strided(code),
  sideBySide(code),
  columns(code),
  pick(code),
];
