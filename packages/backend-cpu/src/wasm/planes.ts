// What the kernels of the normalisations share: planes in the order of memory, with pointers to what there is
// per channel; parameters that may be missing.
import {
  type Code,
  countdown,
  countdownOrSkip,
  type Expr,
  f32,
  type IntLocal,
  i32,
  type Local,
  type Scope,
  when,
} from "./assembler.ts";

export type F = Local<"f32">;
export type D = Local<"f64">;

export const fmaSingle = (a: Expr<"f32">, b: Expr<"f32">, c: Expr<"f32">): Expr<"f32"> =>
  f32.add(f32.mul(a, b), c);

export const orConstant = (to: F, pointer: IntLocal, otherwise: number): Code =>
  when(pointer, [to.set(f32.load(pointer)), pointer.add(4)], to.set(f32.const(otherwise)));
export const storeNext = (pointer: IntLocal, value: Expr<"f32">): Code => [
  f32.store(pointer, value),
  pointer.add(4),
];

/** Images of `channels` planes of `plane` floats each; `imageStep` bytes from one image to the next. */
export const CHANNELS = { images: "i32", channels: "i32", plane: "i32", imageStep: "i32" } as const;
type Channels = { readonly [K in keyof typeof CHANNELS]: IntLocal };

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
    gap.set(i32.sub(p.imageStep, i32.shl(i32.mul(p.channels, p.plane), 2))),
    countdownOrSkip(p.images, [
      perChannel.map(([array, , moving]) => moving.set(array)),
      channel.set(p.channels),
      countdown(channel, [
        body,
        perChannel.map(([, bytes, moving]) => moving.add(bytes)),
        planes.map((q) => q.add(i32.shl(p.plane, 2))),
      ]),
      planes.map((q) => q.add(gap)),
    ]),
  ];
}
