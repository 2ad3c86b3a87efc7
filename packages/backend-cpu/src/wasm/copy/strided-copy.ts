// Copies of 32-bit words from any strides to any strides: rows side by side, one word repeated, strided ones,
// and transpositions in tiles. Contiguous copies of strided inputs are made here too, whoever needs them.
import type { View } from "@tapegrad/core";
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
  type IntLocal,
  i32,
  type Local,
  select,
  touch,
  v128,
  when,
} from "../assembler/assembler.ts";
import type { Kernel } from "../assembler/module-cache.ts";
import type { WasmContext } from "../context.ts";
import { rowsKernel } from "../elementwise/rows.ts";
import {
  few,
  plan,
  rowPitch,
  rowStep,
  rowsModule,
  transposed,
  walk,
  walkAll,
} from "../elementwise/walk.ts";

type V = Expr<"v128">;
type Lane = Local<"v128">;

/** The arguments of a kernel with one input, as rowsKernel() has them. */
export const ROWS = {
  rows: "i32",
  n: "i32",
  y: "i32",
  yRow: "i32",
  yStep: "i32",
  a: "i32",
  aRow: "i32",
  aStep: "i32",
} as const;

/** Rows of y that are worked on together: each line of memory that is read serves 64 of them. */
const STRIP = 64;

/**
 * y[i, j] = a[j, i]: rows of y side by side (yStep 4), a side by side along the rows (aRow 4).
 *
 * Strides are often multiples of 4 KiB, so that all lines of a column share one set of the first-level cache.
 * So a line of y is written at once, 16 elements in 8 rows at a time (8 lines, which a set can hold), and a line
 * of a, which serves 16 rows, is read twice. The order is: strips of 64 rows of y, in them blocks of 16 columns.
 */
const transposeKernel = (name: string): Func =>
  func(name, ROWS, (f, p) => {
    const ints = f.locals("i32", 11);
    const [strip, rows, fours, eights, blocks, columns, to, from, at, line, left] = ints;
    if (!strip || !rows || !fours || !eights || !blocks || !columns) return [];
    if (!to || !from || !at || !line || !left) return [];
    const [yBlock, aBlock] = f.locals("i32", 2) as [IntLocal, IntLocal];
    const r = f.locals("v128", 8) as Lane[];
    const t = f.locals("v128", 4) as Lane[];
    const low = (a: V, b: V): V => f32x4.shuffle(a, b, [0, 4, 1, 5]);
    const high = (a: V, b: V): V => f32x4.shuffle(a, b, [2, 6, 3, 7]);
    /** Stores the transposition of four vectors at `line`, a row of y each. */
    const store4 = ([r0, r1, r2, r3]: Lane[]): Code => {
      const [t0, t1, t2, t3] = t;
      if (!r0 || !r1 || !r2 || !r3 || !t0 || !t1 || !t2 || !t3) return [];
      return [
        t0.set(low(r0, r2)),
        t1.set(high(r0, r2)),
        t2.set(low(r1, r3)),
        t3.set(high(r1, r3)),
        [low(t0, t2), high(t0, t2), low(t1, t3), high(t1, t3)].map((v) => [
          v128.store(line, v),
          line.add(p.yRow),
        ]),
      ];
    };
    /** `height` (8 or 4) rows of y, `columns` columns: from, to and at move along. */
    const tile = (height: 8 | 4): Code => {
      const vectors = height / 4;
      const load = (k: number): Code =>
        [0, 1].slice(0, vectors).map((h) => (r[h * 4 + k] as Lane).set(v128.load(at, h * 16)));
      const halves = [r.slice(0, 4), r.slice(4)].slice(0, vectors);
      return [
        left.set(i32.shrU(columns, 2)),
        countdownOrSkip(left, [
          [0, 1, 2, 3].map((k) => [load(k), at.add(p.aStep)]),
          line.set(to),
          halves.map(store4),
          to.add(16),
        ]),
        left.set(i32.and(columns, 3)),
        countdownOrSkip(left, [
          load(0),
          line.set(to),
          halves.map((h) =>
            [0, 1, 2, 3].map((lane) => [
              v128.store32Lane(line, h[0] as Lane, lane),
              line.add(p.yRow),
            ]),
          ),
          to.add(4),
          at.add(p.aStep),
        ]),
      ];
    };
    /** One row of y. */
    const single: Code = [
      left.set(columns),
      countdown(left, [f32.store(to, f32.load(at)), to.add(4), at.add(p.aStep)]),
    ];
    /** Goes over the rows of the strip, `count` times `height`, from `rows` and `from` on. */
    const along = (count: IntLocal, height: number, body: Code): Code =>
      countdownOrSkip(count, [
        at.set(from),
        to.set(rows),
        body,
        rows.add(i32.mul(p.yRow, height)),
        from.add(height * 4),
      ]);
    /** Asks for the lines of the next block, many at a time: one by one each would be waited for. */
    const meetNext: Code = when(blocks, [
      from.set(i32.add(aBlock, i32.shl(p.aStep, 4))),
      left.set(select(blocks, i32.const(16), i32.ltU(blocks, 16))),
      countdown(left, [
        at.set(from),
        line.set(i32.shrU(i32.add(strip, 15), 4)),
        countdown(line, [touch(at), at.add(64)]),
        from.add(p.aStep),
      ]),
      line.set(i32.add(yBlock, 64)),
      left.set(strip),
      countdown(left, [touch(line), line.add(p.yRow)]),
    ]);
    const block: Code = [
      columns.set(select(blocks, i32.const(16), i32.ltU(blocks, 16))),
      blocks.set(i32.sub(blocks, columns)),
      meetNext,
      rows.set(yBlock),
      from.set(aBlock),
      eights.set(i32.shrU(strip, 3)),
      along(eights, 8, tile(8)),
      fours.set(i32.and(i32.shrU(strip, 2), 1)),
      along(fours, 4, tile(4)),
      fours.set(i32.and(strip, 3)),
      along(fours, 1, single),
      yBlock.add(64),
      aBlock.add(i32.shl(p.aStep, 4)),
    ];
    return [
      doWhile(
        [
          strip.set(select(p.rows, i32.const(STRIP), i32.ltU(p.rows, STRIP))),
          p.rows.set(i32.sub(p.rows, strip)),
          yBlock.set(p.y),
          aBlock.set(p.a),
          blocks.set(p.n),
          doWhile(block, blocks),
          p.y.add(i32.mul(p.yRow, STRIP)),
          p.a.add(STRIP * 4),
        ],
        p.rows,
      ),
    ];
  });

