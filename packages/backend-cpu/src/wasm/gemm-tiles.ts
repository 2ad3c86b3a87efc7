// The register-blocked product of matrices: tiles of C, summed over k in registers.
//
// Engines load everything that a k needs before the first product of that k: sums, inputs and weights have to fit
// into 15 of the 16 vector registers (plain SIMD needs one more for the product), else some are spilled in every
// step. With FMA 3 rows × 3 vectors do: 9 sums hide the latency (4 cycles, two a cycle); without, 4 × 2.
//
// B comes in packed panels, or as it lies where its columns lie side by side: then the first tile of a panel,
// which reads it anyway, leaves a copy for the others. What is left of the columns gets narrower tiles.
import {
  type Code,
  call,
  countdown,
  doWhile,
  type Expr,
  type Func,
  f32,
  f32x4,
  func,
  type IntLocal,
  i32,
  type Local,
  multiplyAdd,
  select,
  v128,
  when,
} from "./assembler.ts";
import { get, upTo } from "./lists.ts";

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

/** Bytes of scratch memory that macro() needs: a tile, and the copy of a panel with so many k. */
export const macroScratch = (k: number): number => SPARE + k * 12 * 4;
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

/** `count` whole tiles, one below the other. With `copies` the panel of B is written to `copy`, k by k. */
function tileFunction(tile: Tile, relaxed: boolean, a: RowsOfA, copies: boolean): Func {
  const { rows, vectors } = tile;
  const fma = multiplyAdd(relaxed);
  return func(`tile${rows}x${vectors}${copies ? "copy" : ""}`, TILE_PARAMS, (f, p) => {
    const sums = upTo(rows).map(() => f.locals("v128", vectors));
    const column = f.locals("v128", vectors);
    const splat = f.local("v128");
    const qa = f.locals("i32", a === "packed" ? 1 : rows);
    const first = get(qa, 0);
    const [qb, end] = [f.local("i32"), f.local("i32")];
    const step = a === "packed" ? PANEL_ROWS * 4 : 4;
    const [zero, six] = [v128.zero(), f32x4.splat(f32.const(6))];
    const each = (body: (sum: Local<"v128">, r: number, v: number) => Code): Code =>
      sums.map((row, r) => row.map((sum, v) => body(sum, r, v)));
    return countdown(p.count, [
      when(
        p.bias,
        [each((sum, r) => sum.set(v128.load32Splat(p.bias, r * 4))), p.bias.add(rows * 4)],
        when(
          p.columnBias,
          each((sum, _, v) => sum.set(v128.load(p.columnBias, v * 16))),
          each((sum) => sum.set(zero)),
        ),
      ),
      qa.map((q, r) => q.set(r === 0 ? p.a : i32.add(get(qa, r - 1), p.aRow))),
      qb.set(p.b),
      end.set(i32.add(p.a, i32.mul(p.k, step))),
      doWhile(
        [
          column.map((col, v) => col.set(v128.load(qb, v * 16))),
          copies
            ? [column.map((col, v) => v128.store(p.copy, col, v * 16)), p.copy.add(vectors * 16)]
            : [],
          sums.map((row, r) => [
            splat.set(
              a === "packed" ? v128.load32Splat(first, r * 4) : v128.load32Splat(get(qa, r)),
            ),
            row.map((sum, v) => sum.set(fma(splat, get(column, v), sum))),
          ]),
          qa.map((q) => q.add(step)),
          qb.add(p.bStep),
        ],
        i32.ne(first, end),
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
 * macro(m, n, k, a, aRow, b, bStep, reach, c, rowBytes, position, runLength, runBytes, accumulate, bias, columnBias,
 * activation, own): C[m × n] (+)= A · B, k ≥ 1.
 *
 * A "packed": panels of PANEL_ROWS rows; "apart": rows `aRow` bytes apart, the k of each side by side.
 * B packed (reach 0): padded panels of panelColumns. B as it lies: k `bStep` bytes apart, and to the left of b
 * there are reach − 1 columns more that may be read, n + reach > 4.
 *
 * Row i of C lies at c + i·rowBytes; its columns come in runs of `runLength` floats side by side, a run every
 * `runBytes`; c is column `position` of its run. (One run for a matrix; one per image for a convolution, so that
 * images of 7 × 7 fill tiles too.) `bias`: address of one float per row, readable up to a whole tile, or 0;
 * `columnBias`: the same per column, used where there is no `bias`. `own`: macroScratch(k) bytes of the thread.
 * `activation`: 0 none, 1 relu, 2 relu6, of what is stored.
 */
export function macroFunctions(relaxed: boolean, a: RowsOfA): readonly Func[] {
  const shapes = tiles(relaxed);
  const widest = shapes.length;
  const whole = shapes.map((tile) => tileFunction(tile, relaxed, a, false));
  const copying = tileFunction(get(shapes, widest - 1), relaxed, a, true);
  const part = partFunction();
  const macro = func("macro", PARAMS, (f, p) => {
    const local = (): IntLocal => f.local("i32");
    const [j, rest, skip, columns, isWhole] = [local(), local(), local(), local(), local()];
    const [vectors, b, bStep, copies, columnBias] = [local(), local(), local(), local(), local()];
    const [left, inPanel, count, aRow, qa, panel, qc, bias] = [
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
    ];
    const copy = i32.add(p.own, SPARE);
    const least = (x: Expr<"i32">, y: Expr<"i32">): Expr<"i32"> => select(x, y, i32.ltU(x, y));
    const advance = (rows: Expr<"i32">): Code => [
      qa.add(a === "packed" ? i32.mul(rows, 4) : i32.mul(rows, p.aRow)),
      qc.add(i32.mul(rows, p.rowBytes)),
      when(bias, bias.add(i32.mul(rows, 4))),
    ];
    /** All rows of a panel of columns, in tiles of one shape. */
    const down = (tile: Tile, kernel: Func): Code => {
      const { rows } = tile;
      const inPlace = (by: Func, howMany: Expr<"i32">): Code =>
        call(
          by,
          ...[howMany, p.k, qa, p.aRow, b, bStep, qc, p.rowBytes, bias, columnBias],
          ...[p.accumulate, p.activation, copy],
        );
      return [
        count.set(select(i32.divU(inPanel, i32.const(rows)), i32.const(0), isWhole)),
        inPanel.set(i32.sub(inPanel, i32.mul(count, rows))),
        when(count, [
          tile.vectors < widest
            ? []
            : when(copies, [
                inPlace(copying, i32.const(1)),
                advance(i32.const(rows)),
                b.set(copy),
                bStep.set(tile.vectors * 16),
                copies.set(0),
                count.set(i32.sub(count, 1)),
              ]),
          when(count, [inPlace(kernel, count), advance(i32.mul(count, rows))]),
        ]),
        when(
          inPanel,
          doWhile(
            [
              count.set(
                a === "packed"
                  ? least(inPanel, i32.const(rows))
                  : select(i32.const(rows), i32.const(1), i32.geU(inPanel, rows)),
              ),
              // The last rows apart one at a time, as there may be nothing below them to read.
              aRow.set(a === "packed" ? 0 : select(p.aRow, i32.const(0), i32.eq(count, rows))),
              call(
                kernel,
                ...[1, p.k, qa, aRow, b, bStep, p.own, tile.vectors * 16, bias, columnBias],
                ...[0, 0, copy],
              ),
              call(
                part,
                ...[i32.add(p.own, i32.mul(skip, 4)), tile.vectors * 16, count, columns, qc],
                ...[p.rowBytes, p.position, p.runLength, p.runBytes, p.accumulate, p.activation],
              ),
              advance(count),
              inPanel.set(i32.sub(inPanel, count)),
            ],
            inPanel,
          ),
        ),
      ];
    };
    return doWhile(
      [
        rest.set(i32.sub(p.n, j)),
        vectors.set(widest),
        skip.set(0),
        b.set(p.b),
        bStep.set(widest * 16),
        when(p.reach, [
          vectors.set(least(i32.const(widest), i32.shrU(i32.add(rest, 3), 2))),
          vectors.set(i32.sub(vectors, i32.geU(i32.mul(vectors, 4), i32.add(p.reach, p.n)))),
          skip.set(
            select(
              i32.sub(i32.mul(vectors, 4), rest),
              i32.const(0),
              i32.gtU(i32.mul(vectors, 4), rest),
            ),
          ),
          b.set(i32.sub(b, i32.mul(skip, 4))),
          bStep.set(p.bStep),
        ]),
        columns.set(least(rest, i32.sub(i32.mul(vectors, 4), skip))),
        isWhole.set(
          i32.and(
            i32.eq(columns, i32.mul(vectors, 4)),
            i32.leU(i32.add(p.position, columns), p.runLength),
          ),
        ),
        copies.set(i32.ne(p.reach, 0)),
        columnBias.set(
          select(i32.add(p.columnBias, i32.mul(i32.sub(j, skip), 4)), i32.const(0), p.columnBias),
        ),
        left.set(p.m),
        panel.set(p.a),
        qc.set(p.c),
        bias.set(p.bias),
        doWhile(
          [
            inPanel.set(least(left, i32.const(PANEL_ROWS))),
            left.set(i32.sub(left, inPanel)),
            qa.set(panel),
            shapes
              .map((tile, v) => [v + 1, down(tile, get(whole, v))] as const)
              .reduce<Code>(
                (others, [v, one]) =>
                  others.length === 0 ? one : when(i32.eq(vectors, v), one, others),
                [],
              ),
            panel.add(
              i32.mul(a === "packed" ? p.k : p.aRow, a === "packed" ? PANEL_ROWS * 4 : PANEL_ROWS),
            ),
          ],
          left,
        ),
        // On, over as many ends of runs as that passes.
        j.add(columns),
        p.b.add(select(i32.mul(columns, 4), i32.mul(p.k, widest * 16), p.reach)),
        p.c.add(i32.mul(columns, 4)),
        p.position.add(columns),
        when(
          i32.geU(p.position, p.runLength),
          doWhile(
            [
              p.position.set(i32.sub(p.position, p.runLength)),
              p.c.add(i32.sub(p.runBytes, i32.mul(p.runLength, 4))),
            ],
            i32.geU(p.position, p.runLength),
          ),
        ),
      ],
      i32.ltU(j, p.n),
    );
  });
  return [macro, ...whole, copying, part];
}
