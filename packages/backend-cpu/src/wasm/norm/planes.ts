// What the kernels of the normalisations share: planes in the order of memory, with pointers to what there is
// per channel; the elements of a plane, four at a time; parameters that may be missing.
//
// The size of a plane up to 32 × 32 is a constant of the kernel, so that no instruction is spent on how long it is:
// a rest of one to three elements is the last four once more, masked where they are summed. Walks
// over planes are in norm/look-at-planes.ts, over those of up to 8 × 8 in norm/small-planes.ts.
import {
  type Code,
  countdown,
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
import type { Total } from "./runs.ts";

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
export const AHEAD = 1024;

/** Images of `channels` planes, of each of which n elements; bytes from one plane and image to the next. */
export const CHANNELS = {
  images: "i32",
  channels: "i32",
  n: "i32",
  planeStep: "i32",
  imageStep: "i32",
} as const;
export type Channels = { readonly [K in keyof typeof CHANNELS]: IntLocal };

/** Bytes to go on by at the end of an image where there is a float per plane: past the channels that are not looked at. */
export const flatGap = (p: Channels): Expr<"i32"> =>
  i32.shl(i32.sub(i32.divU(p.imageStep, p.planeStep), p.channels), 2);

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
const LARGEST_CONSTANT = 1024;
/** Up to this many vectors are a small plane. */
const SMALL = 16;

/** Whether a plane of this constant size is a small one. */
export const isSmall = (size: number): boolean => size > 0 && size <= 4 * SMALL;

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

/** A look at planes: what is done with each. Several looks can be taken in one walk, each at streams of its own. */
export interface Look {
  /** Pointers to elements: its streams. */
  readonly planes: readonly IntLocal[];
  /** A pointer to a float per plane, densely, and the vector in which there is one of them four times. */
  readonly flat?: readonly [pointer: IntLocal, lanes: Local<"v128">];
  /** Floats per channel, and the vectors in which there is one of them four times. */
  readonly constants: readonly (readonly [array: IntLocal, lanes: Local<"v128">])[];
  /** Doubles per channel to which sums are added. */
  readonly sums: readonly (readonly [array: IntLocal, total: Total])[];
  four(at: Four): Code;
}

export const lastLanes = (count: number): V =>
  v128.constI32([0, 1, 2, 3].map((lane) => (lane >= 4 - count ? -1 : 0)));

/** @param meets whether lines are asked for here */
export const whole = (
  at: readonly IntLocal[],
  ahead: IntLocal,
  offset: number,
  k: number,
  mask?: V,
  meets = k === 0,
): Four => ({
  load: (i) => v128.load(at[i] as IntLocal, offset),
  store: (i, value) => v128.store(at[i] as IntLocal, value, offset),
  meet: (i) => (meets ? touch(i32.add(at[i] as IntLocal, ahead), offset) : []),
  k,
  counted: (value, otherwise) =>
    mask === undefined
      ? value
      : otherwise === undefined
        ? v128.and(value, mask)
        : v128.bitselect(value, otherwise, mask),
});
/** The size a kernel is made for: that of the plane, or 0 for any. */
export const constantSize = (plane: number): number =>
  plane >= 4 && plane <= LARGEST_CONSTANT ? plane : 0;
