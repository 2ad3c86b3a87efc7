// What the kernels of the normalisations share: planes in the order of memory, with pointers to what there is
// per channel; the elements of a plane, four at a time; parameters that may be missing.
//
// The size of a small plane (7 × 7 … 32 × 32) is a constant of the kernel, so that no instruction is spent on
// how long it is: a rest of one to three elements is the last four once more, masked where they are summed.
import {
  type Code,
  countdown,
  countdownOrSkip,
  doWhile,
  type Expr,
  f32,
  f64,
  type I32,
  type IntLocal,
  i32,
  type Local,
  type Scope,
  select,
  touch,
  v128,
  when,
} from "../assembler/assembler.ts";

export type F = Local<"f32">;
export type D = Local<"f64">;
type V = Expr<"v128">;

export const fmaSingle = (a: Expr<"f32">, b: Expr<"f32">, c: Expr<"f32">): Expr<"f32"> =>
  f32.add(f32.mul(a, b), c);

export const orConstant = (to: F, pointer: IntLocal, otherwise: number): Code =>
  when(pointer, [to.set(f32.load(pointer)), pointer.add(4)], to.set(f32.const(otherwise)));
export const storeNext = (pointer: IntLocal, value: Expr<"f32">): Code => [
  f32.store(pointer, value),
  pointer.add(4),
];

/** Bytes that are asked for ahead. */
const AHEAD = 1024;

/** Images of `channels` planes, of each of which n elements; bytes from one plane and image to the next. */
export const CHANNELS = {
  images: "i32",
  channels: "i32",
  n: "i32",
  planeStep: "i32",
  imageStep: "i32",
} as const;
export type Channels = { readonly [K in keyof typeof CHANNELS]: IntLocal };

/** Zero for the doubles of each channel, which are few: memory.fill would be a call. */
export function zeroed(f: Scope, channels: IntLocal, arrays: readonly IntLocal[]): Code {
  const left = f.local("i32");
  const at = f.locals("i32", arrays.length);
  return [
    left.set(channels),
    at.map((q, i) => q.set(arrays[i] as IntLocal)),
    countdown(left, [at.map((q) => [f64.store(q, f64.const(0)), q.add(8)])]),
  ];
}

/**
 * For each image, for each channel: in the order of memory, `ahead` being so many bytes but 0 for the last. Per channel pointers (of arrays [channels]) start
 * anew with each image and move by their bytes; per element pointers move by a plane.
 */
function eachPlane(
  f: Scope,
  p: Channels,
  ahead: IntLocal,
  bytes: number,
  planes: readonly IntLocal[],
  perChannel: readonly (readonly [array: IntLocal, bytes: number, moving: IntLocal])[],
  body: Code,
): Code {
  const [channel, gap] = [f.local("i32"), f.local("i32")];
  return [
    gap.set(i32.sub(p.imageStep, i32.mul(p.channels, p.planeStep))),
    countdownOrSkip(p.images, [
      perChannel.map(([array, , moving]) => moving.set(array)),
      channel.set(p.channels),
      countdown(channel, [
        ahead.set(select(i32.const(0), i32.const(bytes), i32.eq(i32.or(channel, p.images), 1))),
        body,
        perChannel.map(([, bytes, moving]) => moving.add(bytes)),
        planes.map((q) => q.add(p.planeStep)),
      ]),
      planes.map((q) => q.add(gap)),
    ]),
  ];
}

/**
 * `channels` channels, at most `step` at a time: of each of these groups first `measure`, then `make`. Where the next group
 * is as large, `both` measures it while it makes the one before: memory is read and written at the same time.
 * Pointers to arrays per channel move by their bytes, those that are 0 (there is no such array) stay 0.
 */
export function inTurns(
  f: Scope,
  channels: IntLocal,
  step: IntLocal,
  pointers: readonly (readonly [pointer: IntLocal, bytes: I32])[],
  group: {
    /** Of the group at the pointers. */
    measure(size: IntLocal): Code;
    /** Of the group `size` channels before the pointers; `both` with measure() of the one at the pointers. */
    make(size: IntLocal): Code;
    both?(size: IntLocal): Code;
  },
): Code {
  const [size, done] = [f.local("i32"), f.local("i32")];
  return [
    done.set(0),
    doWhile(
      [
        size.set(select(channels, step, i32.ltU(channels, step))),
        group.both === undefined
          ? [when(done, group.make(done)), group.measure(size)]
          : when(i32.eq(done, size), group.both(size), [
              when(done, group.make(done)),
              group.measure(size),
            ]),
        pointers.map(([p, bytes]) => when(p, p.add(i32.mul(size, bytes)))),
        channels.set(i32.sub(channels, size)),
        done.set(size),
      ],
      channels,
    ),
    group.make(done),
  ];
}

/** The largest plane whose size is made a constant: sums of it are made in single precision. */
export const LARGEST_CONSTANT = 1024;
/** Sums of at most this many elements are made in single precision where the size is no constant. */
const RUN = 256;
/** Up to this many vectors are written out without a loop. */
const WRITTEN_OUT = 16;

/** Four elements of each stream, or fewer: lanes that do not count. */
export interface Four {
  /** What the i-th stream holds. */
  load(stream: number): V;
  /** Puts into the i-th stream; overwrites nothing else. */
  store(stream: number, value: V): Code;
  /** Has memory of a stream on its way that is written soon: lines are asked for before they are. */
  meet(stream: number): Code;
  /** One of four partial sums to use. */
  readonly k: number;
  /** The value, with zeros or what `otherwise` holds in lanes that do not count or were counted already. */
  counted(value: V, otherwise?: V): V;
}
export interface PlaneBody {
  four(at: Four): Code;
  /** Around sums in single precision: before and after at most LARGEST_CONSTANT elements. */
  readonly begin?: Code;
  readonly end?: Code;
}

