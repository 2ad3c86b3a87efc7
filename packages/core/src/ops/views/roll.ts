// roll: dimensions shifted round; what leaves at one end comes in at the other.
import { ArgumentError, IndexError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { normalizeDim } from "../../shape.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { clone } from "../elementwise/clone.ts";
import { cat } from "./cat.ts";
import { flatten } from "./flatten.ts";
import { narrow } from "./slice-dim.ts";
import { reshape } from "./view.ts";

interface Attrs {
  /** One a dim; the same dim may come again. */
  readonly shifts: readonly number[];
  readonly dims: readonly number[];
}

const rollOp = defineOp<Attrs>()({
  name: "roll",
  doc: "A copy of x with dimensions shifted round.",
  example: ["roll(tensor([1, 2, 3]), 1)", "tensor([3., 1., 2.])"],
  inputs: ["x"],
  outputs: ["y"],
  compose: (x, { shifts, dims }) => {
    const rolled = dims.reduce((y, dim, i) => {
      const n = y.shape[dim] as number;
      const shift = n === 0 ? 0 : (((shifts[i] as number) % n) + n) % n;
      if (shift === 0) return y;
      return cat([narrow(y, dim, n - shift, shift), narrow(y, dim, 0, n - shift)], { dim });
    }, x);
    return rolled === x ? clone(x) : rolled;
  },
  vjp: (gs, _s, { shifts, dims }) => ({ x: rolledBack(gs.y, { shifts, dims }) }),
  samples: (rng) => [
    [rng.tensor([4]), { shifts: [1], dims: [0] }],
    [rng.tensor([2, 3]), { shifts: [-1, 5], dims: [1, 0] }],
    [rng.tensor([2, 3]), { shifts: [0], dims: [1] }],
  ],
  errors: (rng) => [
    [() => roll(rng.tensor([2, 3]), 1, { dims: 2 }), IndexError, /roll: dim 2 is out of range/],
    [
      () => roll(rng.tensor([2, 3]), [1, 2], { dims: 0 }),
      ArgumentError,
      /roll: 2 shifts for 1 dims; give one for each/,
    ],
    [() => roll(rng.tensor([3]), 0.5), ArgumentError, /roll: shifts must be whole numbers/],
  ],
});

const rolledBack = (g: Tensor, { shifts, dims }: Attrs): Tensor =>
  rollOp(g, { shifts: shifts.map((n) => -n), dims });

export interface RollOptions {
  /** Which dimensions, one a shift. Default: all of x as one, flattened. */
  readonly dims?: number | readonly number[] | undefined;
}
const OPTIONS: OptionNames<RollOptions> = { dims: true };

const isOptions = (over: number | readonly number[] | RollOptions): over is RollOptions =>
  typeof over === "object" && !Array.isArray(over);

/** As `torch.roll`: element i of a dimension goes to place i + shift, round the end. */
export function roll(
  x: Tensor,
  shifts: number | readonly number[],
  over: number | readonly number[] | RollOptions = {},
): Tensor {
  const options = isOptions(over) ? over : { dims: over };
  checkOptions("roll", options, OPTIONS);
  checkLive("roll", x);
  const by = [shifts].flat() as number[];
  if (by.length === 0 || !by.every(Number.isInteger)) {
    throw new ArgumentError("roll", `shifts must be whole numbers; got [${by.join(", ")}]`);
  }
  const flat = options.dims === undefined;
  const dims = flat ? [0] : ([options.dims].flat() as number[]);
  if (dims.length !== by.length) {
    throw new ArgumentError(
      "roll",
      `${by.length} shifts for ${flat ? "all of x" : `${dims.length} dims`}; give one for each`,
    );
  }
  if (flat) {
    return composite(() => reshape(rollOp(flatten(x), { shifts: by, dims }), x.shape));
  }
  const at = dims.map((d) => normalizeDim("roll", d, x.shape.length));
  return x.ndim === 0 ? clone(x) : rollOp(x, { shifts: by, dims: at });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    roll(
      shifts: number | readonly number[],
      over?: number | readonly number[] | RollOptions,
    ): Tensor;
  }
}
methods({
  roll(shifts, over) {
    return roll(this, shifts, over);
  },
});
