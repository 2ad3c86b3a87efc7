// The matrix products of Winograd's weight gradient, one per point: sums over tiles of (transformed gradients of the
// outputs) × (transformed inputs). Both lie in panels [channel][NR tiles], as their transforms write them, so the
// vectors run along what is summed over: products of vectors, and the four lanes of each are added at the end.
import {
  block,
  brIf,
  type Code,
  countdown,
  type Expr,
  type Func,
  f32x4,
  func,
  type IntLocal,
  i32,
  type Local,
  multiplyAdd,
  v128,
  when,
} from "../../assembler/assembler.ts";
import { get, upTo } from "../../assembler/lists.ts";
import { NR } from "../../gemm/kernels.ts";

type Vec = Local<"v128">;

/**
 * Channels of a tile of sums: of gradients, and of inputs. Engines load all that a half needs before its first
 * product: 8 sums and 6 vectors fit the 15 registers that they use.
 */
export const GRAD_ROWS = 2;
export const GRAD_COLUMNS = 4;

/**
 * gradProducts(points, rowTiles, columnTiles, panels, a, aStride, aPanel, b, bStride, bPanel, c, cStride, cRow,
 * accumulate): C[row][column] (+)= Σ over tiles of A · B for each point, `aStride` … bytes from one to the next,
 * `aPanel` … bytes from one panel to the next.
 */
export function gradProductsFunction(relaxed: boolean): Func {
  const fma = multiplyAdd(relaxed);
  const params = {
    points: "i32",
    rowTiles: "i32",
    columnTiles: "i32",
    panels: "i32",
    a: "i32",
    aStride: "i32",
    aPanel: "i32",
    b: "i32",
    bStride: "i32",
    bPanel: "i32",
    c: "i32",
    cStride: "i32",
    cRow: "i32",
    accumulate: "i32",
  } as const;
  return func("gradProducts", params, (f, p) => {
    const local = (): IntLocal => f.local("i32");
    const [rows, columns, left, qa, qb, qc] = [
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
    ] as const;
    const [a, b, top, c] = [local(), local(), local(), local()] as const;
    const sums = upTo(GRAD_ROWS).map(() => f.locals("v128", GRAD_COLUMNS));
    const grads = f.locals("v128", GRAD_ROWS);
    const input = f.local("v128");
    const [t, u] = [f.local("v128"), f.local("v128")];
    const half = (bytes: number): Code => [
      grads.map((g, r) => g.set(v128.load(qa, r * NR * 4 + bytes))),
      upTo(GRAD_COLUMNS).map((j) => [
        input.set(v128.load(qb, j * NR * 4 + bytes)),
        sums.map((row, r) => get(row, j).set(fma(get(grads, r), input, get(row, j)))),
      ]),
    ];
    const tile: Code = [
      sums.map((row) => row.map((sum) => sum.set(v128.zero()))),
      qa.set(a),
      qb.set(b),
      left.set(p.panels),
      // Between the halves lies an exit that is never taken (no pointer is odd): in one block the engine would load
      // for both of them first, and spill.
      block(
        countdown(left, [
          upTo(NR / 4).map((v) => [half(v * 16), v < NR / 4 - 1 ? brIf(i32.eq(qa, 1), 1) : []]),
          qa.add(p.aPanel),
          qb.add(p.bPanel),
        ]),
      ),
      qc.set(c),
      sums.map((row) => [
        addLanes(row, t, u),
        when(p.accumulate, t.set(f32x4.add(t, v128.load(qc)))),
        v128.store(qc, t),
        qc.add(p.cRow),
      ]),
    ];
    return countdown(p.points, [
      a.set(p.a),
      top.set(p.c),
      rows.set(p.rowTiles),
      countdown(rows, [
        b.set(p.b),
        c.set(top),
        columns.set(p.columnTiles),
        countdown(columns, [tile, b.add(GRAD_COLUMNS * NR * 4), c.add(GRAD_COLUMNS * 4)]),
        a.add(GRAD_ROWS * NR * 4),
        top.add(i32.mul(p.cRow, GRAD_ROWS)),
      ]),
      p.a.add(p.aStride),
      p.b.add(p.bStride),
      p.c.add(p.cStride),
    ]);
  });
}

/** t: the sums of the lanes of four vectors. */
function addLanes(row: readonly Vec[], t: Vec, u: Vec): Code {
  const [s0, s1, s2, s3] = row as [Vec, Vec, Vec, Vec];
  const halves = (x: Vec, y: Vec): Expr<"v128"> =>
    f32x4.add(f32x4.shuffle(x, y, [0, 1, 4, 5]), f32x4.shuffle(x, y, [2, 3, 6, 7]));
  return [
    t.set(halves(s0, s1)),
    u.set(halves(s2, s3)),
    t.set(f32x4.add(f32x4.shuffle(t, u, [0, 2, 4, 6]), f32x4.shuffle(t, u, [1, 3, 5, 7]))),
  ];
}
