// Pooling over planes [D, H, W]. Where a window lies is not computed here but read: for each output position
// of each dim a table holds the first input index inside of the plane, how many taps are inside, and the
// divisor. So padding, ceilMode and adaptive windows need no code of their own. Outputs whose windows lie
// inside in W are made four at a time; the others one by one.
import {
  type Code,
  countdownOrSkip,
  type Expr,
  type Func,
  f32,
  f32x4,
  f64,
  fillZero,
  func,
  type IntLocal,
  i32,
  i32x4,
  type Local,
  select,
  v128,
  when,
} from "../assembler/assembler.ts";
import { splat } from "../elementwise/math.ts";
import { eachStretch, Total } from "../norm/runs.ts";

type V = Expr<"v128">;

/** One entry of a table: first index, count, divisor. */
export const ENTRY_BYTES = 12;

/** Steps in bytes. `inner` outputs from the `innerFrom`-th of a row on have all `taps` taps in W inside. */
export const POOL_PARAMS = {
  planes: "i32",
  x: "i32",
  y: "i32",
  indices: "i32",
  tableD: "i32",
  tableH: "i32",
  tableW: "i32",
  outD: "i32",
  outH: "i32",
  outW: "i32",
  xPlane: "i32",
  xSlice: "i32",
  xRow: "i32",
  tapD: "i32",
  tapH: "i32",
  tapW: "i32",
  strideW: "i32",
  innerFrom: "i32",
  inner: "i32",
  taps: "i32",
} as const;

export type PoolWay = "max" | "avg" | "avgGrad";

/** The elements at p, p + stride, …: strides 1 and 2 by whole loads that stay inside of the last lane. */
function loadStrided(stride: number, p: IntLocal, strideBytes: IntLocal, to: Local<"v128">): Code {
  if (stride === 1) return to.set(v128.load(p));
  if (stride === 2) {
    return to.set(f32x4.shuffle(v128.load(p), v128.load(p, 12), [0, 2, 5, 7]));
  }
  const at = (lane: number): Expr<"i32"> => i32.add(p, i32.mul(strideBytes, lane));
  return [
    to.set(v128.load32Zero(p)),
    [1, 2, 3].map((lane) => to.set(v128.load32Lane(at(lane), to, lane))),
  ];
}

/**
 * pool(…POOL_PARAMS); stride 1, 2 or 3 (any other); `taps`: how many a full window has in W if it is known here
 * (their loop is written out), else 0. avgGrad reads g at y and adds to x, which it clears first.
 */
