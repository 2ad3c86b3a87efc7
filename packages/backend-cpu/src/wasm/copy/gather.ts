// gather and scatterAdd of float32 by int64 or int32 indices. The dims are walked as in an elementwise op,
// with step 0 along dim in the tensor that is indexed; the kernel adds index · (bytes per step of dim). Where
// one index serves a whole row (embeddings, indexSelect) the row is copied or added as vectors. Threads that add
// have targets of their own, so that each target takes its sources in their order: other rows, or other columns.
import type { FusedKernels, RequiredKernels, View } from "@tapegrad/core";
import {
  type Code,
  countdown,
  countdownOrSkip,
  type Func,
  f32,
  f32x4,
  func,
  i32,
  select,
  touch,
  v128,
  when,
} from "../assembler/assembler.ts";
import { upTo } from "../assembler/lists.ts";
import type { WasmContext } from "../context.ts";
import { few, plan, rowStep, rowsApart } from "../elementwise/plan.ts";
import { rowsModule, walkAll, walkApart } from "../elementwise/walk.ts";
import { byteAddress } from "../view.ts";
import { failed, INFO_BYTES, lookingKernel, ROWS, type Way, writeInfo } from "./looking.ts";

/**
 * run(rows, n, y, yRow, yStep, index, indexRow, indexStep, x, xRow, xStep, dimStep): gather reads x and writes y,
 * scatter reads y (the source) and adds to x.
 */
const PARAMS = { ...ROWS, dimStep: "i32" } as const;

/**
 * How a row is walked: "rows", one index for all of it; "along", y and its indices side by side, x standing still (the
 * row is the dim that is indexed); "across", the same with x side by side too; "elements", any steps.
 */
type Walk = "rows" | "along" | "across" | "elements";

/** Rows of so many elements go by lines of memory, */
const LONG = 32;
/** of which y's are asked for so many bytes before they are written. */
const AHEAD = 4096;

/** Indices are below 2³²: the low word of an int64 is the index. */
function kernel(way: Way, walk: Walk, indexBytes: number): Func {
  return func("run", PARAMS, (f, p) => {
    const [y, x, index, left, target] = f.locals("i32", 5);
    if (!y || !x || !index || !left || !target) return [];
    const element = (to: typeof y, from: typeof y): Code =>
      way === "gather"
        ? f32.store(to, f32.load(from))
        : f32.store(from, f32.add(f32.load(from), f32.load(to)));
    const four = (at: number): Code =>
      way === "gather"
        ? v128.store(y, v128.load(x, at), at)
        : v128.store(x, f32x4.add(v128.load(x, at), v128.load(y, at)), at);
    /** The last row of y, behind whose start nothing is touched. */
    const last = f.local("i32");
    const ahead: Code = [
      target.set(i32.add(y, AHEAD)),
      touch(select(target, last, i32.ltU(target, last))),
    ];
    const start: Code = [y.set(p.y), x.set(p.x)];
    /** `count` elements whose places follow from constants alone. */
    const fixed = (count: number): Code => [
      upTo(count).map((k) => {
        const place = i32.mul(i32.load(index, k * indexBytes), p.dimStep);
        const at = walk === "across" ? 4 * k : 0;
        return way === "gather"
          ? f32.store(y, f32.load(i32.add(x, place), at), 4 * k)
          : [
              target.set(i32.add(x, place)),
              f32.store(target, f32.add(f32.load(target, at), f32.load(y, 4 * k)), at),
            ];
      }),
      y.add(4 * count),
      x.add(walk === "across" ? 4 * count : 0),
      index.add(indexBytes * count),
    ];
    const steady: Code = [
      start,
      index.set(p.index),
      left.set(i32.shrU(p.n, 2)),
      countdownOrSkip(left, fixed(4)),
      left.set(i32.and(p.n, 3)),
      countdownOrSkip(left, fixed(1)),
    ];
    const rest: Code =
      walk === "rows"
        ? [
            start,
            x.add(i32.mul(i32.load(p.index), p.dimStep)),
            left.set(i32.shrU(p.n, 2)),
            when(i32.geU(p.n, LONG), [
              left.set(i32.shrU(p.n, 4)),
              countdown(left, [
                way === "gather" ? ahead : [],
                [0, 16, 32, 48].map(four),
                y.add(64),
                x.add(64),
              ]),
              left.set(i32.and(i32.shrU(p.n, 2), 3)),
            ]),
            countdownOrSkip(left, [four(0), y.add(16), x.add(16)]),
            left.set(i32.and(p.n, 3)),
            countdownOrSkip(left, [element(y, x), y.add(4), x.add(4)]),
          ]
        : [
            start,
            index.set(p.index),
            left.set(p.n),
            countdown(left, [
              target.set(i32.add(x, i32.mul(i32.load(index), p.dimStep))),
              element(y, target),
              y.add(p.yStep),
              x.add(p.xStep),
              index.add(p.indexStep),
            ]),
          ];
    const row = walk === "along" || walk === "across" ? steady : rest;
    return [
      last.set(i32.add(p.y, i32.mul(i32.sub(p.rows, 1), p.yRow))),
      countdown(p.rows, [row, p.y.add(p.yRow), p.x.add(p.xRow), p.index.add(p.indexRow)]),
    ];
  });
}

