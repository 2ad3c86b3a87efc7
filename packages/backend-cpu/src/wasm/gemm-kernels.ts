// The WASM of matrix products: packing of an operand into panels, and the register-blocked product
// of packed panels.
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
  f32,
  f32x4,
  func,
  type IntLocal,
  i32,
  type Local,
  multiplyAdd,
  range,
  type Scope,
  select,
  v128,
  when,
} from "./assembler.ts";
import { get, upTo } from "./lists.ts";
import { nextRun, ODOMETER, type OdometerLocals, odometer } from "./odometer.ts";

/** Columns of a tile of C, two vectors. */
export const NR = 8;
/** Rows of a tile: with FMA 6 × 2 accumulators fill the 16 registers best, without it 4 × 2 do. */
export const rowsOfTile = (relaxed: boolean): number => (relaxed ? 6 : 4);

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
  const vectors = Math.floor(at.length / 4);
  return [
    upTo(vectors).map((v) => [
      vec.set(v128.load32Zero(lane(v * 4))),
      [1, 2, 3].map((j) => vec.set(v128.load32Lane(lane(v * 4 + j), vec, j))),
      v128.store(q, vec, v * 16),
    ]),
    upTo(at.length % 4).map((j) =>
      f32.store(q, f32.load(lane(vectors * 4 + j)), (vectors * 4 + j) * 4),
    ),
  ];
}

/** One k of lanes side by side. */
function copyOne(f: Scope, at: readonly IntLocal[], q: IntLocal, o: IntLocal): Code {
  const from = f.local("i32");
  const vectors = Math.floor(at.length / 4);
  return [
    from.set(i32.add(get(at, 0), o)),
    upTo(vectors).map((v) => v128.store(q, v128.load(from, v * 16), v * 16)),
    at.length % 4 === 2
      ? v128.store64Lane(q, v128.load64Zero(from, vectors * 16), 0, vectors * 16)
      : [],
  ];
}

/** Four k, side by side in memory, of lanes anywhere: 4 × 4 blocks (and a 2 × 4) transposed. */
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
  const pair = (first: number): Code => [
    r0.set(row(first)),
    r1.set(row(first + 1)),
    t0.set(f32x4.shuffle(r0, r1, [0, 4, 1, 5])),
    t1.set(f32x4.shuffle(r0, r1, [2, 6, 3, 7])),
    upTo(4).map((k) => v128.store64Lane(q, k < 2 ? t0 : t1, k % 2, (k * width + first) * 4)),
  ];
  const vectors = Math.floor(width / 4);
  return [
    upTo(vectors).map((v) => block(v * 4)),
    width % 4 === 2 ? pair(vectors * 4) : [],
    q.add(width * 16),
    o.add(16),
  ];
}

/**
 * macro(m, n, k, a, b, c, rowBytes, position, runLength, runBytes, accumulate, bias, spare,
 * columnBias, activation): C[m × n] (+)= A · B for packed panels a (MR rows) and b (NR columns), k ≥ 1.
 * Row i of C lies at c + i·rowBytes; its columns come in runs of `runLength` floats side by side, a
 * run every `runBytes`; c is column `position` of its run. (One run for a matrix; one per image for a
 * convolution, so that images of 7 × 7 fill tiles too.) `bias`: address of one float per row, readable
 * up to a whole tile, or 0; `columnBias`: the same per column, used where there is no `bias`. `spare`: room
 * for one tile. `activation`: 0 none, 1 relu, 2 relu6, of what is stored.
 */
