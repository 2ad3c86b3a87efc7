// softmax, logSoftmax and their gradients along a dim whose elements are a step apart: lines lie side by side, sixteen
// at a time (a cache line of each row), then four; the rest one by one, in the lanes of a vector all the same.
//
// `column` follows a few lines to their end. Long lines of far steps meet another page of memory with each element, so
// that none is asked for ahead, and with steps of whole pages one set of the cache for all of them: `strip` goes through
// many lines together, a block of rows at a time, and keeps what it knows of each line in scratch memory.
import {
  type Code,
  countdown,
  countdownOrSkip,
  doWhile,
  type Expr,
  type Func,
  f32,
  f32x4,
  f64x2,
  func,
  type IntLocal,
  i32,
  type Local,
  type Scope,
  select,
  v128,
} from "../assembler/assembler.ts";
import { get, upTo } from "../assembler/lists.ts";
import { splat, type VectorMath, vectorMath } from "../elementwise/math.ts";
import { fromPairs, highPair, lowPair } from "../norm/runs.ts";
import type { SoftmaxCode } from "./softmax-kernels.ts";

type V = Expr<"v128">;
type Lane = Local<"v128">;

/** Rows of a block: sums over them are made in single precision. */
const RUN = 16;
/** Lines of a group, a cache line of a row. */
const GROUP = 16;

const PARAMS = { lines: "i32", n: "i32", a: "i32", b: "i32", out: "i32", step: "i32" } as const;

/** The v-th of a few vectors of lines, and what is known of them: `max`, and a sum over all rows or what follows from it. */
interface Side {
  readonly max: Lane;
  readonly low: Lane;
  readonly high: Lane;
  /** Over the rows of a block. */
  readonly sum: Lane;
  load(stream: keyof Streams): V;
  /** To `out`. */
  store(value: V): Code;
}
interface Streams {
  readonly a: IntLocal;
  readonly b: IntLocal;
  readonly out: IntLocal;
}

/** One way through all rows. */
interface Walk {
  before?(side: Side): Code;
  row(side: Side): Code;
  /** row() adds to `sum`; after() finds the whole in `low`. */
  readonly sums?: boolean;
  after?(side: Side): Code;
}

/** a is x or g, b is y (gradients), out the result. */
function walksOf(code: SoftmaxCode, f: Scope, { expDown: exp, log }: VectorMath): readonly Walk[] {
  const e = f.local("v128");
  const findMax: Walk = {
    before: ({ max }) => max.set(splat(-Infinity)),
    row: ({ max, load }) => max.set(f32x4.pmax(max, load("a"))),
  };
  const grow = ({ max, sum, load }: Side): Code => [
    e.set(exp(f32x4.sub(load("a"), max))),
    sum.set(f32x4.add(sum, e)),
  ];
  const walks: Record<SoftmaxCode, readonly Walk[]> = {
    softmax: [
      findMax,
      {
        sums: true,
        row: (side) => [grow(side), side.store(e)],
        after: ({ low }) => low.set(f32x4.div(splat(1), low)),
      },
      { row: ({ low, load, store }) => store(f32x4.mul(load("out"), low)) },
    ],
    logSoftmax: [
      findMax,
      { sums: true, row: grow, after: ({ low }) => low.set(log(low)) },
      { row: ({ max, low, load, store }) => store(f32x4.sub(f32x4.sub(load("a"), max), low)) },
    ],
    softmaxGrad: [
      {
        sums: true,
        row: ({ sum, load }) => sum.set(f32x4.add(sum, f32x4.mul(load("a"), load("b")))),
      },
      { row: ({ low, load, store }) => store(f32x4.mul(load("b"), f32x4.sub(load("a"), low))) },
    ],
    logSoftmaxGrad: [
      { sums: true, row: ({ sum, load }) => sum.set(f32x4.add(sum, load("a"))) },
      {
        row: ({ low, load, store }) => [
          e.set(exp(load("b"))),
          store(f32x4.sub(load("a"), f32x4.mul(e, low))),
        ],
      },
    ],
  };
  return walks[code];
}

/** The sides of a group of `vectors` times `lanes` lines, at the addresses of `at`. */
function sidesOf(f: Scope, at: Streams): (vectors: 1 | 4, lanes: 1 | 4) => readonly Side[] {
  const [maxima, lows, highs, sums] = upTo(4).map(() => f.locals("v128", 4)) as [
    Lane[],
    Lane[],
    Lane[],
    Lane[],
  ];
  return (vectors, lanes) =>
    upTo(vectors).map((v) => ({
      max: get(maxima, v),
      low: get(lows, v),
      high: get(highs, v),
      sum: get(sums, v),
      load: (s) => (lanes === 4 ? v128.load(at[s], v * 16) : v128.load32Splat(at[s])),
      store: (value) =>
        lanes === 4
          ? v128.store(at.out, value, v * 16)
          : f32.store(at.out, f32x4.extractLane(value, 0)),
    }));
}

const clear = ({ low, high }: Side): Code => [low.set(v128.zero()), high.set(v128.zero())];
const narrow = ({ low, high }: Side): Code => low.set(fromPairs(low, high));
/** The rows of a block. */
function block(walk: Walk, sides: readonly Side[], count: IntLocal, onward: Code): Code {
  const rows = countdown(count, [sides.map((side) => walk.row(side)), onward]);
  if (!walk.sums) return rows;
  return [
    sides.map(({ sum }) => sum.set(v128.zero())),
    rows,
    sides.map(({ low, high, sum }) => [
      low.set(f64x2.add(low, lowPair(sum))),
      high.set(f64x2.add(high, highPair(sum))),
    ]),
  ];
}
/** Takes the rows of the next block from those that are left. */
export const nextBlock = (left: IntLocal, count: IntLocal): Code => [
  count.set(select(left, i32.const(RUN), i32.ltU(left, RUN))),
  left.set(i32.sub(left, count)),
];

