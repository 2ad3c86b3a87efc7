// The affine map of a dense layer: one node on the tape, one product of matrices, the bias added in place.
import type { Meta, View } from "../../backend.ts";
import { ArgumentError, DTypeError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import { checkLive, type Tensor } from "../../tensor.ts";
import { type Activation, activated, activatedGrad, checkActivation } from "../activation.ts";
import { add } from "../elementwise/add.ts";
import { sumTo } from "../promote.ts";
import { t } from "../views/permute.ts";
import { windowOn } from "../views/window.ts";
import { checkDTypes, matmul, productOfRows } from "./matmul.ts";

export interface LinearOptions {
  /** Applied to the result in the same pass, as relu(…) would be. Default "none". */
  readonly activation?: Activation | undefined;
}
const OPTIONS: OptionNames<LinearOptions> = { activation: true };

declare module "../../backend.ts" {
  interface FusedKernels {
    /** y = activation(a · b, plus bias per column): matmul's contract, y contiguous, bias [columns]. */
    matmulBias(a: View, b: View, bias: View | undefined, y: View, activation: Activation): Ran;
  }
}

const linearOp = defineOp()({
  name: "linear",
  doc: "x · wᵀ + bias: x [..., in], w [out, in], bias [out] give [..., out].",
  example: [
    "linear(tensor([1, 2]), tensor([[1, 1], [0, 3]]), tensor([10, 20]))",
    "tensor([13., 26.])",
  ],
  inputs: ["x", "w", "bias?"],
  outputs: ["y"],
  multiplyAdds: ([left], [y]) => sizeOf(y?.shape ?? [0]) * (left?.shape.at(-1) ?? 0),
  saves: ["x", "w"],
  shape: linearMeta,
  kernel: (k, x, w, bias, y) => {
    const [left, right, out] = matrices(x, w, y);
    if (bias === undefined) return k.matmul(left, right, out);
    const together = k.matmulBias?.(left, right, bias, out, "none");
    if (together !== undefined) return together;
    const ran = k.matmul(left, right, out);
    if (ran !== undefined) k.binary("add", y, bias, y);
    return ran;
  },
  compose: (x, w, bias) => {
    const y = matmul(x, t(w));
    return bias === undefined ? y : add(y, bias);
  },
  vjp: (gs, { x, w }, _a, m, need) => ({
    x: need.x ? matmul(gs.y, w) : undefined,
    w: need.w ? productOfRows(gs.y, x) : undefined,
    bias: need.bias && m.bias ? sumTo(gs.y, m.bias.shape) : undefined,
  }),
  samples: (rng) => [
    [rng.tensor([2, 3]), rng.tensor([4, 3]), rng.tensor([4])],
    [rng.tensor([2, 2, 3]), rng.tensor([2, 3]), undefined],
    [rng.tensor([3]), rng.tensor([2, 3]), rng.tensor([2])],
    [rng.tensor([0, 3]), rng.tensor([2, 3]), rng.tensor([2])],
  ],
  errors: (rng) => [
    [
      () => linear(rng.tensor([2, 3]), rng.tensor([4, 2])),
      ShapeError,
      /linear: input has 3 features but weight wants 2[\s\S]*input: \[2, 3\][\s\S]*weight: \[4, 2\]/,
    ],
    [
      () => linear(rng.tensor([2, 3]), rng.tensor([4, 3]), rng.tensor([3])),
      ShapeError,
      /linear: bias must be \[4\]/,
    ],
    [() => linear(rng.tensor([2, 3]), rng.tensor([3])), ShapeError, /linear: weight must be/],
    [() => linear(rng.tensor([]), rng.tensor([2, 3])), ShapeError, /linear: input must have/],
    [
      () => linear(rng.tensor([3]), rng.ints([2, 3], 4)),
      DTypeError,
      /linear: input is float.* but weight is int64/,
    ],
  ],
});

const linearActivatedOp = defineOp<{ readonly activation: Exclude<Activation, "none"> }>()({
  name: "linearActivated",
  label: "linear",
  doc: "activation(x · wᵀ + bias): relu or relu6 in the pass that writes the result.",
  example: [
    'linear(tensor([1, 2]), tensor([[1, 1], [0, -3]]), tensor([10, 1]), { activation: "relu" })',
    "tensor([13.,  0.])",
  ],
  inputs: ["x", "w", "bias?"],
  outputs: ["y"],
  multiplyAdds: ([left], [y]) => sizeOf(y?.shape ?? [0]) * (left?.shape.at(-1) ?? 0),
  saves: ["x", "w", "y"],
  shape: (x, w, bias) => linearMeta(x, w, bias),
  kernel: (k, x, w, bias, y, { activation }) => {
    const [left, right, out] = matrices(x, w, y);
    return k.matmulBias?.(left, right, bias, out, activation);
  },
  compose: (x, w, bias, { activation }) => activated(linearOp(x, w, bias), activation),
  vjp(gs, s, { activation }, m, need) {
    const g = activatedGrad(gs.y, () => s.y, activation);
    return {
      x: need.x ? matmul(g, s.w) : undefined,
      w: need.w ? productOfRows(g, s.x) : undefined,
      bias: need.bias && m.bias ? sumTo(g, m.bias.shape) : undefined,
    };
  },
  samples: (rng) => [
    [rng.tensor([2, 3]), rng.tensor([4, 3]), rng.tensor([4]), { activation: "relu" }],
    [
      rng.tensor([2, 2, 3]),
      rng.tensor([2, 3], { low: -3, high: 6 }),
      undefined,
      { activation: "relu6" },
    ],
    [rng.tensor([3]), rng.tensor([2, 3]), rng.tensor([2]), { activation: "relu" }],
    [rng.tensor([0, 3]), rng.tensor([2, 3]), rng.tensor([2]), { activation: "relu6" }],
  ],
  errors: (rng) => [
    [
      () => linear(rng.tensor([2, 3]), rng.tensor([4, 2]), undefined, { activation: "relu" }),
      ShapeError,
      /linear: input has 3 features but weight wants 2/,
    ],
    [
      () =>
        linear(rng.tensor([2, 3]), rng.tensor([4, 3]), undefined, {
          activation: "tanh" as Activation,
        }),
      ArgumentError,
      /linear: activation must be one of "none", "relu", "relu6"; got "tanh"/,
    ],
  ],
});

function linearMeta(x: Meta, w: Meta, bias: Meta | undefined): Meta {
  checkDTypes("linear", { input: x, weight: w, bias });
  const shapes = {
    input: x.shape,
    weight: w.shape,
    ...(bias === undefined ? {} : { bias: bias.shape }),
  };
  const [out, features] = w.shape as readonly [number, number];
  if (w.shape.length !== 2) {
    throw new ShapeError("linear", "weight must be [outFeatures, inFeatures]", shapes);
  }
  if (x.shape.length === 0) {
    throw new ShapeError(
      "linear",
      `input must have ${features} features, [..., ${features}]`,
      shapes,
    );
  }
  const given = x.shape[x.shape.length - 1] as number;
  if (given !== features) {
    throw new ShapeError(
      "linear",
      `input has ${given} features but weight wants ${features}; ${fixFor(x.shape, out, features)}`,
      shapes,
    );
  }
  if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== out)) {
    throw new ShapeError("linear", `bias must be [${out}]`, shapes);
  }
  return { shape: [...x.shape.slice(0, -1), out], dtype: x.dtype };
}

