// Walks over planes of at most 64 elements. There is little to do with each, so that what is there per plane must be
// little too: sums of a channel are four lanes in memory, which are added up as doubles after some images only; and
// the smallest planes are visited a few at a time, with constant distances between them.
import {
  type Code,
  countdown,
  countdownOrSkip,
  doWhile,
  f64,
  f64x2,
  type IntLocal,
  i32,
  type Scope,
  select,
  v128,
} from "../assembler/assembler.ts";
import { AHEAD, type Channels, flatGap, type Look, lastLanes, whole } from "./planes.ts";
import { highPair, lowPair } from "./runs.ts";

/** Vectors that are visited in one go, about, of this many planes at most. */
const TOGETHER = 16;
const MOST_PLANES = 4;
/** A lane is the sum of about this many floats before it becomes a double. */
const RUN = 32;

/** As lookAtPlanes(), for planes of `size` elements. */
export function smallPlanes(
  f: Scope,
  p: Channels,
  size: number,
  looks: readonly Look[],
  run?: IntLocal,
): Code {
  const streams = looks.flatMap((look) => look.planes);
  const sums = looks.flatMap((look) => look.sums);
  const constants = looks.flatMap((look) => look.constants);
  const flat = looks.flatMap((look) => (look.flat === undefined ? [] : [look.flat]));
  const at = f.locals("i32", constants.length) as IntLocal[];
  const [images, count, channel, gap] = f.locals("i32", 4) as [
    IntLocal,
    IntLocal,
    IntLocal,
    IntLocal,
  ];
  const [ahead, most, sumAt, between] = f.locals("i32", 4) as [
    IntLocal,
    IntLocal,
    IntLocal,
    IntLocal,
  ];
  const sumBytes = sums.length * 16;
  const vectors = Math.ceil(size / 4);
  const together = Math.max(1, Math.min(MOST_PLANES, Math.floor(TOGETHER / vectors)));

  /** The plane-th of some planes side by side. */
  const visit = (look: Look, plane: number): Code => {
    const offsets = Array.from({ length: vectors }, (_, i) => Math.min(i * 4, size - 4) * 4);
    const sumOffset = (i: number): number =>
      plane * sumBytes + 16 * (sums.indexOf(look.sums[0] as Look["sums"][0]) + i);
    return [
      look.constants.map((constant) =>
        constant[1].set(v128.load32Splat(at[constants.indexOf(constant)] as IntLocal, plane * 4)),
      ),
      look.flat === undefined ? [] : look.flat[1].set(v128.load32Splat(look.flat[0], plane * 4)),
      look.sums.map(([, total], i) => total.resume(sumAt, sumOffset(i))),
      offsets.map((offset, i) => {
        const start = plane * size * 4 + offset;
        const rest = i === vectors - 1 ? size & 3 : 0;
        const newLine = start === 0 || start >> 6 !== (start - 16) >> 6;
        return look.four(
          whole(look.planes, ahead, start, 0, rest === 0 ? undefined : lastLanes(rest), newLine),
        );
      }),
      look.sums.map(([, total], i) => total.suspend(sumAt, sumOffset(i))),
    ];
  };
  const some = (planes: number): Code => [
    Array.from({ length: planes }, (_, plane) => looks.map((look) => visit(look, plane))),
    streams.map((q) => q.add(planes * size * 4)),
    [...at, ...flat.map(([q]) => q)].map((q) => q.add(planes * 4)),
    sums.length === 0 ? [] : sumAt.add(planes * sumBytes),
  ];
  const image: Code = [
    // Behind each element but those of the last image there is at least an image.
    ahead.set(select(i32.const(0), most, i32.eq(i32.add(images, count), 1))),
    at.map((q, i) => q.set((constants[i] as Look["constants"][0])[0])),
    run === undefined ? [] : sumAt.set(run),
    channel.set(i32.divU(p.channels, together)),
    countdownOrSkip(channel, some(together)),
    together === 1
      ? []
      : [channel.set(i32.remU(p.channels, together)), countdownOrSkip(channel, some(1))],
    streams.map((q) => q.add(gap)),
    flat.map(([q]) => q.add(between)),
  ];

  const [lanes, pair] = [f.local("v128"), f.local("v128")];
  const eachChannel = (body: Code): Code =>
    run === undefined ? [] : [sumAt.set(run), channel.set(p.channels), countdown(channel, body)];
  const clear = eachChannel([
    sums.map((_, i) => v128.store(sumAt, v128.zero(), i * 16)),
    sumAt.add(sumBytes),
  ]);
  const to = f.locals("i32", sums.length) as IntLocal[];
  const widen: Code = [
    to.map((q, i) => q.set((sums[i] as Look["sums"][0])[0])),
    eachChannel([
      to.map((q, i) => [
        lanes.set(v128.load(sumAt, i * 16)),
        pair.set(f64x2.add(lowPair(lanes), highPair(lanes))),
        f64.store(
          q,
          f64.add(f64.load(q), f64.add(f64x2.extractLane(pair, 0), f64x2.extractLane(pair, 1))),
        ),
        q.add(8),
      ]),
      sumAt.add(sumBytes),
    ]),
  ];
  const each = Math.max(1, Math.floor(RUN / vectors));
  return [
    gap.set(i32.sub(p.imageStep, i32.mul(p.channels, p.planeStep))),
    flat.length === 0 ? [] : between.set(flatGap(p)),
    most.set(select(p.imageStep, i32.const(AHEAD), i32.ltU(p.imageStep, AHEAD))),
    images.set(p.images),
    doWhile(
      [
        count.set(select(images, i32.const(each), i32.ltU(images, each))),
        images.set(i32.sub(images, count)),
        clear,
        countdown(count, image),
        widen,
      ],
      images,
    ),
  ];
}
