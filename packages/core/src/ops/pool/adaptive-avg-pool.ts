// Adaptive average pooling: the output size is given, the windows follow from it. Window i of n over a
// dimension of size s is [floor(i·s / n), ceil((i + 1)·s / n)); it is a separable linear map, so the
// composition multiplies with one averaging matrix per dimension.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import type { Shape } from "../../shape.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { batched, unbatched } from "../conv/check.ts";
import { tensor } from "../creation.ts";

declare module "../../backend.ts" {
  interface FusedKernels {
    /** The mean of window [floor(i·s / n), ceil((i + 1)·s / n)) in each spatial dim of [N, C, …]. */
    adaptiveAvgPool(x: View, y: View): Ran;
    /** Its adjoint: spreads each g evenly over its window. */
    adaptiveAvgPoolGrad(g: View, dx: View): Ran;
  }
}

/** The n × s matrix that averages a dimension of size s down to n. */
function averaging(s: number, n: number, like: Tensor): Tensor {
  const values = new Float64Array(n * s);
  for (let i = 0; i < n; i++) {
    const start = Math.floor((i * s) / n);
    const end = Math.ceil(((i + 1) * s) / n);
    values.fill(1 / (end - start), i * s + start, i * s + end);
  }
  return tensor(values, { shape: [n, s], dtype: like.dtype, device: like.backend });
}

const adaptiveAvgPoolOp = defineOp<{ readonly shape: Shape }>()({
  name: "adaptiveAvgPool",
  doc: "Means over windows that divide each spatial dim of [N, C, …] into the number asked for.",
  example: ["adaptiveAvgPool1d(tensor([[1, 2, 3]]), 2)", "tensor([[1.5000, 2.5000]])"],
  inputs: ["x"],
  outputs: ["y"],
  shape: (x, { shape }) => ({ shape, dtype: x.dtype }),
  kernel: (k, x, y) => k.adaptiveAvgPool?.(x, y),
  compose(x, { shape }) {
    let y = x;
    for (let d = 2; d < shape.length; d++) {
      const matrix = averaging(x.shape[d] as number, shape[d] as number, x);
      y = y.transpose(d, -1).matmul(matrix.t()).transpose(d, -1);
    }
    return y;
  },
  vjp: (gs, _s, _a, m) => ({ x: adaptiveAvgPoolGrad(gs.y, m.x.shape) }),
  samples: (rng) => [
    [rng.tensor([2, 2, 5]), { shape: [2, 2, 3] }],
    [rng.tensor([1, 2, 3, 4]), { shape: [1, 2, 2, 5] }],
    [rng.tensor([1, 1, 3, 2, 4]), { shape: [1, 1, 2, 2, 1] }],
  ],
  errors: (rng) => [
    [
      () => adaptiveAvgPool2d(rng.tensor([1, 2, 3, 3]), 0),
      ArgumentError,
      /adaptiveAvgPool2d: outputSize must be a whole number ≥ 1/,
    ],
    [
      () => adaptiveAvgPool2d(rng.tensor([1, 2, 3, 3]), [2]),
      ArgumentError,
      /adaptiveAvgPool2d: outputSize .*or 2 of them/,
    ],
    [
      () => adaptiveAvgPool1d(rng.tensor([3]), 1),
      ShapeError,
      /adaptiveAvgPool1d: input must have 3 dimensions/,
    ],
    [
      () => adaptiveAvgPool1d(rng.tensor([2, 0]), 2),
      ShapeError,
      /adaptiveAvgPool1d: spatial dim 0 is empty/,
    ],
  ],
});