/** Most often the features of an image were not flattened, or counted wrongly. */
function fixFor(x: Shape, out: number, features: number): string {
  if (x.length > 2 && sizeOf(x.slice(1)) === features) {
    return `flatten each sample first: input.flatten({ startDim: 1 })`;
  }
  const given = x[x.length - 1] as number;
  return `for this input make the layer with inFeatures ${given}: new nn.Linear(${given}, ${out})`;
}

/** What to multiply: x as one matrix of rows where its memory allows, else its batches beside a shared wᵀ. */
function matrices(x: View, w: View, y: View): readonly [View, View, View] {
  const [out, features] = w.shape as readonly [number, number];
  const [down, along] = w.strides as readonly [number, number];
  const rank = x.shape.length;
  const right = windowOn(w, [features, out], [along, down], w.offset);
  if (rank === 2) return [x, right, y];
  if (rank === 1 || x.contiguous) {
    const rows = sizeOf(x.shape.slice(0, -1));
    return [
      windowOn(x, [rows, features], [features, x.strides[rank - 1] as number], x.offset),
      right,
      windowOn(y, [rows, out], [out, 1], y.offset),
    ];
  }
  const batch = x.shape.slice(0, -2);
  return [
    x,
    windowOn(w, [...batch, features, out], [...batch.map(() => 0), along, down], w.offset),
    y,
  ];
}

/**
 * As `torch.nn.functional.linear`: x · weightᵀ + bias.
 * @param x [..., in]
 * @param weight [out, in]
 * @param bias [out]
 * @param options activation: "relu" or "relu6" of the result, in the same pass; default "none"
 * @returns [..., out]
 * @throws ShapeError naming the shapes; DTypeError for mixed dtypes; ArgumentError for another activation
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor, options?: LinearOptions): Tensor {
  checkLive("linear", weight);
  if (options === undefined) return linearOp(x, weight, bias);
  checkOptions("linear", options, OPTIONS);
  const { activation = "none" } = options;
  checkActivation("linear", activation);
  return activation === "none"
    ? linearOp(x, weight, bias)
    : linearActivatedOp(x, weight, bias, { activation });
}
