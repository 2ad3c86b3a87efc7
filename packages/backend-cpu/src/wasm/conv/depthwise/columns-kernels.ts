// The kernel of conv/depthwise/columns.ts: outputs as sums over columns of taps.
//
// A tile is some rows × some vectors of outputs in registers. A loop runs over the entries of a table, one for
// each column of the kernel (and each of its slices, and each plane that is summed over); in its body the
// column's taps are written out: each input vector is loaded once and used by all rows of the tile that need
// it, each weight once for all. So any kernel size, stride and dilation takes one load for two or three
// products, and at least six independent sums are in flight.
//
// Engines move arithmetic down to where its result is used, here the end of the loop's body, with all
// that was loaded waiting in registers (and on the stack). A branch that is always taken stops them: its
// results have to be ready where the branch ends.
import { activated } from "../../activate.ts";
import {
  type Code,
  countdown,
  countdownOrSkip,
  type Func,
  f32x4,
  func,
  type IntLocal,
  i32,
  multiplyAdd,
  type Scope,
  v128,
  when,
} from "../../assembler/assembler.ts";
import { get, upTo } from "../../assembler/lists.ts";
import type { ActivationCode } from "../../gemm/contraction.ts";
import { type Box, clearBoxes, fillBox } from "./box.ts";
import { cut, type Piece, storeLanes, type Vec } from "./code.ts";
import { overPlane } from "./plane.ts";

/** Output rows first, first + step, …: row j reads source row origin + along·j + tap.row for each tap. */
export interface RowPhase {
  readonly first: number;
  readonly step: number;
  readonly count: number;
  readonly origin: number;
  readonly along: number;
  readonly taps: readonly RowTap[];
}

export interface RowTap {
  readonly row: number;
  /** Byte offset of the weight from that of its column. */
  readonly weight: number;
}

export interface SumShape {
  readonly box: Box;
  readonly rows: readonly RowPhase[];
  /** Slices, rows, columns of the output. */
  readonly output: readonly [number, number, number];
  /** Columns are `step` interleaved sets, each with entries of its own. */
  readonly step: number;
  /** Bytes of a filter. */
  readonly filter: number;
  readonly tile: Tile;
}

export interface Tile {
  readonly rows: number;
  readonly vectors: number;
}

/** Vector registers; one or two values more than there are do less harm than loads in their place. */
const REGISTERS = 17;
/** A fence after at least so many products. */
const FENCE = 5;

/** The source rows of a piece of output rows, ascending, each with the outputs and taps that use it. */
export function usersOf(
  phase: RowPhase,
  start: number,
  size: number,
  box: Box,
): { readonly row: number; readonly users: { readonly out: number; readonly tap: number }[] }[] {
  const rows = new Map<number, { out: number; tap: number }[]>();
  for (let out = 0; out < size; out++) {
    phase.taps.forEach((t, tap) => {
      const row = phase.origin + phase.along * (start + out) + t.row;
      if (row < -box.above || row >= box.size[1] + box.below) return;
      const list = rows.get(row);
      if (list === undefined) rows.set(row, [{ out, tap }]);
      else list.push({ out, tap });
    });
  }
  return [...rows].sort(([a], [b]) => a - b).map(([row, users]) => ({ row, users }));
}

/** Row pieces of a phase: those that touch no edge share a loop. */
export function rowPieces(phase: RowPhase, size: number, box: Box, overlap: boolean): Piece[] {
  const inside = (start: number): boolean =>
    phase.taps.every((t) => {
      const first = phase.origin + phase.along * start + t.row;
      const last = first + phase.along * (size - 1);
      return first >= -box.above && last < box.size[1] + box.below;
    });
  return cut(phase.count, size, inside, overlap);
}

/** Loads and products in turns: products go into branches so that engines leave them where they are. */
export class Turns {
  private readonly always: IntLocal;
  private readonly code: Code[] = [];
  private loads: Code[] = [];
  private products: Code[] = [];

  constructor(always: IntLocal) {
    this.always = always;
  }

  load(code: Code): void {
    this.loads.push(code);
  }

  product(code: Code): void {
    this.products.push(code);
  }

  /** Between two vectors of input. */
  pause(): void {
    if (this.products.length >= FENCE) this.flush();
  }

  flush(): void {
    this.code.push(this.loads);
    if (this.products.length > 0) this.code.push(when(this.always, this.products));
    this.loads = [];
    this.products = [];
  }

  done(): Code {
    this.flush();
    return this.code;
  }
}

