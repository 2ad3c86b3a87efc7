// The register-blocked product of matrices: tiles of C, summed over k in registers.
//
// Engines load everything that a k needs before the first product of that k: sums, inputs and weights have to fit
// into 15 of the 16 vector registers (plain SIMD needs one more for the product), else some are spilled in every
// step. With FMA 3 rows × 3 vectors do: 9 sums hide the latency (4 cycles, two a cycle); without, 4 × 2.
//
// B comes in packed panels, or as it lies where its columns lie side by side: then the first tile of a panel,
// which reads it anyway, leaves a copy for the others. What is left of the columns gets narrower tiles.
import {
  block,
  brIf,
  type Code,
  call,
  countdown,
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
  multiplyAdd,
  operand,
  select,
  v128,
  when,
} from "../assembler/assembler.ts";
import { get, upTo } from "../assembler/lists.ts";

/** Rows of a panel of A: a multiple of the rows of every tile. */
export const PANEL_ROWS = 12;
/** Columns of a panel of B, which are those of the widest tile. */
export const panelColumns = (relaxed: boolean): number => (relaxed ? 12 : 8);

interface Tile {
  readonly rows: number;
  readonly vectors: number;
}

/** By their vectors: [0] is one vector wide. */
const tiles = (relaxed: boolean): readonly Tile[] =>
  [
    { rows: 6, vectors: 1 },
    { rows: 4, vectors: 2 },
    { rows: 3, vectors: 3 },
  ].slice(0, panelColumns(relaxed) / 4);

/** Bytes of scratch memory that macro() needs: a tile, and copies of so many columns of B (a multiple of panels). */
export const macroScratch = (k: number, columns: number): number => SPARE + k * columns * 4;
const SPARE = 256;

/** How a macro kernel finds A: in packed panels, or rows with their k side by side. */
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
function tileFunction(tile: Tile, relaxed: boolean, a: RowsOfA, b: ColumnsOfB): Func {
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
function partFunction(): Func {
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
