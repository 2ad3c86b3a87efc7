// Cross-entropy with class numbers: statistics of a line of logits (the largest, the sum of the exponentials),
// what is picked at the target, and the gradient. Lines lie along the classes: stretches of memory where these
// are the last dim, else side by side, a lane of a vector each.
//
// Arrays with one word for each position: top, total, spread (Σ (x − top), where smoothing asks for it), y, g.
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
  fillZero,
  func,
  type IntLocal,
  i32,
  i32x4,
  type Local,
  range,
  type Scope,
  select,
  touch,
  v128,
  when,
} from "../assembler/assembler.ts";
import { get, upTo } from "../assembler/lists.ts";
import { splat, vectorMath } from "../elementwise/math.ts";
import { eachStretch, fromPairs, highPair, lowPair, Total } from "../norm/runs.ts";
import { nextBlock } from "./columns.ts";
import { Extremes, NEAR } from "./extremes.ts";

type V = Expr<"v128">;
type Lane = Local<"v128">;
type IndexBytes = 1 | 4 | 8;

const single = (x: V): Expr<"f32"> => f32x4.extractLane(x, 0);
const one = (p: IntLocal): V => v128.load32Splat(p);
/** A target: ignoreIndex is compared with its low word, and targets in range have no other. */
const targetAt = (bytes: IndexBytes, at: IntLocal, k = 0): Expr<"i32"> =>
  bytes === 1 ? i32.load8U(at, k) : i32.load(at, k * bytes);

const LISTS = { top: "i32", total: "i32", spread: "i32" } as const;

/**
 * rows(lines, n, x, top, total, spread). The extremes of a line are found two lines before they are needed: nothing waits
 * for them, and the line comes from the cache when it is read again.
 */
export const crossEntropyRows = (smoothed: boolean, relaxed: boolean): Func =>
  func("rows", { lines: "i32", n: "i32", x: "i32", ...LISTS }, (f, p) => {
    const { expNear } = vectorMath(f, relaxed);
    const [total, spread] = [new Total(f, 2), new Total(f, 2)];
    const extremes = new Extremes(f);
    const [max, isFar, nextMax, nextFar, d, e] = f.locals("v128", 6) as Lane[] as [
      Lane,
      Lane,
      Lane,
      Lane,
      Lane,
      Lane,
    ];
    const [bytes, step, at, ahead] = f.locals("i32", 4) as IntLocal[] as [
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
    ];
    const findExtremes: Code = [
      extremes.begin(),
      eachStretch(f, 1, p.n, [{ from: p.x, step: 0 }], {
        vector: ([q], offset, k) => extremes.take(k, v128.load(q as IntLocal, offset)),
        single: ([q]) => extremes.take(0, one(q as IntLocal)),
      }),
      extremes.settle(),
      p.x.add(bytes),
    ];
    const sum = (floor: (x: V) => V): Code => {
      const grow = (x: V): Code => [d.set(f32x4.sub(x, max)), e.set(expNear(floor(d)))];
      return eachStretch(f, 1, p.n, [{ from: at, step: 0 }], {
        begin: [total.begin(), smoothed ? spread.begin() : []],
        vector: ([q], offset, k) => [
          // The line that is looked at next is asked for; behind the last there is none.
          offset === 0 ? touch(i32.add(q as IntLocal, ahead)) : [],
          grow(v128.load(q as IntLocal, offset)),
          total.add(k, (so) => f32x4.add(so, e)),
          smoothed ? spread.add(k, (so) => f32x4.add(so, d)) : [],
        ],
        single: ([q]) => [
          grow(one(q as IntLocal)),
          total.addSingle(single(e)),
          smoothed ? spread.addSingle(single(d)) : [],
        ],
        end: [total.end(), smoothed ? spread.end() : []],
      });
    };
    const line: Code = [
      f32.store(p.top, single(max)),
      total.clear(),
      smoothed ? spread.clear() : [],
      // What is too far from the largest, whose exp is 1, is nothing beside it.
      when(
        v128.anyTrue(isFar),
        sum((x) => f32x4.pmax(x, splat(NEAR))),
        sum((x) => x),
      ),
      f32.store(p.total, f32.demoteF64(total.value())),
      smoothed ? f32.store(p.spread, f32.demoteF64(spread.value())) : [],
      at.add(bytes),
      [p.top, p.total, p.spread].map((list) => list.add(4)),
    ];
    return [
      bytes.set(i32.shl(p.n, 2)),
      at.set(p.x),
      range(step, 0, i32.add(p.lines, 2), [
        ahead.set(select(i32.shl(bytes, 1), i32.const(0), i32.ltU(step, p.lines))),
        when(i32.geU(step, 2), line),
        max.set(nextMax),
        isFar.set(nextFar),
        when(i32.ltU(step, p.lines), findExtremes),
        nextMax.set(extremes.max),
        nextFar.set(extremes.isFar),
      ]),
    ];
  });

