// The input transform of Winograd's convolution: BᵀdB of each tile, written as the panels of tiles [channel][NR]
// that the macro kernel of matrix products reads, one matrix per point; no packing pass is left. The gradient of
// the output is transformed the same way, AyAᵀ, for the gradient of the weight.
//
// Two passes per channel, through a small buffer that stays in L1. The first transforms along columns: rows of the
// plane are read where they lie, vectors of neighbouring columns at once, so that columns which two tiles share
// are transformed once; padding is zeros that the buffer holds from the start. The second takes four tiles, puts
// one column of each in a vector, and transforms along rows.
import {
  type Code,
  countdown,
  type Expr,
  type Func,
  f32x4,
  fillZero,
  func,
  type I32,
  type IntLocal,
  i32,
  type Local,
  select,
  v128,
  when,
} from "../../assembler/assembler.ts";
import { get, upTo } from "../../assembler/lists.ts";
import { NR } from "../../gemm/kernels.ts";
import { schemeOf } from "./schemes.ts";

type Vec = Local<"v128">;

/**
 * Words of a piece: a run of neighbouring tiles in a row of tiles, as far as it has pixels. `from`: bytes from the
 * group's first channel of image 0 to the first pixel of column `lead` of the window in its row 0 (which may lie
 * above the plane); rows `low` … `low + rows` of the window are in the plane; `to`: bytes in the buffer.
 */
export const PIECE = { from: 0, low: 4, rows: 8, columns: 12, to: 16, bytes: 20 } as const;

/** clear(to, bytes): zeros. */
export const clearFunction = (): Func =>
  func("clear", { to: "i32", bytes: "i32" }, (_, { to, bytes }) => fillZero(to, bytes));

/**
 * input(pieces, pieceCount, tiles, panels, x, planeBytes, channels, rowBytes, zeros, buffer, pitch, to, stride,
 * panelBytes): `tiles` holds the place of each tile in the buffer, whose rows are `pitch` bytes long; `zeros` is a
 * row of zeros; point p of panel j goes to `to + p·stride + j·panelBytes`, the channels NR floats apart.
 */
export const inputFunction = (tile: 2 | 4, relaxed: boolean): Func =>
  transformFunction("input", tile, relaxed);

/** outputGrad(…): the same of tiles of the gradient of the output, which do not overlap. */
export const outputGradFunction = (tile: 2 | 4, relaxed: boolean): Func =>
  transformFunction("outputGrad", tile, relaxed);

function transformFunction(name: "input" | "outputGrad", tile: 2 | 4, relaxed: boolean): Func {
  const params = {
    pieces: "i32",
    pieceCount: "i32",
    tiles: "i32",
    panels: "i32",
    x: "i32",
    planeBytes: "i32",
    channels: "i32",
    rowBytes: "i32",
    zeros: "i32",
    buffer: "i32",
    pitch: "i32",
    to: "i32",
    stride: "i32",
    panelBytes: "i32",
  } as const;
  return func(name, params, (f, p) => {
    const scheme = schemeOf(tile, f, relaxed);
    const { span } = scheme;
    /** Inputs of the transform per dim; its results are `span`. */
    const window = name === "input" ? span : tile;
    const d = f.locals("v128", window);
    const rows = f.locals("i32", window);
    const [piece, left, first, inside, column, q, count] = f.locals("i32", 7) as [
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
    ];
    const columnsAt = (
      load: (pointer: I32) => Expr<"v128">,
      store: (pointer: I32, value: Expr<"v128">) => Code,
    ): Code => [
      d.map((vec, r) => vec.set(load(i32.add(get(rows, r), column)))),
      q.set(i32.add(first, column)),
      scheme[name](d, (value, r) => [store(q, value), r < span - 1 ? q.add(p.pitch) : []]),
    ];
    const vector = columnsAt(v128.load, v128.store);
    const single = columnsAt(v128.load32Zero, (at, value) => v128.store32Lane(at, value, 0));
    const alongColumns: Code = [
      piece.set(p.pieces),
      left.set(p.pieceCount),
      countdown(left, [
        q.set(i32.add(p.x, i32.load(piece, PIECE.from))),
        inside.set(i32.load(piece, PIECE.rows)),
        rows.map((row, r) => [
          row.set(
            select(
              q as Expr<"i32">,
              p.zeros,
              i32.ltU(i32.sub(r, i32.load(piece, PIECE.low)), inside),
            ),
          ),
          q.add(p.rowBytes),
        ]),
        first.set(i32.add(p.buffer, i32.load(piece, PIECE.to))),
        count.set(i32.load(piece, PIECE.columns)),
        column.set(0),
        when(
          i32.geU(count, 4),
          [
            inside.set(i32.shrU(count, 2)),
            countdown(inside, [vector, column.add(16)]),
            // The last vector overlaps the one before it: no column beyond the plane is read.
            when(i32.and(count, 3), [column.set(i32.mul(i32.sub(count, 4), 4)), vector]),
          ],
          countdown(count, [single, column.add(4)]),
        ),
        piece.add(PIECE.bytes),
      ]),
    ];

    const at = f.locals("i32", 4);
    const raw = f.locals("v128", 4) as [Vec, Vec, Vec, Vec];
    const [to, panel, tileAt] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
    const row: Code = [
      window >= 4 ? fourColumns(raw, at, d) : [],
      window % 4 === 2 ? twoColumns(raw, at, d, window - 2) : [],
      scheme[name](d, (value) => [v128.store(q, value), q.add(p.stride)]),
      at.map((a) => a.add(p.pitch)),
    ];
    const alongRows: Code = [
      tileAt.set(p.tiles),
      to.set(p.to),
      panel.set(p.panels),
      countdown(panel, [
        upTo(NR / 4).map((v) => [
          at.map((a, j) => a.set(i32.add(p.buffer, i32.load(tileAt, (v * 4 + j) * 4)))),
          q.set(i32.add(to, v * 16)),
          count.set(span),
          countdown(count, row),
        ]),
        tileAt.add(NR * 4),
        to.add(p.panelBytes),
      ]),
    ];
    return countdown(p.channels, [
      when(p.pieceCount, alongColumns),
      alongRows,
      p.x.add(p.planeBytes),
      p.to.add(NR * 4),
    ]);
  });
}

