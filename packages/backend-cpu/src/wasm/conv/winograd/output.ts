// The output transform of Winograd's convolution: AᵀmA of each tile, m being its products summed over the channels,
// plus the bias, written to the plane, with an activation if wanted.
import { activated } from "../../activate.ts";
import {
  type Code,
  countdown,
  type Expr,
  type Func,
  f32,
  f32x4,
  func,
  type IntLocal,
  i32,
  i64,
  type Local,
  v128,
  when,
} from "../../assembler/assembler.ts";
import { get, upTo } from "../../assembler/lists.ts";
import type { ActivationCode } from "../../gemm/contraction.ts";
import { NR } from "../../gemm/kernels.ts";
import { schemeOf } from "./schemes.ts";

type Vec = Local<"v128">;

/** Words of four tiles of output: whether all are whole, then per tile bytes from image 0, rows and columns. */
export const FOUR = {
  whole: 0,
  tile: 4,
  at: 0,
  rows: 4,
  columns: 8,
  tileBytes: 12,
  bytes: 52,
} as const;

/**
 * output(tiles, panels, m, stride, panelBytes, channels, y, planeBytes, rowBytes, bias, spare): point p of panel j
 * lies at `m + p·stride + j·panelBytes`, channels NR floats apart. `bias`: one float per channel, or 0. `spare`:
 * room for SPARE_BYTES.
 */
export function outputFunction(tile: 2 | 4, activation: ActivationCode, relaxed: boolean): Func {
  const params = {
    tiles: "i32",
    panels: "i32",
    m: "i32",
    stride: "i32",
    panelBytes: "i32",
    channels: "i32",
    y: "i32",
    planeBytes: "i32",
    rowBytes: "i32",
    bias: "i32",
    spare: "i32",
  } as const;
  return func("output", params, (f, p) => {
    const scheme = schemeOf(tile, f, relaxed);
    const { span } = scheme;
    const m = f.locals("v128", span);
    const bias = f.local("v128");
    const [q, from, four, y, biasAt] = f.locals("i32", 5) as IntLocal[] as [
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
    ];
    const [channel, panelAt, whole, to] = f.locals("i32", 4) as [
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
    ];
    /** [r][column of points], a vector over four tiles each. */
    const between = (r: number, j: number): number => (r * span + j) * 16;
    const tilesAt = tile * span * 16;
    const alongColumns: Code = [
      upTo(span).map((j) => [
        q.set(i32.add(from, i32.mul(p.stride, j))),
        m.map((vec, i) => [
          vec.set(v128.load(q)),
          i < span - 1 ? q.add(i32.mul(p.stride, span)) : [],
        ]),
        // Point (1, 1) is spread over the whole tile by ones: the bias goes in there.
        j === 1 ? get(m, 1).set(f32x4.add(get(m, 1), bias)) : [],
        scheme.output(m, (value, r) => v128.store(p.spare, value, between(r, j))),
      ]),
    ];
    const out = f.locals("v128", tile);
    const at = f.locals("i32", 4);
    const alongRows: Code = [
      at.map((a, t) => a.set(i32.add(y, i32.load(four, FOUR.tile + t * FOUR.tileBytes + FOUR.at)))),
      upTo(tile).map((r) => [
        m.map((vec, j) => vec.set(v128.load(p.spare, between(r, j)))),
        scheme.output(m, (value, c) => get(out, c).set(activated(value, activation))),
        tile === 4 ? transposed(f.locals("v128", 4) as [Vec, Vec, Vec, Vec], out) : [],
        when(
          whole,
          [storeRow(tile, out, (t) => [get(at, t), 0]), at.map((a) => a.add(p.rowBytes))],
          storeRow(tile, out, (t) => [p.spare, tilesAt + (t * tile + r) * tile * 4]),
        ),
      ]),
    ];
    return [
      countdown(p.panels, [
        y.set(p.y),
        biasAt.set(p.bias),
        panelAt.set(p.m),
        channel.set(p.channels),
        countdown(channel, [
          bias.set(v128.zero()),
          when(biasAt, [bias.set(v128.load32Splat(biasAt)), biasAt.add(4)]),
          from.set(panelAt),
          four.set(p.tiles),
          to.set(NR / 4),
          countdown(to, [
            whole.set(i32.load(four, FOUR.whole)),
            alongColumns,
            alongRows,
            when(i32.eqz(whole), storeParts(f, tile, four, p.spare, tilesAt, y, p.rowBytes)),
            from.add(16),
            four.add(FOUR.bytes),
          ]),
          panelAt.add(NR * 4),
          y.add(p.planeBytes),
        ]),
        p.m.add(p.panelBytes),
        p.tiles.add((NR / 4) * FOUR.bytes),
      ]),
    ];
  });
}

