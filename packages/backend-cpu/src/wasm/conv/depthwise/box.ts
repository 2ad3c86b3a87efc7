// A plane of input in the scratch memory of a thread: rows with zeros around them, so that a tap that lies
// outside of the plane needs no thought; with a stride along the width the columns sorted by their phase,
// so that what four neighbouring outputs read lies side by side. It stays in the first-level cache, and the
// copy is small against the products, of which there are as many per element as the kernel has taps.
import {
  type Code,
  countdown,
  doWhile,
  f32,
  f32x4,
  fillZero,
  type IntLocal,
  i32,
  type Scope,
  v128,
} from "../../assembler/assembler.ts";
import type { Triple } from "../geometry.ts";

export interface Box {
  /** The plane as it lies in memory. */
  readonly size: Triple;
  /** Zeros in front of each row, and the step from output to output. */
  readonly low: number;
  readonly step: number;
  /** Rows of zeros above and below each slice. */
  readonly above: number;
  readonly below: number;
  /** Whether there is a copy; else the plane is read where it is. */
  readonly copied: boolean;
  /** Bytes from phase to phase, row to row, slice to slice, and of the whole. */
  readonly phase: number;
  readonly row: number;
  readonly slice: number;
  readonly bytes: number;
  /** Floats in front of the first phase that are there for alignment. */
  readonly lead: number;
}

/**
 * The box of planes of `size`.
 * @param low columns of zeros in front
 * @param columns columns that are read, from the first zero on; for vectors of outputs, so up to 3 steps too far
 */
export function boxOf(
  size: Triple,
  low: number,
  columns: number,
  step: number,
  above: number,
  below: number,
): Box {
  const [d, h, w] = size;
  if (low === 0 && step === 1 && columns <= w && above === 0 && below === 0) {
    const [row, slice] = [w * 4, h * w * 4];
    const bytes = d * slice;
    return { size, low, step, above, below, copied: false, phase: 0, row, slice, bytes, lead: 0 };
  }
  // The copy writes whole vectors: columns of the plane that are never read must have room too.
  const lead = step === 1 ? (4 - (low % 4)) % 4 : 0;
  const floats = lead + Math.ceil(Math.max(columns, low + w) / step) + 4;
  const phase = Math.ceil(floats / 4) * 16;
  const row = phase * step;
  const slice = row * (above + h + below);
  const bytes = d * slice;
  return { size, low, step, above, below, copied: true, phase, row, slice, bytes, lead };
}

/** Byte offset of column `column` ≥ −low of the plane in a row of the box. */
export function columnAt(box: Box, column: number): number {
  if (!box.copied) return column * 4;
  const q = column + box.low;
  return (q % box.step) * box.phase + (box.lead + Math.floor(q / box.step)) * 4;
}

/** So many vectors of a row are written out, more are copied in a loop. */
const FEW_VECTORS = 16;

/** Clears `count` boxes: what lies around the planes stays zero while planes come and go. */
export const clearBoxes = (box: Box, at: IntLocal, count: IntLocal): Code =>
  box.copied ? fillZero(at, i32.mul(count, box.bytes)) : [];

/** Copies the plane at `from` into the box at `to`. Leaves both as they were. */
export function fillBox(f: Scope, box: Box, from: IntLocal, to: IntLocal): Code {
  const [d, h, w] = box.size;
  const [source, target, rows, slices, left, s, t] = f.locals("i32", 7) as [
    IntLocal,
    IntLocal,
    IntLocal,
    IntLocal,
    IntLocal,
    IntLocal,
    IntLocal,
  ];
  const [a, b] = [f.local("v128"), f.local("v128")];
  /** `size` columns from `column` on, with pointers that are `done` columns ahead of the row. */
  const part = (column: number, src: IntLocal, dst: IntLocal): Code => {
    if (box.step === 1) {
      return v128.store(dst, v128.load(src, column * 4), columnAt(box, column));
    }
    return [
      a.set(v128.load(src, column * 4)),
      b.set(v128.load(src, column * 4 + 16)),
      v128.store(dst, f32x4.shuffle(a, b, [0, 2, 4, 6]), columnAt(box, column)),
      v128.store(dst, f32x4.shuffle(a, b, [1, 3, 5, 7]), columnAt(box, column + 1)),
    ];
  };
  const size = 4 * box.step;
  const row = (): Code => {
    if (box.step > 2 || w < size) {
      // Column by column: phase by phase in loops where there are many.
      if (w <= FEW_VECTORS) {
        return Array.from({ length: w }, (_, x) =>
          f32.store(target, f32.load(source, x * 4), columnAt(box, x)),
        );
      }
      return Array.from({ length: box.step }, (_, p) => [
        s.set(i32.add(source, p * 4)),
        t.set(i32.add(target, columnAt(box, p))),
        left.set(Math.ceil((w - p) / box.step)),
        countdown(left, [f32.store(t, f32.load(s)), s.add(box.step * 4), t.add(4)]),
      ]);
    }
    const whole = Math.floor(w / size);
    const rest = w % size === 0 ? [] : part(w - size, source, target);
    if (whole <= FEW_VECTORS / box.step) {
      return [Array.from({ length: whole }, (_, i) => part(i * size, source, target)), rest];
    }
    return [
      s.set(source),
      t.set(target),
      left.set(whole),
      countdown(left, [part(0, s, t), s.add(size * 4), t.add(16)]),
      rest,
    ];
  };
  return [
    source.set(from),
    target.set(i32.add(to, box.above * box.row)),
    slices.set(d),
    doWhile(
      [
        rows.set(h),
        countdown(rows, [row(), source.add(w * 4), target.add(box.row)]),
        target.add((box.above + box.below) * box.row),
        slices.set(i32.sub(slices, 1)),
      ],
      i32.ne(slices, 0),
    ),
  ];
}
