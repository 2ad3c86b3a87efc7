// The weight gradient of depthwise convolutions of any kind, see conv/depthwise/columns.ts. The sums of some columns of
// taps stay in registers while a plane goes by: some rows of the gradient are held, the input rows that meet
// them are loaded one by one, and each serves all taps and held rows that it meets. A table says which columns
// of taps there are; large kernels take several passes over the plane, which is in the first-level cache.

import {
  type Code,
  countdown,
  countdownOrSkip,
  type Expr,
  type Func,
  f32x4,
  fillZero,
  func,
  type IntLocal,
  i32,
  multiplyAdd,
  v128,
  when,
} from "../../assembler/assembler.ts";
import { get, upTo } from "../../assembler/lists.ts";
import type { WasmContext } from "../../context.ts";
import { at3 } from "../boxes.ts";
import { type Conv3, ofGeometry } from "../geometry.ts";
import { type Box, boxOf, clearBoxes, columnAt, fillBox } from "./box.ts";
import { cut, loadAcross, type Piece } from "./code.ts";
import { keyOf } from "./columns.ts";
import { planeBytes, type RowPhase, rowPieces, Turns, usersOf } from "./columns-kernels.ts";
import { overChannels } from "./launch.ts";
import { evenly, overPlane } from "./plane.ts";
import { reduceSums } from "./sums.ts";

/** Sums in registers, and rows of the gradient held beside them. */
const SUMS = 10;
const HELD = 4;

/** Columns of taps that are summed together: `count` records from byte `at` of the table on, `columns` each. */
interface Group {
  readonly columns: number;
  readonly count: number;
  readonly at: number;
  /** Bytes from the source of the first column to that of each. */
  readonly deltas: readonly number[];
}

interface Plan {
  readonly box: Box;
  readonly rows: RowPhase;
  readonly groups: readonly Group[];
  readonly table: Int32Array;
  /** Rows of taps in one pass. */
  readonly tapRows: number;
  readonly c: Conv3;
  readonly key: string;
}

/** Slices, offset of the gradient, offset of the sums, offset of the source. */
const RECORD = 16;

const planOf = ofGeometry((c): Plan => {
  const [kd, kh, kw] = c.kernel;
  const [sd, sh, sw] = c.stride;
  const [dd, dh, dw] = c.dilation;
  const [pd, ph, pw] = c.padding;
  const columns = (Math.max(4, c.output[2]) - 1) * sw + (kw - 1) * dw + 1;
  const box = boxOf(c.input, pw, columns, sw, 0, 0);
  const rows: RowPhase = {
    first: 0,
    step: 1,
    count: c.output[1],
    origin: -ph,
    along: sh,
    taps: upTo(kh).map((ky) => ({ row: ky * dh, weight: ky * kw * 16 })),
  };
  const tapRows = evenly(kh, SUMS);
  const offset = (kx: number): number => columnAt(box, kx * dw - pw);
  const deltasFrom = (kx: number, n: number): number[] =>
    upTo(n).map((i) => offset(kx + i) - offset(kx));
  // The columns of a group lie at constant distances.
  let together = Math.max(1, Math.min(kw, Math.floor(SUMS / tapRows)));
  const regular = (n: number): boolean =>
    upTo(Math.floor(kw / n)).every((i) => {
      const deltas = deltasFrom(i * n, n);
      return deltas.every((d, j) => d >= 0 && d === deltasFrom(0, n)[j]);
    });
  while (!regular(together)) together--;
  const whole = Math.floor(kw / together);
  const words: number[] = [];
  const group = (first: number, count: number, columns: number): Group => {
    const at = words.length * 4;
    for (let kz = 0; kz < kd; kz++) {
      const low = kz * dd - pd;
      const from = Math.max(0, Math.ceil(-low / sd));
      const to = Math.min(c.output[0], Math.floor((c.input[0] - 1 - low) / sd) + 1);
      if (to <= from) continue;
      for (let i = 0; i < count; i++) {
        const kx = first + i * columns;
        words.push(
          to - from,
          from * c.output[1] * c.output[2] * 4,
          (kz * kh * kw + kx) * 16,
          (from * sd + low) * box.slice + offset(kx),
        );
      }
    }
    const records = (words.length * 4 - at) / RECORD;
    return { columns, count: records, at, deltas: deltasFrom(first, columns) };
  };
  const groups = [group(0, whole, together)];
  const rest = kw - whole * together;
  // What is left need not lie regularly: a column at a time then.
  const restDeltas = deltasFrom(whole * together, rest);
  if (rest > 0) {
    const joined = restDeltas.every((d) => d >= 0);
    groups.push(group(whole * together, joined ? 1 : rest, joined ? rest : 1));
  }
  const key = `dw columns of w ${keyOf(c)}`;
  return { box, rows, groups, table: Int32Array.from(words), tapRows, c, key };
});

/**
 * columnGrad(images, xImage, gImage, count, x, g, sums, to, member, multiplier, box, table): what `images` images give
 * to the filters of `count` output channels, as weightGrad().
 */
