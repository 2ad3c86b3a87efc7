// A walk over planes in the order of memory, taking several looks at once; planes of more than 8 × 8 elements are
// visited one by one, four elements at a time.
import {
  type Code,
  countdown,
  countdownOrSkip,
  doWhile,
  f64,
  type IntLocal,
  i32,
  type Scope,
  select,
  v128,
} from "../assembler/assembler.ts";
import {
  AHEAD,
  type Channels,
  type Four,
  flatGap,
  isSmall,
  type Look,
  lastLanes,
  whole,
} from "./planes.ts";
import { smallPlanes } from "./small-planes.ts";

/** Sums of at most this many elements are made in single precision where the size is no constant. */
const RUN = 256;
const LANE_0 = v128.constI32([-1, 0, 0, 0]);
const one = (at: readonly IntLocal[]): Four => ({
  load: (i) => v128.load32Zero(at[i] as IntLocal),
  store: (i, value) => v128.store32Lane(at[i] as IntLocal, value, 0),
  meet: () => [],
  k: 0,
  counted: (value, otherwise) => (otherwise === undefined ? v128.and(value, LANE_0) : value),
});

/**
 * For each image, for each channel: in the order of memory, `ahead` being so many bytes but 0 for the last. Per channel pointers (of arrays [channels]) start
 * anew with each image and move by their bytes; per element pointers move by a plane, those to floats per plane by one.
 */
function eachPlane(
  f: Scope,
  p: Channels,
  ahead: IntLocal,
  bytes: number,
  planes: readonly IntLocal[],
  flat: readonly IntLocal[],
  perChannel: readonly (readonly [array: IntLocal, bytes: number, moving: IntLocal])[],
  body: Code,
): Code {
  const [channel, gap, between] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
  return [
    flat.length === 0 ? [] : between.set(flatGap(p)),
    gap.set(i32.sub(p.imageStep, i32.mul(p.channels, p.planeStep))),
    countdownOrSkip(p.images, [
      perChannel.map(([array, , moving]) => moving.set(array)),
      channel.set(p.channels),
      countdown(channel, [
        ahead.set(select(i32.const(0), i32.const(bytes), i32.eq(i32.or(channel, p.images), 1))),
        body,
        perChannel.map(([, bytes, moving]) => moving.add(bytes)),
        planes.map((q) => q.add(p.planeStep)),
        flat.map((q) => q.add(4)),
      ]),
      planes.map((q) => q.add(gap)),
      flat.map((q) => q.add(between)),
    ]),
  ];
}

/** What is done with the elements of a plane: all looks at once. */
interface PlaneBody {
  four(at: Four): Code;
  /** Around sums in single precision: before and after at most LARGEST_CONSTANT elements. */
  readonly begin: Code;
  readonly end: Code;
}

/**
 * Visits n elements from the pointers on, which stay as they are. `size` is n where it is a constant, else 0. Behind
 * each element there are at least `ahead` bytes more. Some elements are visited twice: what is put where an input lies must
 * be as it was for those that were counted already.
 */
function eachElement(
  f: Scope,
  size: number,
  n: IntLocal,
  streams: readonly IntLocal[],
  ahead: IntLocal,
  body: PlaneBody,
): Code {
  return size > 0
    ? constantly(f, size, streams, ahead, body)
    : anyNumber(f, n, streams, ahead, body);
}

function constantly(
  f: Scope,
  size: number,
  streams: readonly IntLocal[],
  ahead: IntLocal,
  { four, begin, end }: PlaneBody,
): Code {
  const [vectors, rest] = [size >> 2, size & 3];
  const at = f.locals("i32", streams.length) as IntLocal[];
  const left = f.local("i32");
  const side = (count: number) =>
    Array.from({ length: count }, (_, k) => four(whole(at, ahead, k * 16, k)));
  return [
    at.map((q, i) => q.set(streams[i] as IntLocal)),
    begin,
    left.set(vectors >> 2),
    countdown(left, [side(4), at.map((q) => q.add(64))]),
    side(vectors & 3),
    rest === 0 ? [] : four(whole(streams, ahead, (size - 4) * 4, vectors & 3, lastLanes(rest))),
    end,
  ];
}

function anyNumber(
  f: Scope,
  n: IntLocal,
  streams: readonly IntLocal[],
  ahead: IntLocal,
  { four, begin, end }: PlaneBody,
): Code {
  const at = f.locals("i32", streams.length) as IntLocal[];
  const [left, run, count] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
  const forward = (bytes: number): Code => at.map((q) => q.add(bytes));
  return [
    at.map((q, i) => q.set(streams[i] as IntLocal)),
    left.set(n),
    doWhile(
      [
        run.set(select(left, i32.const(RUN), i32.ltU(left, RUN))),
        left.set(i32.sub(left, run)),
        begin,
        count.set(i32.shrU(run, 4)),
        countdownOrSkip(count, [
          [0, 1, 2, 3].map((k) => four(whole(at, ahead, k * 16, k))),
          forward(64),
        ]),
        count.set(i32.and(i32.shrU(run, 2), 3)),
        countdownOrSkip(count, [four(whole(at, ahead, 0, 0)), forward(16)]),
        count.set(i32.and(run, 3)),
        countdownOrSkip(count, [four(one(at)), forward(4)]),
        end,
      ],
      left,
    ),
  ];
}

/**
 * Takes all looks at once: what one of them waits for memory, the others compute.
 * @param run so many times sixteen bytes per channel as there are sums, for small planes to sum in
 */
export function lookAtPlanes(
  f: Scope,
  p: Channels,
  size: number,
  looks: readonly Look[],
  run?: IntLocal,
): Code {
  if (isSmall(size)) return smallPlanes(f, p, size, looks, run);
  const streams = looks.flatMap((look) => look.planes);
  const constants = looks.flatMap((look) => look.constants);
  const sums = looks.flatMap((look) => look.sums);
  const flat = looks.flatMap((look) => (look.flat === undefined ? [] : [look.flat]));
  const constantAt = f.locals("i32", constants.length);
  const sumAt = f.locals("i32", sums.length);
  const ahead = f.local("i32");
  const offsets = looks.map((_, i) =>
    looks.slice(0, i).reduce((n, look) => n + look.planes.length, 0),
  );
  const body: PlaneBody = {
    four: (at) =>
      looks.map(({ four }, i) => {
        const first = offsets[i] as number;
        return four({
          ...at,
          load: (stream) => at.load(first + stream),
          store: (stream, value) => at.store(first + stream, value),
          meet: (stream) => at.meet(first + stream),
        });
      }),
    begin: sums.map(([, total]) => total.begin()),
    end: sums.map(([, total]) => total.end()),
  };
  return eachPlane(
    f,
    p,
    ahead,
    // Where planes are smaller the one behind the next may not be there.
    size > 0 ? Math.min(AHEAD, size * 4) : AHEAD,
    streams,
    flat.map(([pointer]) => pointer),
    [
      ...constants.map(([array], i) => [array, 4, constantAt[i] as IntLocal] as const),
      ...sums.map(([array], i) => [array, 8, sumAt[i] as IntLocal] as const),
    ],
    [
      constants.map(([, lanes], i) => lanes.set(v128.load32Splat(constantAt[i] as IntLocal))),
      flat.map(([pointer, lanes]) => lanes.set(v128.load32Splat(pointer))),
      sums.map(([, total]) => total.clear()),
      eachElement(f, size, p.n, streams, ahead, body),
      sums.map(([, total], i) => {
        const at = sumAt[i] as IntLocal;
        return f64.store(at, f64.add(f64.load(at), total.pairs()));
      }),
    ],
  );
}