/** Rows and columns of a tile, and the bytes from one row to the next while it lies in memory of the thread. */
const TILE = 64;
const PITCH = TILE * 4 + 16;
const PAGE = 4096;

/**
 * transposeKernel() of large matrices, tile by tile through `own`, memory that stays in the first cache: so memory is read
 * and written in runs of four lines, each once, however the strides collide. What is left over at the edges is
 * `small`'s.
 */
const tilesKernel = (small: Func): Func =>
  func("run", { ...ROWS, own: "i32" }, (f, p) => {
    const [columns, to, from, at, line, left, fours, others] = f.locals("i32", 8);
    if (!columns || !to || !from || !at || !line || !left || !fours || !others) return [];
    const sources = f.locals("i32", 4) as [IntLocal, IntLocal, IntLocal, IntLocal];
    const r = f.locals("v128", 4) as [Lane, Lane, Lane, Lane];
    const t = f.locals("v128", 4) as [Lane, Lane, Lane, Lane];
    const low = (a: V, b: V): V => f32x4.shuffle(a, b, [0, 4, 1, 5]);
    const high = (a: V, b: V): V => f32x4.shuffle(a, b, [2, 6, 3, 7]);
    const meet = (first: Expr<"i32">, step: IntLocal): Code => [
      line.set(first),
      left.set(TILE),
      countdown(left, [[0, 64, 128, 192].map((k) => touch(line, k)), line.add(step)]),
    ];
    const tile: Code = [
      meet(to, p.yRow),
      when(i32.geU(columns, 2 * TILE), meet(i32.add(from, i32.mul(p.aStep, TILE)), p.aStep)),
      others.set(from),
      at.set(p.own),
      fours.set(TILE / 4),
      countdown(fours, [
        sources.map((q) => [q.set(others), others.add(p.aStep)]),
        line.set(at),
        left.set(TILE / 4),
        countdown(left, [
          sources.map((q, k) => [(r[k] as Lane).set(v128.load(q)), q.add(16)]),
          t[0].set(low(r[0], r[2])),
          t[1].set(high(r[0], r[2])),
          t[2].set(low(r[1], r[3])),
          t[3].set(high(r[1], r[3])),
          [low(t[0], t[2]), high(t[0], t[2]), low(t[1], t[3]), high(t[1], t[3])].map((v, k) =>
            v128.store(line, v, k * PITCH),
          ),
          line.add(4 * PITCH),
        ]),
        at.add(16),
      ]),
      at.set(p.own),
      line.set(to),
      left.set(TILE),
      countdown(left, [
        Array.from({ length: TILE / 4 }, (_, k) => v128.store(line, v128.load(at, 16 * k), 16 * k)),
        at.add(PITCH),
        line.add(p.yRow),
      ]),
    ];
    const strip: Code = [
      columns.set(p.n),
      to.set(p.y),
      from.set(p.a),
      when(
        i32.geU(columns, TILE),
        doWhile(
          [
            tile,
            columns.set(i32.sub(columns, TILE)),
            to.add(TILE * 4),
            from.add(i32.mul(p.aStep, TILE)),
          ],
          i32.geU(columns, TILE),
        ),
      ),
      when(columns, call(small, TILE, columns, to, p.yRow, p.yStep, from, p.aRow, p.aStep)),
    ];
    return [
      when(
        i32.geU(p.rows, TILE),
        doWhile(
          [
            strip,
            p.rows.set(i32.sub(p.rows, TILE)),
            p.y.add(i32.mul(p.yRow, TILE)),
            p.a.add(TILE * 4),
          ],
          i32.geU(p.rows, TILE),
        ),
      ),
      when(p.rows, call(small, p.rows, p.n, p.y, p.yRow, p.yStep, p.a, p.aRow, p.aStep)),
    ];
  });

