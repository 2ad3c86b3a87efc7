// Sliding windows as a view: what a convolution or a pooling reads, without copying (im2col is its copy).
import { ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { perDim } from "../conv/geometry.ts";
import { foldWindows } from "./fold-windows.ts";
import { type WindowAttrs, type WindowOptions, windowCounts } from "./window.ts";

const unfoldWindowsOp = defineOp<WindowAttrs>()({
  name: "unfoldWindows",
  doc: "The sliding windows of [N, C, …spatial] as a view [N, C, …out, …kernel], sharing memory.",
  example: [
    "unfoldWindows(tensor([[[1, 2, 3]]]), { kernel: 2 })",
    "tensor([[[[1., 2.],\n          [2., 3.]]]])",
  ],
  kind: "view",
  inputs: ["x"],
  outputs: ["y"],
  view: (x, a) => {
    const out = windowCounts("unfoldWindows", x.shape, a);
    const steps = x.strides.slice(2);
    return {
      shape: [x.shape[0] as number, x.shape[1] as number, ...out, ...a.kernel],
      strides: [
        x.strides[0] as number,
        x.strides[1] as number,
        ...steps.map((s, d) => s * (a.stride[d] as number)),
        ...steps.map((s, d) => s * (a.dilation[d] as number)),
      ],
      offset: x.offset,
    };
  },
  vjp: (gs, _s, a, m) => ({ x: foldWindows(gs.y, m.x.shape.slice(2), a) }),
  samples: (rng) => [
    [rng.tensor([2, 2, 5]), { kernel: [3], stride: [2], dilation: [1] }],
    [rng.tensor([1, 2, 4, 5]), { kernel: [2, 3], stride: [1, 2], dilation: [2, 1] }],
    [rng.tensor([1, 1, 3, 2, 3]), { kernel: [2, 1, 2], stride: [1, 1, 1], dilation: [1, 1, 2] }],
  ],
  errors: (rng) => [
    [
      () => unfoldWindows(rng.tensor([1, 1, 3]), { kernel: 2, dilation: 3 }),
      ShapeError,
      /unfoldWindows: the kernel spans 4 in spatial dim 0 .* input has 3/,
    ],
    [
      () => unfoldWindows(rng.tensor([3, 3]), { kernel: 2 }),
      ShapeError,
      /unfoldWindows: expects \[N, C, …spatial\]/,
    ],
  ],
});

/**
 * The sliding windows of x [N, C, …spatial] as a view [N, C, …out, …kernel] that shares memory:
 * y[n, c, o…, k…] = x[n, c, o · stride + k · dilation …]. One to three spatial dims; pad() before.
 * @throws ShapeError when a window is larger than x
 */
export function unfoldWindows(
  x: Tensor,
  options: WindowOptions & { readonly kernel: number | readonly number[] },
): Tensor {
  const op = "unfoldWindows";
  const dims = x.shape.length - 2;
  if (dims < 1 || dims > 3) {
    throw new ShapeError(op, "expects [N, C, …spatial] with one to three spatial dims", {
      input: x.shape,
    });
  }
  return unfoldWindowsOp(x, {
    kernel: perDim(op, "kernel", options.kernel, dims, 1),
    stride: perDim(op, "stride", options.stride ?? 1, dims, 1),
    dilation: perDim(op, "dilation", options.dilation ?? 1, dims, 1),
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    unfoldWindows(options: WindowOptions & { readonly kernel: number | readonly number[] }): Tensor;
  }
}
methods({
  unfoldWindows(options) {
    return unfoldWindows(this, options);
  },
});