/** Columns 0–3 of four tiles, a column per vector. */
function fourColumns(t: readonly Vec[], at: readonly IntLocal[], d: readonly Vec[]): Code {
  const [t0, t1, t2, t3] = t as [Vec, Vec, Vec, Vec];
  const [d0, d1, d2, d3] = d as [Vec, Vec, Vec, Vec];
  return [
    [d0, d1, d2, d3].map((vec, j) => vec.set(v128.load(get(at, j)))),
    t0.set(f32x4.shuffle(d0, d1, [0, 4, 1, 5])),
    t1.set(f32x4.shuffle(d0, d1, [2, 6, 3, 7])),
    t2.set(f32x4.shuffle(d2, d3, [0, 4, 1, 5])),
    t3.set(f32x4.shuffle(d2, d3, [2, 6, 3, 7])),
    d0.set(f32x4.shuffle(t0, t2, [0, 1, 4, 5])),
    d1.set(f32x4.shuffle(t0, t2, [2, 3, 6, 7])),
    d2.set(f32x4.shuffle(t1, t3, [0, 1, 4, 5])),
    d3.set(f32x4.shuffle(t1, t3, [2, 3, 6, 7])),
  ];
}

/** Columns `first` and `first` + 1. */
function twoColumns(
  t: readonly Vec[],
  at: readonly IntLocal[],
  d: readonly Vec[],
  first: number,
): Code {
  const [t0, t1] = t as [Vec, Vec];
  const pair = (a: number): Expr<"v128"> =>
    v128.load64Lane(get(at, a + 1), v128.load64Zero(get(at, a), first * 4), 1, first * 4);
  return [
    t0.set(pair(0)),
    t1.set(pair(2)),
    get(d, first).set(f32x4.shuffle(t0, t1, [0, 2, 4, 6])),
    get(d, first + 1).set(f32x4.shuffle(t0, t1, [1, 3, 5, 7])),
  ];
}

/** blank(to, stride, panels, panelBytes): one k of zeros in each point of each panel. */
export function blankFunction(points: number): Func {
  const params = { to: "i32", stride: "i32", panels: "i32", panelBytes: "i32" } as const;
  return func("blank", params, (f, p) => {
    const [left, panel, at] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
    return [
      left.set(points),
      countdown(left, [
        at.set(p.to),
        panel.set(p.panels),
        countdown(panel, [
          upTo(NR / 4).map((v) => v128.store(at, v128.zero(), v * 16)),
          at.add(p.panelBytes),
        ]),
        p.to.add(p.stride),
      ]),
    ];
  });
}
