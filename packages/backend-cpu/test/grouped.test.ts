// The kernels for few channels per group, and for few channels at all, against plain loops: over the geometries
// that break convolutions, whatever the static pick would be; with every tile of output channels × vectors.
import { liftGeometry } from "../src/wasm/conv/geometry.ts";
import { groupedForward, groupedInputGrad, isPlanar } from "../src/wasm/conv/grouped/grouped.ts";
import type { Tile } from "../src/wasm/conv/grouped/sums.ts";
import { groupedWeightGrad } from "../src/wasm/conv/grouped/weight-grad.ts";
import { addressOf } from "../src/wasm/view.ts";
import { type Case, casesFor, geometry, solved } from "./conv-reference.ts";
import { expectClose, kinds, newContext, read, viewOf } from "./wasm-support.ts";

for (const { name: kind, relaxed } of kinds) {
  describe(`few channels per group, ${kind} SIMD`, () => {
    const ctx = newContext(relaxed);

    function check({ name, g }: Case, tile?: Tile): void {
      const c = liftGeometry(g);
      if (!isPlanar(c)) return;
      const { x, w, dy, bias, ...wanted } = solved(g);
      const inputs = [viewOf(ctx, g.x, x), viewOf(ctx, g.w, w), viewOf(ctx, g.y, dy)] as const;
      const [xv, wv, gv] = inputs.map(addressOf) as [number, number, number];
      const bv = viewOf(ctx, [bias.length], bias);
      const [y, yBias, dx] = [viewOf(ctx, g.y), viewOf(ctx, g.y), viewOf(ctx, g.x)];
      const dw = viewOf(ctx, g.w);
      groupedForward(ctx, c, xv, wv, undefined, addressOf(y), 0, tile);
      groupedForward(ctx, c, xv, wv, addressOf(bv), addressOf(yBias), 0, tile);
      groupedInputGrad(ctx, c, gv, wv, addressOf(dx), tile);
      const columns = tile && ([tile.rows, tile.vectors] as const);
      groupedWeightGrad(ctx, c, gv, xv, addressOf(dw), columns);
      expectClose(read(ctx, y), wanted.forward, `forward, ${name}`);
      expectClose(read(ctx, yBias), wanted.withBias, `forward with bias, ${name}`);
      expectClose(read(ctx, dx), wanted.inputGrad, `input gradient, ${name}`);
      expectClose(read(ctx, dw), wanted.weightGrad, `weight gradient, ${name}`);
      for (const view of [...inputs, bv, y, yBias, dx, dw]) ctx.arena.give(view.storage.block);
    }

    it("groups of all kinds", () => {
      for (const c of casesFor([{ n: 2, c: 4, o: 4, groups: 2 }])) check(c);
      for (const c of casesFor([{ n: 1, c: 6, o: 15, groups: 3 }])) check(c);
      for (const c of casesFor([{ n: 1, c: 14, o: 18, groups: 2 }])) check(c);
      for (const c of casesFor([{ n: 2, c: 3, o: 3, groups: 3 }])) check(c);
    });

    it("one group of few channels", () => {
      for (const c of casesFor([{ n: 2, c: 1, o: 7, groups: 1 }])) check(c);
      for (const c of casesFor([{ n: 1, c: 3, o: 10, groups: 1 }])) check(c);
    });

    it("tiles of any size, also where they do not come out even", () => {
      const cases = [
        { size: [7, 7], padding: [1, 1], stride: [1, 1] },
        { size: [9, 13], padding: [0, 0], stride: [1, 1] },
        { size: [8, 8], padding: [1, 1], stride: [2, 2] },
      ].map((o) => geometry({ ...o, n: 1, c: 14, o: 14, groups: 2, kernel: [3, 3] }));
      for (const rows of [1, 2, 3, 4, 5, 6]) {
        for (const vectors of [1, 2, 3, 4, 5, 6]) {
          if (rows * vectors > 12) continue;
          for (const g of cases)
            check({ name: `${rows} × ${vectors}, ${g.x}`, g }, { rows, vectors });
        }
      }
    });

    it("chunks of images, pieces of chunks", () => {
      const planes = [
        { n: 9, c: 6, o: 6, groups: 2, size: [20, 21], kernel: [3, 3], padding: [1, 1] },
        { n: 23, c: 12, o: 10, groups: 1, size: [13, 14], kernel: [1, 1] },
        { n: 3, c: 12, o: 10, groups: 1, size: [53, 64], kernel: [1, 1] },
        { n: 9, c: 2, o: 5, groups: 1, size: [41, 45], kernel: [5, 5], stride: [2, 2] },
        { n: 2, c: 40, o: 2, groups: 1, size: [41, 45], kernel: [5, 3], stride: [2, 1] },
      ];
      for (const p of planes) check({ name: JSON.stringify(p), g: geometry(p) });
    });

    it("strips of rows: large planes, few images", () => {
      const planes = [
        { c: 3, o: 8, groups: 1, size: [67, 60], kernel: [3, 3], padding: [1, 1] },
        {
          c: 3,
          o: 8,
          groups: 1,
          size: [130, 121],
          kernel: [7, 7],
          stride: [2, 2],
          padding: [3, 3],
        },
        { c: 4, o: 4, groups: 2, size: [90, 91], kernel: [5, 3], stride: [2, 3], padding: [4, 1] },
        { c: 24, o: 24, groups: 2, size: [64, 64], kernel: [1, 1] },
        { c: 8, o: 24, groups: 2, size: [65, 66], kernel: [3, 3] },
        {
          c: 8,
          o: 8,
          groups: 2,
          size: [61, 66],
          kernel: [3, 3],
          dilation: [7, 2],
          padding: [9, 0],
        },
      ];
      for (const p of planes) check({ name: JSON.stringify(p), g: geometry({ n: 1, ...p }) });
    });
  });
}
