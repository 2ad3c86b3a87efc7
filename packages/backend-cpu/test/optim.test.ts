// Passes over many tensors: steps of optimizers have the bits of the plain loops, in both kinds of SIMD and
// however the work is cut; sums and scaling of gradients; what is declined.
import type { AdamStep, SGDStep, Storage, View } from "@tapegrad/core";
import { expect } from "chai";
import { foreachKernels as loops } from "../../core/src/reference/foreach.ts";
import type { WasmContext } from "../src/wasm/context.ts";
import { optimKernels } from "../src/wasm/optim/optim.ts";
import { BackwardsContext } from "./backwards.ts";
import { expectClose, kinds, numbers, read, viewOf } from "./wasm-support.ts";

/** Small ones, none at all, one that is cut, and neighbours of multiples of four. */
const SIZES = [3, 0, 1, 64, 70_001, 5, 255, 30_000, 4];

const positive = (data: Float32Array): Float32Array => data.map(Math.abs);

/** One view per size, with data of that seed; the loops find their memory through the storage. */
function list(ctx: WasmContext, seed: number, map = (d: Float32Array) => d): View[] {
  return SIZES.map((n, i) => {
    const view = viewOf(ctx, [n], map(numbers(n, seed + i)), { offset: i % 3 });
    const storage = { ...view.storage, backend: { memory: ctx.arena } } as unknown as Storage;
    return { ...view, storage };
  });
}

function expectBits(ctx: WasmContext, got: readonly View[], wanted: readonly View[], what: string) {
  got.forEach((view, i) => {
    const [a, b] = [read(ctx, view), read(ctx, wanted[i] as View)];
    const at = a.findIndex((x, k) => !Object.is(x, b[k]));
    if (at >= 0) expect.fail(`${what}: tensor ${i}, element ${at} is ${a[at]}, expected ${b[at]}`);
  });
}

// Settings that float32 has exactly: kernels take theirs as float32, the loops as JavaScript's numbers.
const SGD: SGDStep = {
  ...{ lr: 0.125, momentum: 0.875, dampening: 0, weightDecay: 0, nesterov: false, maximize: false },
  first: false,
};
const SGD_CASES: readonly (Partial<SGDStep> & { readonly buffers?: false })[] = [
  { buffers: false },
  { buffers: false, weightDecay: 0.03125, maximize: true },
  { first: true },
  { first: true, nesterov: true, weightDecay: 0.25 },
  {},
  { nesterov: true, weightDecay: 0.03125 },
  { dampening: 0.375, weightDecay: 0.03125, maximize: true },
];
const ADAM: AdamStep = {
  ...{ lr: 0.015625, beta1: 0.875, beta2: 0.9375, eps: 2 ** -20, weightDecay: 0, decoupled: false },
  ...{ maximize: false, step: 1 },
};
const ADAM_CASES: readonly (Partial<AdamStep> & { readonly amsgrad?: true })[] = [
  {},
  { weightDecay: 0.125 },
  { weightDecay: 0.125, decoupled: true, amsgrad: true },
  { maximize: true, amsgrad: true },
];

for (const { name, relaxed } of kinds) {
  describe(`passes over many tensors, ${name} SIMD`, () => {
    const ctx = new BackwardsContext(relaxed);
    const kernels = optimKernels(ctx);

    for (const { buffers, ...options } of SGD_CASES) {
      it(`sgdStep ${JSON.stringify({ ...options, buffers })}: the bits of the loops`, () => {
        const step = { ...SGD, ...options };
        const make = () => [list(ctx, 1), list(ctx, 2), list(ctx, 3)] as const;
        const [a, b] = [make(), make()];
        const with3 = buffers !== false;
        ctx.tasksSince();
        expect(kernels.sgdStep(a[0], a[1], with3 ? a[2] : undefined, step)).to.equal("simd");
        expect(ctx.tasksSince()).to.be.greaterThan(4);
        loops.sgdStep(b[0], b[1], with3 ? b[2] : undefined, step);
        a.forEach((views, k) => {
          expectBits(ctx, views, b[k] as View[], `list ${k}`);
        });
      });
    }

    for (const { amsgrad, ...options } of ADAM_CASES) {
      it(`adamStep ${JSON.stringify({ ...options, amsgrad })}: the bits of the loops`, () => {
        const step = { ...ADAM, ...options };
        const make = () =>
          [
            ...[list(ctx, 1), list(ctx, 2), list(ctx, 3)],
            ...[list(ctx, 4, positive), list(ctx, 5, positive)],
          ] as [View[], View[], View[], View[], View[]];
        const [a, b] = [make(), make()];
        expect(kernels.adamStep(...four(a), amsgrad ? a[4] : undefined, step)).to.equal("simd");
        loops.adamStep(...four(b), amsgrad ? b[4] : undefined, step);
        a.forEach((views, k) => {
          expectBits(ctx, views, b[k] as View[], `list ${k}`);
        });
      });
    }

    it("scaleAll: the bits of the loops", () => {
      const [a, b] = [list(ctx, 1), list(ctx, 1)];
      kernels.scaleAll(a, 0.375);
      loops.scaleAll(b, 0.375);
      expectBits(ctx, a, b, "scaled");
    });

    it("powerSum of 1, 2 and Infinity; NaN shows; other powers are declined", () => {
      const xs = list(ctx, 7);
      const y = viewOf(ctx, []);
      for (const p of [1, 2, Number.POSITIVE_INFINITY]) {
        const total = xs
          .flatMap((x) => [...read(ctx, x)])
          .reduce((t, v) => (p > 2 ? Math.max(t, Math.abs(v)) : t + Math.abs(v) ** p), 0);
        expect(kernels.powerSum(xs, p, y)).to.equal("simd");
        expectClose(read(ctx, y), [total], `power ${p}`, 1e-6);
        const withNaN = [...list(ctx, 7), viewOf(ctx, [2], [1, Number.NaN])];
        kernels.powerSum(withNaN, p, y);
        expect(read(ctx, y)[0], `power ${p} of NaN`).to.be.NaN;
      }
      expect(kernels.powerSum(xs, 3, y)).to.equal(undefined);
    });

    it("declines other dtypes and strided views, and does nothing without elements", () => {
      const x = viewOf(ctx, [4], numbers(4, 1));
      const double: View = { ...x, dtype: "float64" };
      const strided: View = { ...x, shape: [2], strides: [2], contiguous: false };
      expect(kernels.scaleAll([x, double], 2)).to.equal(undefined);
      expect(kernels.sgdStep([x], [strided], undefined, SGD)).to.equal(undefined);
      expect(kernels.scaleAll([viewOf(ctx, [0])], 2)).to.equal("simd");
    });
  });
}

const four = (lists: readonly View[][]) =>
  lists.slice(0, 4) as unknown as [View[], View[], View[], View[]];