export function poolKernel(way: PoolWay, stride: number, taps: number): Func {
  return func("pool", POOL_PARAMS, (f, p) => {
    const int = (): IntLocal => f.local("i32");
    const [outerSlices, outerRows, outputs] = [int(), int(), int()];
    const [td, th, tw] = [int(), int(), int()];
    // The offset in the plane of the windows' first slice and row.
    const rowAt = int();
    const [countD, countH, countW] = [int(), int(), int()];
    const [kd, kh, kw, base, slice, row, at] = [int(), int(), int(), int(), int(), int(), int()];
    const [place, divisor] = [int(), int()];
    const [best, v] = [f.local("f32"), f.local("f32")];
    const sum = f.local("f64");
    const [bestV, vV, placeV, maskV, lanes, laneSteps, tapSteps] = f.locals("v128", 7) as [
      Local<"v128">,
      Local<"v128">,
      Local<"v128">,
      Local<"v128">,
      Local<"v128">,
      Local<"v128">,
      Local<"v128">,
    ];
    /** Visits the taps of the window that starts at `base`; with `known` taps in W, without a loop over them. */
    const eachTap = (visit: Code, known = 0, startRow: Code = []): Code => [
      slice.set(base),
      kd.set(countD),
      countdownOrSkip(kd, [
        row.set(slice),
        kh.set(countH),
        countdownOrSkip(kh, [
          at.set(row),
          startRow,
          known > 0
            ? Array.from({ length: known }, () => [visit, at.add(p.tapW)])
            : [kw.set(countW), countdownOrSkip(kw, [visit, at.add(p.tapW)])],
          row.add(p.tapH),
        ]),
        slice.add(p.tapD),
      ]),
    ];
    /** The row-major place in the plane of an address. */
    const placeOf = (address: IntLocal): Expr<"i32"> => i32.shrU(i32.sub(address, p.x), 2);
    const next = (count: number): Code => [
      p.y.add(count * 4),
      way === "max" ? when(p.indices, p.indices.add(count * 4)) : [],
      tw.add(count * ENTRY_BYTES),
      outputs.set(i32.sub(outputs, count)),
    ];
    const divide: Code = divisor.set(
      i32.mul(i32.mul(i32.load(td, 8), i32.load(th, 8)), i32.load(tw, 8)),
    );
    const single: Record<PoolWay, () => Code> = {
      max: () => [
        best.set(f32.const(-Infinity)),
        place.set(select(placeOf(base), i32.const(0), i32.mul(i32.mul(countD, countH), countW))),
        eachTap([
          v.set(f32.load(at)),
          when(i32.or(f32.gt(v, best), f32.ne(v, v)), [best.set(v), place.set(placeOf(at))]),
        ]),
        f32.store(p.y, best),
        when(p.indices, i32.store(p.indices, place)),
      ],
      avg: () => [
        sum.set(f64.const(0)),
        eachTap(sum.set(f64.add(sum, f64.promoteF32(f32.load(at))))),
        divide,
        f32.store(p.y, f32.demoteF64(f64.div(sum, f64.convertI32U(divisor)))),
      ],
      avgGrad: () => [
        divide,
        v.set(f32.div(f32.load(p.y), f32.convertI32U(divisor))),
        eachTap(f32.store(at, f32.add(f32.load(at), v))),
      ],
    };
    const one: Code = [
      countW.set(i32.load(tw, 4)),
      base.set(i32.add(i32.add(p.x, rowAt), i32.shl(i32.load(tw), 2))),
      single[way](),
      next(1),
    ];
    const load = loadStrided(stride, at, p.strideW, vV);
    const four: Record<"max" | "avg", () => Code> = {
      max: () => [
        bestV.set(splat(-Infinity)),
        placeV.set(i32x4.add(i32x4.splat(placeOf(base)), laneSteps)),
        eachTap(
          [
            load,
            maskV.set(v128.or(f32x4.gt(vV, bestV), f32x4.ne(vV, vV))),
            bestV.set(v128.bitselect(vV, bestV, maskV)),
            placeV.set(v128.bitselect(lanes, placeV, maskV)),
            lanes.set(i32x4.add(lanes, tapSteps)),
          ],
          taps,
          lanes.set(i32x4.add(i32x4.splat(placeOf(row)), laneSteps)),
        ),
        v128.store(p.y, bestV),
        when(p.indices, v128.store(p.indices, placeV)),
      ],
      avg: () => [
        bestV.set(v128.zero()),
        eachTap([load, bestV.set(f32x4.add(bestV, vV))], taps),
        divide,
        v128.store(p.y, f32x4.div(bestV, f32x4.splat(f32.convertI32U(divisor)))),
      ],
    };
    // The taps in W are the same number for all inner outputs.
    const group = (): Code => [
      countW.set(p.taps),
      base.set(i32.add(i32.add(p.x, rowAt), i32.shl(i32.load(tw), 2))),
      four[way as "max" | "avg"](),
      next(4),
    ];
    const [left, groups] = [int(), int()];
    const vectors: Code =
      way === "avgGrad"
        ? []
        : when(i32.mul(countD, countH), [
            left.set(p.innerFrom),
            countdownOrSkip(left, one),
            groups.set(i32.shrU(p.inner, 2)),
            countdownOrSkip(groups, group()),
          ]);
    const stepLanes: V = i32x4.splat(i32.shrU(p.strideW, 2));
    return [
      laneSteps.set(i32x4.mul(stepLanes, v128.constI32([0, 1, 2, 3]))),
      tapSteps.set(i32x4.splat(i32.shrU(p.tapW, 2))),
      countdownOrSkip(p.planes, [
        way === "avgGrad" ? fillZero(p.x, p.xPlane) : [],
        td.set(p.tableD),
        outerSlices.set(p.outD),
        countdownOrSkip(outerSlices, [
          countD.set(i32.load(td, 4)),
          th.set(p.tableH),
          outerRows.set(p.outH),
          countdownOrSkip(outerRows, [
            countH.set(i32.load(th, 4)),
            rowAt.set(i32.add(i32.mul(i32.load(td), p.xSlice), i32.mul(i32.load(th), p.xRow))),
            tw.set(p.tableW),
            outputs.set(p.outW),
            vectors,
            left.set(outputs),
            countdownOrSkip(left, one),
            th.add(ENTRY_BYTES),
          ]),
          td.add(ENTRY_BYTES),
        ]),
        p.x.add(p.xPlane),
      ]),
    ];
  });
}

