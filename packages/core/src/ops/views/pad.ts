// Padding and cropping. Constant padding is an op, as the convolutions' composition starts here; the other modes are
// put together in pad-modes.ts.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { checkLive, methods, type Tensor } from "../../tensor.ts";
import { checkPadMode, type PadMode, padFromInside } from "./pad-modes.ts";
import { windowOn } from "./window.ts";

interface PadAttrs {
  /** Per dimension, before and after; negative crops. */
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly value: number | bigint;
}

const padOp = defineOp<PadAttrs>()({
  name: "pad",
  doc: "x with a constant around it; negative amounts crop.",
  example: ["pad(tensor([1, 2]), [1, 2])", "tensor([0., 1., 2., 0., 0.])"],
  inputs: ["x"],
  outputs: ["y"],
  shape: (x, a) => ({
    shape: x.shape.map((n, d) => n + (a.low[d] as number) + (a.high[d] as number)),
    dtype: x.dtype,
  }),
  kernel: (k, x, y, a) => {
    k.fill(y, a.value);
    // The box that x and y share: in x it starts where low crops, in y where low pads.
    const shape = x.shape.map((n, d) =>
      Math.max(0, n + Math.min(0, a.low[d] as number) + Math.min(0, a.high[d] as number)),
    );
    if (shape.includes(0)) return "fill";
    const start = (strides: readonly number[], sign: number) =>
      strides.reduce((at, s, d) => at + Math.max(0, sign * (a.low[d] as number)) * s, 0);
    return k.copy(
      windowOn(x, shape, x.strides, x.offset + start(x.strides, -1)),
      windowOn(y, shape, y.strides, y.offset + start(y.strides, 1)),
    );
  },
  vjp: (gs, _s, a) => ({ x: unpad(gs.y, a) }),
  samples: (rng) => [
    [rng.tensor([2, 3]), { low: [0, 1], high: [2, 1], value: 0 }],
    [rng.tensor([2, 4]), { low: [1, -1], high: [0, -2], value: 1.5 }],
    [rng.tensor([1, 2, 2]), { low: [0, 1, 1], high: [0, 1, 1], value: 0 }],
    [rng.tensor([0, 2]), { low: [1, 0], high: [1, 0], value: 2 }],
  ],
  errors: (rng) => [
    [() => pad(rng.tensor([2]), [1]), ArgumentError, /pad: padding comes in pairs.*got \[1\]/],
    [
      () => pad(rng.tensor([2]), [1, 1, 1, 1]),
      ShapeError,
      /pad: padding for 2 dimensions, but the input has 1/,
    ],
    [
      () => pad(rng.tensor([2, 3]), [-2, -2]),
      ShapeError,
      /pad: dim 1 of size 3 cannot lose -2 and -2/,
    ],
    [() => pad(rng.tensor([2]), [0.5, 1]), ArgumentError, /pad: padding comes in pairs/],
    [
      () => pad(rng.tensor([2]), [1, 1], { mode: "mirror" as PadMode }),
      ArgumentError,
      /pad: mode must be one of "constant", "reflect", "replicate", "circular"; got "mirror"/,
    ],
    [
      () => pad(rng.tensor([2, 3]), [3, 0], { mode: "reflect" }),
      ShapeError,
      /pad: mode "reflect" can add at most 2 to dim 1, which has 3 elements; got 3 and 0/,
    ],
    [
      () => pad(rng.tensor([2, 3]), [1, 0], { mode: "circular", value: 1 }),
      ArgumentError,
      /pad: value belongs to mode "constant"/,
    ],
  ],
});

/** The adjoint: what was added goes, what was cropped comes back as 0. */
function unpad(g: Tensor, a: PadAttrs): Tensor {
  return padOp(g, { low: a.low.map((n) => -n), high: a.high.map((n) => -n), value: 0 });
}

export interface PadOptions {
  /**
   * "constant": with value; "reflect": with what lies inside, mirrored at the edge; "replicate": with the edge;
   * "circular": with the other end. Default "constant".
   */
  readonly mode?: PadMode | undefined;
  /** What to pad with in mode "constant". Default 0. */
  readonly value?: number | bigint | undefined;
}
const OPTIONS: OptionNames<PadOptions> = { mode: true, value: true };

/**
 * As `torch.nn.functional.pad`, in any rank: `padding` is [before, after] of the last dimension, then of the one
 * before, …; negative amounts crop.
 * @throws ArgumentError an odd number of amounts, an unknown mode; ShapeError more than the input or the mode allows
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pad.html
 */
export function pad(x: Tensor, padding: readonly number[], options: PadOptions = {}): Tensor {
  checkOptions("pad", options, OPTIONS);
  checkLive("pad", x);
  const { mode = "constant" } = options;
  checkPadMode("pad", mode);
  const rank = x.shape.length;
  if (padding.length % 2 !== 0 || !padding.every(Number.isInteger)) {
    throw new ArgumentError(
      "pad",
      `padding comes in pairs of whole numbers [before, after], the last dimension first; got [${padding.join(", ")}]`,
    );
  }
  if (padding.length / 2 > rank) {
    throw new ShapeError(
      "pad",
      `padding for ${padding.length / 2} dimensions, but the input has ${rank}`,
      { input: x.shape },
    );
  }
  const amount = (d: number, side: number) => padding[2 * (rank - 1 - d) + side] ?? 0;
  const low = x.shape.map((_, d) => amount(d, 0));
  const high = x.shape.map((_, d) => amount(d, 1));
  x.shape.forEach((n, d) => {
    const [before, after] = [low[d] as number, high[d] as number];
    if (n + before + after < 0) {
      throw new ShapeError("pad", `dim ${d} of size ${n} cannot lose ${before} and ${after}`, {
        input: x.shape,
      });
    }
  });
  if (mode === "constant") return padOp(x, { low, high, value: options.value ?? 0 });
  if (options.value !== undefined) {
    throw new ArgumentError("pad", `value belongs to mode "constant", not to "${mode}"`);
  }
  return padFromInside(x, mode, low, high);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    pad(padding: readonly number[], options?: PadOptions): Tensor;
  }
}
methods({
  pad(padding, options) {
    return pad(this, padding, options);
  },
});
