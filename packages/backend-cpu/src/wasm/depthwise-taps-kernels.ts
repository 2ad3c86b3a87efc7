// The WASM of depthwise-taps.ts: sums over a table of taps, and the gradient of the weights.
import {
  type Code,
  countdown,
  doWhile,
  type Expr,
  type Func,
  f32,
  func,
  type IntLocal,
  i32,
  type Local,
  multiplyAdd,
  type Scope,
  sumLanes,
  v128,
  when,
} from "./assembler.ts";

type Vec = Local<"v128">;
export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Four floats `step` floats apart. */
const loadStep = (pointer: IntLocal, step: number, offset = 0): Expr<"v128"> =>
  step === 1
    ? v128.load(pointer, offset)
    : [1, 2, 3].reduce<Expr<"v128">>(
        (vec, lane) => v128.load32Lane(pointer, vec, lane, offset + lane * step * 4),
        v128.load32Zero(pointer, offset),
      );

/** The first `rest` (1 to 3) floats at the pointer, zeros above. */
const loadRest = (pointer: IntLocal, rest: IntLocal, into: Vec): Code =>
  when(
    i32.geU(rest, 2),
    [
      into.set(v128.load64Zero(pointer)),
      when(i32.eq(rest, 3), into.set(v128.load32Lane(pointer, into, 2, 8))),
    ],
    into.set(v128.load32Zero(pointer)),
  );

const storeRest = (pointer: IntLocal, rest: IntLocal, value: Vec): Code =>
  when(
    i32.geU(rest, 2),
    [
      v128.store64Lane(pointer, value, 0),
      when(i32.eq(rest, 3), v128.store32Lane(pointer, value, 2, 8)),
    ],
    v128.store32Lane(pointer, value, 0),
  );

/** The walk over the rows of an output volume: `row` sees source and target pointers of each. */
function overRows(
  f: Scope,
  p: { slices: IntLocal; rows: IntLocal; slice: IntLocal; row: IntLocal },
  from: IntLocal,
  body: (source: IntLocal) => Code,
): Code {
  const [z, y, inSlice, inRow] = f.locals("i32", 4) as [IntLocal, IntLocal, IntLocal, IntLocal];
  return [
    z.set(p.slices),
    inSlice.set(from),
    countdown(z, [
      y.set(p.rows),
      inRow.set(inSlice),
      countdown(y, [body(inRow), inRow.add(p.row)]),
      inSlice.add(p.slice),
    ]),
  ];
}

/**
 * tapSum(planes, sources, member, multiplier, channel, channels, from, fromPlane, w, filter, bias, to, slices, rows,
 * width, slice, row, table, taps): each of `planes` outputs [slices, rows, width] is the sum over `sources`
 * planes and over taps of source[+ offset]·weight. The next output reads on `sources` planes, but only
 * after `multiplier` outputs. table: for each tap the byte offsets of its source and weight.
 */
