// An index written in mixed radix, and the byte offset it stands for: offset = Σ digit·stride, over at
// most four levels. It describes the rows, columns and inner indices of matrix products, also those of
// a convolution (image, row, column; channel, kernel row, kernel column), and strided copies.
import { type Code, type I32, type IntLocal, i32, when } from "../assembler/assembler.ts";

/** An index as a number in mixed radix: byte offset = Σ digit·stride. Right-aligned, outermost first. */
export interface Axis {
  readonly sizes: readonly [number, number, number, number];
  readonly strides: readonly [number, number, number, number];
}

/**
 * An axis from any number of levels (outermost first, strides in bytes); levels of size 1 vanish and
 * levels that continue each other are joined.
 */
export function axis(...levels: readonly (readonly [size: number, stride: number])[]): Axis {
  // Small products are called often: nothing here allocates but the result, and no function is made.
  const sizes: [number, number, number, number] = [1, 1, 1, 1];
  const strides: [number, number, number, number] = [0, 0, 0, 0];
  let level = 4;
  for (let i = levels.length - 1; i >= 0; i--) {
    const [size, stride] = levels[i] as readonly [number, number];
    if (size === 1) continue;
    if (level < 4 && stride === (sizes[level] as number) * (strides[level] as number)) {
      sizes[level] = (sizes[level] as number) * size;
      continue;
    }
    level--;
    if (level < 0) throw new RangeError("an axis has at most 4 levels");
    sizes[level] = size;
    strides[level] = stride;
  }
  return { sizes, strides };
}

/** The arguments of an odometer: where a kernel starts to walk: offset and digits at `index`, then sizes and strides. */
export type Start = [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];

export function startAt({ sizes, strides }: Axis, index: number): Start {
  const [, n1, n2, n3] = sizes;
  const [s0, s1, s2, s3] = strides;
  const c3 = index % n3;
  const rest3 = Math.floor(index / n3);
  const c2 = rest3 % n2;
  const rest2 = Math.floor(rest3 / n2);
  const c1 = rest2 % n1;
  const c0 = Math.floor(rest2 / n1);
  return [c0 * s0 + c1 * s1 + c2 * s2 + c3 * s3, c1, c2, c3, n1, n2, n3, s0, s1, s2, s3];
}

/**
 * offset = Σ counter·stride; next() moves on to the next run, that is: sets the innermost counter
 * back and carries. The innermost level is walked by the caller.
 */
export interface OdometerLocals {
  readonly offset: IntLocal;
  readonly counters: readonly [IntLocal, IntLocal, IntLocal];
  readonly sizes: readonly [IntLocal, IntLocal, IntLocal];
  readonly strides: readonly [IntLocal, IntLocal, IntLocal, IntLocal];
}

export function nextRun({ offset, counters, sizes, strides }: OdometerLocals): Code {
  const [c1, c2, c3] = counters;
  const [n1, n2, n3] = sizes;
  const [s0, s1, s2, s3] = strides;
  const carry = (counter: IntLocal, size: I32, outer: I32, inner: I32, rest: Code): Code =>
    when(i32.eq(counter, size), [
      counter.set(0),
      offset.add(i32.sub(outer, i32.mul(size, inner))),
      rest,
    ]);
  return carry(c3, n3, s2, s3, [
    c2.add(1),
    carry(c2, n2, s1, s2, [c1.add(1), carry(c1, n1, s0, s1, [])]),
  ]);
}

export const ODOMETER = {
  offset: "i32",
  c1: "i32",
  c2: "i32",
  c3: "i32",
  n1: "i32",
  n2: "i32",
  n3: "i32",
  s0: "i32",
  s1: "i32",
  s2: "i32",
  s3: "i32",
} as const;
type OdometerParams = { [K in keyof typeof ODOMETER]: IntLocal };

export const odometer = (p: OdometerParams): OdometerLocals => ({
  offset: p.offset,
  counters: [p.c1, p.c2, p.c3],
  sizes: [p.n1, p.n2, p.n3],
  strides: [p.s0, p.s1, p.s2, p.s3],
});
