// flip and rot90: dimensions read backwards. Copies, as strides are never negative.
import { ArgumentError, IndexError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { normalizeDims } from "../../shape.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { arange } from "../creation.ts";
import { clone } from "../elementwise/clone.ts";
import { indexSelect } from "../index/index-select.ts";
import { transpose } from "./permute.ts";

const flipOp = defineOp<{ readonly dims: readonly number[] }>()({
  name: "flip",
  doc: "A copy of x with some dimensions backwards.",
  example: ["flip(tensor([1, 2, 3]), [0])", "tensor([3., 2., 1.])"],
  inputs: ["x"],
  outputs: ["y"],
  compose: (x, { dims }) => {
    const moved = dims.filter((d) => (x.shape[d] as number) > 1);
    if (moved.length === 0) return clone(x);
    return moved.reduce((y, d) => {
      const n = y.shape[d] as number;
      return indexSelect(y, d, arange(n - 1, -1, -1, { device: y.backend }));
    }, x);
  },
  vjp: (gs, _s, { dims }) => ({ x: flip(gs.y, dims) }),
  samples: (rng) => [
    [rng.tensor([3]), { dims: [0] }],
    [rng.tensor([2, 3, 2]), { dims: [0, 1] }],
    [rng.tensor([1, 2]), { dims: [0] }],
    [rng.tensor([]), { dims: [] }],
  ],
  errors: (rng) => [
    [() => flip(rng.tensor([2, 3]), [2]), IndexError, /flip: dim 2 is out of range/],
    [() => flip(rng.tensor([2, 3]), [0, -2]), IndexError, /flip: .* name a dimension twice/],
    [() => rot90(rng.tensor([2, 3]), { dims: [0, 0] }), IndexError, /rot90: .* twice/],
    [() => rot90(rng.tensor([2, 3]), { k: 0.5 }), ArgumentError, /rot90: k must be a whole number/],
  ],
});

/** As `torch.flip`: a copy of x with `dims` (one or several) backwards. */
export function flip(x: Tensor, dims: number | readonly number[]): Tensor {
  checkLive("flip", x);
  return flipOp(x, { dims: normalizeDims("flip", dims, x.shape.length) });
}

/** As `torch.fliplr`: columns (dim 1) backwards. */
export function fliplr(x: Tensor): Tensor {
  atLeast("fliplr", x, 2);
  return flip(x, 1);
}
/** As `torch.flipud`: rows (dim 0) backwards. */
export function flipud(x: Tensor): Tensor {
  atLeast("flipud", x, 1);
  return flip(x, 0);
}
function atLeast(op: string, x: Tensor, dims: number): void {
  checkLive(op, x);
  if (x.ndim < dims) {
    throw new ShapeError(op, `expects at least ${dims} dimension${dims > 1 ? "s" : ""}`, {
      input: x.shape,
    });
  }
}

export interface Rot90Options {
  /** How often; negative turns the other way. Default 1. */
  readonly k?: number | undefined;
  /** The plane; it turns from the first towards the second. Default [0, 1]. */
  readonly dims?: readonly number[] | undefined;
}
const OPTIONS: OptionNames<Rot90Options> = { k: true, dims: true };

/** As `torch.rot90`: x turned by quarters in the plane of two dimensions. */
export function rot90(x: Tensor, options: Rot90Options = {}): Tensor {
  checkOptions("rot90", options, OPTIONS);
  checkLive("rot90", x);
  const { k = 1, dims = [0, 1] } = options;
  if (!Number.isInteger(k)) throw new ArgumentError("rot90", `k must be a whole number; got ${k}`);
  if (dims.length !== 2) {
    throw new ArgumentError("rot90", `dims must name two dimensions; got [${dims.join(", ")}]`);
  }
  normalizeDims("rot90", dims, x.shape.length);
  const [from, to] = dims as readonly [number, number];
  const turns = ((k % 4) + 4) % 4;
  if (turns === 0) return clone(x);
  if (turns === 2) return flip(x, dims);
  return composite(() => transpose(flip(x, turns === 1 ? to : from), from, to));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    flip(dims: number | readonly number[]): Tensor;
    fliplr(): Tensor;
    flipud(): Tensor;
    rot90(options?: Rot90Options): Tensor;
  }
}
methods({
  flip(dims) {
    return flip(this, dims);
  },
  fliplr() {
    return fliplr(this);
  },
  flipud() {
    return flipud(this);
  },
  rot90(options) {
    return rot90(this, options);
  },
});