/** Lines side by side in groups: `body` for 16 (four vectors), 4, and single ones in the lanes of a vector. */
function inGroups(
  f: Scope,
  lines: IntLocal,
  most: 1 | 4,
  body: (vectors: 1 | 4, lanes: 1 | 4) => Code,
): Code {
  const groups = f.local("i32");
  const each = (count: Expr<"i32">, code: Code): Code => [
    groups.set(count),
    countdownOrSkip(groups, code),
  ];
  return [
    most === 4 ? each(i32.shrU(lines, 4), body(4, 4)) : [],
    each(most === 4 ? i32.and(i32.shrU(lines, 2), 3) : i32.shrU(lines, 2), body(1, 4)),
    each(i32.and(lines, 3), body(1, 1)),
  ];
}

const loadAt = (lanes: 1 | 4, at: IntLocal, v: number): V =>
  lanes === 4 ? v128.load(at, v * 16) : one(at);
const storeAt = (lanes: 1 | 4, at: IntLocal, v: number, x: V): Code =>
  lanes === 4 ? v128.store(at, x, v * 16) : f32.store(at, single(x));

/** columns(lines, n, x, top, total, spread, step): the classes of a line are `step` bytes apart. */
export const crossEntropyColumns = (smoothed: boolean, relaxed: boolean): Func =>
  func("columns", { lines: "i32", n: "i32", x: "i32", ...LISTS, step: "i32" }, (f, p) => {
    const { expNear } = vectorMath(f, relaxed);
    const [d, e] = [f.local("v128"), f.local("v128")];
    const maxima = f.locals("v128", 4);
    /** Sums of exp(d) and of d: over a block of rows, and over all as doubles. */
    const newSums = () => upTo(3).map(() => f.locals("v128", 4)) as [Lane[], Lane[], Lane[]];
    const totals = newSums();
    const spreads = smoothed ? newSums() : totals;
    const [, lows, highs] = totals;
    const [, spreadLows, spreadHighs] = spreads;
    const [q, left, count] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
    const group = (vectors: 1 | 4, lanes: 1 | 4): Code => {
      const sides = upTo(vectors);
      const down = (rows: IntLocal, body: (v: number) => Code): Code =>
        countdown(rows, [sides.map(body), q.add(p.step)]);
      const eachSum = (body: (block: Lane, low: Lane, high: Lane) => Code): Code =>
        (smoothed ? [totals, spreads] : [totals]).map(([block, low, high]) =>
          sides.map((v) => body(get(block, v), get(low, v), get(high, v))),
        );
      return [
        sides.map((v) => get(maxima, v).set(splat(-Infinity))),
        eachSum((_, low, high) => [low.set(v128.zero()), high.set(v128.zero())]),
        [q.set(p.x), left.set(p.n)],
        down(left, (v) => get(maxima, v).set(f32x4.pmax(get(maxima, v), loadAt(lanes, q, v)))),
        [q.set(p.x), left.set(p.n)],
        doWhile(
          [
            nextBlock(left, count),
            eachSum((block) => block.set(v128.zero())),
            down(count, (v) => {
              const [total, spread] = [get(totals[0], v), get(spreads[0], v)];
              return [
                d.set(f32x4.sub(loadAt(lanes, q, v), get(maxima, v))),
                // What is too far from the largest is nothing beside its exp, which is 1.
                e.set(expNear(f32x4.pmax(d, splat(NEAR)))),
                total.set(f32x4.add(total, e)),
                smoothed ? spread.set(f32x4.add(spread, d)) : [],
              ];
            }),
            eachSum((block, low, high) => [
              low.set(f64x2.add(low, lowPair(block))),
              high.set(f64x2.add(high, highPair(block))),
            ]),
          ],
          i32.ne(left, 0),
        ),
        sides.map((v) => [
          storeAt(lanes, p.top, v, get(maxima, v)),
          e.set(fromPairs(get(lows, v), get(highs, v))),
          storeAt(lanes, p.total, v, e),
          smoothed ? e.set(fromPairs(get(spreadLows, v), get(spreadHighs, v))) : [],
          smoothed ? storeAt(lanes, p.spread, v, e) : [],
        ]),
        [p.x, p.top, p.total, p.spread].map((at) => at.add(vectors * lanes * 4)),
      ];
    };
    return inGroups(f, p.lines, smoothed ? 1 : 4, group);
  });