/** What output() needs at `spare`: rows transformed half, then four tiles. */
export const spareBytes = (tile: number): number => tile * (tile + 2) * 16 + 4 * tile * tile * 4;

/** A column of four tiles per vector → a row of a tile per vector. */
function transposed(t: readonly [Vec, Vec, Vec, Vec], out: readonly Vec[]): Code {
  const [t0, t1, t2, t3] = t;
  const [o0, o1, o2, o3] = out as [Vec, Vec, Vec, Vec];
  return [
    t0.set(f32x4.shuffle(o0, o1, [0, 4, 1, 5])),
    t1.set(f32x4.shuffle(o0, o1, [2, 6, 3, 7])),
    t2.set(f32x4.shuffle(o2, o3, [0, 4, 1, 5])),
    t3.set(f32x4.shuffle(o2, o3, [2, 6, 3, 7])),
    o0.set(f32x4.shuffle(t0, t2, [0, 1, 4, 5])),
    o1.set(f32x4.shuffle(t0, t2, [2, 3, 6, 7])),
    o2.set(f32x4.shuffle(t1, t3, [0, 1, 4, 5])),
    o3.set(f32x4.shuffle(t1, t3, [2, 3, 6, 7])),
  ];
}

/** Stores one row of each of four tiles: a vector each, or two columns of all in `out`. */
function storeRow(
  tile: number,
  out: readonly Vec[],
  place: (t: number) => readonly [IntLocal, number],
): Code {
  if (tile === 4) return out.map((row, t) => v128.store(place(t)[0], row, place(t)[1]));
  const [o0, o1] = out as [Vec, Vec];
  const pair = (t: number): Expr<"v128"> =>
    f32x4.shuffle(o0, o1, [t % 4, 4 + (t % 4), (t + 1) % 4, 4 + ((t + 1) % 4)]);
  return upTo(4).map((t) => v128.store64Lane(place(t)[0], pair(t), 0, place(t)[1]));
}

/** From the four tiles behind `spare + tilesAt` what lies in the plane. */
function storeParts(
  f: { local(type: "i32"): IntLocal },
  tile: number,
  four: IntLocal,
  spare: IntLocal,
  tilesAt: number,
  y: IntLocal,
  rowBytes: IntLocal,
): Code {
  const [from, to, rows, columns, record, left, tileAt] = upTo(7).map(() => f.local("i32")) as [
    IntLocal,
    IntLocal,
    IntLocal,
    IntLocal,
    IntLocal,
    IntLocal,
    IntLocal,
  ];
  const pair = (at: number): Code => i64.store(to, i64.load(from, at), at);
  const single = (at: number): Code => f32.store(to, f32.load(from, at), at);
  const row: Code =
    tile === 2
      ? when(i32.eq(columns, 2), pair(0), single(0))
      : when(i32.eq(columns, 4), v128.store(to, v128.load(from)), [
          when(i32.and(columns, 2), [pair(0), when(i32.and(columns, 1), single(8))], single(0)),
        ]);
  return [
    record.set(four),
    tileAt.set(i32.add(spare, tilesAt)),
    left.set(4),
    countdown(left, [
      rows.set(i32.load(record, FOUR.tile + FOUR.rows)),
      columns.set(i32.load(record, FOUR.tile + FOUR.columns)),
      to.set(i32.add(y, i32.load(record, FOUR.tile + FOUR.at))),
      from.set(tileAt),
      when(rows, countdown(rows, [row, from.add(tile * 4), to.add(rowBytes)])),
      tileAt.add(tile * tile * 4),
      record.add(FOUR.tileBytes),
    ]),
  ];
}
