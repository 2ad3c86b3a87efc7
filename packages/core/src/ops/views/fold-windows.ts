// The adjoint of unfoldWindows: every window added back to where it was read (col2im).
import type { Kernels, Ran, View } from "../../backend.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { type Shape, sameShape } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { perDim } from "../conv/geometry.ts";
import { add } from "../elementwise/add.ts";
import { select } from "./select.ts";
import { sliceBackward } from "./slice-backward.ts";
import { unfoldWindows } from "./unfold-windows.ts";
import { type WindowAttrs, type WindowOptions, windowCounts, windowOn } from "./window.ts";

export interface FoldAttrs extends WindowAttrs {
  /** Of the result, one per spatial dim. */
  readonly size: readonly number[];
}

declare module "../../backend.ts" {
  interface FusedKernels {
    /** y[n, c, o · stride + k · dilation] = the sum of x[n, c, …o, …k]; x strided, y contiguous. */
    foldWindows(x: View, y: View, attrs: FoldAttrs): Ran;
  }
}

const foldWindowsOp = defineOp<FoldAttrs>()({
  name: "foldWindows",
  doc: "Adds windows [N, C, …out, …kernel] up to [N, C, …size]; the adjoint of unfoldWindows.",
  example: ["foldWindows(tensor([[[[1, 2], [3, 4]]]]), [3])", "tensor([[[1., 5., 4.]]])"],
  inputs: ["x"],
  outputs: ["y"],
  shape: (x, a) => ({
    shape: [x.shape[0] as number, x.shape[1] as number, ...a.size],
    dtype: x.dtype,
  }),
  kernel: (k, x, y, a) => k.foldWindows?.(x, y, a) ?? addTaps(k, x, y, a),
  compose: (x, a) => {
    // Dim by dim, the last first: its kernel axis is always the last one left.
    let folded = x;
    for (let d = a.kernel.length - 1; d >= 0; d--) {
      const shape = folded.shape
        .slice(0, -1)
        .map((n, i) => (i === d + 2 ? (a.size[d] as number) : n));
      const [taps, stride, dilation] = [a.kernel[d], a.stride[d], a.dilation[d]] as [
        number,
        number,
        number,
      ];
      const windows = folded.shape[d + 2] as number;
      let sum: Tensor | undefined;
      for (let tap = 0; tap < taps; tap++) {
        const start = tap * dilation;
        const end = start + (windows - 1) * stride + 1;
        const part = sliceBackward(select(folded, -1, tap), shape, d + 2, start, end, stride);
        sum = sum === undefined ? part : add(sum, part);
      }
      folded = sum as Tensor;
    }
    return folded;
  },
  vjp: (gs, _s, a) => ({ x: unfoldWindows(gs.y, a) }),
  samples: (rng) => [
    [rng.tensor([2, 2, 2, 3]), { size: [5], kernel: [3], stride: [2], dilation: [1] }],
    [
      rng.tensor([1, 2, 2, 2, 2, 3]),
      { size: [4, 6], kernel: [2, 3], stride: [1, 2], dilation: [2, 1] },
    ],
    [
      rng.tensor([1, 1, 2, 2, 1, 2, 1, 2]),
      { size: [3, 2, 3], kernel: [2, 1, 2], stride: [1, 1, 1], dilation: [1, 1, 2] },
    ],
  ],
  errors: (rng) => [
    [
      () => foldWindows(rng.tensor([1, 1, 3, 2]), [5]),
      ShapeError,
      /foldWindows: 3 windows .*; 4 windows fit into a size of 5/,
    ],
    [
      () => foldWindows(rng.tensor([1, 1, 3, 2, 1]), [4]),
      ShapeError,
      /foldWindows: expects \[N, C, …out, …kernel\]/,
    ],
  ],
});

/** With required kernels only: one strided addition in place for each tap. */
function addTaps(k: Kernels, x: View, y: View, a: FoldAttrs): Ran {
  const dims = a.kernel.length;
  const shape = x.shape.slice(0, 2 + dims);
  const strides = y.strides.map((s, d) => (d < 2 ? s : s * (a.stride[d - 2] as number)));
  k.fill(y, 0);
  const tap = new Array<number>(dims).fill(0);
  for (;;) {
    let from = x.offset;
    let to = y.offset;
    for (let d = 0; d < dims; d++) {
      from += (tap[d] as number) * (x.strides[2 + dims + d] as number);
      to += (tap[d] as number) * (a.dilation[d] as number) * (y.strides[2 + d] as number);
    }
    const target = windowOn(y, shape, strides, to);
    const part = windowOn(x, shape, x.strides.slice(0, 2 + dims), from);
    if (k.binary("add", target, part, target) === undefined) return undefined;
    let d = dims - 1;
    while (d >= 0) {
      tap[d] = (tap[d] as number) + 1;
      if ((tap[d] as number) < (a.kernel[d] as number)) break;
      tap[d--] = 0;
    }
    if (d < 0) return "taps";
  }
}

/**
 * The sum of windows x [N, C, …out, …kernel] at the places of [N, C, …size] that
 * `unfoldWindows` reads them from; its gradient and adjoint. Places no window covers are 0.
 * @throws ShapeError when `out` is not the number of windows that fit into `size`
 */
export function foldWindows(x: Tensor, size: Shape, options: WindowOptions = {}): Tensor {
  const op = "foldWindows";
  const dims = size.length;
  if (dims < 1 || dims > 3 || x.shape.length !== 2 + 2 * dims) {
    throw new ShapeError(
      op,
      "expects [N, C, …out, …kernel] and one size for each of one to three spatial dims",
      { input: x.shape, size },
    );
  }
  if (size.some((n) => !Number.isInteger(n) || n < 0)) {
    throw new ArgumentError(op, `size must be whole numbers ≥ 0; got [${size.join(", ")}]`);
  }
  const attrs = {
    size,
    kernel: x.shape.slice(2 + dims),
    stride: perDim(op, "stride", options.stride ?? 1, dims, 1),
    dilation: perDim(op, "dilation", options.dilation ?? 1, dims, 1),
  };
  const out = x.shape.slice(2, 2 + dims);
  const fit = windowCounts(op, [0, 0, ...size], attrs);
  if (!sameShape(out, fit)) {
    throw new ShapeError(
      op,
      `${out.join(" × ")} windows were given; ${fit.join(" × ")} windows fit into a size of ${size.join(" × ")}`,
      { input: x.shape },
    );
  }
  return foldWindowsOp(x, attrs);
}