/** scatter(planes, n, g, indices, dx, plane): dx[indices[i]] += g[i]; gather: g[i] = dx[indices[i]]. `plane` in bytes. */
export function planeKernel(way: "scatter" | "gather"): Func {
  const params = {
    planes: "i32",
    n: "i32",
    g: "i32",
    indices: "i32",
    x: "i32",
    plane: "i32",
  } as const;
  return func("run", params, (f, p) => {
    const [left, at] = [f.local("i32"), f.local("i32")];
    return countdownOrSkip(p.planes, [
      way === "scatter" ? fillZero(p.x, p.plane) : [],
      left.set(p.n),
      countdownOrSkip(left, [
        at.set(i32.add(p.x, i32.shl(i32.load(p.indices), 2))),
        way === "scatter"
          ? f32.store(at, f32.add(f32.load(at), f32.load(p.g)))
          : f32.store(p.g, f32.load(at)),
        p.g.add(4),
        p.indices.add(4),
      ]),
      p.x.add(p.plane),
    ]);
  });
}

/** mean(rows, n, x, y): y[r] = the mean of x[r, 0 … n − 1]. spread(rows, n, x, g): x[r, …] = g[r] / n. */
export const globalFuncs = (): Func[] => [
  func("mean", { rows: "i32", n: "i32", x: "i32", y: "i32" }, (f, p) => {
    const sum = new Total(f);
    return countdownOrSkip(p.rows, [
      sum.clear(),
      eachStretch(f, 1, p.n, [{ from: p.x, step: 0 }], {
        begin: sum.begin(),
        vector: ([q], offset, k) =>
          sum.add(k, (s) => f32x4.add(s, v128.load(q as IntLocal, offset))),
        single: ([q]) => sum.addSingle(f32.load(q as IntLocal)),
        end: sum.end(),
      }),
      f32.store(p.y, f32.demoteF64(f64.div(sum.value(), f64.convertI32U(p.n)))),
      p.y.add(4),
      p.x.add(i32.shl(p.n, 2)),
    ]);
  }),
  func("spread", { rows: "i32", n: "i32", x: "i32", g: "i32" }, (f, p) => {
    const share = f.local("f32");
    const shares = f.local("v128");
    return countdownOrSkip(p.rows, [
      share.set(f32.div(f32.load(p.g), f32.convertI32U(p.n))),
      shares.set(f32x4.splat(share)),
      eachStretch(f, 1, p.n, [{ from: p.x, step: 0 }], {
        vector: ([q], offset) => v128.store(q as IntLocal, shares, offset),
        single: ([q]) => f32.store(q as IntLocal, share),
      }),
      p.g.add(4),
      p.x.add(i32.shl(p.n, 2)),
    ]);
  }),
];
