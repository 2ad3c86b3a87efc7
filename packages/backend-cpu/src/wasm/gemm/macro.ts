// A block of a product of matrices: which tiles (tiles.ts) it is made of, in which order, and what becomes of its edges.
// Groups of rows go through all panels of columns; what is left of the columns gets narrower tiles, what is left of
// the rows is computed together with those above.
import {
  type Code,
  call,
  doWhile,
  type Expr,
  type Func,
  func,
  type I32,
  type IntLocal,
  i32,
  operand,
  select,
  when,
} from "../assembler/assembler.ts";
import { get } from "../assembler/lists.ts";
import { PANEL_ROWS, partFunction, type RowsOfA, type Tile, tileFunction, tiles } from "./tiles.ts";

/** Bytes of scratch memory that macro() needs: a tile, and copies of so many columns of B (a multiple of panels). */
export const macroScratch = (k: number, columns: number): number => SPARE + k * columns * 4;
const SPARE = 256;

const PARAMS = {
  m: "i32",
  group: "i32",
  n: "i32",
  k: "i32",
  a: "i32",
  aRow: "i32",
  b: "i32",
  bStep: "i32",
  reach: "i32",
  c: "i32",
  rowBytes: "i32",
  position: "i32",
  runLength: "i32",
  runBytes: "i32",
  accumulate: "i32",
  bias: "i32",
  columnBias: "i32",
  activation: "i32",
  own: "i32",
} as const;

/**
 * macro(m, group, n, k, a, aRow, b, bStep, reach, c, rowBytes, position, runLength, runBytes, accumulate, bias, columnBias,
 * activation, own): C[m × n] (+)= A · B, k ≥ 1.
 *
 * `group` rows (a panel, where A is packed) take all columns in turn: they stay in the first cache while panels of
 * B come from the second, and C is written in few places at a time.
 *
 * A "packed": panels of PANEL_ROWS rows; "apart": rows `aRow` bytes apart, the k of each side by side.
 * B packed (reach 0): padded panels of panelColumns. B as it lies: k `bStep` bytes apart, and to the left of b
 * there are reach − 1 columns more that may be read, n + reach > 4.
 *
 * Row i of C lies at c + i·rowBytes; its columns come in runs of `runLength` floats side by side, a run every
 * `runBytes`; c is column `position` of its run. (One run for a matrix; one per image for a convolution, so that
 * images of 7 × 7 fill tiles too.) `bias`: address of one float per row, readable up to a whole tile, or 0;
 * `columnBias`: the same per column, used where there is no `bias`. `own`: macroScratch() bytes of the thread.
 * `activation`: 0 none, 1 relu, 2 relu6, of what is stored.
 */
