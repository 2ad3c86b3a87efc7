// softmax, logSoftmax and their gradients along any dim; inputs that are not dense are copied first.
import type { FusedKernels, View } from "@tapegrad/core";
import { sizeOf } from "@tapegrad/core";
import type { WasmContext } from "../context.ts";
import { pieces } from "../threads/launch.ts";
import { addressOf, contiguousAt } from "../view.ts";
import { type SoftmaxCode, softmaxFuncs } from "./softmax-kernels.ts";

/** Nanoseconds of one thread per element, with an exp. */
const ELEMENT = 1;
/** Blocks of columns that need not be cut to give every thread something. */
const ENOUGH = 16;

export function softmaxKernels(ctx: WasmContext): Pick<FusedKernels, SoftmaxCode> {
  function run(
    code: SoftmaxCode,
    a: View,
    b: View | undefined,
    y: View,
    dim: number,
  ): string | undefined {
    if (a.dtype !== "float32" || (b !== undefined && b.dtype !== "float32")) return undefined;
    if (sizeOf(y.shape) === 0) return "empty";
    const { row, column } = ctx.get<"row" | "column">(code, () => softmaxFuncs(code, ctx.relaxed));
    const outer = sizeOf(y.shape.slice(0, dim));
    const n = y.shape[dim] as number;
    const inner = sizeOf(y.shape.slice(dim + 1));
    return ctx.withScratch((scratch) => {
      const from = contiguousAt(ctx, scratch, a);
      const other = b === undefined ? from : contiguousAt(ctx, scratch, b);
      const to = addressOf(y);
      const cost = outer * n * inner * ELEMENT;
      if (inner === 1) {
        ctx.launch(cost, (tasks) => {
          pieces(outer, cost, (first, size) => {
            const at = first * n * 4;
            tasks.add(row, size, n, from + at, other + at, to + at);
          });
        });
        return "rows";
      }
      const step = inner * 4;
      ctx.launch(cost, (tasks) => {
        if (outer >= ENOUGH) {
          pieces(outer, cost, (first, size) => {
            for (let o = first; o < first + size; o++) {
              const at = o * n * step;
              const args = [inner, n, from + at, other + at, to + at, step] as const;
              if (o === first) tasks.add(column, ...args);
              else tasks.also(column, ...args);
            }
          });
          return;
        }
        for (let o = 0; o < outer; o++) {
          // Whole cache lines.
          pieces(
            inner,
            cost / outer,
            (first, size) => {
              const at = o * n * step + first * 4;
              tasks.add(column, size, n, from + at, other + at, to + at, step);
            },
            16,
          );
        }
      });
      return "columns";
    });
  }
  return {
    softmax: (x, y, dim) => run("softmax", x, undefined, y, dim),
    logSoftmax: (x, y, dim) => run("logSoftmax", x, undefined, y, dim),
    softmaxGrad: (g, y, dx, dim) => run("softmaxGrad", g, y, dx, dim),
    logSoftmaxGrad: (g, y, dx, dim) => run("logSoftmaxGrad", g, y, dx, dim),
  };
}
