// The weight transform of Winograd's convolution: GgGᵀ of each 3 × 3 filter, written as the panels of rows
// [k][rows] that the macro kernel of matrix products reads, one matrix per point. The rows are output channels and
// k input channels; for the input gradient they change places and the filters are read backwards.
import {
  type Code,
  copyBytes,
  countdown,
  type Expr,
  type Func,
  func,
  type IntLocal,
  i32,
  select,
  v128,
} from "../../assembler/assembler.ts";
import { get, upTo } from "../../assembler/lists.ts";
import { TILE_ROWS } from "../../gemm/kernels.ts";
import { schemeOf } from "./schemes.ts";

/**
 * weights(w, rowBytes, kBytes, rows, panels, k, to, stride): `panels` panels for `rows` rows, `k` values
 * of k, point p at `to + p·stride`. Beyond the last row the last one is repeated.
 */
export function weightsFunction(tile: 2 | 4, relaxed: boolean, backwards: boolean): Func {
  const params = {
    w: "i32",
    rowBytes: "i32",
    kBytes: "i32",
    rows: "i32",
    panels: "i32",
    k: "i32",
    to: "i32",
    stride: "i32",
  } as const;
  return func(backwards ? "weightsBackwards" : "weights", params, (f, p) => {
    const scheme = schemeOf(tile, f, relaxed);
    const lanes = f.locals("i32", TILE_ROWS);
    const at = f.locals("i32", 4);
    const [left, offset, q] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
    const taps = f.locals("v128", 3);
    const columns = upTo(3).map(() => f.locals("v128", scheme.span));

    /** Four filters, the first tap of each where `at` points to. */
    const transform = (store: (value: Expr<"v128">) => Code): Code => [
      columns.map((column, c) => [
        taps.map((tap, r) => {
          const flat = (backwards ? 8 - (r * 3 + c) : r * 3 + c) * 4;
          return [
            tap.set(v128.load32Zero(get(at, 0), flat)),
            [1, 2, 3].map((j) => tap.set(v128.load32Lane(get(at, j), tap, j, flat))),
          ];
        }),
        scheme.filter(taps, (value, i) => get(column, i).set(value)),
      ]),
      upTo(scheme.span).map((i) =>
        scheme.filter(
          columns.map((column) => get(column, i)),
          (value) => [store(value), q.add(p.stride)],
        ),
      ),
    ];
    const [row, last] = [f.local("i32"), f.local("i32")];
    const least = (a: IntLocal, limit: IntLocal): Code =>
      a.set(select(a, limit, i32.ltU(a, limit)));
    const nextPanel: Code = lanes.map((lane) => [
      lane.set(row),
      least(lane, last),
      lane.set(i32.add(p.w, i32.mul(lane, p.rowBytes))),
      row.add(1),
    ]);
    const ofPanel: Code = [
      at.map((a, j) => a.set(i32.add(get(lanes, j), offset))),
      q.set(p.to),
      transform((value) => v128.store(q, value)),
    ];
    return [
      last.set(i32.sub(p.rows, 1)),
      countdown(p.panels, [
        nextPanel,
        offset.set(0),
        left.set(p.k),
        countdown(left, [ofPanel, offset.add(p.kBytes), p.to.add(TILE_ROWS * 4)]),
      ]),
    ];
  });
}

/**
 * together(to, from, stride, bytes, count): `count` runs of `bytes`, `stride` apart, one after the other. Reading
 * filters at a large stride waits for memory each time while transforming; a copy has many reads under way.
 */
export const togetherFunction = (): Func =>
  func("together", { to: "i32", from: "i32", stride: "i32", bytes: "i32", count: "i32" }, (_, p) =>
    countdown(p.count, [copyBytes(p.to, p.from, p.bytes), p.to.add(p.bytes), p.from.add(p.stride)]),
  );
