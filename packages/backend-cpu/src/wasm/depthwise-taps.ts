// Depthwise convolution of any kind: kernels of any size, one to three dims, any stride and dilation. One
// kernel serves all sizes: planes lie in boxes with zeros around them, and a table says for each tap how far
// its input lies from the output's and which weight it has.
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
import type { Scratch, WasmContext } from "./context.ts";
import {
  allPhases,
  at3,
  gradBox,
  map3,
  type Phase,
  reach,
  type Source,
  volume,
  withBoxes,
} from "./conv-boxes.ts";
import type { Conv3, Triple } from "./conv-geometry.ts";
import { spread } from "./conv-pad.ts";
import { axis } from "./odometer.ts";

type Vec = Local<"v128">;
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

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
function tapSumKernel(step: number, relaxed: boolean): Func {
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
function tapGradKernel(step: number, relaxed: boolean): Func {
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
const GROUP = 8;
/** Vectors at the end of a row reach up to three floats too far. */
const slack = (step: number): number => 3 * step * 4 + 16;

function writeTable(
  ctx: WasmContext,
  scratch: Scratch,
  entries: readonly (readonly [source: number, weight: number])[],
): number {
  const table = scratch.take(entries.length * 8);
  ctx.arena.i32.set(entries.flat(), table / 4);
  return table;
}

/** The taps of a kernel as [source offset, weight offset]. */
const entriesOf = (
  taps: Triple,
  source: (d: number, tap: number) => number,
  weight: (d: number, tap: number) => number,
): [number, number][] =>
  upTo(volume(taps)).map((t) => {
    const digits = [
      Math.floor(t / (taps[1] * taps[2])),
      Math.floor(t / taps[2]) % taps[1],
      t % taps[2],
    ];
    const sum = (f: (d: number, tap: number) => number): number =>
      digits.reduce((total, digit, d) => total + f(d, digit), 0);
    return [sum(source), sum(weight)];
  });

const stridesOf = (source: Source): Triple => [source.slice, source.row, 4];
const kernelStrides = (c: Conv3): Triple => [c.kernel[1] * c.kernel[2] * 4, c.kernel[2] * 4, 4];

const forwardTaps = (c: Conv3, source: Source): [number, number][] =>
  entriesOf(
    c.kernel,
    (d, tap) => tap * at3(c.dilation, d) * at3(stridesOf(source), d),
    (d, tap) => tap * at3(kernelStrides(c), d),
  );

export function tapForward(
  ctx: WasmContext,
  c: Conv3,
  x: number,
  w: number,
  bias: number | undefined,
  y: number,
): void {
  const multiplier = c.outChannels / c.channels;
  const step = c.stride[2];
  const { tapSum } = ctx.get<"tapSum">(`tapSum ${step}`, () => [tapSumKernel(step, ctx.relaxed)]);
  const planes = c.batch * c.channels;
  withBoxes(
    ctx,
    planes,
    1,
    x,
    c.input,
    c.padding,
    reach(c),
    (source, first, count) => {
      ctx.withScratch((scratch) => {
        const entries = forwardTaps(c, source);
        const table = writeTable(ctx, scratch, entries);
        const channel = (first * multiplier) % c.outChannels;
        tapSum(
          count * multiplier,
          1,
          0,
          multiplier,
          channel,
          c.outChannels,
          source.at,
          source.channel,
          w,
          c.kernelSize * 4,
          bias ?? 0,
          y + first * multiplier * c.outputSize * 4,
          ...c.output,
          c.stride[0] * source.slice,
          c.stride[1] * source.row,
          table,
          entries.length,
        );
      });
    },
    slack(step),
  );
}

/** Phase by phase, as gemmInputGrad(); a phase without taps is zero. */
export function tapInputGrad(ctx: WasmContext, c: Conv3, g: number, w: number, dx: number): void {
  const multiplier = c.outChannels / c.channels;
  const { tapSum } = ctx.get<"tapSum">("tapSum 1", () => [tapSumKernel(1, ctx.relaxed)]);
  const dims = allPhases(c);
  const { low, size } = gradBox(dims);
  const inputStrides: Triple = [c.input[1] * c.input[2] * 4, c.input[2] * 4, 4];
  const direct = c.stride.every((s) => s === 1);
  const sum = (f: (d: number) => number): number => f(0) + f(1) + f(2);
  const onePhase = (
    phases: readonly [Phase, Phase, Phase],
    source: Source,
    first: number,
    count: number,
  ): void => {
    const phase = (d: number): Phase => phases[d] as Phase;
    const pixels = map3((d) => phase(d).pixels);
    const entries = entriesOf(
      map3((d) => phase(d).taps),
      (d, tap) => (at3(low, d) + phase(d).origin - phase(d).back * tap) * at3(stridesOf(source), d),
      (d, tap) => (phase(d).first + phase(d).step * tap) * at3(kernelStrides(c), d),
    );
    ctx.withScratch((scratch) => {
      const target = dx + first * c.inputSize * 4;
      const total = count * volume(pixels);
      const to = direct ? target : scratch.take(total * 4);
      if (entries.length === 0) ctx.arena.f32.fill(0, to / 4, to / 4 + total);
      else {
        const table = writeTable(ctx, scratch, entries);
        tapSum(
          count,
          multiplier,
          0,
          1,
          first % c.channels,
          c.channels,
          source.at,
          source.channel,
          w,
          c.kernelSize * 4,
          0,
          to,
          ...pixels,
          source.slice,
          source.row,
          table,
          entries.length,
        );
      }
      if (direct) return;
      const along = axis(
        [count, c.inputSize * 4],
        ...[0, 1, 2].map((d) => [at3(pixels, d), at3(c.stride, d) * at3(inputStrides, d)] as const),
      );
      spread(ctx, to, target + sum((d) => phase(d).phase * at3(inputStrides, d)), total, along);
    });
  };
  withBoxes(
    ctx,
    c.batch * c.channels,
    multiplier,
    g,
    c.output,
    low,
    size,
    (source, first, count) => {
      for (const z of dims[0]) {
        for (const y of dims[1]) {
          for (const x of dims[2]) onePhase([z, y, x], source, first, count);
        }
      }
    },
    slack(1),
  );
}

export function tapWeightGrad(ctx: WasmContext, c: Conv3, g: number, x: number, dw: number): void {
  const multiplier = c.outChannels / c.channels;
  const step = c.stride[2];
  const { tapGrad } = ctx.get<"tapGrad">(`tapGrad ${step}`, () => [
    tapGradKernel(step, ctx.relaxed),
  ]);
  ctx.arena.f32.fill(0, dw / 4, dw / 4 + c.outChannels * c.kernelSize);
  withBoxes(
    ctx,
    c.batch * c.channels,
    1,
    x,
    c.input,
    c.padding,
    reach(c),
    (source, first, count) => {
      ctx.withScratch((scratch) => {
        const entries = forwardTaps(c, source);
        while (entries.length % GROUP !== 0) entries.push([0, -1]);
        const table = writeTable(ctx, scratch, entries);
        tapGrad(
          count * multiplier,
          0,
          multiplier,
          (first * multiplier) % c.outChannels,
          c.outChannels,
          source.at,
          source.channel,
          g + first * multiplier * c.outputSize * 4,
          dw,
          c.kernelSize * 4,
          ...c.output,
          c.stride[0] * source.slice,
          c.stride[1] * source.row,
          table,
          entries.length / GROUP,
        );
      });
    },
    slack(step),
  );
}
