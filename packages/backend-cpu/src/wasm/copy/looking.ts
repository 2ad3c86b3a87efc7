// gather and scatterAdd of long rows whose indices nobody has looked at: y[r, j] = x[r, index[r, j]], or
// x[r, index[r, j]] += y[r, j]. Indices are looked at a block at a time just before they are used, so that they come
// from memory once, and a block with one out of range is left out: memory outside of x is never touched.
import {
  type Code,
  copyBytes,
  countdown,
  countdownOrSkip,
  doWhile,
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

export type Way = "gather" | "scatter";

/** Indices looked at together: 8 KiB of int64, which stay in the first-level cache. */
const BLOCK = 1024;
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
    const [y, index, left, size, end, at, target] = f.locals("i32", 7) as [
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
    ];
    const count = f.local("i32");
    const [most, other] = f.locals("v128", 2) as [Local<"v128">, Local<"v128">];
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
    const vectors = (8 * indexBytes) / 16;
    const look: Code = [
      most.set(v128.zero()),
      other.set(v128.zero()),
      at.set(index),
      count.set(i32.shrU(size, 3)),
      countdownOrSkip(count, [
        upTo(vectors).map((k) => {
          const m = k % 2 === 0 ? most : other;
          return m.set(i32x4.maxU(m, v128.load(at, 16 * k)));
        }),
        at.add(8 * indexBytes),
      ]),
      count.set(i32.and(size, 7)),
      countdownOrSkip(count, [
        most.set(i32x4.maxU(most, indexBytes === 8 ? v128.load64Zero(at) : v128.load32Zero(at))),
        at.add(indexBytes),
      ]),
      most.set(i32x4.maxU(most, other)),
    ];
    // Of an int64 the odd words are high ones.
    const fits = upTo(4)
      .map((k) => {
        const word = i32x4.extractLane(most, k);
        return indexBytes === 8 && k % 2 === 1 ? i32.eqz(word) : i32.ltU(word, end);
      })
      .reduce((a, b) => i32.and(a, b));
    const use: Code = [
      count.set(i32.shrU(size, 3)),
      countdownOrSkip(count, [four(0), four(4), y.add(32), index.add(8 * indexBytes)]),
      count.set(i32.and(size, 7)),
      countdownOrSkip(count, [element(0), y.add(4), index.add(indexBytes)]),
    ];
    const skip: Code = [
      i32.store(p.info, 1, INFO.failed),
      y.add(i32.shl(size, 2)),
      index.add(i32.mul(size, indexBytes)),
    ];
    /** The next row of x, whose lines would otherwise be met in no order; not where it is far longer than the indices. */
    const meetNext: Code = when(
      i32.and(i32.and(i32.gtU(p.rows, 1), i32.ne(p.xRow, 0)), i32.leU(end, i32.mul(p.n, 2))),
      [
        at.set(i32.add(p.x, p.xRow)),
        way === "scatter" ? at.add(i32.load(p.info, INFO.apart)) : [],
        count.set(i32.shrU(end, 4)),
        countdownOrSkip(count, [touch(at), at.add(64)]),
      ],
    );
    const copyRow: Code = when(
      i32.load(p.info, INFO.apart),
      copyBytes(p.x, i32.add(p.x, i32.load(p.info, INFO.apart)), i32.load(p.info, INFO.span)),
    );
    return [
      end.set(i32.load(p.info, INFO.end)),
      countdown(p.rows, [
        y.set(p.y),
        index.set(p.index),
        left.set(p.n),
        meetNext,
        way === "scatter" ? copyRow : [],
        doWhile(
          [
            size.set(select(left, i32.const(BLOCK), i32.ltU(left, BLOCK))),
            look,
            when(fits, use, skip),
            left.set(i32.sub(left, size)),
          ],
          left,
        ),
        p.y.add(p.yRow),
        p.x.add(p.xRow),
        p.index.add(p.indexRow),
      ]),
    ];
  });