/** The most weights that are alive at a time if each is kept from its first use to its last. */
function widestWindow(rows: ReturnType<typeof usersOf>): number {
  const [first, last] = [new Map<number, number>(), new Map<number, number>()];
  rows.forEach(({ users }, i) => {
    for (const { tap } of users) {
      if (!first.has(tap)) first.set(tap, i);
      last.set(tap, i);
    }
  });
  const alive = rows.map(
    (_, i) => [...first].filter(([tap, f]) => f <= i && (last.get(tap) as number) >= i).length,
  );
  return Math.max(0, ...alive);
}

/**
 * columnSum(count, x, w, y, bias, channel, channels, member, multiplier, sources, boxes, table): `count` outputs
 * in memory order, each the sum over `sources` planes. x: the first plane of the first output; the next
 * output reads the next ones, but only after `multiplier` outputs. w, bias: of channel 0 (bias 0: none), an
 * output has `sources` filters; channel, member: the first output's. boxes: room for `sources` boxes and a
 * tile. table: for each output slice and column set where its entries begin, and how many; then the
 * entries: byte offsets in the boxes and in the filters. The activation is for steps of 1.
 */
export function columnSumKernel(
  shape: SumShape,
  activation: ActivationCode,
  relaxed: boolean,
): Func {
  const fma = multiplyAdd(relaxed);
  const { box, step } = shape;
  const [, height, width] = shape.output;
  const params = {
    count: "i32",
    x: "i32",
    w: "i32",
    y: "i32",
    bias: "i32",
    channel: "i32",
    channels: "i32",
    member: "i32",
    multiplier: "i32",
    sources: "i32",
    boxes: "i32",
    table: "i32",
  } as const;
  return func("columnSum", params, (f, p) => {
    const names = ["filter", "boxed", "target", "slices", "header"] as const;
    const [filter, boxed, target, slices, header] = names.map(() => f.local("i32")) as [
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
    ];
    const [entry, entries, from, weights, left, source, stash] = f.locals("i32", 7) as [
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
    ];
    const start = f.local("v128");
    const sums = f.locals("v128", shape.tile.rows * shape.tile.vectors);
    const vectors = f.locals("v128", shape.tile.vectors * 6);
    const most = Math.max(...shape.rows.map((r) => r.taps.length));
    const splats = f.locals("v128", Math.max(most, shape.tile.rows));
    const [low, high] = [f.local("v128"), f.local("v128")];

    /** All products of one entry. */
    const products = (
      phase: RowPhase,
      row: Piece,
      rows: ReturnType<typeof usersOf>,
      columns: readonly number[],
    ): Code => {
      const count = columns.length;
      const keep = widestWindow(rows) + row.size * count + count <= REGISTERS;
      const turns = new Turns(boxed);
      const seen = new Set<number>();
      let turn = 0;
      for (const { row: at, users } of rows) {
        const weightOf = new Map<number, Vec>();
        for (const { out, tap } of users) {
          const splat = get(splats, keep ? tap : out);
          weightOf.set(tap, splat);
          if (keep && seen.has(tap)) continue;
          seen.add(tap);
          turns.load(splat.set(v128.load32Splat(weights, get(phase.taps, tap).weight)));
        }
        const offset = (at + box.above) * box.row;
        columns.forEach((column, c) => {
          const vector = get(vectors, turn++ % vectors.length);
          turns.load(vector.set(v128.load(from, offset + column * 4)));
          for (const { out, tap } of users) {
            const sum = get(sums, out * count + c);
            turns.product(sum.set(fma(vector, weightOf.get(tap) as Vec, sum)));
          }
          turns.pause();
        });
        // Those of the next row take the same places.
        if (!keep) turns.flush();
      }
      return turns.done();
    };

    const tile = (
      phase: RowPhase,
      row: Piece,
      column: Piece,
      source: IntLocal,
      to: IntLocal,
    ): Code => {
      const block = 4 * step;
      // All blocks start in the same set; so for steps above 1 the last one may be cut short instead of overlapping.
      const farthest = step === 1 ? Math.max(0, column.size - block) : column.size;
      const blocks = upTo(Math.ceil(column.size / block)).map(
        (i) => column.start + Math.min(i * block, farthest),
      );
      const rows = usersOf(phase, row.start, row.size, box);
      const used = sums.slice(0, row.size * blocks.length);
      const targetOf = (out: number, block: number): number =>
        ((phase.first + phase.step * (row.start + out)) * width + get(blocks, block)) * 4;
      const set = (r: number): Code => {
        const number = (column.start + r) % step;
        const columns = blocks.map((s) => Math.floor((s + r) / step));
        return [
          used.map((s) => s.set(start)),
          rows.length === 0
            ? []
            : [
                entry.set(i32.add(p.table, i32.load(header, number * 8))),
                entries.set(i32.load(header, number * 8 + 4)),
                countdownOrSkip(entries, [
                  from.set(i32.add(source, i32.load(entry))),
                  weights.set(i32.add(filter, i32.load(entry, 4))),
                  products(phase, row, rows, columns),
                  entry.add(8),
                ]),
              ],
        ];
      };
      const each = (body: (sum: Vec, i: number, at: number) => Code): Code =>
        used.map((sum, i) =>
          body(sum, i, targetOf(Math.floor(i / blocks.length), i % blocks.length)),
        );
      if (step === 1) {
        return [
          set(0),
          activation === 0 ? [] : used.map((sum) => sum.set(activated(sum, activation))),
          each((sum, _, at) => storeLanes(to, sum, at, Math.min(4, width))),
        ];
      }
      if (step === 2) {
        return [
          set(0),
          used.map((sum, i) => v128.store(stash, sum, i * 16)),
          set(1),
          each((sum, i, at) => {
            const lanes = width - get(blocks, i % blocks.length);
            return [
              low.set(f32x4.shuffle(v128.load(stash, i * 16), sum, [0, 4, 1, 5])),
              high.set(f32x4.shuffle(v128.load(stash, i * 16), sum, [2, 6, 3, 7])),
              storeLanes(to, low, at, Math.min(4, lanes)),
              lanes > 4 ? storeLanes(to, high, at + 16, Math.min(4, lanes - 4)) : [],
            ];
          }),
        ];
      }
      return upTo(step).map((r) => [
        set(r),
        each((sum, i, at) =>
          [0, 1, 2, 3]
            .filter((lane) => get(blocks, i % blocks.length) + r + lane * step < width)
            .map((lane) => v128.store32Lane(to, sum, lane, at + (r + lane * step) * 4)),
        ),
      ]);
    };

    const columns = cut(width, 4 * step * shape.tile.vectors, () => true, true);
    const plane = shape.rows.map((phase) =>
      overPlane(
        f,
        rowPieces(phase, shape.tile.rows, box, true),
        columns,
        [source, target],
        (n) => [phase.along * n * box.row, phase.step * n * width * 4],
        (n) => [(n / step) * 4, n * 4],
        (row, column, at) => tile(phase, row, column, get(at, 0), get(at, 1)),
      ),
    );
    return [
      clearBoxes(box, p.boxes, p.sources),
      boxed.set(0),
      stash.set(i32.add(p.boxes, i32.mul(p.sources, box.copied ? box.bytes : 0))),
      countdown(p.count, [
        box.copied ? copyPlanes(f, box, p, boxed) : boxed.set(p.x),
        when(
          p.bias,
          start.set(v128.load32Splat(i32.add(p.bias, i32.shl(p.channel, 2)))),
          start.set(v128.zero()),
        ),
        filter.set(i32.add(p.w, i32.mul(i32.mul(p.channel, p.sources), shape.filter))),
        slices.set(shape.output[0]),
        header.set(p.table),
        source.set(boxed),
        target.set(p.y),
        countdown(slices, [plane, target.add(height * width * 4), header.add(step * 8)]),
        p.y.set(target),
        p.channel.add(1),
        when(i32.eq(p.channel, p.channels), p.channel.set(0)),
        p.member.add(1),
        when(i32.eq(p.member, p.multiplier), [
          p.member.set(0),
          left.set(i32.mul(p.sources, planeBytes(box))),
          p.x.add(left),
          boxed.set(0),
        ]),
      ]),
    ];
  });
}

export const planeBytes = ({ size: [d, h, w] }: Box): number => d * h * w * 4;

/** Copies the planes of the next outputs, unless they are those of the last one: `boxed` is 0 until it is done. */
function copyPlanes(
  f: Scope,
  box: Box,
  p: { readonly x: IntLocal; readonly sources: IntLocal; readonly boxes: IntLocal },
  boxed: IntLocal,
): Code {
  const [left, from, to] = [f.local("i32"), f.local("i32"), f.local("i32")];
  return when(i32.eqz(boxed), [
    left.set(p.sources),
    from.set(p.x),
    to.set(p.boxes),
    countdown(left, [fillBox(f, box, from, to), from.add(planeBytes(box)), to.add(box.bytes)]),
    boxed.set(p.boxes),
  ]);
}