/** column(lines, n, a, b, out, step): `lines` lines side by side, n elements each, `step` bytes apart. */
export const softmaxColumns = (code: SoftmaxCode, relaxed: boolean): Func =>
  func("column", PARAMS, (f, p) => {
    const walks = walksOf(code, f, vectorMath(f, relaxed));
    const [a, b, out, left, count, groups] = f.locals("i32", 6) as IntLocal[] as [
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
    ];
    const sidesAt = sidesOf(f, { a, b, out });
    const onward = [a, b, out].map((at) => at.add(p.step));
    const group = (vectors: 1 | 4, lanes: 1 | 4): Code => {
      const sides = sidesAt(vectors, lanes);
      return [
        walks.map((walk) => [
          [a.set(p.a), b.set(p.b), out.set(p.out), left.set(p.n)],
          sides.map((side) => [walk.before?.(side) ?? [], walk.sums ? clear(side) : []]),
          walk.sums
            ? doWhile([nextBlock(left, count), block(walk, sides, count, onward)], i32.ne(left, 0))
            : block(walk, sides, left, onward),
          sides.map((side) => [walk.sums ? narrow(side) : [], walk.after?.(side) ?? []]),
        ]),
        [p.a, p.b, p.out].map((at) => at.add(vectors * lanes * 4)),
      ];
    };
    return [
      groups.set(i32.shrU(p.lines, 4)),
      countdownOrSkip(groups, group(4, 4)),
      groups.set(i32.and(i32.shrU(p.lines, 2), 3)),
      countdownOrSkip(groups, group(1, 4)),
      groups.set(i32.and(p.lines, 3)),
      countdownOrSkip(groups, group(1, 1)),
    ];
  });

/** What is known of a group of lines: four vectors each of max, low and high. */
const KNOWN = 192;

/** strip(lines, n, a, b, out, step, known): the same for whole groups of lines; known: scratch memory. */
export const softmaxStrip = (code: SoftmaxCode, relaxed: boolean): Func =>
  func("strip", { ...PARAMS, known: "i32" }, (f, p) => {
    const walks = walksOf(code, f, vectorMath(f, relaxed));
    const [at, group, first] = upTo(3).map(() => f.locals("i32", 3)) as [
      IntLocal[],
      IntLocal[],
      IntLocal[],
    ];
    const [known, left, count, row, groups] = f.locals("i32", 5) as IntLocal[] as [
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
    ];
    const [a, b, out] = at as [IntLocal, IntLocal, IntLocal];
    const sides = sidesOf(f, { a, b, out })(4, 4);
    const eachKnown = (body: (lane: Lane, offset: number) => Code): Code =>
      sides.map(({ max, low, high }, v) =>
        [max, low, high].map((lane, k) => body(lane, k * 64 + v * 16)),
      );
    const fetch = eachKnown((lane, offset) => lane.set(v128.load(known, offset)));
    const keep = eachKnown((lane, offset) => v128.store(known, lane, offset));
    const eachGroup = (body: Code): Code => [
      known.set(p.known),
      groups.set(i32.shrU(p.lines, 4)),
      countdown(groups, [fetch, body, keep, known.add(KNOWN)]),
    ];
    return walks.map(
      (walk): Code => [
        walk.before || walk.sums
          ? eachGroup(
              sides.map((side) => [walk.before?.(side) ?? [], walk.sums ? clear(side) : []]),
            )
          : [],
        [p.a, p.b, p.out].map((from, i) => get(first, i).set(from)),
        left.set(p.n),
        doWhile(
          [
            nextBlock(left, count),
            group.map((g, i) => g.set(get(first, i))),
            eachGroup([
              at.map((q, i) => q.set(get(group, i))),
              row.set(count),
              block(
                walk,
                sides,
                row,
                at.map((q) => q.add(p.step)),
              ),
              group.map((g) => g.add(GROUP * 4)),
            ]),
            first.map((q) => q.set(i32.add(q, i32.mul(count, p.step)))),
          ],
          i32.ne(left, 0),
        ),
        walk.sums || walk.after
          ? eachGroup(
              sides.map((side) => [walk.sums ? narrow(side) : [], walk.after?.(side) ?? []]),
            )
          : [],
      ],
    );
  });

/** Lines so long, at least so many side by side, go in strips where they span more than the caches follow. */
const [LONG, SIDE_BY_SIDE, SPAN] = [48, 64, 128 * 1024];
/** A strip's part of a row is worth a stream of its own; its rows had better stay in the second-level cache. */
const [NARROWEST, WIDEST, FITTING] = [256, 1024, 2 << 20];
/** Strips that give every thread something. */
const ENOUGH = 8;

/** How many of the `inner` lines side by side go together, in whole groups, `outer` times; 0: none, take `column`. */
export function stripWidth(outer: number, n: number, inner: number): number {
  if (n < LONG || inner < SIDE_BY_SIDE || n * inner * 4 < SPAN) return 0;
  const groups = (lines: number): number => Math.floor(lines / GROUP) * GROUP;
  const fitting = Math.max(NARROWEST, Math.min(WIDEST, groups(FITTING / (n * 8))));
  const share = groups(inner / Math.ceil(ENOUGH / outer));
  return Math.min(fitting, groups(inner), Math.max(SIDE_BY_SIDE, share));
}
/** Bytes of scratch memory for a strip of so many lines. */
export const knownBytes = (width: number): number => (width / GROUP) * KNOWN;