const LANE_0 = v128.constI32([-1, 0, 0, 0]);
const lastLanes = (count: number): V =>
  v128.constI32([0, 1, 2, 3].map((lane) => (lane >= 4 - count ? -1 : 0)));

const whole = (
  at: readonly IntLocal[],
  ahead: IntLocal,
  offset: number,
  k: number,
  mask?: V,
): Four => ({
  load: (i) => v128.load(at[i] as IntLocal, offset),
  store: (i, value) => v128.store(at[i] as IntLocal, value, offset),
  meet: (i) => (k === 0 ? touch(i32.add(at[i] as IntLocal, ahead), offset) : []),
  k,
  counted: (value, otherwise) =>
    mask === undefined
      ? value
      : otherwise === undefined
        ? v128.and(value, mask)
        : v128.bitselect(value, otherwise, mask),
});
const one = (at: readonly IntLocal[]): Four => ({
  load: (i) => v128.load32Zero(at[i] as IntLocal),
  store: (i, value) => v128.store32Lane(at[i] as IntLocal, value, 0),
  meet: () => [],
  k: 0,
  counted: (value, otherwise) => (otherwise === undefined ? v128.and(value, LANE_0) : value),
});

/** The size a kernel is made for: that of the plane, or 0 for any. */
export const constantSize = (plane: number): number =>
  plane >= 4 && plane <= LARGEST_CONSTANT ? plane : 0;

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
  { four, begin = [], end = [] }: PlaneBody,
): Code {
  const [vectors, rest] = [size >> 2, size & 3];
  const tail =
    rest === 0 ? [] : four(whole(streams, ahead, (size - 4) * 4, vectors & 3, lastLanes(rest)));
  if (vectors <= WRITTEN_OUT) {
    const all = Array.from({ length: vectors }, (_, i) =>
      four(whole(streams, ahead, i * 16, i & 3)),
    );
    return [begin, all, tail, end];
  }
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
    tail,
    end,
  ];
}

function anyNumber(
  f: Scope,
  n: IntLocal,
  streams: readonly IntLocal[],
  ahead: IntLocal,
  { four, begin, end = [] }: PlaneBody,
): Code {
  const at = f.locals("i32", streams.length) as IntLocal[];
  const [left, run, count] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
  const forward = (bytes: number): Code => at.map((q) => q.add(bytes));
  const elements = (number: IntLocal): Code => [
    count.set(i32.shrU(number, 4)),
    countdownOrSkip(count, [
      [0, 1, 2, 3].map((k) => four(whole(at, ahead, k * 16, k))),
      forward(64),
    ]),
    count.set(i32.and(i32.shrU(number, 2), 3)),
    countdownOrSkip(count, [four(whole(at, ahead, 0, 0)), forward(16)]),
    count.set(i32.and(number, 3)),
    countdownOrSkip(count, [four(one(at)), forward(4)]),
  ];
  const start = at.map((q, i) => q.set(streams[i] as IntLocal));
  if (begin === undefined) return [start, elements(n)];
  return [
    start,
    left.set(n),
    doWhile(
      [
        run.set(select(left, i32.const(RUN), i32.ltU(left, RUN))),
        left.set(i32.sub(left, run)),
        begin,
        elements(run),
        end,
      ],
      left,
    ),
  ];
}

/** A look at planes: what is done with each. Several looks can be taken in one walk, each at streams of its own. */
export interface Look {
  /** Pointers to elements: its streams. */
  readonly planes: readonly IntLocal[];
  /** As eachPlane() has it. */
  readonly perChannel: readonly (readonly [array: IntLocal, bytes: number, moving: IntLocal])[];
  /** Around a plane. */
  readonly before: Code;
  readonly after?: Code;
  readonly elements: PlaneBody;
}

/** Takes all looks at once: what one of them waits for memory, the others compute. */
export function lookAtPlanes(f: Scope, p: Channels, size: number, looks: readonly Look[]): Code {
  const streams = looks.flatMap((look) => look.planes);
  const own = looks.map(({ elements }, i) => {
    const first = looks.slice(0, i).reduce((n, look) => n + look.planes.length, 0);
    return { ...elements, first };
  });
  const begin = own.flatMap((look) => (look.begin === undefined ? [] : [look.begin]));
  const body: PlaneBody = {
    four: (at) =>
      own.map(({ four, first }) =>
        four({
          ...at,
          load: (stream) => at.load(first + stream),
          store: (stream, value) => at.store(first + stream, value),
          meet: (stream) => at.meet(first + stream),
        }),
      ),
    ...(begin.length === 0 ? {} : { begin }),
    end: own.map((look) => look.end ?? []),
  };
  const ahead = f.local("i32");
  return eachPlane(
    f,
    p,
    ahead,
    // Where planes are smaller the one behind the next may not be there.
    size > 0 ? Math.min(AHEAD, size * 4) : AHEAD,
    streams,
    looks.flatMap((look) => look.perChannel),
    [
      looks.map((look) => look.before),
      eachElement(f, size, p.n, streams, ahead, body),
      looks.map((look) => look.after ?? []),
    ],
  );
}
