// fold(): a task of a reduction. Some of the kept dims, all or some of the reduced ones, in one call: the kept
// indices it is given one after the other, for each the results along one more dim in chunks that stay in the
// cache, and for each chunk all indices of the reduced dims, the innermost of them by one of the loops of
// reduce/rows.ts and reduce/columns.ts. What is the same for all tasks lies in a table (32-bit words):
//   loop, xRow, step of x and of y from result to result, results, kept dims, reduced dims,
//   then for each kept dim, innermost first: size, steps of x and y; for each reduced dim: size, step of x.
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
import { CHUNK, type Fold } from "./parts.ts";

export const FOLD_WORDS = 7;
/** Which loop: rows of any length or of at most 128, columns. */
export const LOOPS = { row: 0, fourRows: 1, column: 2 } as const;
export type Loop = keyof typeof LOOPS;
/**
 * What becomes of the results. A single call of fourRows or someRows leaves them in place; else doubles add up, which end as
 * floats, or side by side as they are: parts of results, to be brought together by combine().
 */
export const RESULTS = { floats: 0, parts: 1, inPlace: 2 } as const;
export type Results = keyof typeof RESULTS;

export interface Loops {
  readonly row: Func;
  readonly column: Func;
  readonly start: Func;
  readonly finish: Func;
  /** Of single precision. */
  readonly single?: { readonly fourRows: Func; readonly someRows: Func; readonly widen: Func };
}

/**
 * fold(table, first, count, results, n, reducedFirst, reducedCount, x, y, acc): count kept indices from the
 * first on; acc has room for ACC_BYTES.
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
    const { single } = loops;
    const row = call(loops.row, chunk, p.n, at, word(1), p.acc);
    const rows: Code =
      single === undefined
        ? row
        : when(
            i32.eq(word(0), LOOPS.fourRows),
            [
              call(single.fourRows, chunk, p.n, at, word(1), i32.add(p.acc, CHUNK * 8)),
              call(single.widen, chunk, i32.add(p.acc, CHUNK * 8), p.acc),
            ],
            row,
          );
    const loop = when(
      i32.eq(word(0), LOOPS.column),
      call(loops.column, p.n, chunk, at, word(1), p.acc),
      rows,
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
    const byDoubles: Code = [
      call(loops.start, chunk, p.acc, f64.const(fold.start)),
      overReduced,
      when(
        i32.eq(word(4), RESULTS.parts),
        copyBytes(to, p.acc, i32.shl(chunk, 3)),
        call(loops.finish, chunk, p.acc, to, word(3)),
      ),
    ];
    const chunked: Code =
      single === undefined
        ? byDoubles
        : when(
            i32.ne(word(4), RESULTS.inPlace),
            byDoubles,
            when(
              i32.eq(word(0), LOOPS.column),
              call(single.someRows, p.n, chunk, from, word(1), to),
              call(single.fourRows, chunk, p.n, from, word(1), to),
            ),
          );
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
          chunked,
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
