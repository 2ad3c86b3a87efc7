// Input planes as a thread's own boxes with zeros around them, for the kernels of conv/grouped/sums.ts and
// conv/grouped/weight-grad.ts. For a stride s a plane is dealt out into s × s planes (its phases), so that the inputs
// of neighbouring outputs are neighbours too, whatever the stride.
import {
  type Code,
  countdown,
  countdownOrSkip,
  type Func,
  f32,
  func,
  type IntLocal,
  i32,
  select,
  v128,
  when,
} from "../../assembler/assembler.ts";

/** The pixels of one phase of a plane along one dim: index j of the box is pixel j·stride + phase − padding. */
export interface PhaseSpan {
  /** Indices of the box from `low` on and below `high` lie in the plane, the first of them at pixel `pixel`. */
  readonly low: number;
  readonly high: number;
  readonly pixel: number;
}

/** @param size pixels of the plane, @param length indices of the box */
export function phaseSpan(
  phase: number,
  size: number,
  stride: number,
  padding: number,
  length: number,
): PhaseSpan {
  const low = Math.max(0, Math.ceil((padding - phase) / stride));
  const high = Math.min(length, Math.ceil((size + padding - phase) / stride));
  return { low, high: Math.max(low, high), pixel: low * stride + phase - padding };
}

/** How boxes are filled; sizes in floats. */
export interface Fill {
  /** Row-major: all phases of the height, each with all phases of the width. */
  readonly rows: readonly PhaseSpan[];
  readonly columns: readonly PhaseSpan[];
  readonly stride: readonly [number, number];
  /** Pixels of a row, and of a plane, of the input. */
  readonly width: number;
  readonly plane: number;
  /** Rows of the box that are filled at a time, floats of each, and floats from one phase to the next. */
  readonly boxRows: number;
  readonly pitch: number;
  readonly phase: number;
  /** Whether boxes hold another stretch of rows each time, so that zeros have to be written anew. */
  readonly strips: boolean;
}

const HEAD = 32;
const ENTRY = 20;

/** A Fill as the kernel reads it. */
export function fillWords(fill: Fill): readonly number[] {
  const { rows, columns, stride, width, plane } = fill;
  const words = [
    rows.length * columns.length,
    fill.boxRows,
    fill.pitch * 4,
    fill.phase * 4,
    plane * 4,
    stride[0] * width * 4,
    stride[1] * 4,
    fill.strips ? 1 : 0,
  ];
  for (const row of rows) {
    for (const column of columns) {
      const from = (row.pixel * width + column.pixel) * 4;
      const empty = column.high === column.low;
      words.push(row.low, empty ? row.low : row.high, from, column.low * 4);
      words.push(column.high - column.low);
    }
  }
  return words;
}

/**
 * fill(to, from, channels, plan, first): rows `first` … of the boxes of so many channels; what lies outside of
 * the planes is left as it is, or set to zero where the plan says so.
 */
export function fillFunction(): Func {
  const params = { to: "i32", from: "i32", channels: "i32", plan: "i32", first: "i32" } as const;
  return func("fill", params, (f, p) => {
    const local = (): IntLocal => f.local("i32");
    const [phases, entry, top, bottom, end] = [local(), local(), local(), local(), local()];
    const [source, target, rows, from, to, left] = [
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
    ];
    const [columns, step, plan] = [local(), local(), p.plan];
    const vec = f.local("v128");
    const singly = (move: Code): Code =>
      countdownOrSkip(left, [f32.store(to, f32.load(from)), move]);
    const sideBySide: Code = [
      left.set(i32.shrU(columns, 2)),
      countdownOrSkip(left, [v128.store(to, v128.load(from)), to.add(16), from.add(16)]),
      left.set(i32.and(columns, 3)),
      when(
        i32.and(i32.ne(left, 0), i32.geU(columns, 4)),
        // The last vector overlaps the one before.
        [
          left.set(i32.sub(16, i32.shl(left, 2))),
          v128.store(i32.sub(to, left), v128.load(i32.sub(from, left))),
        ],
        singly([to.add(4), from.add(4)]),
      ),
    ];
    const gathered: Code = [
      left.set(i32.shrU(columns, 2)),
      countdownOrSkip(left, [
        vec.set(v128.load32Zero(from)),
        [1, 2, 3].map((lane) => [from.add(step), vec.set(v128.load32Lane(from, vec, lane))]),
        v128.store(to, vec),
        to.add(16),
        from.add(step),
      ]),
      left.set(i32.and(columns, 3)),
      singly([to.add(4), from.add(step)]),
    ];
    const copy = (row: Code): Code =>
      countdown(rows, [
        to.set(target),
        from.set(source),
        row,
        target.add(i32.load(plan, 8)),
        source.add(i32.load(plan, 20)),
      ]);
    return countdown(p.channels, [
      phases.set(i32.load(plan)),
      entry.set(i32.add(plan, HEAD)),
      end.set(i32.add(p.first, i32.load(plan, 4))),
      step.set(i32.load(plan, 24)),
      countdown(phases, [
        top.set(i32.load(entry)),
        top.set(select(p.first, top, i32.gtU(p.first, top))),
        bottom.set(i32.load(entry, 4)),
        bottom.set(select(end, bottom, i32.ltU(end, bottom))),
        when(i32.and(i32.load(plan, 28), i32.or(i32.ne(top, p.first), i32.ne(bottom, end))), [
          to.set(p.to),
          left.set(i32.mul(i32.load(plan, 4), i32.load(plan, 8))),
          left.set(i32.shrU(i32.add(left, 15), 4)),
          countdown(left, [v128.store(to, v128.zero()), to.add(16)]),
        ]),
        when(i32.gtU(bottom, top), [
          rows.set(i32.sub(bottom, top)),
          source.set(i32.add(p.from, i32.load(entry, 8))),
          source.add(i32.mul(i32.sub(top, i32.load(entry)), i32.load(plan, 20))),
          target.set(i32.add(p.to, i32.load(entry, 12))),
          target.add(i32.mul(i32.sub(top, p.first), i32.load(plan, 8))),
          columns.set(i32.load(entry, 16)),
          when(i32.eq(step, 4), copy(sideBySide), copy(gathered)),
        ]),
        p.to.add(i32.load(plan, 12)),
        entry.add(ENTRY),
      ]),
      p.from.add(i32.load(plan, 16)),
    ]);
  });
}
