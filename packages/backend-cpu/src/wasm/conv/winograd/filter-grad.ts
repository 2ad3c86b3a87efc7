// The last transform of Winograd's weight gradient: GᵀMG of the sums of products of each pair of channels, written
// as filters of 3 × 3.
import {
  type Code,
  countdown,
  type Func,
  f32,
  f32x4,
  func,
  type IntLocal,
  i32,
  type Local,
  v128,
  when,
} from "../../assembler/assembler.ts";
import { get, upTo } from "../../assembler/lists.ts";
import { schemeOf } from "./schemes.ts";

type Vec = Local<"v128">;

/** Bytes of a filter. */
const FILTER = 36;

/** What filterGrad() needs at `spare`: sums transformed half; or four filters, of which some are not wanted. */
export const filterSpareBytes = (tile: number): number => Math.max(3 * (tile + 2) * 16, 4 * FILTER);

/**
 * filterGrad(rows, channels, m, stride, rowBytes, to, spare): the filters of `rows` × `channels` pairs, one after the
 * other. Point p of a pair lies at `m + p·stride`, rows `rowBytes` apart, readable in whole vectors.
 */
export function filterGradFunction(tile: 2 | 4, relaxed: boolean): Func {
  const params = {
    rows: "i32",
    channels: "i32",
    m: "i32",
    stride: "i32",
    rowBytes: "i32",
    to: "i32",
    spare: "i32",
  } as const;
  return func("filterGrad", params, (f, p) => {
    const scheme = schemeOf(tile, f, relaxed);
    const { span } = scheme;
    const m = f.locals("v128", span);
    const taps = f.locals("v128", 9);
    const [left, fours, at, q, from, to] = upTo(6).map(() => f.local("i32")) as [
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
    ];
    const between = (r: number, c: number): number => (r * span + c) * 16;
    const alongColumns: Code = upTo(span).map((c) => [
      q.set(i32.add(at, i32.mul(p.stride, c))),
      m.map((vec, r) => [
        vec.set(v128.load(q)),
        r < span - 1 ? q.add(i32.mul(p.stride, span)) : [],
      ]),
      scheme.filterGrad(m, (value, r) => v128.store(p.spare, value, between(r, c))),
    ]);
    const alongRows: Code = upTo(3).map((r) => [
      m.map((vec, c) => vec.set(v128.load(p.spare, between(r, c)))),
      scheme.filterGrad(m, (value, c) => get(taps, r * 3 + c).set(value)),
    ]);
    const four: Code = [
      alongColumns,
      alongRows,
      to.set(p.to),
      when(i32.ltU(left, 4), to.set(p.spare)),
      transposed(f.locals("v128", 4) as [Vec, Vec, Vec, Vec], taps.slice(0, 4), to, 0),
      transposed(f.locals("v128", 4) as [Vec, Vec, Vec, Vec], taps.slice(4, 8), to, 16),
      upTo(4).map((j) => v128.store32Lane(to, get(taps, 8), j, j * FILTER + 32)),
    ];
    return countdown(p.rows, [
      at.set(p.m),
      left.set(p.channels),
      fours.set(i32.shrU(i32.add(p.channels, 3), 2)),
      countdown(fours, [
        four,
        when(
          i32.geU(left, 4),
          [p.to.add(4 * FILTER), left.set(i32.sub(left, 4))],
          [
            from.set(p.spare),
            left.set(i32.mul(left, FILTER / 4)),
            countdown(left, [f32.store(p.to, f32.load(from)), from.add(4), p.to.add(4)]),
          ],
        ),
        at.add(16),
      ]),
      p.m.add(p.rowBytes),
    ]);
  });
}

/** Four taps of four filters: stored as four floats of each filter. */
function transposed(
  t: readonly [Vec, Vec, Vec, Vec],
  taps: readonly Vec[],
  to: IntLocal,
  offset: number,
): Code {
  const [t0, t1, t2, t3] = t;
  const [v0, v1, v2, v3] = taps as [Vec, Vec, Vec, Vec];
  return [
    t0.set(f32x4.shuffle(v0, v1, [0, 4, 1, 5])),
    t1.set(f32x4.shuffle(v0, v1, [2, 6, 3, 7])),
    t2.set(f32x4.shuffle(v2, v3, [0, 4, 1, 5])),
    t3.set(f32x4.shuffle(v2, v3, [2, 6, 3, 7])),
    v128.store(to, f32x4.shuffle(t0, t2, [0, 1, 4, 5]), offset),
    v128.store(to, f32x4.shuffle(t0, t2, [2, 3, 6, 7]), FILTER + offset),
    v128.store(to, f32x4.shuffle(t1, t3, [0, 1, 4, 5]), 2 * FILTER + offset),
    v128.store(to, f32x4.shuffle(t1, t3, [2, 3, 6, 7]), 3 * FILTER + offset),
  ];
}
