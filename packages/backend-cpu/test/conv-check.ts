// All three kernels of one convolution, with and without bias, against the plain loops.
import type { WasmContext } from "../src/wasm/context.ts";
import { conv, convInputGrad, convWeightGrad } from "../src/wasm/conv/conv.ts";
import { type Case, solved } from "./conv-reference.ts";
import { expectClose, read, viewOf } from "./wasm-support.ts";

/** Returns the names of the variants: forward, input gradient, weight gradient. */
export function check(ctx: WasmContext, { name, g }: Case): string[] {
  const { x, w, dy, bias, ...wanted } = solved(g);
  const [xv, wv, gv] = [viewOf(ctx, g.x, x), viewOf(ctx, g.w, w), viewOf(ctx, g.y, dy)];
  const [y, yBias, dx, dw] = [
    viewOf(ctx, g.y),
    viewOf(ctx, g.y),
    viewOf(ctx, g.x),
    viewOf(ctx, g.w),
  ];
  const variants = [
    conv(ctx, xv, wv, undefined, y, g),
    convInputGrad(ctx, gv, wv, dx, g),
    convWeightGrad(ctx, gv, xv, dw, g),
  ];
  conv(ctx, xv, wv, viewOf(ctx, [bias.length], bias), yBias, g);
  expectClose(read(ctx, y), wanted.forward, `forward, ${name}`);
  expectClose(read(ctx, yBias), wanted.withBias, `forward with bias, ${name}`);
  expectClose(read(ctx, dx), wanted.inputGrad, `input gradient, ${name}`);
  expectClose(read(ctx, dw), wanted.weightGrad, `weight gradient, ${name}`);
  for (const view of [xv, wv, gv, y, yBias, dx, dw]) ctx.arena.give(view.storage.block);
  return variants;
}
