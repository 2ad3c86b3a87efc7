// Transpositions of 32-bit words: y[i, j] = a[j, i], rows of y side by side (yStep 4), a side by side along the rows
// (aRow 4).
//
// What limits them is not the shuffling but the pages: each row of a large matrix lies in pages of its own, and a
// processor remembers where few of them are. So a tile is large, 256 × 256: four rows of a, a kilobyte of each, are
// turned into memory that stays in the second-level cache, with rows that do not collide there as strides of 4 KiB do;
// then y is a copy of it, a kilobyte of each row, whose lines are asked for before they are written. One after the
// other: where both went on at once, the stores that wait for y held up the reads of a. Where the rows of a lie side by
// side and those of y apart, a is fetched in one go and turned on its way out instead.
import {
  type Code,
  copyBytes,
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
  type Local,
  select,
  touch,
  v128,
  when,
} from "../assembler/assembler.ts";
import { upTo } from "../assembler/lists.ts";
import { ROWS } from "../elementwise/rows.ts";

type V = Expr<"v128">;
type Lane = Local<"v128">;
type Four<T> = [T, T, T, T];

/** Rows and columns of y in a tile. */
export const TILE = 256;
const PITCH = TILE * 4 + 64;
/** Bytes of memory of the thread: a tile of y. */
export const TILE_BYTES = TILE * PITCH;
/** Tiles lower or narrower than this are read where they are: few lines collide. */
export const LOW = 192;
const NARROW = 32;
/** Rows of y from one that is written to one that is asked for. */
const AHEAD = 2;

const low = (a: V, b: V): V => f32x4.shuffle(a, b, [0, 4, 1, 5]);
const high = (a: V, b: V): V => f32x4.shuffle(a, b, [2, 6, 3, 7]);