export function tapSumKernel(step: number, relaxed: boolean): Func {
  const fma = multiplyAdd(relaxed);
  const params = {
    planes: "i32",
    sources: "i32",
    member: "i32",
    multiplier: "i32",
    channel: "i32",
    channels: "i32",
    from: "i32",
    fromPlane: "i32",
    w: "i32",
    filter: "i32",
    bias: "i32",
    to: "i32",
    slices: "i32",
    rows: "i32",
    width: "i32",
    slice: "i32",
    row: "i32",
    table: "i32",
    taps: "i32",
  } as const;
  return func("tapSum", params, (f, p) => {
    const names = ["q", "target", "start", "x", "left", "tap", "entry", "at", "weights", "source"];
    const local = Object.fromEntries(names.map((n) => [n, f.local("i32")])) as Record<
      "q" | "target" | "start" | "x" | "left" | "tap" | "entry" | "at" | "weights" | "source",
      IntLocal
    >;
    const { q, target, start, x, left, tap, entry, at, weights, source } = local;
    const sums = f.locals("v128", 8);
    const [splat, initial] = [f.local("v128"), f.local("v128")];
    const overTaps = (count: number): Code => [
      entry.set(p.table),
      tap.set(p.taps),
      countdown(tap, [
        at.set(i32.add(x, i32.load(entry))),
        splat.set(v128.load32Splat(i32.add(weights, i32.load(entry, 4)))),
        sums.slice(0, count).map((s, i) => s.set(fma(splat, loadStep(at, step, i * step * 16), s))),
        entry.add(8),
      ]),
    ];
    const block = (count: number): Code => {
      const used = sums.slice(0, count);
      return when(
        i32.geU(left, count * 4),
        doWhile(
          [
            when(
              source,
              used.map((s, i) => s.set(v128.load(target, i * 16))),
              used.map((s) => s.set(initial)),
            ),
            overTaps(count),
            used.map((s, i) => v128.store(target, s, i * 16)),
            target.add(count * 16),
            x.add(count * step * 16),
            left.set(i32.sub(left, count * 4)),
          ],
          i32.geU(left, count * 4),
        ),
      );
    };
    const [first] = sums as [Vec, ...Vec[]];
    const rest = when(left, [
      when(source, loadRest(target, left, first), first.set(initial)),
      overTaps(1),
      storeRest(target, left, first),
      target.add(i32.shl(left, 2)),
    ]);
    return countdown(p.planes, [
      when(
        p.bias,
        initial.set(v128.load32Splat(i32.add(p.bias, i32.shl(p.channel, 2)))),
        initial.set(v128.zero()),
      ),
      q.set(p.from),
      start.set(p.to),
      weights.set(i32.add(p.w, i32.mul(i32.mul(p.channel, p.sources), p.filter))),
      source.set(0),
      doWhile(
        [
          target.set(start),
          overRows(f, p, q, (row) => [
            x.set(row),
            left.set(p.width),
            block(8),
            block(4),
            block(1),
            rest,
          ]),
          weights.add(p.filter),
          q.add(p.fromPlane),
          source.add(1),
        ],
        i32.ltU(source, p.sources),
      ),
      p.to.set(target),
      p.channel.add(1),
      when(i32.eq(p.channel, p.channels), p.channel.set(0)),
      p.member.add(1),
      when(i32.eq(p.member, p.multiplier), [p.member.set(0), p.from.set(q)]),
    ]);
  });
}

/**
 * tapGrad(planes, member, multiplier, channel, channels, from, fromPlane, g, dw, filter, slices, rows, width, slice, row,
 * table, groups): adds what `planes` planes of g give to their filters; taps in groups of 8.
 */
export function tapGradKernel(step: number, relaxed: boolean): Func {
  const fma = multiplyAdd(relaxed);
  const params = {
    planes: "i32",
    member: "i32",
    multiplier: "i32",
    channel: "i32",
    channels: "i32",
    from: "i32",
    fromPlane: "i32",
    g: "i32",
    dw: "i32",
    filter: "i32",
    slices: "i32",
    rows: "i32",
    width: "i32",
    slice: "i32",
    row: "i32",
    table: "i32",
    groups: "i32",
  } as const;
  return func("tapGrad", params, (f, p) => {
    const [group, entry, gq, left, target, at] = f.locals("i32", 6) as [
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
    ];
    const sources = f.locals("i32", GROUP);
    const sums = f.locals("v128", GROUP);
    const [grad, scratch] = [f.local("v128"), f.local("v128")];
    const products = sums.map((s, i) =>
      s.set(fma(grad, loadStep(sources[i] as IntLocal, step), s)),
    );
    return countdown(p.planes, [
      group.set(p.groups),
      entry.set(p.table),
      countdown(group, [
        sums.map((s) => s.set(v128.zero())),
        gq.set(p.g),
        overRows(f, p, p.from, (row) => [
          sources.map((s, i) => s.set(i32.add(row, i32.load(entry, i * 8)))),
          left.set(p.width),
          when(
            i32.geU(left, 4),
            doWhile(
              [
                grad.set(v128.load(gq)),
                products,
                sources.map((s) => s.add(step * 16)),
                gq.add(16),
                left.set(i32.sub(left, 4)),
              ],
              i32.geU(left, 4),
            ),
          ),
          when(left, [loadRest(gq, left, grad), products, gq.add(i32.shl(left, 2))]),
        ]),
        target.set(i32.add(p.dw, i32.mul(p.channel, p.filter))),
        sums.map((s, i) => [
          at.set(i32.add(target, i32.load(entry, i * 8 + 4))),
          // The last group is filled up with taps of no weight.
          when(
            i32.ne(i32.load(entry, i * 8 + 4), -1),
            f32.store(at, f32.add(f32.load(at), sumLanes(s, scratch))),
          ),
        ]),
        entry.add(GROUP * 8),
      ]),
      p.g.set(gq),
      p.channel.add(1),
      when(i32.eq(p.channel, p.channels), p.channel.set(0)),
      p.member.add(1),
      when(i32.eq(p.member, p.multiplier), [p.member.set(0), p.from.add(p.fromPlane)]),
    ]);
  });
}

/** Taps of the weight gradient that share a load of g. */
export const GROUP = 8;
