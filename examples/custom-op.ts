// A custom op: meaning, gradient, samples and error samples in one object.
import {
  ArgumentError,
  DTypeError,
  defineOp,
  gradcheck,
  gradgradcheck,
  isFloating,
  methods,
  randn,
  sub,
  type Tensor,
  tensor,
} from "@tapegrad/core";
import { opSuite } from "@tapegrad/core/testing";

const swishOp = defineOp<{ readonly beta: number }>()({
  name: "swish",
  doc: "x · sigmoid(beta · x), elementwise. Ramachandran et al., https://arxiv.org/abs/1710.05941.",
  example: ["swish(tensor([0, 1]), { beta: 2 })", "tensor([0.0000, 0.8808])"],
  inputs: ["x"],
  outputs: ["y"],
  // The rule below reads x and nothing else; the composition alone would keep three tensors.
  saves: ["x"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  compose: (x, { beta }) => x.mul(x.mul(beta).sigmoid()),
  // With s = σ(βx): dy/dx = s + βx · s · (1 − s). Public ops only, so it can be differentiated again.
  vjp(gs, { x }, { beta }) {
    const s = x.mul(beta).sigmoid();
    const slope = s.add(x.mul(beta).mul(s).mul(sub(1, s)));
    return { x: gs.y.mul(slope) };
  },
  samples: (rng) => [
    [rng.tensor([2, 3]), { beta: 1 }],
    [rng.tensor([4], { low: -3, high: 3 }), { beta: -0.5 }],
    [rng.tensor([]), { beta: 2 }],
    [rng.tensor([0, 3]), { beta: 1 }],
  ],
  errors: (rng) => [
    [() => swish(rng.ints([2], 5)), DTypeError, /swish: expected a floating-point tensor/],
    [() => swish(rng.tensor([2]), { beta: Number.NaN }), ArgumentError, /beta must be finite/],
  ],
});

/**
 * x · sigmoid(beta · x). With beta = 1 it is SiLU.
 * @throws DTypeError unless x is floating-point; ArgumentError for a beta that is not finite
 */
export function swish(x: Tensor, options: { readonly beta?: number } = {}): Tensor {
  const { beta = 1 } = options;
  if (!isFloating(x.dtype)) {
    throw new DTypeError("swish", `expected a floating-point tensor, got ${x.dtype}`);
  }
  if (!Number.isFinite(beta)) throw new ArgumentError("swish", `beta must be finite, got ${beta}`);
  return swishOp(x, { beta });
}

// x.swish() beside swish(x): declared, then installed.
declare module "@tapegrad/core" {
  interface TensorMethods {
    swish(options?: { readonly beta?: number }): Tensor;
  }
}
methods({
  swish(options) {
    return swish(this, options);
  },
});

/** Checks it as core's own ops are checked. @returns how many checks passed */
export function run(): number {
  const x = randn([3, 4], { dtype: "float64", requiresGrad: true });
  const f = (t: Tensor) => swish(t, { beta: 1.5 });
  gradcheck(f, [x]);
  gradgradcheck(f, [x]);

  let passed = 0;
  for (const check of opSuite("reference", { only: (op) => op === "swish", dtype: "float64" })) {
    check.run(); // throws where something is wrong
    passed++;
  }
  console.log(`swish(tensor([0, 1]), { beta: 2 }) is ${tensor([0, 1]).swish({ beta: 2 })}`);
  console.log(`gradients of first and second order are right; ${passed} checks passed`);
  return passed;
}
