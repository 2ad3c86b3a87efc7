// What the loops of reductions share: how two numbers fold into one, and the parameters of a loop.
import {
  type Code,
  type Expr,
  f32x4,
  f64,
  f64x2,
  type Local,
  v128,
} from "../assembler/assembler.ts";

/** Results worked on at a time: as doubles and as floats they stay in the first-level cache. */
export const CHUNK = 1024;
/** What a fold of a chunk needs: doubles, and floats behind them. */
export const ACC_BYTES = CHUNK * 12;

type V = Expr<"v128">;
type D = Expr<"f64">;

export interface Fold {
  readonly four: (a: V, b: V) => V;
  readonly two: (a: V, b: V) => V;
  readonly one: (a: D, b: D) => D;
  readonly start: number;
  /** Floats are made doubles first: a product of four may overflow where that of all does not. */
  readonly precise?: true;
  /** Like four, but does not see a NaN in b: a mask beside it remembers them. */
  readonly blind?: (a: V, b: V) => V;
}
export type FoldCode = "sum" | "max" | "min" | "prod";

/** pmax and pmin keep a NaN in their first argument; one in the second is brought in by its mask, which is a NaN. */
const orNaN = (kept: V, b: V): V => v128.or(kept, f32x4.ne(b, b));
const orNaN2 = (kept: V, b: V): V => v128.or(kept, f64x2.ne(b, b));

export const FOLDS: Readonly<Record<FoldCode, Fold>> = {
  sum: { four: f32x4.add, two: f64x2.add, one: f64.add, start: 0 },
  max: {
    four: (a, b) => orNaN(f32x4.pmax(a, b), b),
    two: (a, b) => orNaN2(f64x2.pmax(a, b), b),
    one: f64.max,
    start: -Infinity,
    blind: f32x4.pmax,
  },
  min: {
    four: (a, b) => orNaN(f32x4.pmin(a, b), b),
    two: (a, b) => orNaN2(f64x2.pmin(a, b), b),
    one: f64.min,
    start: Infinity,
    blind: f32x4.pmin,
  },
  prod: { four: f32x4.mul, two: f64x2.mul, one: f64.mul, start: 1, precise: true },
};

/**
 * One vector folded from several, each of which is looked at once, onto what there is already.
 * @param held locals, one for each
 * @returns what comes first, and the result
 */
export function foldOnto(
  { four, blind }: Fold,
  kept: V | undefined,
  vectors: readonly V[],
  held: readonly Local<"v128">[],
): [before: Code, result: V] {
  const tree = (all: readonly V[], join: (a: V, b: V) => V): V => {
    const half = all.length >> 1;
    return half === 0
      ? (all[0] as V)
      : join(tree(all.slice(0, half), join), tree(all.slice(half), join));
  };
  if (blind === undefined) {
    const all = tree(vectors, four);
    return [[], kept === undefined ? all : four(kept, all)];
  }
  const some = held.slice(0, vectors.length);
  const best = tree(some, blind);
  const nan = tree(
    some.map((v) => f32x4.ne(v, v)),
    v128.or,
  );
  return [
    some.map((v, i) => v.set(vectors[i] as V)),
    v128.or(kept === undefined ? best : blind(kept, best), nan),
  ];
}

export const splat = (x: number): V => v128.constF32([x, x, x, x]);
export const lowPair = (x: V): V => f64x2.promoteLowF32x4(x);
export const highPair = (x: V): V => f64x2.promoteLowF32x4(f32x4.shuffle(x, x, [2, 3, 2, 3]));

export const PARAMS = { rows: "i32", n: "i32", x: "i32", xRow: "i32", acc: "i32" } as const;