const adaptiveAvgPoolGradOp = defineOp<{ readonly shape: Shape }>()({
  name: "adaptiveAvgPoolGrad",
  doc: "The gradient of adaptiveAvgPool: each g spread evenly over its window.",
  inputs: ["g"],
  outputs: ["dx"],
  shape: (g, { shape }) => ({ shape, dtype: g.dtype }),
  kernel: (k, g, dx) => k.adaptiveAvgPoolGrad?.(g, dx),
  compose(g, { shape }) {
    let dx = g;
    for (let d = 2; d < shape.length; d++) {
      const matrix = averaging(shape[d] as number, g.shape[d] as number, g);
      dx = dx.transpose(d, -1).matmul(matrix).transpose(d, -1);
    }
    return dx;
  },
  vjp: (gs, _s, _a, m) => ({ g: adaptiveAvgPoolOp(gs.dx, { shape: m.g.shape }) }),
  samples: (rng) => [
    [rng.tensor([2, 2, 3]), { shape: [2, 2, 5] }],
    [rng.tensor([1, 2, 2, 5]), { shape: [1, 2, 3, 4] }],
  ],
});

const adaptiveAvgPoolGrad = (g: Tensor, shape: Shape): Tensor =>
  adaptiveAvgPoolGradOp(g, { shape });

/** A number for all dims, or one per dim; null keeps the size of the input. */
export type OutputSize = number | readonly (number | null)[];

function adaptiveAvgPoolNd(op: string, dims: number, x: Tensor, outputSize: OutputSize): Tensor {
  checkDtypes(op, { input: x });
  return composite(() => {
    const [input, isBatch] = batched(op, x, dims);
    const sizes = resolveSizes(op, input.shape, outputSize);
    if (sizes.every((n) => n === 1)) {
      const spatial = sizes.map((_, d) => d - dims);
      return x.mean(spatial, { keepdim: true });
    }
    const shape = [input.shape[0] as number, input.shape[1] as number, ...sizes];
    return unbatched(adaptiveAvgPoolOp(input, { shape }), isBatch);
  });
}

/** @internal */
export function resolveSizes(op: string, input: Shape, outputSize: OutputSize): readonly number[] {
  const dims = input.length - 2;
  const asked =
    typeof outputSize === "number" ? new Array<number>(dims).fill(outputSize) : outputSize;
  const sizes = asked.map((n, d) => n ?? (input[d + 2] as number));
  if (sizes.length !== dims || sizes.some((n) => !Number.isInteger(n) || n < 1)) {
    throw new ArgumentError(
      op,
      `outputSize must be a whole number ≥ 1, or ${dims} of them; got ${JSON.stringify(outputSize)}`,
    );
  }
  const empty = input.indexOf(0, 2);
  if (empty >= 0) {
    throw new ShapeError(op, `spatial dim ${empty - 2} is empty: there is nothing to pool`, {
      input,
    });
  }
  return sizes;
}

/**
 * Means over as many windows as outputSize says of x [N, C, L] or [C, L], as
 * `torch.nn.functional.adaptive_avg_pool1d`.
 * @returns [N, C, outputSize] or [C, outputSize]
 * @throws ArgumentError an output size that makes no sense; ShapeError wrong rank or an empty dim
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool1d.html
 */
export const adaptiveAvgPool1d = (x: Tensor, outputSize: OutputSize): Tensor =>
  adaptiveAvgPoolNd("adaptiveAvgPool1d", 1, x, outputSize);
/** adaptiveAvgPool1d for x [N, C, H, W] or [C, H, W]; as `torch.nn.functional.adaptive_avg_pool2d`. */
export const adaptiveAvgPool2d = (x: Tensor, outputSize: OutputSize): Tensor =>
  adaptiveAvgPoolNd("adaptiveAvgPool2d", 2, x, outputSize);
/** adaptiveAvgPool1d for x [N, C, D, H, W] or [C, D, H, W]; as `torch.nn.functional.adaptive_avg_pool3d`. */
export const adaptiveAvgPool3d = (x: Tensor, outputSize: OutputSize): Tensor =>
  adaptiveAvgPoolNd("adaptiveAvgPool3d", 3, x, outputSize);
