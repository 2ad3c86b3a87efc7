// Tiles of a product of matrices, summed over k in registers; macro.ts makes blocks of C of them.
//
// Engines load everything that a k needs before the first product of that k: sums, inputs and weights have to fit
// into 15 of the 16 vector registers (plain SIMD needs one more for the product), else some are spilled in every
// step. With FMA 3 rows × 3 vectors do: 9 sums hide the latency (4 cycles, two a cycle); without, 4 × 2.
//
// B comes in packed panels, or as it lies where its columns lie side by side: then the first tile of a panel,
// which reads it anyway, leaves a copy for the others.
import {
  block,
  brIf,
  type Code,
  countdown,
  doWhile,
  type Func,
  f32,
  f32x4,
  func,
  i32,
  type Local,
  multiplyAdd,
  select,
  v128,
  when,
} from "../assembler/assembler.ts";
import { get, upTo } from "../assembler/lists.ts";

/** Rows of a panel of A: a multiple of the rows of every tile. */
export const PANEL_ROWS = 12;
/** Columns of a panel of B, which are those of the widest tile. */
export const panelColumns = (relaxed: boolean): number => (relaxed ? 12 : 8);

export interface Tile {
  readonly rows: number;
  readonly vectors: number;
}

/** By their vectors: [0] is one vector wide. */
export const tiles = (relaxed: boolean): readonly Tile[] =>
  [
    { rows: 6, vectors: 1 },
    { rows: 4, vectors: 2 },
    { rows: 3, vectors: 3 },
  ].slice(0, panelColumns(relaxed) / 4);

/** How A is found: in packed panels, or rows with their k side by side. */
export type RowsOfA = "packed" | "apart";

const TILE_PARAMS = {
  count: "i32",
  k: "i32",
  a: "i32",
  aRow: "i32",
  b: "i32",
  bStep: "i32",
  c: "i32",
  rowBytes: "i32",
  bias: "i32",
  columnBias: "i32",
  accumulate: "i32",
  activation: "i32",
  copy: "i32",
} as const;

/** How a tile finds B: a packed panel, or as it lies; then it leaves a copy that is packed, or does not. */
type ColumnsOfB = "packed" | "copied" | "lying";

/**
 * `count` whole tiles, one below the other, k ≥ 1.
 *
 * What else engines do not do by themselves: pointers are moved before they are used, else each is extended to 64
 * bits by an instruction of its own; and rows apart, which have a pointer each, move it once in four k. Between the
 * four lie exits, of which at most one is ever taken: an engine that meets several k in one block loads for all
 * of them first, and spills.
 */
