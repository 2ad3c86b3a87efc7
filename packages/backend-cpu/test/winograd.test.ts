// Winograd's convolution and its two gradients against plain loops in double precision: planes of every size,
// channels that fill no tile, groups, any padding; the error that its docstring states; the same bits on any number
// of threads; and that a context can do without it.
import { Arena } from "@tapegrad/core";
import { expect } from "chai";
import { WasmContext } from "../src/wasm/context.ts";
import { conv, convInputGrad, convWeightGrad } from "../src/wasm/conv/conv.ts";
import { liftGeometry } from "../src/wasm/conv/geometry.ts";
import {
  WINOGRAD_FORWARD,
  WINOGRAD_INPUT_GRAD,
  WINOGRAD_WEIGHT_GRAD,
} from "../src/wasm/conv/winograd/winograd.ts";
import { ThreadPool } from "../src/wasm/threads/thread-pool.ts";
import { addressOf } from "../src/wasm/view.ts";
import { geometry } from "./conv-reference.ts";
import { kinds, newContext, numbers, read, viewOf } from "./wasm-support.ts";

const product = (sizes: readonly number[]): number => sizes.reduce((p, n) => p * n, 1);

interface Shape {
  readonly n: number;
  readonly c: number;
  readonly o: number;
  readonly size: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly groups: number;
}

/** Relative to the largest output; see conv/winograd/winograd.ts. */
const ERROR = { "winograd-2x2": 1.5e-6, "winograd-4x4": 1.5e-5 } as const;

/** y = x ⋆ w + bias and, for the gradient dy of y, dx and dw: one walk over all products. */
function reference(
  { n, c, o, size, padding, groups }: Shape,
  x: Float32Array,
  w: Float32Array,
  bias: Float32Array,
  dy: Float32Array,
): { y: Float64Array; dx: Float64Array; dw: Float64Array } {
  const [h, wide] = size;
  const [top, left] = padding;
  const [oh, ow] = [h + 2 * top - 2, wide + 2 * left - 2];
  const y = new Float64Array(n * o * oh * ow);
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(w.length);
  const [inPer, outPer] = [c / groups, o / groups];
  for (let plane = 0; plane < n * o; plane++) {
    const [image, out] = [Math.floor(plane / o), plane % o];
    y.fill(bias[out] as number, plane * oh * ow, (plane + 1) * oh * ow);
    for (let i = 0; i < inPer * 9; i++) {
      const channel = Math.floor(out / outPer) * inPer + Math.floor(i / 9);
      const [ky, kx] = [Math.floor((i % 9) / 3), i % 3];
      const weight = w[out * inPer * 9 + i] as number;
      let sum = 0;
      for (let r = Math.max(0, top - ky); r < Math.min(oh, h + top - ky); r++) {
        let from = ((image * c + channel) * h + r + ky - top) * wide + kx - left;
        const to = plane * oh * ow + r * ow;
        from += Math.max(0, left - kx);
        const end = to + Math.min(ow, wide + left - kx);
        for (let at = to + Math.max(0, left - kx); at < end; at++, from++) {
          (y[at] as number) += weight * (x[from] as number);
          (dx[from] as number) += weight * (dy[at] as number);
          sum += (x[from] as number) * (dy[at] as number);
        }
      }
      (dw[out * inPer * 9 + i] as number) += sum;
    }
  }
  return { y, dx, dw };
}

function relativeError(got: Float32Array, wanted: Float64Array): number {
  let [scale, worst] = [1e-30, 0];
  for (let i = 0; i < wanted.length; i++) {
    scale = Math.max(scale, Math.abs(wanted[i] as number));
    const error = Math.abs((got[i] as number) - (wanted[i] as number));
    worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error);
  }
  return worst / scale;
}

/** The outputs of both tile sizes, and the check of their errors. */
function compute(ctx: WasmContext, shape: Shape, checked = true): Float32Array[] {
  const g = geometry({ ...shape, kernel: [3, 3] });
  const c = liftGeometry(g);
  const data = [g.x, g.w, [shape.o], g.y].map((s, i) => numbers(product(s), i + 1));
  const [x, w, bias, dy] = data as [Float32Array, Float32Array, Float32Array, Float32Array];
  const inputs = [viewOf(ctx, g.x, x), viewOf(ctx, g.w, w), viewOf(ctx, [shape.o], bias)];
  const gradient = viewOf(ctx, g.y, dy);
  const [px, pw, pb] = inputs.map(addressOf) as [number, number, number];
  const wanted = checked ? reference(shape, x, w, bias, dy) : undefined;
  const results: Float32Array[] = [];
  for (const [i, path] of WINOGRAD_FORWARD.entries()) {
    const grad = WINOGRAD_INPUT_GRAD[i] as (typeof WINOGRAD_INPUT_GRAD)[number];
    expect(path.takes(c) && grad.takes(c)).to.equal(true);
    const weightGrad = WINOGRAD_WEIGHT_GRAD[i] as (typeof WINOGRAD_WEIGHT_GRAD)[number];
    expect(weightGrad.takes(c)).to.equal(true);
    const [y, dx, dw] = [viewOf(ctx, g.y), viewOf(ctx, g.x), viewOf(ctx, g.w)];
    path.run(ctx, c, px, pw, pb, addressOf(y));
    grad.run(ctx, c, addressOf(gradient), pw, addressOf(dx));
    weightGrad.run(ctx, c, addressOf(gradient), px, addressOf(dw));
    results.push(read(ctx, y), read(ctx, dx), read(ctx, dw));
    if (wanted !== undefined) {
      const most = ERROR[path.name as keyof typeof ERROR];
      const words = `${path.name} of ${JSON.stringify(shape)}`;
      expect(relativeError(read(ctx, y), wanted.y), `forward, ${words}`).to.be.below(most);
      expect(relativeError(read(ctx, dx), wanted.dx), `gradient, ${words}`).to.be.below(most);
      expect(relativeError(read(ctx, dw), wanted.dw), `of w, ${words}`).to.be.below(most);
    }
    for (const view of [y, dx, dw]) ctx.arena.give(view.storage.block);
  }
  for (const view of [...inputs, gradient]) ctx.arena.give(view.storage.block);
  return results;
}

