// Every way to compute a convolution that takes a geometry is right for it, not just the static pick: the tuner
// may choose any of them.
import { expect } from "chai";
import { CONV_PATHS } from "../src/wasm/conv/conv.ts";
import { liftGeometry } from "../src/wasm/conv/geometry.ts";
import type { ActivationCode } from "../src/wasm/gemm/contraction.ts";
import { addressOf } from "../src/wasm/view.ts";
import { type Case, casesFor, geometry, solved } from "./conv-reference.ts";
import { expectClose, kinds, newContext, read, viewOf } from "./wasm-support.ts";

for (const { name: kind, relaxed } of kinds) {
  describe(`all paths of convolution, ${kind} SIMD`, () => {
    const ctx = newContext(relaxed);
    const ran = new Set<string>();

    function check({ name, g }: Case): void {
      const c = liftGeometry(g);
      const { x, w, dy, bias, ...wanted } = solved(g);
      const views = [
        viewOf(ctx, g.x, x),
        viewOf(ctx, g.w, w),
        viewOf(ctx, g.y, dy),
        viewOf(ctx, [bias.length], bias),
      ] as const;
      const [xAt, wAt, gAt, biasAt] = views.map(addressOf) as [number, number, number, number];
      const compare = (
        kernel: "forward" | "inputGrad" | "weightGrad",
        path: { readonly name: string },
        shape: readonly number[],
        run: (to: number) => void,
      ): void => {
        const to = viewOf(ctx, shape);
        run(addressOf(to));
        const values = wanted[kernel === "forward" ? "withBias" : kernel];
        expectClose(read(ctx, to), values, `${kernel} ${path.name}, ${name}`);
        ctx.arena.give(to.storage.block);
        ran.add(`${kernel} ${path.name}`);
      };
      /** The bits of an activation behind it. */
      const compareActivated = (
        path: string,
        run: (to: number, code: ActivationCode) => void,
      ): void => {
        const to = viewOf(ctx, g.y);
        const of = (code: ActivationCode): Float32Array => {
          run(addressOf(to), code);
          return read(ctx, to);
        };
        const plain = of(0);
        const what = `${path}, ${name}`;
        expect(of(1), `relu ${what}`).to.deep.equal(plain.map((v) => Math.max(v, 0)));
        expect(of(2), `relu6 ${what}`).to.deep.equal(plain.map((v) => Math.min(Math.max(v, 0), 6)));
        ctx.arena.give(to.storage.block);
      };
      for (const path of CONV_PATHS.forward) {
        if (!path.takes(c)) continue;
        compare("forward", path, g.y, (to) => path.run(ctx, c, xAt, wAt, biasAt, to));
        compareActivated(path.name, (to, code) => path.run(ctx, c, xAt, wAt, biasAt, to, code));
      }
      for (const path of CONV_PATHS.inputGrad) {
        if (!path.takes(c)) continue;
        compare("inputGrad", path, g.x, (to) => path.run(ctx, c, gAt, wAt, to));
      }
      for (const path of CONV_PATHS.weightGrad) {
        if (!path.takes(c)) continue;
        compare("weightGrad", path, g.w, (to) => path.run(ctx, c, gAt, xAt, to));
      }
      for (const view of views) ctx.arena.give(view.storage.block);
    }

    it("dense", () => {
      for (const c of casesFor([{ n: 2, c: 3, o: 7, groups: 1 }])) check(c);
      for (const c of casesFor([{ n: 1, c: 9, o: 26, groups: 1 }])) check(c);
    });

    it("grouped", () => {
      for (const c of casesFor([{ n: 2, c: 8, o: 4, groups: 2 }])) check(c);
      for (const c of casesFor([{ n: 1, c: 6, o: 15, groups: 3 }])) check(c);
    });

    it("depthwise", () => {
      for (const c of casesFor([{ n: 2, c: 3, o: 6, groups: 3 }])) check(c);
    });

    it("planes of 7 × 7, 14 × 14 and 28 × 28", () => {
      for (const size of [7, 14, 28]) {
        for (const stride of [1, 2]) {
          const options = { n: 3, size: [size, size], kernel: [3, 3], padding: [1, 1] };
          const g = geometry({ ...options, c: 8, o: 8, groups: 2, stride: [stride, stride] });
          check({ name: `${size}, stride ${stride}`, g });
        }
      }
    });

    it("has run them all", () => {
      for (const [kernel, paths] of Object.entries(CONV_PATHS)) {
        for (const path of paths) expect([...ran]).to.include(`${kernel} ${path.name}`);
      }
    });
  });
}
