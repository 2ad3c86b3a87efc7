// All three kernels of one convolution, with and without bias, against the plain loops.
import type { WasmContext } from "../src/wasm/context.ts";
import { conv, convInputGrad, convWeightGrad } from "../src/wasm/conv/conv.ts";
import {
  type Case,
  referenceForward,
  referenceInputGrad,
  referenceWeightGrad,
} from "./conv-reference.ts";
import { expectClose, numbers, read, viewOf } from "./wasm-support.ts";

const product = (sizes: readonly number[]): number => sizes.reduce((p, n) => p * n, 1);

/** Returns the names of the variants: forward, input gradient, weight gradient. */
export function check(ctx: WasmContext, { name, g }: Case): string[] {
  const x = numbers(product(g.x), 1);
  const w = numbers(product(g.w), 2);
  const dy = numbers(product(g.y), 3);
  const bias = numbers(g.w[0] as number, 4);
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
  expectClose(read(ctx, y), referenceForward(g, x, w), `forward, ${name}`);
  expectClose(read(ctx, yBias), referenceForward(g, x, w, bias), `forward with bias, ${name}`);
  expectClose(read(ctx, dx), referenceInputGrad(g, dy, w), `input gradient, ${name}`);
  expectClose(read(ctx, dw), referenceWeightGrad(g, dy, x), `weight gradient, ${name}`);
  for (const view of [xv, wv, gv, y, yBias, dx, dw]) ctx.arena.give(view.storage.block);
  return variants;
}