/**
 * pick(lines, x, target, y, top, total, spread, line, class, ignore, picked, shared): a line is `line` bytes from the
 * next, a class `class` bytes from the next; picked = 1 − smoothing, shared = smoothing / classes.
 */
export const crossEntropyPick = (bytes: IndexBytes, smoothed: boolean, relaxed: boolean): Func =>
  func(
    "pick",
    {
      lines: "i32",
      x: "i32",
      target: "i32",
      y: "i32",
      ...LISTS,
      line: "i32",
      class: "i32",
      ignore: "i32",
      picked: "f32",
      shared: "f32",
    },
    (f, p) => {
      const { log } = vectorMath(f, relaxed);
      const [picked, sum, targets, value] = f.locals("v128", 4) as [Lane, Lane, Lane, Lane];
      const [t, q] = f.locals("i32", 2) as [IntLocal, IntLocal];
      const group = (_: 1 | 4, lanes: 1 | 4): Code => [
        upTo(lanes).map((k) => [
          t.set(targetAt(bytes, p.target, k)),
          targets.set(i32x4.replaceLane(targets, k, t)),
          t.set(select(i32.const(0), t, i32.eq(t, p.ignore))),
          q.set(i32.add(p.x, i32.mul(t, p.class))),
          picked.set(v128.load32Lane(q, picked, k)),
          p.x.add(p.line),
        ]),
        sum.set(loadAt(lanes, p.total, 0)),
        value.set(f32x4.sub(picked, loadAt(lanes, p.top, 0))),
        smoothed ? value.set(f32x4.mul(value, f32x4.splat(p.picked))) : [],
        value.set(f32x4.sub(log(sum), value)),
        smoothed
          ? value.set(
              f32x4.sub(value, f32x4.mul(loadAt(lanes, p.spread, 0), f32x4.splat(p.shared))),
            )
          : [],
        value.set(v128.andnot(value, i32x4.eq(targets, i32x4.splat(p.ignore)))),
        storeAt(lanes, p.y, 0, value),
        p.target.add(lanes * bytes),
        [p.y, p.top, p.total, p.spread].map((at) => at.add(lanes * 4)),
      ];
      return inGroups(f, p.lines, 1, group);
    },
  );

const GRAD = {
  lines: "i32",
  n: "i32",
  g: "i32",
  x: "i32",
  target: "i32",
  top: "i32",
  total: "i32",
  dx: "i32",
  ignore: "i32",
  picked: "f32",
  shared: "f32",
} as const;