export function macroFunctions(relaxed: boolean, a: RowsOfA): readonly Func[] {
  const shapes = tiles(relaxed);
  const widest = shapes.length;
  const lying = shapes.map((tile, v) =>
    tileFunction(tile, relaxed, a, v === widest - 1 ? "copied" : "lying"),
  );
  const packed = tileFunction(get(shapes, widest - 1), relaxed, a, "packed");
  const part = partFunction();
  const macro = func("macro", PARAMS, (f, p) => {
    const local = (): IntLocal => f.local("i32");
    const [j, rest, skip, columns, isWhole] = [local(), local(), local(), local(), local()];
    const [vectors, b, bAt, isLying, columnBias] = [local(), local(), local(), local(), local()];
    const [rowsHere, left, count, aRow, qa] = [local(), local(), local(), local(), local()];
    const [c, qc, bias, position, copy] = [local(), local(), local(), local(), local()];
    const [isFirst, back] = [local(), local()];
    const least = (x: Expr<"i32">, y: Expr<"i32">): Expr<"i32"> => select(x, y, i32.ltU(x, y));
    const aBytes = (rows: I32): Expr<"i32"> => i32.mul(rows, a === "packed" ? 4 : p.aRow);
    const advance = (rows: I32): Code => [
      qa.add(aBytes(rows)),
      qc.add(i32.mul(p.rowBytes, rows)),
      when(bias, bias.add(i32.mul(rows, 4))),
    ];
    const retreat = (rows: Expr<"i32">): Code => [
      back.set(rows),
      qa.set(i32.sub(qa, aBytes(back))),
      qc.set(i32.sub(qc, i32.mul(p.rowBytes, back))),
      when(bias, bias.set(i32.sub(bias, i32.shl(back, 2)))),
    ];
    /** The rows of a group in a panel of columns, in tiles of one shape. */
    const down = (tile: Tile, kernel: Func): Code => {
      const { rows } = tile;
      const pitch = tile.vectors * 16;
      const isWidest = tile.vectors === widest;
      const inPlace = (by: Func, howMany: I32): Code => [
        call(
          by,
          ...[howMany, p.k, qa, p.aRow, b, p.bStep, qc, p.rowBytes, bias, columnBias],
          ...[p.accumulate, p.activation, copy],
        ),
        advance(i32.mul(operand(howMany), rows)),
      ];
      /** A whole tile to the thread's memory, its first row `back` rows further up. */
      const aside = (by: Func): Code =>
        call(
          by,
          ...[1, p.k, i32.sub(qa, aBytes(back)), aRow, b, p.bStep, p.own, pitch],
          ...[select(i32.sub(bias, i32.shl(back, 2)), i32.const(0), bias), columnBias, 0, 0, copy],
        );
      /** Rows that are less than a tile. Panels are padded; else they are computed together with those above. */
      const few: Code =
        a === "packed"
          ? count.set(left)
          : when(
              i32.and(isFirst, i32.ltU(rowsHere, rows)),
              [count.set(1), aRow.set(0)],
              [count.set(left), back.set(i32.sub(rows, left))],
            );
      const fromCopy: Code = [b.set(copy), isLying.set(0)];
      return [
        left.set(rowsHere),
        count.set(select(i32.divU(left, rows), i32.const(0), isWhole)),
        left.set(i32.sub(left, i32.mul(count, rows))),
        isWidest
          ? when(
              i32.and(isWhole, isLying),
              when(
                isFirst,
                when(count, [inPlace(kernel, 1), fromCopy, count.set(i32.sub(count, 1))]),
                fromCopy,
              ),
            )
          : [],
        when(count, inPlace(isWidest ? packed : kernel, count)),
        // Less than a tile is left: rows above, which came out the same before, make it a whole one.
        when(
          i32.and(i32.and(isWhole, i32.eqz(p.accumulate)), i32.ltU(i32.sub(left, 1), rows - 1)),
          when(i32.geU(rowsHere, rows), [
            retreat(i32.sub(rows, left)),
            inPlace(isWidest ? packed : kernel, 1),
            left.set(0),
          ]),
        ),
        when(
          left,
          doWhile(
            [
              count.set(rows),
              aRow.set(p.aRow),
              back.set(0),
              when(i32.ltU(left, rows), few),
              isWidest ? when(isLying, aside(kernel), aside(packed)) : aside(kernel),
              call(
                part,
                ...[i32.add(i32.add(p.own, i32.mul(back, pitch)), i32.shl(skip, 2)), pitch],
                ...[count, columns, qc],
                ...[p.rowBytes, position, p.runLength, p.runBytes, p.accumulate, p.activation],
              ),
              advance(count),
              left.set(i32.sub(left, count)),
            ],
            left,
          ),
        ),
      ];
    };
    /** Of the columns from j on: how many to take at once, which of them are new, where they lie. */
    const nextPanel: Code = [
      rest.set(i32.sub(p.n, j)),
      vectors.set(widest),
      skip.set(0),
      b.set(bAt),
      isLying.set(0),
      when(p.reach, [
        isLying.set(1),
        vectors.set(least(i32.const(widest), i32.shrU(i32.add(rest, 3), 2))),
        vectors.set(i32.sub(vectors, i32.geU(i32.mul(vectors, 4), i32.add(p.reach, p.n)))),
        when(i32.gtU(i32.mul(vectors, 4), rest), skip.set(i32.sub(i32.mul(vectors, 4), rest))),
        b.set(i32.sub(b, i32.mul(skip, 4))),
      ]),
      columns.set(least(rest, i32.sub(i32.mul(vectors, 4), skip))),
      isWhole.set(
        i32.and(
          i32.eq(columns, i32.mul(vectors, 4)),
          i32.leU(i32.add(position, columns), p.runLength),
        ),
      ),
      columnBias.set(
        select(i32.add(p.columnBias, i32.mul(i32.sub(j, skip), 4)), i32.const(0), p.columnBias),
      ),
    ];
    /** On, over as many ends of runs as that passes. */
    const afterPanel: Code = [
      j.add(columns),
      bAt.add(select(i32.mul(columns, 4), i32.mul(p.k, widest * 16), p.reach)),
      copy.add(i32.mul(p.k, widest * 16)),
      c.add(i32.mul(columns, 4)),
      position.add(columns),
      when(
        i32.geU(position, p.runLength),
        doWhile(
          [
            position.set(i32.sub(position, p.runLength)),
            c.add(i32.sub(p.runBytes, i32.mul(p.runLength, 4))),
          ],
          i32.geU(position, p.runLength),
        ),
      ),
    ];
    const allRows = shapes.reduce<Code>((others, tile, v) => {
      const one = down(tile, get(lying, v));
      return others.length === 0 ? one : when(i32.eq(vectors, v + 1), one, others);
    }, []);
    return [
      isFirst.set(1),
      doWhile(
        [
          rowsHere.set(least(p.m, p.group)),
          j.set(0),
          bAt.set(p.b),
          c.set(p.c),
          position.set(p.position),
          copy.set(i32.add(p.own, SPARE)),
          doWhile(
            [nextPanel, qa.set(p.a), qc.set(c), bias.set(p.bias), allRows, afterPanel],
            i32.ltU(j, p.n),
          ),
          isFirst.set(0),
          p.m.set(i32.sub(p.m, rowsHere)),
          p.a.add(a === "packed" ? i32.mul(p.k, PANEL_ROWS * 4) : aBytes(rowsHere)),
          p.c.add(i32.mul(p.rowBytes, rowsHere)),
          when(p.bias, p.bias.add(i32.mul(rowsHere, 4))),
        ],
        p.m,
      ),
    ];
  });
  return [macro, ...lying, packed, part];
}
