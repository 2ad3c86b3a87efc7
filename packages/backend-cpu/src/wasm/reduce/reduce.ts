// reduce and argReduce: any dims of any strided float32 view as rows or columns of the kernels.
//
// Order does not matter to a reduction, so dims are walked in the order of memory. Then either the dim
// that lies side by side is reduced (rows of x fold into one number each), or it is kept (rows add up).
import type { ReduceCode, RequiredKernels, View } from "@tapegrad/core";
import { sizeOf } from "@tapegrad/core";
import type { Exports } from "../assembler/module-cache.ts";
import type { WasmContext } from "../context.ts";
import { MANY } from "../elementwise/plan.ts";
import { byteAddress, contiguousAt } from "../view.ts";
import { type ArgKernels, argKernels } from "./arg-kernels.ts";
import { argOnThreads } from "./arg-shared.ts";
import { type Dim, dimsOf, each, takeLargest } from "./dims.ts";
import { FOLDS, type FoldCode, type FoldKernels, foldKernels } from "./kernels.ts";
import { ACC_BYTES, CHUNK } from "./parts.ts";
import { foldOnThreads, inPlace, isNarrow, layoutOf, product } from "./shared.ts";

/** Fewer elements than this are not handed to threads: a table and tasks for them would cost more than their sum. */
const SHARED = 1 << 16;
/** But where the kernels would be called more often than this, for small planes say, one of them does it. */
const CALLS = 128;

export function reduceKernels(ctx: WasmContext): Pick<RequiredKernels, "reduce" | "argReduce"> {
  const { arena } = ctx;
  const folds: Partial<Record<FoldCode, Exports<FoldKernels>>> = {};
  let partial: number | undefined;

  function prepare(code: FoldCode): Exports<FoldKernels> {
    partial ??= arena.take(ACC_BYTES).ptr;
    const made = ctx.get<FoldKernels>(`reduce/${code}`, () => foldKernels(code));
    folds[code] = made;
    return made;
  }

  /** All of a dense view: no dims to look at. */
  function foldAll(code: FoldCode, x: number, n: number, y: number): void {
    const { all } = folds[code] ?? prepare(code);
    ctx.after(() => ctx.now(all)(n, x, y, partial as number));
  }

  function foldInto(code: FoldCode, x: number, dims: Dim[], y: number): void {
    const elements = product(dims);
    const layout = layoutOf(code, dims);
    const { across, down, kept, reduced } = layout;
    const kernels = folds[code] ?? prepare(code);
    const calls = product(kept) * product(reduced);
    if (elements >= SHARED || calls > CALLS || (elements >= MANY && isNarrow(layout))) {
      foldOnThreads(ctx, kernels, code, layout, x, y);
      return;
    }
    const { row, column, start, finish, fourRows, someRows } = kernels;
    const acc = partial as number;
    const first = FOLDS[code].start;
    const columns = layout.loop === "column";
    if (inPlace(code, layout)) {
      ctx.after(() =>
        each(kept, (xAt, yAt) => {
          const [from, to] = [x + xAt, y + yAt];
          if (columns) ctx.now(someRows)(down.size, across.size, from, down.xStep, to);
          else ctx.now(fourRows)(across.size, down.size, from, across.xStep, to);
        }),
      );
      return;
    }
    ctx.after(() =>
      each(kept, (xAt, yAt) => {
        for (let from = 0; from < across.size; from += CHUNK) {
          const n = Math.min(CHUNK, across.size - from);
          ctx.now(start)(n, acc, first);
          const at = x + xAt + from * across.xStep;
          each(reduced, (more) => {
            if (columns) ctx.now(column)(down.size, n, at + more, down.xStep, acc);
            else ctx.now(row)(n, down.size, at + more, across.xStep, acc);
          });
          ctx.now(finish)(n, acc, y + yAt + from * across.yStep, across.yStep);
        }
      }),
    );
  }

  function reduce(code: ReduceCode, x: View, y: View): string | undefined {
    if (code === "any" || code === "all") return question(code, x, y);
    if (x.dtype !== "float32" || y.dtype !== "float32") return undefined;
    const results = sizeOf(y.shape);
    if (results === 0) return "empty";
    const to = byteAddress(y, 4);
    if (sizeOf(x.shape) === 0) {
      arena.f32.fill(FOLDS[code].start, to / 4, to / 4 + results);
      return "empty";
    }
    if (results === 1 && x.contiguous && sizeOf(x.shape) < SHARED) {
      foldAll(code, byteAddress(x, 4), sizeOf(x.shape), to);
      return "all";
    }
    const dims = dimsOf(x, x.strides, y);
    const inner = dims[dims.length - 1];
    if (inner === undefined || inner.xStep === 4) {
      foldInto(code, byteAddress(x, 4), dims, to);
      return inner?.kept ? "columns" : "rows";
    }
    ctx.withScratch((scratch) => {
      const from = contiguousAt(ctx, scratch, x);
      const strides = x.shape.map((_, d) => sizeOf(x.shape.slice(d + 1)));
      foldInto(code, from, dimsOf(x, strides, y), to);
    });
    return "copied";
  }

  /** Over all elements of dense bools. */
  function question(code: "any" | "all", x: View, y: View): string | undefined {
    if (x.dtype !== "bool" || !x.contiguous || sizeOf(y.shape) !== 1) return undefined;
    const at = byteAddress(x, 1);
    const bytes = arena.u8.subarray(at, at + sizeOf(x.shape));
    const answer = code === "any" ? bytes.includes(1) : !bytes.includes(0);
    arena.u8[byteAddress(y, 1)] = answer ? 1 : 0;
    return "js-search";
  }

  function argReduce(code: "argmax" | "argmin", x: View, y: View): string | undefined {
    if (x.dtype !== "float32") return undefined;
    if (sizeOf(y.shape) === 0) return "empty";
    const kernels = ctx.get<ArgKernels>(code, () => argKernels(code, ctx.relaxed));
    const dims = dimsOf(x, x.strides, y, 8);
    const { size: n, xStep } = takeLargest(dims, false);
    return argOnThreads(
      ctx,
      kernels,
      dims,
      n,
      n === 1 ? 4 : xStep,
      byteAddress(x, 4),
      byteAddress(y, 8),
    );
  }

  return { reduce, argReduce };
}
