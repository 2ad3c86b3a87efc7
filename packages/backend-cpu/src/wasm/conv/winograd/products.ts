// The matrix products of Winograd's convolution, one per point: filters × tiles, both in packed panels, the result
// in panels [row][NR] as well. Panels are always full, so that there is no edge to see to.
import {
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
  select,
  v128,
  when,
} from "../../assembler/assembler.ts";
import { NR, TILE_ROWS } from "../../gemm/kernels.ts";

/**
 * products(rowPanels, tilePanels, k, a, aStride, b, bStride, c, cStride, accumulate, rowsInside): C (+)= A · B for
 * each point, `aStride` … bytes from one to the next. The panels of the inner loop should come from the L2 cache,
 * those of the outer loop may stream from further away: rows are inside with `rowsInside`, tiles without.
 */
export function productsFunction(points: number, relaxed: boolean): Func {
  const fma = multiplyAdd(relaxed);
  const width = TILE_ROWS;
  const params = {
    rowPanels: "i32",
    tilePanels: "i32",
    k: "i32",
    a: "i32",
    aStride: "i32",
    b: "i32",
    bStride: "i32",
    c: "i32",
    cStride: "i32",
    accumulate: "i32",
    rowsInside: "i32",
  } as const;
  return func("products", params, (f, p) => {
    const [point, outer, inner, left, qa, qb, qc] = f.locals("i32", 7) as IntLocal[] as [
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
    ];
    const [a, b, c] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
    const [aPanel, bPanel, cRows, cTiles] = f.locals("i32", 4) as [
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
    ];
    const [aInner, bInner, cInner] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
    const [aOuter, bOuter, cOuter] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
    const tile = Array.from({ length: width }, () => f.locals("v128", NR / 4));
    const column = f.locals("v128", NR / 4);
    const splat = f.local("v128");
    const at = (r: number, v: number): number => (r * NR + v * 4) * 4;
    const multiply: Code = [
      // Begun as one of two values, they would land in registers that the loop moves around.
      tile.map((row) => row.map((acc) => acc.set(v128.zero()))),
      qa.set(a),
      qb.set(b),
      left.set(p.k),
      countdown(left, [
        column.map((col, v) => col.set(v128.load(qb, v * 16))),
        tile.map((row, r) => [
          splat.set(v128.load32Splat(qa, r * 4)),
          row.map((acc, v) => acc.set(fma(splat, column[v] as Local<"v128">, acc))),
        ]),
        qa.add(width * 4),
        qb.add(NR * 4),
      ]),
      when(
        p.accumulate,
        tile.map((row, r) => row.map((acc, v) => acc.set(f32x4.add(acc, v128.load(qc, at(r, v)))))),
      ),
      tile.map((row, r) => row.map((acc, v) => v128.store(qc, acc, at(r, v)))),
    ];
    const inside = (rows: IntLocal | 0, tiles: IntLocal | 0): Expr<"i32"> =>
      select(rows === 0 ? i32.const(0) : rows, tiles === 0 ? i32.const(0) : tiles, p.rowsInside);
    return [
      aPanel.set(i32.mul(p.k, width * 4)),
      bPanel.set(i32.mul(p.k, NR * 4)),
      cRows.set(width * NR * 4),
      cTiles.set(i32.mul(p.rowPanels, width * NR * 4)),
      aInner.set(inside(aPanel, 0)),
      bInner.set(inside(0, bPanel)),
      cInner.set(inside(cRows, cTiles)),
      aOuter.set(inside(0, aPanel)),
      bOuter.set(inside(bPanel, 0)),
      cOuter.set(inside(cTiles, cRows)),
      point.set(points),
      countdown(point, [
        outer.set(inside(p.tilePanels, p.rowPanels)),
        a.set(p.a),
        b.set(p.b),
        c.set(p.c),
        countdown(outer, [
          inner.set(inside(p.rowPanels, p.tilePanels)),
          qc.set(c),
          countdown(inner, [multiply, a.add(aInner), b.add(bInner), qc.add(cInner)]),
          // Back to the first panel of the inner loop.
          a.set(select(p.a, a, p.rowsInside)),
          b.set(select(b, p.b, p.rowsInside)),
          a.add(aOuter),
          b.add(bOuter),
          c.add(cOuter),
        ]),
        p.a.add(p.aStride),
        p.b.add(p.bStride),
        p.c.add(p.cStride),
      ]),
    ];
  });
}
