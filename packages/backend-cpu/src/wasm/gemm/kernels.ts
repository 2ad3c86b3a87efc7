// The WASM of matrix products: packing of an operand into panels.
//
// A panel holds `width` lanes (rows of A or columns of B) side by side, k after k: [k][width]. Where
// a lane and a k lie in memory is a sum of two offsets; both come from an odometer of four levels, so
// the same kernels read plain matrices, their transposes, the pixels of a batch, and the patches of a
// convolution without ever writing an im2col matrix.
import {
  type Code,
  countdown,
  doWhile,
  type Expr,
  type Func,
  f32x4,
  func,
  type IntLocal,
  i32,
  type Local,
  type Scope,
  select,
  v128,
  when,
} from "../assembler/assembler.ts";
import { get, upTo } from "../assembler/lists.ts";
import { nextRun, ODOMETER, type OdometerLocals, odometer } from "./odometer.ts";

/**
 * Tiles of Winograd's products: columns and rows. Engines load all that a k needs before its first product: 8 sums,
 * 2 vectors of columns and 4 of rows fit the registers, 12 + 2 + 6 did not.
 */
export const NR = 8;
export const TILE_ROWS = 4;

type Vec = Local<"v128">;

/**
 * lanes(to, count, fill, …odometer): the byte offsets of `count` lanes as a table of i32, then `fill`
 * copies of the last one, so that a panel at the edge reads something valid.
 */
function laneTable(): Func {
  return func("lanes", { to: "i32", count: "i32", fill: "i32", ...ODOMETER }, (f, p) => {
    const last = f.local("i32");
    return [
      countdown(p.count, [
        last.set(p.offset),
        i32.store(p.to, last),
        p.to.add(4),
        p.c3.add(1),
        p.offset.add(p.s3),
        nextRun(odometer(p)),
      ]),
      when(p.fill, countdown(p.fill, [i32.store(p.to, last), p.to.add(4)])),
    ];
  });
}

/**
 * pack(panels, lanes, base, to, panelBytes, count, …odometer of k): panels of `width` lanes, `count`
 * values of k each, panel p at `to + p·panelBytes`.
 * `packK`: the innermost stride of k is one float, so four k of each lane are read at once and
 * transposed. `packLanes`: any strides; where the lanes of a panel lie side by side they are copied
 * as vectors, elsewhere gathered.
 */
function packer(width: number, along: "k" | "lanes"): Func {
  const params = {
    panels: "i32",
    lanes: "i32",
    base: "i32",
    to: "i32",
    panelBytes: "i32",
    count: "i32",
    ...ODOMETER,
  } as const;
  return func(along === "k" ? "packK" : "packLanes", params, (f, p) => {
    const at = f.locals("i32", width);
    const [q, o, left, run] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
    const k: OdometerLocals = {
      ...odometer(p),
      offset: f.local("i32"),
      counters: [f.local("i32"), f.local("i32"), f.local("i32")],
    };
    /** Runs `body` for each run of the innermost level, with its length in `run`, its offset in `o`. */
    const walk = (body: Code): Code =>
      doWhile(
        [
          run.set(i32.sub(p.n3, k.counters[2])),
          run.set(select(run, left, i32.ltU(run, left))),
          left.set(i32.sub(left, run)),
          o.set(k.offset),
          body,
          k.offset.set(o),
          k.counters[2].set(p.n3),
          nextRun(k),
        ],
        i32.ne(left, 0),
      );
    const oneByOne = (one: Code): Code => countdown(run, [one, q.add(width * 4), o.add(p.s3)]);
    const gathered = oneByOne(gatherOne(f, at, q, o));
    return countdown(p.panels, [
      at.map((a, j) => a.set(i32.add(p.base, i32.load(p.lanes, j * 4)))),
      p.lanes.add(width * 4),
      q.set(p.to),
      p.to.add(p.panelBytes),
      left.set(p.count),
      k.offset.set(p.offset),
      upTo(3).map((level) => get(k.counters, level).set(get([p.c1, p.c2, p.c3], level))),
      along === "k"
        ? walk([
            when(
              i32.geU(run, 4),
              doWhile([packFour(f, at, q, o), run.set(i32.sub(run, 4))], i32.geU(run, 4)),
            ),
            when(run, gathered),
          ])
        : when(sideBySide(at), walk(oneByOne(copyOne(f, at, q, o))), walk(gathered)),
    ]);
  });
}

const sideBySide = (at: readonly IntLocal[]): Expr<"i32"> =>
  upTo(at.length - 1)
    .map((j) => i32.eq(get(at, j + 1), i32.add(get(at, j), 4)))
    .reduce((all, next) => i32.and(all, next));

/** One k of lanes that lie anywhere. */
function gatherOne(f: Scope, at: readonly IntLocal[], q: IntLocal, o: IntLocal): Code {
  const vec = f.local("v128");
  const lane = (j: number): Expr<"i32"> => i32.add(get(at, j), o);
  const vectors = at.length / 4;
  return [
    upTo(vectors).map((v) => [
      vec.set(v128.load32Zero(lane(v * 4))),
      [1, 2, 3].map((j) => vec.set(v128.load32Lane(lane(v * 4 + j), vec, j))),
      v128.store(q, vec, v * 16),
    ]),
  ];
}

/** One k of lanes side by side. */
function copyOne(f: Scope, at: readonly IntLocal[], q: IntLocal, o: IntLocal): Code {
  const from = f.local("i32");
  const vectors = at.length / 4;
  return [
    from.set(i32.add(get(at, 0), o)),
    upTo(vectors).map((v) => v128.store(q, v128.load(from, v * 16), v * 16)),
  ];
}

/** Four k, side by side in memory, of lanes anywhere: 4 × 4 blocks transposed. */
function packFour(f: Scope, at: readonly IntLocal[], q: IntLocal, o: IntLocal): Code {
  const width = at.length;
  const [r0, r1, r2, r3] = f.locals("v128", 4) as [Vec, Vec, Vec, Vec];
  const [t0, t1, t2, t3] = f.locals("v128", 4) as [Vec, Vec, Vec, Vec];
  const row = (j: number): Expr<"v128"> => v128.load(i32.add(get(at, j), o));
  const block = (first: number): Code => [
    [r0, r1, r2, r3].map((r, j) => r.set(row(first + j))),
    t0.set(f32x4.shuffle(r0, r1, [0, 4, 1, 5])),
    t1.set(f32x4.shuffle(r0, r1, [2, 6, 3, 7])),
    t2.set(f32x4.shuffle(r2, r3, [0, 4, 1, 5])),
    t3.set(f32x4.shuffle(r2, r3, [2, 6, 3, 7])),
    [
      f32x4.shuffle(t0, t2, [0, 1, 4, 5]),
      f32x4.shuffle(t0, t2, [2, 3, 6, 7]),
      f32x4.shuffle(t1, t3, [0, 1, 4, 5]),
      f32x4.shuffle(t1, t3, [2, 3, 6, 7]),
    ].map((column, k) => v128.store(q, column, (k * width + first) * 4)),
  ];
  const vectors = width / 4;
  return [upTo(vectors).map((v) => block(v * 4)), q.add(width * 16), o.add(16)];
}

/** The packers of one panel width, a multiple of four. */
export const packFunctions = (width: number): readonly Func[] => [
  laneTable(),
  packer(width, "k"),
  packer(width, "lanes"),
];