/** What a copy must know of its target. */
export type Layout = Pick<View, "shape" | "strides" | "contiguous">;

/** Copies x into `to`, laid out as y; from is the address of x. Gives the variant, undefined if there is nothing to copy. */
export type WordCopy = (
  x: View,
  y: Layout,
  to: number,
  from: number,
  apart: () => boolean,
) => string;

const tilesOf = (ctx: WasmContext): Kernel => {
  const small = transposeKernel("small");
  return rowsModule(ctx, "copy/tiles", () => [tilesKernel(small), small], ["memory", "number"]);
};

function makeWordCopy(ctx: WasmContext): WordCopy {
  // Made at the first use and kept: the small-tensor path looks nothing up.
  const kernels: Partial<Record<"u" | "s" | "x" | "transpose", Kernel>> = {};
  function kernel(access: "u" | "s" | "x" | "transpose"): Kernel {
    const known = kernels[access];
    if (known !== undefined) return known;
    const build = (): Func =>
      access === "transpose"
        ? transposeKernel("run")
        : rowsKernel({ inputs: ["f32"], output: "f32", access: [access], op: (_, x) => x as V });
    const made = rowsModule(ctx, `copy/${access}`, build, ["memory"]);
    kernels[access] = made;
    return made;
  }
  let tiles: Kernel | undefined;
  function run(k: Kernel, to: number, from: number, apart: () => boolean, step = 1): void {
    if (few() || !apart()) walk(k, to, from);
    else walkAll(ctx, k, 0, to, from, 0, 0, { step });
  }
  return (x, y, to, from, apart) => {
    if (!plan(y, 4, x, 4)) return "empty";
    const unit = rowStep(0) === 4;
    const step = rowStep(1);
    if (unit && step === 4) run(kernel("u"), to, from, apart);
    else if (unit && step === 0) run(kernel("s"), to, from, apart);
    else if (unit && transposed(4)) {
      // Where each row lies in pages of its own, these are too many to be looked up each time.
      const wide = rowPitch() >= PAGE && rowStep(1) >= PAGE;
      if (few() || !wide || !apart()) run(kernel("transpose"), to, from, apart, STRIP);
      else {
        tiles ??= tilesOf(ctx);
        walkAll(ctx, tiles, 0, to, from, 0, 0, { step: TILE, local: TILE * PITCH });
      }
      return "copy-transpose";
    } else run(kernel("x"), to, from, apart);
    return "copy-rows";
  };
}

const copies = new WeakMap<WasmContext, WordCopy>();

export function wordCopy(ctx: WasmContext): WordCopy {
  let made = copies.get(ctx);
  if (made === undefined) {
    made = makeWordCopy(ctx);
    copies.set(ctx, made);
  }
  return made;
}
