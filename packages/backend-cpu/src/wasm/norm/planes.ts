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

/** Images of `channels` planes, of each of which n elements; bytes from one plane and image to the next. */
export const CHANNELS = {
  images: "i32",
  channels: "i32",
  n: "i32",
  planeStep: "i32",
  imageStep: "i32",
} as const;
type Channels = { readonly [K in keyof typeof CHANNELS]: IntLocal };

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
 * For each image, for each channel: in the order of memory. Per channel pointers (of arrays [channels]) start
 * anew with each image and move by their bytes; per element pointers move by a plane.
 */
export function eachPlane(
  f: Scope,
  p: Channels,
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
        body,
        perChannel.map(([, bytes, moving]) => moving.add(bytes)),
        planes.map((q) => q.add(p.planeStep)),
      ]),
      planes.map((q) => q.add(gap)),
    ]),
  ];
}

/**
 * `channels` channels, at most `step` at a time: `body(size)` for each of these groups. Pointers to arrays per
 * channel move by their bytes, those that are 0 (there is no such array) stay 0.
 */
export function inTurns(
  f: Scope,
  channels: IntLocal,
  step: IntLocal,
  pointers: readonly (readonly [pointer: IntLocal, bytes: I32])[],
  body: (size: IntLocal) => Code,
): Code {
  const size = f.local("i32");
  return doWhile(
    [
      size.set(select(channels, step, i32.ltU(channels, step))),
      body(size),
      pointers.map(([p, bytes]) => when(p, p.add(i32.mul(size, bytes)))),
      channels.set(i32.sub(channels, size)),
    ],
    channels,
  );
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
  /** One of four partial sums to use. */
  readonly k: number;
  /** The value with zeros in lanes that do not count or were counted already. */
  counted(value: V): V;
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

const whole = (at: readonly IntLocal[], offset: number, k: number, mask?: V): Four => ({
  load: (i) => v128.load(at[i] as IntLocal, offset),
  store: (i, value) => v128.store(at[i] as IntLocal, value, offset),
  k,
  counted: (value) => (mask === undefined ? value : v128.and(value, mask)),
});
const one = (at: readonly IntLocal[]): Four => ({
  load: (i) => v128.load32Zero(at[i] as IntLocal),
  store: (i, value) => v128.store32Lane(at[i] as IntLocal, value, 0),
  k: 0,
  counted: (value) => v128.and(value, LANE_0),
});

/** The size a kernel is made for: that of the plane, or 0 for any. */
export const constantSize = (plane: number): number =>
  plane >= 4 && plane <= LARGEST_CONSTANT ? plane : 0;

/**
 * Visits n elements from the pointers on, which stay as they are. `size` is n where it is a constant, else 0.
 * No output may lie in memory where an input lies: elements are visited twice.
 */
export function eachElement(
  f: Scope,
  size: number,
  n: IntLocal,
  streams: readonly IntLocal[],
  body: PlaneBody,
): Code {
  return size > 0 ? constantly(f, size, streams, body) : anyNumber(f, n, streams, body);
}

function constantly(
  f: Scope,
  size: number,
  streams: readonly IntLocal[],
  { four, begin = [], end = [] }: PlaneBody,
): Code {
  const [vectors, rest] = [size >> 2, size & 3];
  const tail = rest === 0 ? [] : four(whole(streams, (size - 4) * 4, vectors & 3, lastLanes(rest)));
  if (vectors <= WRITTEN_OUT) {
    const all = Array.from({ length: vectors }, (_, i) => four(whole(streams, i * 16, i & 3)));
    return [begin, all, tail, end];
  }
  const at = f.locals("i32", streams.length) as IntLocal[];
  const left = f.local("i32");
  const side = (count: number) =>
    Array.from({ length: count }, (_, k) => four(whole(at, k * 16, k)));
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
  { four, begin, end = [] }: PlaneBody,
): Code {
  const at = f.locals("i32", streams.length) as IntLocal[];
  const [left, run, count] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
  const forward = (bytes: number): Code => at.map((q) => q.add(bytes));
  const elements = (number: IntLocal): Code => [
    count.set(i32.shrU(number, 4)),
    countdownOrSkip(count, [[0, 1, 2, 3].map((k) => four(whole(at, k * 16, k))), forward(64)]),
    count.set(i32.and(i32.shrU(number, 2), 3)),
    countdownOrSkip(count, [four(whole(at, 0, 0)), forward(16)]),
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
