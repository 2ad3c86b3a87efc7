// walk(table, first, count, y, …inputs): a run of consecutive rows of a plan of any rank, so that a thread gets
// all of its share in one call. Row r of the plan is digit r % rows of the row dim and one index of the dims
// outside of it; the kernel beside it does what it always does, a stretch of the row dim at a time.
//
// The table (32-bit words) is written once for all tasks:
//   n, size of the row dim, number of outer dims,
//   row and step of y, a, b, c,
//   for each outer dim, innermost first: size, steps of y, a, b, c.
import {
  call,
  countdownOrSkip,
  doWhile,
  type Func,
  func,
  type I32,
  type IntLocal,
  i32,
  type LocalOf,
  select,
  type ValType,
} from "../assembler/assembler.ts";

/**
 * What follows y among the kernel's arguments: memory (address, row, step), a float in the place of an
 * address (its row and step mean nothing), or one more number, passed on.
 */
export type Role = "memory" | "value" | "number";

export const TABLE_WORDS = { fixed: 11, perDim: 5 } as const;

export function walkKernel(run: Func, roles: readonly Role[]): Func {
  const params: Record<string, ValType> = { table: "i32", first: "i32", count: "i32", y: "i32" };
  roles.forEach((role, i) => {
    params[`input${i}`] = role === "value" ? "f32" : "i32";
  });
  return func("walk", params, (f, p) => {
    const int = (name: string): IntLocal => p[name] as IntLocal;
    const [table, count] = [int("table"), int("count")];
    const [row, outer, rest, left, dim, chunk, digit] = f.locals("i32", 7);
    if (!row || !outer || !rest || !left || !dim || !chunk || !digit) return [];
    /** Operand k of the table with the address it is at. */
    const moving = [
      { base: int("y"), at: f.local("i32"), k: 0 },
      ...roles.flatMap((role, i) =>
        role === "memory" ? [{ base: int(`input${i}`), at: f.local("i32"), k: i + 1 }] : [],
      ),
    ];
    const word = (index: number): I32 => i32.load(table, index * 4);
    const steps = (k: number): I32[] => [word(3 + 2 * k), word(4 + 2 * k)];
    const inputs = roles.flatMap((role, i): (I32 | LocalOf<ValType>)[] => {
      const local = p[`input${i}`] as LocalOf<ValType>;
      if (role === "number") return [local];
      if (role === "value") return [local, 0, 0];
      return [(moving.find(({ k }) => k === i + 1) as { at: IntLocal }).at, ...steps(i + 1)];
    });
    return [
      row.set(i32.remU(int("first"), word(1))),
      outer.set(i32.divU(int("first"), word(1))),
      doWhile(
        [
          chunk.set(i32.sub(word(1), row)),
          chunk.set(select(chunk, count, i32.ltU(chunk, count))),
          count.set(i32.sub(count, chunk)),
          moving.map(({ base, at, k }) => at.set(i32.add(base, i32.mul(row, word(3 + 2 * k))))),
          rest.set(outer),
          dim.set(i32.add(table, TABLE_WORDS.fixed * 4)),
          left.set(word(2)),
          countdownOrSkip(left, [
            digit.set(i32.remU(rest, i32.load(dim))),
            rest.set(i32.divU(rest, i32.load(dim))),
            moving.map(({ at, k }) => at.add(i32.mul(digit, i32.load(dim, 4 + 4 * k)))),
            dim.add(TABLE_WORDS.perDim * 4),
          ]),
          call(run, chunk, word(0), (moving[0] as { at: IntLocal }).at, ...steps(0), ...inputs),
          row.set(0),
          outer.add(1),
        ],
        i32.ne(count, 0),
      ),
    ];
  });
}