/** rows(lines, n, g, x, target, top, total, dx, ignore, picked, shared) */
export const crossEntropyGradRows = (
  bytes: IndexBytes,
  smoothed: boolean,
  relaxed: boolean,
): Func =>
  func("rows", GRAD, (f, p) => {
    const exp = vectorMath(f, relaxed).expDownTimes();
    const [top, scale, shift, e] = f.locals("v128", 4) as [Lane, Lane, Lane, Lane];
    const [t, size, ahead] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
    const g = f.local("f32");
    const value = (x: V): Code => [
      e.set(exp.of(f32x4.sub(x, top))),
      smoothed ? e.set(f32x4.sub(e, shift)) : [],
    ];
    const line: Code = [
      g.set(f32.load(p.g)),
      top.set(one(p.top)),
      scale.set(f32x4.splat(f32.div(g, f32.load(p.total)))),
      exp.prepare(scale),
      smoothed ? shift.set(f32x4.splat(f32.mul(g, p.shared))) : [],
      eachStretch(
        f,
        1,
        p.n,
        [
          { from: p.x, step: 0 },
          { from: p.dx, step: 0 },
        ],
        {
          vector: ([q, to], offset) => [
            offset === 0 ? [q, to].map((at) => touch(i32.add(at as IntLocal, ahead))) : [],
            value(v128.load(q as IntLocal, offset)),
            v128.store(to as IntLocal, e, offset),
          ],
          single: ([q, to]) => [value(one(q as IntLocal)), f32.store(to as IntLocal, single(e))],
        },
      ),
      t.set(i32.add(p.dx, i32.shl(t, 2))),
      f32.store(t, f32.sub(f32.load(t), f32.mul(g, p.picked))),
    ];
    return [
      size.set(i32.shl(p.n, 2)),
      countdownOrSkip(p.lines, [
        ahead.set(select(size, i32.const(0), i32.gtU(p.lines, 1))),
        t.set(targetAt(bytes, p.target)),
        when(i32.eq(t, p.ignore), fillZero(p.dx, size), line),
        [p.x, p.dx].map((at) => at.add(size)),
        [p.g, p.top, p.total].map((at) => at.add(4)),
        p.target.add(bytes),
      ]),
    ];
  });

/** columns(lines, n, g, x, target, top, total, dx, ignore, picked, shared, step) */
export const crossEntropyGradColumns = (
  bytes: IndexBytes,
  smoothed: boolean,
  relaxed: boolean,
): Func =>
  func("columns", { ...GRAD, step: "i32" }, (f, p) => {
    const { expDown } = vectorMath(f, relaxed);
    const [top, scale, shift, e, targets, ignored] = f.locals("v128", 6) as Lane[] as [
      Lane,
      Lane,
      Lane,
      Lane,
      Lane,
      Lane,
    ];
    const [t, q, to, left] = f.locals("i32", 4) as [IntLocal, IntLocal, IntLocal, IntLocal];
    const group = (_: 1 | 4, lanes: 1 | 4): Code => [
      upTo(lanes).map((k) =>
        targets.set(i32x4.replaceLane(targets, k, targetAt(bytes, p.target, k))),
      ),
      ignored.set(i32x4.eq(targets, i32x4.splat(p.ignore))),
      top.set(loadAt(lanes, p.top, 0)),
      scale.set(f32x4.div(loadAt(lanes, p.g, 0), loadAt(lanes, p.total, 0))),
      smoothed ? shift.set(f32x4.mul(loadAt(lanes, p.g, 0), f32x4.splat(p.shared))) : [],
      q.set(p.x),
      to.set(p.dx),
      left.set(p.n),
      countdownOrSkip(left, [
        e.set(f32x4.mul(expDown(f32x4.sub(loadAt(lanes, q, 0), top)), scale)),
        smoothed ? e.set(f32x4.sub(e, shift)) : [],
        storeAt(lanes, to, 0, v128.andnot(e, ignored)),
        q.add(p.step),
        to.add(p.step),
      ]),
      upTo(lanes).map((k) => [
        t.set(i32x4.extractLane(targets, k)),
        when(i32.ne(t, p.ignore), [
          t.set(i32.add(p.dx, i32.mul(t, p.step))),
          f32.store(t, f32.sub(f32.load(t, 4 * k), f32.mul(f32.load(p.g, 4 * k), p.picked)), 4 * k),
        ]),
      ]),
      [p.x, p.dx, p.g, p.top, p.total].map((at) => at.add(lanes * 4)),
      p.target.add(lanes * bytes),
    ];
    return inGroups(f, p.lines, 1, group);
  });