function macroKernel(mr: number, relaxed: boolean): Func {
  const fma = multiplyAdd(relaxed);
  const vectors = NR / 4;
  const params = {
    m: "i32",
    n: "i32",
    k: "i32",
    a: "i32",
    b: "i32",
    c: "i32",
    rowBytes: "i32",
    position: "i32",
    runLength: "i32",
    runBytes: "i32",
    accumulate: "i32",
    bias: "i32",
    spare: "i32",
    columnBias: "i32",
    activation: "i32",
  } as const;
  return func("macro", params, (f, p) => {
    const [j, i, left, qa, qb, qc] = [0, 1, 2, 3, 4, 5].map(() => f.local("i32")) as [
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
    ];
    const whole = f.local("i32");
    const tile = upTo(mr).map(() => f.locals("v128", vectors));
    const column = f.locals("v128", vectors);
    const splat = f.local("v128");
    const zero = v128.zero();
    const six = f32x4.splat(f32.const(6));
    const each = (body: (acc: Vec, r: number, v: number) => Code): Code =>
      tile.map((row, r) => row.map((acc, v) => body(acc, r, v)));

    const step: Code = [
      column.map((col, v) => col.set(v128.load(qb, v * 16))),
      tile.map((row, r) => [
        splat.set(v128.load32Splat(qa, r * 4)),
        row.map((acc, v) => acc.set(fma(splat, get(column, v), acc))),
      ]),
      qa.add(mr * 4),
      qb.add(NR * 4),
    ];
    const storeWhole: Code = [
      when(
        p.accumulate,
        [
          tile.map((row) => [
            row.map((acc, v) => acc.set(f32x4.add(acc, v128.load(qc, v * 16)))),
            qc.add(p.rowBytes),
          ]),
          qc.set(i32.sub(qc, i32.mul(p.rowBytes, mr))),
        ],
        [],
      ),
      when(p.activation, [
        each((acc) => acc.set(f32x4.pmax(acc, zero))),
        when(i32.eq(p.activation, 2), [each((acc) => acc.set(f32x4.pmin(acc, six)))]),
      ]),
      tile.map((row) => [row.map((acc, v) => v128.store(qc, acc, v * 16)), qc.add(p.rowBytes)]),
    ];
    return [
      doWhile(
        [
          whole.set(
            i32.and(i32.leU(i32.add(p.position, NR), p.runLength), i32.leU(i32.add(j, NR), p.n)),
          ),
          i.set(0),
          qa.set(p.a),
          qc.set(p.c),
          doWhile(
            [
              when(
                p.bias,
                each((acc, r) => acc.set(v128.load32Splat(i32.add(p.bias, i32.mul(i, 4)), r * 4))),
                when(
                  p.columnBias,
                  each((acc, _, v) =>
                    acc.set(v128.load(i32.add(p.columnBias, i32.mul(j, 4)), v * 16)),
                  ),
                  each((acc) => acc.set(zero)),
                ),
              ),
              qb.set(p.b),
              left.set(p.k),
              countdown(left, step),
              when(i32.and(whole, i32.leU(i32.add(i, mr), p.m)), storeWhole, [
                each((acc, r, v) => v128.store(p.spare, acc, (r * NR + v * 4) * 4)),
                storePart(f, p, mr, i, j, qc),
                qc.add(i32.mul(p.rowBytes, mr)),
              ]),
              i.add(mr),
            ],
            i32.ltU(i, p.m),
          ),
          p.b.add(i32.mul(p.k, NR * 4)),
          // Eight columns on, over as many ends of runs as that passes.
          p.c.add(NR * 4),
          p.position.add(NR),
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
          j.add(NR),
        ],
        i32.ltU(j, p.n),
      ),
    ];
  });
}

/** What of the tile in `spare` lies inside of C, column by column. */
function storePart(
  f: Scope,
  p: Readonly<
    Record<
      | "m"
      | "n"
      | "position"
      | "runLength"
      | "runBytes"
      | "rowBytes"
      | "accumulate"
      | "activation"
      | "spare",
      IntLocal
    >
  >,
  mr: number,
  i: IntLocal,
  j: IntLocal,
  corner: IntLocal,
): Code {
  const [column, row, from, to, position, top] = [0, 1, 2, 3, 4, 5].map(() => f.local("i32")) as [
    IntLocal,
    IntLocal,
    IntLocal,
    IntLocal,
    IntLocal,
    IntLocal,
  ];
  const [rows, columns] = [f.local("i32"), f.local("i32")];
  const value = f.local("f32");
  const least = (a: Expr<"i32">, limit: number): Expr<"i32"> =>
    select(a, i32.const(limit), i32.ltU(a, limit));
  return [
    rows.set(least(i32.sub(p.m, i), mr)),
    columns.set(least(i32.sub(p.n, j), NR)),
    position.set(p.position),
    top.set(corner),
    range(column, 0, columns, [
      from.set(i32.add(p.spare, i32.mul(column, 4))),
      to.set(top),
      row.set(rows),
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
        from.add(NR * 4),
        to.add(p.rowBytes),
      ]),
      top.add(4),
      position.add(1),
      when(i32.eq(position, p.runLength), [
        position.set(0),
        top.add(i32.sub(p.runBytes, i32.mul(p.runLength, 4))),
      ]),
    ]),
  ];
}

/** The packers of one panel width. */
export const packFunctions = (width: number): readonly Func[] => [
  laneTable(),
  packer(width, "k"),
  packer(width, "lanes"),
];

export const macroFunctions = (relaxed: boolean): readonly Func[] => [
  macroKernel(rowsOfTile(relaxed), relaxed),
];