/** With `own` = 0 all tiles are read where they are. */
export const transposeKernel = (): Func =>
  func("run", { ...ROWS, own: "i32" }, (f, p) => {
    const [height, width, columns, to, from] = f.locals("i32", 5) as [...Four<IntLocal>, IntLocal];
    const [base, at, line, left] = f.locals("i32", 4) as Four<IntLocal>;
    const [pitches, count] = f.locals("i32", 2) as [IntLocal, IntLocal];
    const sources = f.locals("i32", 4) as Four<IntLocal>;
    const targets = f.locals("i32", 4) as Four<IntLocal>;
    const r = f.locals("v128", 4) as Four<Lane>;
    const t = f.locals("v128", 4) as Four<Lane>;
    /** Four pointers `step` apart. */
    const spread = (all: Four<IntLocal>, first: IntLocal, step: IntLocal): Code =>
      all.map((q, k) => q.set(k === 0 ? first : i32.add(all[k - 1] as IntLocal, step)));
    /** Rows of four vectors, turned: to be stored before r and t are used again. */
    const turned = (): V[] => [
      low(t[0], t[2]),
      high(t[0], t[2]),
      low(t[1], t[3]),
      high(t[1], t[3]),
    ];
    const turn: Code = [
      t[0].set(low(r[0], r[2])),
      t[1].set(high(r[0], r[2])),
      t[2].set(low(r[1], r[3])),
      t[3].set(high(r[1], r[3])),
    ];
    /** `count` blocks of 4 × 4 side by side in four rows of a, turned into the tile from `line` on. */
    const blocks = (count: number): Code => [
      upTo(count).map((b) => [
        r.map((v, k) => v.set(v128.load(sources[k] as IntLocal, 16 * b))),
        turn,
        turned().map((v, k) => v128.store(line, v, (4 * b + k) * PITCH)),
      ]),
      sources.map((q) => q.add(16 * count)),
      line.add(4 * count * PITCH),
    ];
    /** The tile's rows in fours. */
    const turnIn: Code = [
      base.set(p.own),
      left.set(i32.shrU(width, 2)),
      countdownOrSkip(left, [
        spread(sources, at, p.aStep),
        at.set(i32.add(sources[3], p.aStep)),
        line.set(base),
        base.add(16),
        count.set(i32.shrU(height, 4)),
        countdownOrSkip(count, blocks(4)),
        count.set(i32.and(i32.shrU(height, 2), 3)),
        countdownOrSkip(count, blocks(1)),
      ]),
      left.set(i32.and(width, 3)),
      countdownOrSkip(left, [
        sources[0].set(at),
        at.add(p.aStep),
        line.set(base),
        base.add(4),
        count.set(i32.shrU(height, 2)),
        countdown(count, [
          r[0].set(v128.load(sources[0])),
          sources[0].add(16),
          upTo(4).map((lane) => v128.store32Lane(line, r[0], lane, lane * PITCH)),
          line.add(4 * PITCH),
        ]),
      ]),
    ];
    /** `count` vectors of a row of the tile, from `at` to `line`. */
    const vectors = (count: number): Code => [
      upTo(count).map((k) => v128.store(line, v128.load(at, 16 * k), 16 * k)),
      [at, line].map((q) => q.add(16 * count)),
    ];
    const [row, ahead] = [targets[0], targets[1]];
    const copyOut: Code = [
      base.set(p.own),
      row.set(to),
      count.set(i32.and(height, -4)),
      countdown(count, [
        at.set(base),
        base.add(PITCH),
        line.set(row),
        ahead.set(
          i32.add(row, select(i32.mul(p.yRow, AHEAD), i32.const(0), i32.gtU(count, AHEAD))),
        ),
        row.add(p.yRow),
        left.set(i32.shrU(width, 6)),
        countdownOrSkip(left, [
          upTo(4).map((k) => touch(ahead, 64 * k)),
          ahead.add(256),
          vectors(16),
        ]),
        left.set(i32.and(i32.shrU(width, 4), 3)),
        countdownOrSkip(left, vectors(4)),
        left.set(i32.and(i32.shrU(width, 2), 3)),
        countdownOrSkip(left, vectors(1)),
        left.set(i32.and(width, 3)),
        countdownOrSkip(left, [f32.store(line, f32.load(at)), [at, line].map((q) => q.add(4))]),
      ]),
    ];
    const fetch: Code = [
      base.set(p.own),
      left.set(width),
      countdown(left, [copyBytes(base, at, i32.shl(height, 2)), at.add(p.aStep), base.add(PITCH)]),
      base.set(p.own),
    ];
    /** Four rows of y from `line` on, out of rows that lie `pitch` apart: a constant where they can. */
    const fourRows = (pitch: I32): Code => {
      const fixed = typeof pitch === "number";
      const load = (k: number): V =>
        fixed ? v128.load(at, k * pitch) : v128.load(sources[k] as IntLocal);
      return [
        spread(targets, line, p.yRow),
        left.set(i32.shrU(width, 4)),
        countdownOrSkip(
          left,
          targets.map((q) => [touch(q), q.add(64)]),
        ),
        spread(targets, line, p.yRow),
        line.set(i32.add(targets[3], p.yRow)),
        at.set(base),
        fixed ? [] : spread(sources, base, p.aStep),
        base.add(16),
        left.set(i32.shrU(width, 2)),
        countdownOrSkip(left, [
          r.map((v, k) => v.set(load(k))),
          turn,
          turned().map((v, k) => v128.store(targets[k] as IntLocal, v)),
          targets.map((q) => q.add(16)),
          fixed ? at.add(4 * pitch) : sources.map((q) => q.add(pitches)),
        ]),
        left.set(i32.and(width, 3)),
        fixed ? [] : at.set(sources[0]),
        countdownOrSkip(left, [
          r[0].set(v128.load(at)),
          at.add(pitch),
          targets.map((q, lane) => [v128.store32Lane(q, r[0], lane), q.add(4)]),
        ]),
      ];
    };
    const oneRow: Code = [
      at.set(base),
      targets[0].set(line),
      left.set(width),
      countdown(left, [f32.store(targets[0], f32.load(at)), targets[0].add(4), at.add(p.aStep)]),
      base.add(4),
      line.add(p.yRow),
    ];
    /** What is left over behind rows in fours. */
    const lastRows: Code = [
      count.set(i32.and(height, -4)),
      base.set(i32.add(from, i32.shl(count, 2))),
      line.set(i32.add(to, i32.mul(count, p.yRow))),
      count.set(i32.and(height, 3)),
      countdownOrSkip(count, oneRow),
    ];
    const byRows = (pitch: I32): Code => [
      count.set(i32.shrU(height, 2)),
      countdownOrSkip(count, fourRows(pitch)),
    ];
    /** Four columns, then the others one at a time: the loops are long where the rows are short. */
    const byColumns: Code = [
      count.set(i32.shrU(width, 2)),
      countdownOrSkip(count, [
        spread(sources, base, p.aStep),
        base.set(i32.add(sources[3], p.aStep)),
        at.set(line),
        line.add(16),
        left.set(i32.shrU(height, 2)),
        countdownOrSkip(left, [
          sources.map((q, k) => [(r[k] as Lane).set(v128.load(q)), q.add(16)]),
          turn,
          turned().map((v) => [v128.store(at, v), at.add(p.yRow)]),
        ]),
      ]),
      count.set(i32.and(width, 3)),
      countdownOrSkip(count, [
        sources[0].set(base),
        base.add(p.aStep),
        at.set(line),
        line.add(4),
        left.set(i32.shrU(height, 2)),
        countdownOrSkip(left, [
          r[0].set(v128.load(sources[0])),
          sources[0].add(16),
          [0, 1, 2, 3].map((lane) => [v128.store32Lane(at, r[0], lane), at.add(p.yRow)]),
        ]),
      ]),
    ];
    const large = i32.and(i32.geU(height, LOW), i32.geU(width, NARROW));
    const together = i32.and(i32.leU(p.aStep, 4 * TILE), i32.gtU(p.yRow, p.aStep));
    const fetched = i32.or(i32.leU(width, 2 * NARROW), together);
    // Of more rows, or longer ones, the lines of y that a column goes through would not stay in the first-level cache.
    const flat = i32.and(
      i32.leU(width, height),
      i32.or(i32.leU(width, NARROW), i32.leU(height, 2 * NARROW)),
    );
    const tile: Code = [
      line.set(to),
      at.set(from),
      base.set(from),
      when(
        i32.and(large, i32.ne(p.own, 0)),
        when(fetched, [fetch, byRows(PITCH)], [turnIn, copyOut]),
        when(flat, byColumns, byRows(p.aStep)),
      ),
      lastRows,
    ];
    return [
      pitches.set(i32.shl(p.aStep, 2)),
      doWhile(
        [
          height.set(select(p.rows, i32.const(TILE), i32.ltU(p.rows, TILE))),
          columns.set(p.n),
          to.set(p.y),
          from.set(p.a),
          doWhile(
            [
              width.set(select(columns, i32.const(TILE), i32.ltU(columns, TILE))),
              tile,
              columns.set(i32.sub(columns, width)),
              to.add(i32.shl(width, 2)),
              from.add(i32.mul(p.aStep, width)),
            ],
            columns,
          ),
          p.rows.set(i32.sub(p.rows, height)),
          p.y.add(i32.mul(p.yRow, height)),
          p.a.add(i32.shl(height, 2)),
        ],
        p.rows,
      ),
    ];
  });
