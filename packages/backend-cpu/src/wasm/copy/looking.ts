// gather and scatterAdd of long rows whose indices nobody has looked at: y[r, j] = x[r, index[r, j]], or
// x[r, index[r, j]] += y[r, j]. Indices are looked at a few at a time just before they are used, so that they come
// from memory once, and a few with one out of range are left out: memory outside of x is never touched. Meanwhile the
// next row of x, whose lines would be met in no order, is asked for line by line: fetching it at once would make
// arithmetic wait, and this is half of the time.
import {
  type Code,
  copyBytes,
  countdown,
  countdownOrSkip,
  type Func,
  f32,
  func,
  type IntLocal,
  i32,
  i32x4,
  type Local,
  select,
  touch,
  v128,
  when,
} from "../assembler/assembler.ts";
import { upTo } from "../assembler/lists.ts";

type Lane = Local<"v128">;

export type Way = "gather" | "scatter";

/** Indices looked at together; half as many where a row has no more. Two such groups a round: four are slower. */
const GROUP = 16;
/** Words of what the last argument points at. */
const INFO = { end: 0, span: 4, apart: 8, failed: 12 } as const;
export const INFO_BYTES = 16;

/**
 * Writes what the kernel reads.
 * @param end indices are below it: elements of a row of x
 * @param apart bytes from a row of x to the one it starts as a copy of; 0: it starts as it is
 */
export function writeInfo(words: Int32Array, at: number, end: number, apart: number): void {
  words.set([end, end * 4, apart, 0], at / 4);
}
export const failed = (words: Int32Array, at: number): boolean =>
  words[(at + INFO.failed) / 4] !== 0;

/** The arguments of gathering and scattering kernels, but for the last: see copy/gather.ts. */
export const ROWS = {
  rows: "i32",
  n: "i32",
  y: "i32",
  yRow: "i32",
  yStep: "i32",
  index: "i32",
  indexRow: "i32",
  indexStep: "i32",
  x: "i32",
  xRow: "i32",
  xStep: "i32",
} as const;

/** `info` is the address of what writeInfo() wrote. */
export const lookingKernel = (way: Way, indexBytes: 4 | 8): Func =>
  func("run", { ...ROWS, info: "i32" }, (f, p) => {
    const [y, index, left, end, apart] = f.locals("i32", 5) as [
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
    ];
    const groups = f.local("i32");
    const [target, next, step] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
    const [most, other, limit] = f.locals("v128", 3) as [Lane, Lane, Lane];
    const place = (k: number) => i32.add(p.x, i32.shl(i32.load(index, k * indexBytes), 2));
    const element = (k: number): Code =>
      way === "scatter"
        ? [target.set(place(k)), f32.store(target, f32.add(f32.load(target), f32.load(y, 4 * k)))]
        : f32.store(y, f32.load(place(k)), 4 * k);
    const four = (k: number): Code =>
      way === "scatter"
        ? upTo(4).map((lane) => element(k + lane))
        : v128.store(
            y,
            [1, 2, 3].reduce(
              (v, lane) => v128.load32Lane(place(k + lane), v, lane),
              v128.load32Zero(place(k)),
            ),
            4 * k,
          );
    const fail = i32.store(p.info, 1, INFO.failed);
    const forward = (count: number): Code => [y.add(4 * count), index.add(count * indexBytes)];
    /** All of them if the largest of each word fit; of an int64 the odd words are high ones. */
    const group = (count: number): Code => [
      upTo((count * indexBytes) / 16).map((k) => {
        const [m, v] = [k % 2 === 0 ? most : other, v128.load(index, 16 * k)];
        return m.set(k < 2 ? v : i32x4.maxU(m, v));
      }),
      when(
        i32.eq(i32x4.bitmask(i32x4.eq(i32x4.maxU(i32x4.maxU(most, other), limit), limit)), 15),
        upTo(count / 4).map((k) => four(4 * k)),
        fail,
      ),
      forward(count),
    ];
    const inRange = i32.ltU(i32.load(index), end);
    const fits = indexBytes === 8 ? i32.and(inRange, i32.eqz(i32.load(index, 4))) : inRange;
    const meet: Code = [
      touch(next),
      way === "scatter" ? touch(i32.add(next, apart)) : [],
      next.add(step),
    ];
    const copyRow: Code = when(
      apart,
      copyBytes(p.x, i32.add(p.x, apart), i32.load(p.info, INFO.span)),
    );
    return [
      end.set(i32.load(p.info, INFO.end)),
      apart.set(i32.load(p.info, INFO.apart)),
      limit.set(i32x4.splat(i32.sub(end, 1))),
      indexBytes === 8 ? [1, 3].map((k) => limit.set(i32x4.replaceLane(limit, k, 0))) : [],
      // Each group meets its share of the next row, every other line at least, since lines come in pairs: none of a row
      // that is far longer than the indices.
      groups.set(i32.shrU(p.n, 4)),
      when(i32.leU(i32.shrU(end, 1), p.n), [
        step.set(i32.divU(i32.load(p.info, INFO.span), i32.or(groups, i32.eqz(groups)))),
        step.set(i32.and(step, -4)),
      ]),
      countdown(p.rows, [
        y.set(p.y),
        index.set(p.index),
        next.set(i32.add(p.x, select(p.xRow, i32.const(0), i32.gtU(p.rows, 1)))),
        way === "scatter" ? copyRow : [],
        left.set(i32.shrU(p.n, 5)),
        countdownOrSkip(left, [meet, group(GROUP), meet, group(GROUP)]),
        [GROUP, GROUP / 2].map((count) => when(i32.and(p.n, count), group(count))),
        left.set(i32.and(p.n, GROUP / 2 - 1)),
        countdownOrSkip(left, [when(fits, element(0), fail), forward(1)]),
        p.y.add(p.yRow),
        p.x.add(p.xRow),
        p.index.add(p.indexRow),
      ]),
    ];
  });