const PADDINGS = [
  [0, 0],
  [1, 1],
  [2, 2],
  [3, 3],
  [0, 3],
  [4, 1],
] as const;

for (const { name, relaxed } of kinds) {
  describe(`Winograd convolution, ${name} SIMD`, () => {
    const ctx = newContext(relaxed);

    it("planes of every size, every padding, 1–3 images", () => {
      for (let side = 1; side <= 40; side++) {
        for (const [i, padding] of PADDINGS.entries()) {
          const size = [side, 1 + ((side * 7 + i * 5) % 23)] as const;
          if (size.some((s, d) => s + 2 * (padding[d] as number) < 3)) continue;
          compute(ctx, { n: 1 + ((side + i) % 3), c: 3, o: 5, size, padding, groups: 1 });
        }
      }
    });

    it("channels that fill no panel, and groups", () => {
      for (const c of [1, 3, 5, 8, 64, 100]) {
        for (const o of [1, 3, 5, 8, 64, 100]) {
          compute(ctx, { n: 1, c, o, size: [7, 10], padding: [1, 1], groups: 1 });
          const groups = c % 4 === 0 && o % 4 === 0 ? 4 : 1;
          if (groups > 1) compute(ctx, { n: 2, c, o, size: [5, 6], padding: [1, 0], groups });
        }
      }
      compute(ctx, { n: 2, c: 15, o: 21, size: [9, 5], padding: [1, 2], groups: 3 });
    });

    it("more channels than a block", () => {
      compute(ctx, { n: 1, c: 801, o: 11, size: [6, 9], padding: [1, 1], groups: 1 });
      compute(ctx, { n: 1, c: 11, o: 801, size: [6, 9], padding: [1, 1], groups: 1 });
    });

    it("more tiles than a block: runs cut anywhere", () => {
      compute(ctx, { n: 2, c: 4, o: 6, size: [50, 91], padding: [1, 1], groups: 2 });
      compute(ctx, { n: 1, c: 2, o: 2, size: [3, 700], padding: [1, 1], groups: 1 });
      compute(ctx, { n: 1, c: 2, o: 2, size: [700, 2], padding: [1, 1], groups: 1 });
      // And than the weight gradient holds at a time.
      compute(ctx, { n: 1, c: 400, o: 4, size: [62, 61], padding: [1, 1], groups: 1 });
    });

    it("gives the same bits on 1, 2 and 3 threads", () => {
      const shapes: readonly Shape[] = [
        { n: 3, c: 64, o: 70, size: [30, 27], padding: [1, 1], groups: 1 },
        { n: 2, c: 96, o: 48, size: [14, 14], padding: [1, 1], groups: 2 },
        { n: 1, c: 400, o: 4, size: [62, 61], padding: [1, 1], groups: 1 },
      ];
      const [one, ...others] = [1, 2, 3].map((threads) => {
        const arena = new Arena({ shared: true, maxPages: 4096 });
        const pool = new ThreadPool(arena, threads);
        const threaded = new WasmContext(arena, { relaxed, pool });
        const results = shapes.flatMap((shape) => compute(threaded, shape, false));
        pool.end();
        return results;
      }) as [Float32Array[], ...Float32Array[][]];
      for (const other of others) expect(other).to.deep.equal(one);
    });

    it("is picked where it pays, and not where the context does without", () => {
      const g = geometry({ n: 1, c: 32, o: 32, size: [16, 16], kernel: [3, 3], padding: [1, 1] });
      const plain = new WasmContext(ctx.arena, { relaxed, winograd: false });
      const allowed = new WasmContext(ctx.arena, { relaxed, winograd: true });
      const [x, w] = [
        viewOf(ctx, g.x, numbers(product(g.x), 1)),
        viewOf(ctx, g.w, numbers(product(g.w), 2)),
      ];
      const [y, dx, dw] = [viewOf(ctx, g.y), viewOf(ctx, g.x), viewOf(ctx, g.w)];
      expect(conv(allowed, x, w, undefined, y, g)).to.equal("winograd-4x4 k3 s1");
      expect(convInputGrad(allowed, y, w, dx, g)).to.equal("winograd-4x4 k3 s1");
      expect(convWeightGrad(allowed, y, x, dw, g)).to.equal("winograd-4x4 k3 s1");
      expect(convWeightGrad(plain, y, x, dw, g)).not.to.contain("winograd");
      expect(conv(plain, x, w, undefined, y, g)).not.to.contain("winograd");
      expect(convInputGrad(plain, y, w, dx, g)).not.to.contain("winograd");
      for (const other of [{ dilation: [2, 2] }, { stride: [1, 2] }, { size: [4, 9, 9] }]) {
        const { size = [9, 9] } = other as { size?: number[] };
        const kernel = size.map(() => 3);
        const c = liftGeometry(geometry({ n: 1, c: 32, o: 32, kernel, ...other, size }));
        expect(WINOGRAD_FORWARD.some((path) => path.takes(c))).to.equal(false);
        expect(WINOGRAD_WEIGHT_GRAD.some((path) => path.takes(c))).to.equal(false);
      }
    });
  });
}