/** `indexed` seen with the shape of the index, standing still along dim. */
const standing = (indexed: View, shape: readonly number[], dim: number): View => ({
  storage: indexed.storage,
  offset: indexed.offset,
  dtype: indexed.dtype,
  shape,
  strides: indexed.strides.map((s, d) => (d === dim ? 0 : s)),
  contiguous: false,
});

export function gatherKernels(
  ctx: WasmContext,
): Pick<RequiredKernels, "gather" | "scatterAdd"> &
  Pick<FusedKernels, "gatherLooking" | "scatterAddLooking"> {
  const bytesOf = (index: View): 4 | 8 | undefined =>
    index.dtype === "int64" ? 8 : index.dtype === "int32" ? 4 : undefined;

  function run(way: Way, indexed: View, index: View, dense: View, dim: number): string | undefined {
    if (indexed.dtype !== "float32" || dense.dtype !== "float32") return undefined;
    const bytes = bytesOf(index);
    if (bytes === undefined) return undefined;
    // A tensor of no dims has one place.
    const moving = indexed.shape.length === 0 ? indexed : standing(indexed, dense.shape, dim);
    if (!plan(dense, 4, index, bytes, moving, 4)) return "empty";
    const rows = rowStep(0) === 4 && rowStep(1) === 0 && rowStep(2) === 4;
    const steady = rowStep(0) === 4 && rowStep(1) === bytes;
    const walk: Walk = rows
      ? "rows"
      : steady && rowStep(2) === 0
        ? "along"
        : steady && rowStep(2) === 4
          ? "across"
          : "elements";
    const build = (): Func => kernel(way, walk, bytes);
    const run = rowsModule(ctx, `${way}/${walk}/${bytes}`, build, ["memory", "memory", "number"]);
    const at = [byteAddress(dense, 4), byteAddress(index, bytes), byteAddress(indexed, 4)] as const;
    const share = way === "gather" ? walkAll : walkApart;
    share(ctx, run, rows ? 0 : 0.5, ...at, (indexed.strides[dim] ?? 0) * 4);
    return rows ? "rows" : "elements";
  }

  /** Where rows side by side are indexed, and there is enough to look at. `from`: what rows of `indexed` start as. */
  function look(
    way: Way,
    indexed: View,
    index: View,
    dense: View,
    dim: number,
    from?: View,
  ): string | undefined {
    const bytes = bytesOf(index);
    if (indexed.dtype !== "float32" || dense.dtype !== "float32" || bytes === undefined) return;
    if (
      indexed.strides[dim] !== 1 ||
      !plan(dense, 4, index, bytes, standing(indexed, dense.shape, dim), 4)
    )
      return;
    const along = rowStep(0) === 4 && rowStep(1) === bytes && rowStep(2) === 0;
    if (!along || few() || (way === "scatter" && !rowsApart())) return;
    const build = (): Func => lookingKernel(way, bytes);
    const roles = ["memory", "memory", "number"] as const;
    const kernel = rowsModule(ctx, `${way}/looking/${bytes}`, build, roles);
    const to = byteAddress(indexed, 4);
    const apart = from === undefined ? 0 : byteAddress(from, 4) - to;
    return ctx.withScratch((scratch) => {
      const info = scratch.take(INFO_BYTES);
      writeInfo(ctx.arena.i32, info, indexed.shape[dim] as number, apart);
      const operands = [byteAddress(dense, 4), byteAddress(index, bytes), to, info] as const;
      walkAll(ctx, kernel, 0.5, ...operands, { whole: way === "scatter" });
      return failed(ctx.arena.i32, info) ? undefined : "looking";
    });
  }

  return {
    gather: (x, index, y, dim) => run("gather", x, index, y, dim),
    scatterAdd: (index, src, y, dim) => run("scatter", y, index, src, dim),
    gatherLooking: (x, index, y, dim) => look("gather", x, index, y, dim),
    scatterAddLooking(x, index, src, y, dim) {
      // Every row must be one that is indexed, or nobody would copy it.
      const all = index.shape.every((n, d) => d === dim || n === y.shape[d]);
      if (!all || !x.contiguous || !y.contiguous || x.dtype !== y.dtype) return undefined;
      return look("scatter", y, index, src, dim, x);
    },
  };
}
