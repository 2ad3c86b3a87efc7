// softmax, logSoftmax and their gradients along any dim; inputs that are not dense are copied first.
import type { FusedKernels, View } from "@tapegrad/core";
import { sizeOf } from "@tapegrad/core";
import type { WasmContext } from "../context.ts";
import { pieces } from "../threads/launch.ts";
import { addressOf, contiguousAt } from "../view.ts";
import { knownBytes, softmaxColumns, softmaxStrip, stripWidth } from "./columns.ts";
import { inOneTask } from "./one-task.ts";
import { type SoftmaxCode, softmaxRows } from "./softmax-kernels.ts";

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
    const outer = sizeOf(y.shape.slice(0, dim));
    const n = y.shape[dim] as number;
    const inner = sizeOf(y.shape.slice(dim + 1));
    return ctx.withScratch((scratch) => {
      const from = contiguousAt(ctx, scratch, a);
      const other = b === undefined ? from : contiguousAt(ctx, scratch, b);
      const to = addressOf(y);
      const cost = outer * n * inner * ELEMENT;
      if (inner === 1) {
        const { row } = ctx.get<"row">(code, () => [softmaxRows(code, ctx.relaxed)]);
        ctx.launch(cost, (tasks) => {
          pieces(outer, cost, (first, size) => {
            const at = first * n * 4;
            tasks.add(row, size, n, from + at, other + at, to + at);
          });
        });
        return "rows";
      }
      const step = inner * 4;
      const columns = `${code}/columns`;
      const { column } = ctx.get<"column">(columns, () => [softmaxColumns(code, ctx.relaxed)]);
      const width = stripWidth(outer, n, inner);
      if (width > 0) {
        const strips = `${code}/strips`;
        const { strip } = ctx.get<"strip">(strips, () => [softmaxStrip(code, ctx.relaxed)]);
        const each = Math.ceil(inner / width);
        ctx.launch(cost, (tasks) => {
          const known = tasks.local(knownBytes(width));
          pieces(outer * each, cost, (first, size) => {
            const call = inOneTask(tasks);
            for (let i = first; i < first + size; i++) {
              const line = (i % each) * width;
              const lines = Math.min(width, inner - line);
              const whole = lines - (lines % 16);
              const at = (k: number): number[] => {
                const offset = Math.floor(i / each) * n * step + (line + k) * 4;
                return [from + offset, other + offset, to + offset, step];
              };
              if (whole > 0) call(strip, whole, n, ...at(0), known);
              if (whole < lines) call(column, lines - whole, n, ...at(whole));
            }
          });
        });
        return "strips";
      }
      ctx.launch(cost, (tasks) => {
        if (outer >= ENOUGH) {
          pieces(outer, cost, (first, size) => {
            const call = inOneTask(tasks);
            for (let o = first; o < first + size; o++) {
              const at = o * n * step;
              call(column, inner, n, from + at, other + at, to + at, step);
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
