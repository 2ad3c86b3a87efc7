// fold(): a task of a reduction. Some of the kept dims, all or some of the reduced ones, in one call: the kept
// indices it is given one after the other, for each the results along one more dim in chunks that stay in the
// cache, and for each chunk all indices of the reduced dims, the innermost of them by one of the loops of
// reduce/kernels.ts. What is the same for all tasks lies in a table (32-bit words):
//   loop, xRow, step of x and of y from result to result, wide, kept dims, reduced dims,
//   then for each kept dim, innermost first: size, steps of x and y; for each reduced dim: size, step of x.
// `wide` results are doubles side by side: parts of sums, to be brought together by combine().
import {
  type Code,
  call,
  copyBytes,
  countdown,
  countdownOrSkip,
  doWhile,
  type Expr,
  type Func,
  f64,
  func,
  type I32,
  type IntLocal,
  i32,
  select,
  v128,
  when,
} from "../assembler/assembler.ts";
import type { Fold } from "./parts.ts";

/** Results worked on at a time: doubles that stay in the first-level cache. */
export const CHUNK = 1024;
export const FOLD_WORDS = 7;
/** Which loop: rows of any length or of at most 128; columns of many rows or of few. */
export const LOOPS = { row: 0, fourRows: 1, column: 2, fewRows: 3 } as const;
export type Loop = keyof typeof LOOPS;

export interface Loops extends Readonly<Record<Loop, Func>> {
  readonly start: Func;
  readonly finish: Func;
}

/**
 * fold(table, first, count, results, n, reducedFirst, reducedCount, x, y, acc): count kept indices from the
 * first on; acc has room for CHUNK doubles.
 */
export function foldKernel(loops: Loops, fold: Fold): Func {
  const params = {
    table: "i32",
    first: "i32",
    count: "i32",
    results: "i32",
    n: "i32",
    reducedFirst: "i32",
    reducedCount: "i32",
    x: "i32",
    y: "i32",
    acc: "i32",
  } as const;
  return func("fold", params, (f, p) => {
    const names = f.locals("i32", 12);
    const [rest, left, dim, digit, xKept, to, from, todo, chunk, index, end, at] = names;
    if (!rest || !left || !dim || !digit || !xKept || !to || !from || !todo) return [];
    if (!chunk || !index || !end || !at) return [];
    const word = (k: number): I32 => i32.load(p.table, k * 4);
    /** Goes over `dims` dims of `words` words from `dim` on, with the digit of `rest` in each. */
    const digits = (dims: I32, words: number, each: Code): Code => [
      left.set(dims as Expr<"i32">),
      countdownOrSkip(left, [
        digit.set(i32.remU(rest, i32.load(dim))),
        rest.set(i32.divU(rest, i32.load(dim))),
        each,
        dim.add(words * 4),
      ]),
    ];
    const rows = (kernel: Func): Code => call(kernel, chunk, p.n, at, word(1), p.acc);
    const columns = (kernel: Func): Code => call(kernel, p.n, chunk, at, word(1), p.acc);
    const loop: Code = when(
      i32.ltU(word(0), LOOPS.column),
      when(word(0), rows(loops.fourRows), rows(loops.row)),
      when(i32.eq(word(0), LOOPS.column), columns(loops.column), columns(loops.fewRows)),
    );
    const overReduced: Code = [
      index.set(p.reducedFirst),
      end.set(i32.add(p.reducedFirst, p.reducedCount)),
      doWhile(
        [
          at.set(from),
          rest.set(index),
          dim.set(i32.add(i32.add(p.table, FOLD_WORDS * 4), i32.mul(word(5), 12))),
          digits(word(6), 2, at.add(i32.mul(digit, i32.load(dim, 4)))),
          loop,
          index.add(1),
        ],
        i32.ltU(index, end),
      ),
    ];
    const kept: Code = [
      xKept.set(p.x),
      to.set(p.y),
      rest.set(p.first),
      dim.set(i32.add(p.table, FOLD_WORDS * 4)),
      digits(word(5), 3, [
        xKept.add(i32.mul(digit, i32.load(dim, 4))),
        to.add(i32.mul(digit, i32.load(dim, 8))),
      ]),
      from.set(xKept),
      todo.set(p.results),
      doWhile(
        [
          chunk.set(select(todo, i32.const(CHUNK), i32.ltU(todo, CHUNK))),
          todo.set(i32.sub(todo, chunk)),
          call(loops.start, chunk, p.acc, f64.const(fold.start)),
          overReduced,
          when(
            word(4),
            copyBytes(to, p.acc, i32.shl(chunk, 3)),
            call(loops.finish, chunk, p.acc, to, word(3)),
          ),
          from.add(i32.mul(chunk, word(2))),
          to.add(i32.mul(chunk, word(3))),
        ],
        todo,
      ),
      p.first.add(1),
    ];
    return countdown(p.count, kept);
  });
}

/** combine(parts, n, acc): acc[j] ∘= acc[j + n] ∘ acc[j + 2n] ∘ … for j < n, in this order. */
export const combineKernel = ({ one, two }: Fold): Func =>
  func("combine", { parts: "i32", n: "i32", acc: "i32" }, (f, p) => {
    const [from, to, left] = f.locals("i32", 3) as [IntLocal, IntLocal, IntLocal];
    return [
      from.set(i32.add(p.acc, i32.shl(p.n, 3))),
      p.parts.set(i32.sub(p.parts, 1)),
      countdownOrSkip(p.parts, [
        to.set(p.acc),
        left.set(i32.shrU(p.n, 1)),
        countdownOrSkip(left, [
          v128.store(to, two(v128.load(to), v128.load(from))),
          to.add(16),
          from.add(16),
        ]),
        when(i32.and(p.n, 1), [f64.store(to, one(f64.load(to), f64.load(from))), from.add(8)]),
      ]),
    ];
  });
