// A part written into a window of a base, and read from it: what an in-place op through a view is, seen from the
// base. Windows are strides and an offset in a contiguous tensor, and do not overlap themselves.
import { type AnyOp, defineOp, type Window } from "../../op/define.ts";
import { setPutWindow } from "../../op/rebase.ts";
import type { Tensor } from "../../tensor.ts";
import { zeros } from "../creation.ts";
import { contiguous } from "../elementwise/clone.ts";
import { windowOn } from "./window.ts";

const putWindowOp = defineOp<Window>()({
  name: "putWindow",
  doc: "A copy of base with part in a window of it; the base after an in-place change through a view.",
  inputs: ["base", "part"],
  outputs: ["y"],
  shape: (base) => base,
  kernel: (k, base, part, y, w) => {
    k.copy(base, y);
    return k.copy(part, windowOn(y, w.shape, w.strides, y.offset + w.offset));
  },
  vjp: (gs, _s, w, m, need) => ({
    base: need.base
      ? putWindow(gs.y, zeros(w.shape, { dtype: m.part.dtype, device: gs.y.backend }), w)
      : undefined,
    part: need.part ? takeWindow(gs.y, w) : undefined,
  }),
  samples: (rng) => [
    [rng.tensor([3, 4]), rng.tensor([2, 2]), { shape: [2, 2], strides: [4, 2], offset: 1 }],
    [rng.tensor([2, 3]), rng.tensor([]), { shape: [], strides: [], offset: 4 }],
  ],
});

const takeWindowOp = defineOp<Window>()({
  name: "takeWindow",
  doc: "A copy of a window of x; the gradient of putWindow for its part.",
  inputs: ["x"],
  outputs: ["y"],
  contiguousOnly: true,
  shape: (x, w) => ({ shape: w.shape, dtype: x.dtype }),
  kernel: (k, x, y, w) => k.copy(windowOn(x, w.shape, w.strides, x.offset + w.offset), y),
  vjp: (gs, _s, w, m) => ({
    x: putWindow(zeros(m.x.shape, { dtype: m.x.dtype, device: gs.y.backend }), gs.y, w),
  }),
  samples: (rng) => [[rng.tensor([3, 4]), { shape: [2, 2], strides: [1, 5], offset: 2 }]],
});

const putWindow = (base: Tensor, part: Tensor, w: Window): Tensor => putWindowOp(base, part, w);
const takeWindow = (x: Tensor, w: Window): Tensor => takeWindowOp(contiguous(x), w);

setPutWindow((putWindowOp as unknown as AnyOp).compiled);
