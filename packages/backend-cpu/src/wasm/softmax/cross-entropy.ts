// Cross-entropy with class numbers, position by position, and its gradient: a pass over the logits each.
import type { DType, FusedKernels, View } from "@tapegrad/core";
import { requiredLoops, sizeOf } from "@tapegrad/core";
import type { Scratch, WasmContext } from "../context.ts";
import { pieces, type Tasks } from "../threads/launch.ts";
import { byteAddress, contiguousAt, denseStrides } from "../view.ts";
import {
  crossEntropyColumns,
  crossEntropyGradColumns,
  crossEntropyGradRows,
  crossEntropyPick,
  crossEntropyRows,
} from "./cross-entropy-kernels.ts";
import { inOneTask } from "./one-task.ts";

/** Nanoseconds of one thread per element. */
const ELEMENT = 1;
/** Outer steps that need not be cut to give every thread something. */
const ENOUGH = 16;

const INDEX_BYTES: Partial<Record<DType, 1 | 4 | 8>> = { int64: 8, int32: 4, uint8: 1 };

/** How [N, C, …] is walked. */
interface Lines {
  readonly outer: number;
  readonly classes: number;
  readonly inner: number;
}
function linesOf({ shape }: View): Lines {
  return {
    outer: shape[0] as number,
    classes: shape[1] as number,
    inner: sizeOf(shape.slice(2)),
  };
}

type Call = Tasks["add"];

/**
 * Cuts the positions into stretches, over several of the outer steps (inner = 1) or inside of one, and makes tasks of
 * them: `work` does its calls through the function that it is given.
 */
function share(
  ctx: WasmContext,
  { outer, classes, inner }: Lines,
  work: (call: Call, outer: number, first: number, size: number) => void,
): void {
  const cost = outer * classes * inner * ELEMENT;
  ctx.launch(cost, (tasks) => {
    if (inner === 1) {
      pieces(outer, cost, (first, size) => work(inOneTask(tasks), 0, first, size));
    } else if (outer >= ENOUGH) {
      pieces(outer, cost, (first, size) => {
        const call = inOneTask(tasks);
        for (let o = first; o < first + size; o++) work(call, o, 0, inner);
      });
    } else {
      for (let o = 0; o < outer; o++) {
        // Whole cache lines.
        const cut = (first: number, size: number): void => work(inOneTask(tasks), o, first, size);
        pieces(inner, cost / outer, cut, 16);
      }
    }
  });
}

/** Whether a target can be compared by its low word, and targets have no other if they are in range. */
const comparable = (target: View, ignoreIndex: number): boolean =>
  target.dtype in INDEX_BYTES && (ignoreIndex | 0) === ignoreIndex;

/** The address of the targets in row-major order, and the bytes of each. */
function targetsOf(scratch: Scratch, target: View): readonly [at: number, bytes: 1 | 4 | 8] {
  const { dtype, shape } = target;
  const bytes = INDEX_BYTES[dtype] as 1 | 4 | 8;
  if (target.contiguous) return [byteAddress(target, bytes), bytes];
  const ptr = scratch.take(sizeOf(shape) * bytes);
  const storage = { block: { ptr }, backend: target.storage.backend } as unknown as View["storage"];
  const strides = denseStrides(shape);
  requiredLoops.copy(target, { storage, offset: 0, shape, strides, dtype, contiguous: true });
  return [ptr, bytes];
}

const isSingle = (v: View | undefined): boolean => v === undefined || v.dtype === "float32";

export function crossEntropyKernels(
  ctx: WasmContext,
): Pick<FusedKernels, "crossEntropy" | "crossEntropyGrad"> {
  return {
    crossEntropy(x, target, y, top, total, ignoreIndex, smoothing) {
      if (!comparable(target, ignoreIndex) || ![x, y, top, total].every(isSingle)) return undefined;
      const lines = linesOf(x);
      const { outer, classes, inner } = lines;
      const positions = outer * inner;
      if (positions === 0) return "empty";
      if (classes === 0) return undefined;
      const smoothed = smoothing !== 0;
      const way = inner === 1 ? "rows" : "columns";
      return ctx.withScratch((scratch) => {
        const [picked, bytes] = targetsOf(scratch, target);
        const kernels = ctx.get<"rows" | "columns" | "pick">(
          `crossEntropy/${way}/${bytes}/${smoothed}`,
          () => [
            (way === "rows" ? crossEntropyRows : crossEntropyColumns)(smoothed, ctx.relaxed),
            crossEntropyPick(bytes, smoothed, ctx.relaxed),
          ],
        );
        const from = contiguousAt(ctx, scratch, x);
        const list = (v?: View): number =>
          v === undefined ? scratch.take(positions * 4) : byteAddress(v, 4);
        const [tops, totals] = [list(top), list(total)];
        const spreads = smoothed ? list() : totals;
        const to = byteAddress(y, 4);
        share(ctx, lines, (call, o, first, size) => {
          const at = (o * inner + first) * 4;
          const lists = [tops + at, totals + at, spreads + at] as const;
          const rows = inner === 1;
          const line = from + (rows ? first * classes : o * classes * inner + first) * 4;
          if (rows) call(kernels.rows, size, classes, line, ...lists);
          else call(kernels.columns, size, classes, line, ...lists, inner * 4);
          const steps = rows ? ([classes * 4, 4] as const) : ([4, inner * 4] as const);
          const targets = picked + (at / 4) * bytes;
          const shares = [1 - smoothing, smoothing / classes] as const;
          const pick = [size, line, targets, to + at, ...lists, ...steps] as const;
          call(kernels.pick, ...pick, ignoreIndex, ...shares);
        });
        return way;
      });
    },

    crossEntropyGrad(g, x, target, top, total, dx, ignoreIndex, smoothing) {
      if (!comparable(target, ignoreIndex) || ![g, x, top, total, dx].every(isSingle))
        return undefined;
      const lines = linesOf(x);
      const { classes, inner } = lines;
      if (sizeOf(dx.shape) === 0) return "empty";
      const smoothed = smoothing !== 0;
      const way = inner === 1 ? "rows" : "columns";
      return ctx.withScratch((scratch) => {
        const [picked, bytes] = targetsOf(scratch, target);
        const build = way === "rows" ? crossEntropyGradRows : crossEntropyGradColumns;
        const kernel = ctx.get<"rows" | "columns">(
          `crossEntropyGrad/${way}/${bytes}/${smoothed}`,
          () => [build(bytes, smoothed, ctx.relaxed)],
        )[way];
        const [up, from, tops, totals] = [g, x, top, total].map((v) =>
          contiguousAt(ctx, scratch, v),
        ) as [number, number, number, number];
        const to = byteAddress(dx, 4);
        const shares = [1 - smoothing, smoothing / classes] as const;
        share(ctx, lines, (call, o, first, size) => {
          const at = o * inner + first;
          const rows = inner === 1;
          const line = (rows ? first * classes : o * classes * inner + first) * 4;
          const args = [
            size,
            classes,
            up + at * 4,
            from + line,
            picked + at * bytes,
            tops + at * 4,
            totals + at * 4,
            to + line,
            ignoreIndex,
            ...shares,
          ];
          call(kernel, ...(rows ? args : [...args, inner * 4]));
        });
        return way;
      });
    },
  };
}