function columnGradKernel(plan: Plan, relaxed: boolean): Func {
  const fma = multiplyAdd(relaxed);
  const { box, c } = plan;
  const [, height, width] = c.output;
  const params = {
    images: "i32",
    xImage: "i32",
    gImage: "i32",
    count: "i32",
    x: "i32",
    g: "i32",
    sums: "i32",
    to: "i32",
    member: "i32",
    multiplier: "i32",
    box: "i32",
    table: "i32",
  } as const;
  const locals = ["planes", "at", "inX", "inG", "inSums", "boxed", "record", "left"] as const;
  const more = ["slices", "grad", "source", "to"] as const;
  return func("columnGrad", params, (f, p) => {
    const [planes, at, inX, inG, inSums, boxed, record, left] = locals.map(() =>
      f.local("i32"),
    ) as [IntLocal, IntLocal, IntLocal, IntLocal, IntLocal, IntLocal, IntLocal, IntLocal];
    const [slices, grad, source, to] = more.map(() => f.local("i32")) as [
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
    ];
    const sums = f.locals("v128", SUMS);
    const held = f.locals("v128", HELD);
    const vectors = f.locals("v128", 8);

    const tile = (
      phase: RowPhase,
      row: Piece,
      column: Piece,
      { columns, deltas }: Group,
      from: IntLocal,
      g: IntLocal,
    ): Code => {
      // The last column overlaps the one before where it can; lanes that were counted become zeros.
      const start = column.size < 4 && width >= 4 ? width - 4 : column.start;
      const fresh = upTo(4).map((lane) => (start + lane >= column.start ? lane : 4));
      const turns = new Turns(boxed);
      const fetched = new Set<number>();
      let turn = 0;
      for (const { row: at, users } of usersOf(phase, row.start, row.size, box)) {
        for (const { out } of users) {
          if (fetched.has(out)) continue;
          fetched.add(out);
          const rows = { pointer: g, width };
          const value = loadAcross(rows, row.start + out, start) as Expr<"v128">;
          turns.load(
            get(held, out).set(
              start === column.start ? value : f32x4.shuffle(value, v128.zero(), fresh),
            ),
          );
        }
        deltas.forEach((delta, k) => {
          const vector = get(vectors, turn++ % vectors.length);
          turns.load(vector.set(v128.load(from, at * box.row + start * 4 + delta)));
          for (const { out, tap } of users) {
            const sum = get(sums, tap * columns + k);
            turns.product(sum.set(fma(vector, get(held, out), sum)));
          }
          turns.pause();
        });
      }
      return turns.done();
    };

    const pass = (group: Group, first: number): Code => {
      const taps = plan.rows.taps.slice(first, first + plan.tapRows);
      const phase = { ...plan.rows, taps };
      const used = sums.slice(0, taps.length * group.columns);
      const rows = rowPieces(phase, evenly(height, HELD), box, false);
      const columns = cut(width, 4, () => true, false);
      const place = (i: number): number =>
        (taps[Math.floor(i / group.columns)]?.weight as number) + (i % group.columns) * 16;
      return [
        record.set(i32.add(p.table, group.at)),
        left.set(group.count),
        countdownOrSkip(left, [
          slices.set(i32.load(record)),
          grad.set(i32.add(inG, i32.load(record, 4))),
          to.set(i32.add(inSums, i32.load(record, 8))),
          source.set(i32.add(boxed, i32.load(record, 12))),
          used.map((sum, i) => sum.set(v128.load(to, place(i)))),
          countdown(slices, [
            overPlane(
              f,
              rows,
              columns,
              [source, grad],
              (n) => [n * phase.along * box.row, n * width * 4],
              (n) => [n * 4, n * 4],
              (row, column, pointers) =>
                tile(phase, row, column, group, get(pointers, 0), get(pointers, 1)),
            ),
            source.add(at3(c.stride, 0) * box.slice),
            grad.add(height * width * 4),
          ]),
          used.map((sum, i) => v128.store(to, sum, place(i))),
          record.add(RECORD),
        ]),
      ];
    };
    const passes = upTo(Math.ceil(plan.rows.taps.length / plan.tapRows)).map(
      (i) => i * plan.tapRows,
    );
    return [
      fillZero(p.sums, i32.mul(p.count, c.kernelSize * 16)),
      left.set(1),
      clearBoxes(box, p.box, left),
      countdownOrSkip(p.images, [
        planes.set(p.count),
        at.set(p.member),
        inX.set(p.x),
        inG.set(p.g),
        inSums.set(p.sums),
        boxed.set(0),
        countdown(planes, [
          box.copied
            ? when(i32.eqz(boxed), [fillBox(f, box, inX, p.box), boxed.set(p.box)])
            : boxed.set(inX),
          passes.map((first) => plan.groups.map((group) => pass(group, first))),
          inSums.add(c.kernelSize * 16),
          inG.add(c.outputSize * 4),
          at.add(1),
          when(i32.eq(at, p.multiplier), [at.set(0), inX.add(planeBytes(box)), boxed.set(0)]),
        ]),
        p.x.add(p.xImage),
        p.g.add(p.gImage),
      ]),
      reduceSums(f, i32.mul(p.count, c.kernelSize), p.sums, p.to),
    ];
  });
}

export function columnWeightGrad(
  ctx: WasmContext,
  c: Conv3,
  g: number,
  x: number,
  dw: number,
): void {
  if (c.outChannels === 0) return;
  const plan = planOf(c);
  const { columnGrad } = ctx.get<"columnGrad">(plan.key, () => [
    columnGradKernel(plan, ctx.relaxed),
  ]);
  ctx.withScratch((scratch) => {
    const at = scratch.take(plan.table.length * 4);
    ctx.after(() => ctx.arena.i32.set(plan.table, at / 4));
    overChannels(ctx, c, columnGrad, g, x, dw, [], plan.box.copied ? plan.box.bytes : 4, [at]);
  });
}
