// Dropout with the CPU's generator: the same seed gives the same mask. Four elements share a block of Philox.
import { type RandomKey, sizeOf, type View } from "@tapegrad/core";
import { isFresh } from "../layout.ts";
import { wgsl } from "../program/wgsl.ts";
import { program, slot } from "../registry.ts";
import { blockOf } from "../runtime/runtime.ts";
import { dense } from "./elementwise-wgsl.ts";
import { KEY_PARAMS, keyValues, PHILOX } from "./random.ts";

export const dropout = slot<[View, View, View | undefined, number, RandomKey]>("dropout", [
  {
    name: "wgsl philox",
    takes: (x, y, mask) =>
      x.dtype === "float32" && isFresh(y) && (mask === undefined || isFresh(mask)),
    run(rt, x, y, mask, rate, key) {
      const made = program(`wgsl/dropout/${mask ? "mask" : ""}`, (name) =>
        wgsl({
          key: name,
          inputs: { x: "f32" },
          outputs: { y: "f32", ...(mask ? { mask: "f32" as const } : {}) },
          params: { ox: "u32", size: "u32", rate: "f32", scale: "f32", ...KEY_PARAMS },
          threads: "linear",
          head: PHILOX,
          body: `  let w = draw(i, p.c0, p.c1, vec2<u32>(p.k0, p.k1));
  for (var j = 0u; j < 4u && 4u * i + j < p.size; j++) {
    let at = 4u * i + j;
    let factor = select(0.0, p.scale, uniform01(w[j]) >= p.rate);
    y[at] = x[p.ox + at] * factor;${mask ? "\n    mask[at] = factor;" : ""}
  }`,
        }),
      );
      const from = dense(rt, x);
      const size = sizeOf(y.shape);
      // Draws are multiples of 2^-24: rounded up to one, the rate compares as it would unrounded.
      const least = Math.ceil(rate * 2 ** 24) / 2 ** 24;
      rt.dispatch(
        made,
        [from, y, ...(mask ? [mask] : [])].map(blockOf),
        [from.offset, size, least, 1 / (1 - rate), ...keyValues(key)],
        Math.ceil(size / 4),
      );
    },
  },
]);