export function tileFunction(tile: Tile, relaxed: boolean, a: RowsOfA, b: ColumnsOfB): Func {
  const { rows, vectors } = tile;
  const fma = multiplyAdd(relaxed);
  const steps = a === "packed" ? 1 : 4;
  const [aStep, packedStep] = [a === "packed" ? PANEL_ROWS * 4 : 4, vectors * 16];
  return func(`tile${rows}x${vectors}${b}`, TILE_PARAMS, (f, p) => {
    const sums = upTo(rows).map(() => f.locals("v128", vectors));
    const column = f.locals("v128", vectors);
    const splat = f.local("v128");
    const qa = f.locals("i32", a === "packed" ? 1 : rows);
    const first = get(qa, 0);
    const [qb, last] = [f.local("i32"), f.local("i32")];
    const exits = f.locals("i32", steps - 1);
    const [zero, six] = [v128.zero(), f32x4.splat(f32.const(6))];
    const each = (body: (sum: Local<"v128">, r: number, v: number) => Code): Code =>
      sums.map((row, r) => row.map((sum, v) => body(sum, r, v)));
    /** The k number i of `steps`. */
    const step = (i: number): Code => [
      b === "packed" ? [] : qb.add(p.bStep),
      column.map((col, v) =>
        col.set(v128.load(qb, v * 16 + (b === "packed" ? i * packedStep : 0))),
      ),
      b === "copied"
        ? column.map((col, v) => v128.store(p.copy, col, v * 16 + i * packedStep))
        : [],
      sums.map((row, r) => [
        splat.set(
          a === "packed" ? v128.load32Splat(first, r * 4) : v128.load32Splat(get(qa, r), i * 4),
        ),
        row.map((sum, v) => sum.set(fma(splat, get(column, v), sum))),
      ]),
    ];
    return countdown(p.count, [
      each((sum) => sum.set(zero)),
      qa.map((q, r) =>
        q.set(r === 0 ? i32.sub(p.a, aStep * steps) : i32.add(get(qa, r - 1), p.aRow)),
      ),
      qb.set(i32.sub(p.b, b === "packed" ? packedStep * steps : p.bStep)),
      last.set(i32.add(p.a, i32.mul(i32.divU(i32.sub(p.k, 1), steps), aStep * steps))),
      // No pointer is odd. (A select would be computed again at each exit.)
      exits.map((exit, i) =>
        when(i32.eq(i32.remU(p.k, steps), i + 1), exit.set(last), exit.set(1)),
      ),
      block(
        doWhile(
          [
            qa.map((q) => q.add(aStep * steps)),
            b === "packed" ? qb.add(packedStep * steps) : [],
            upTo(steps).map((i) => [
              step(i),
              i < steps - 1 ? brIf(i32.eq(first, get(exits, i)), 1) : [],
            ]),
            b === "copied" ? p.copy.add(packedStep * steps) : [],
          ],
          i32.ne(first, last),
        ),
      ),
      when(
        p.bias,
        [
          sums.map((row, r) => [
            splat.set(v128.load32Splat(p.bias, r * 4)),
            row.map((sum) => sum.set(f32x4.add(sum, splat))),
          ]),
          p.bias.add(rows * 4),
        ],
        when(
          p.columnBias,
          each((sum, _, v) => sum.set(f32x4.add(sum, v128.load(p.columnBias, v * 16)))),
        ),
      ),
      qb.set(p.c),
      when(
        p.accumulate,
        sums.map((row) => [
          row.map((sum, v) => sum.set(f32x4.add(sum, v128.load(qb, v * 16)))),
          qb.add(p.rowBytes),
        ]),
      ),
      when(p.activation, [
        each((sum) => sum.set(f32x4.pmax(sum, zero))),
        when(i32.eq(p.activation, 2), [each((sum) => sum.set(f32x4.pmin(sum, six)))]),
      ]),
      sums.map((row) => [row.map((sum, v) => v128.store(p.c, sum, v * 16)), p.c.add(p.rowBytes)]),
      p.a.add(a === "packed" ? rows * 4 : i32.mul(p.aRow, rows)),
    ]);
  });
}

/**
 * part(from, pitch, rows, columns, to, rowBytes, position, runLength, runBytes, accumulate, activation): a piece of
 * a tile that was computed elsewhere, to C, column by column.
 */
export function partFunction(): Func {
  const params = {
    from: "i32",
    pitch: "i32",
    rows: "i32",
    columns: "i32",
    to: "i32",
    rowBytes: "i32",
    position: "i32",
    runLength: "i32",
    runBytes: "i32",
    accumulate: "i32",
    activation: "i32",
  } as const;
  return func("part", params, (f, p) => {
    const [row, from, to] = [f.local("i32"), f.local("i32"), f.local("i32")];
    const value = f.local("f32");
    return countdown(p.columns, [
      from.set(p.from),
      to.set(p.to),
      row.set(p.rows),
      countdown(row, [
        value.set(f32.load(from)),
        when(p.accumulate, value.set(f32.add(value, f32.load(to)))),
        when(p.activation, [
          value.set(select(f32.const(0), value, f32.lt(value, f32.const(0)))),
          when(
            i32.eq(p.activation, 2),
            value.set(select(f32.const(6), value, f32.gt(value, f32.const(6)))),
          ),
        ]),
        f32.store(to, value),
        from.add(p.pitch),
        to.add(p.rowBytes),
      ]),
      p.from.add(4),
      p.to.add(4),
      p.position.add(1),
      when(i32.eq(p.position, p.runLength), [
        p.position.set(0),
        p.to.add(i32.sub(p.runBytes, i32.mul(p.runLength, 4))),
      ]),
    ]);
  });
}
