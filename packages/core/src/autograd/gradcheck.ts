// Gradients against central differences, of first and second order; as torch.autograd.gradcheck.
import { isFloating } from "../dtype.ts";
import { AutogradError, DTypeError } from "../errors.ts";
import { tensor, zerosLike } from "../ops/creation.ts";
import { add } from "../ops/elementwise/add.ts";
import { mul } from "../ops/elementwise/mul.ts";
import { randn } from "../ops/random/draws.ts";
import { sum } from "../ops/reduce/sum.ts";
import { checkOptions, type OptionNames } from "../options.ts";
import { Generator } from "../random/generator.ts";
import { scope, Tensor } from "../tensor.ts";
import { grad } from "./backward.ts";
import { setRequiresGrad } from "./hooks.ts";
import { enableGrad, noGrad } from "./tape.ts";

export type Differentiable = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

export interface GradcheckOptions {
  /** Step of the differences. Default 1e-6. */
  readonly eps?: number | undefined;
  /** |analytic − numeric| ≤ atol + rtol · |numeric|. Defaults 1e-5 and 1e-3, as PyTorch's. */
  readonly atol?: number | undefined;
  readonly rtol?: number | undefined;
  /** Seed of the random projection of the outputs. Default 0. */
  readonly seed?: number | undefined;
}
const OPTIONS: OptionNames<GradcheckOptions> = { eps: true, atol: true, rtol: true, seed: true };

const asList = (result: Tensor | readonly Tensor[]): readonly Tensor[] =>
  result instanceof Tensor ? [result] : result;

/** One scalar of all floating outputs, with fixed random weights. */
function projection(outputs: readonly Tensor[], weights: readonly (Tensor | null)[]): Tensor {
  let total: Tensor | undefined;
  outputs.forEach((y, i) => {
    const w = weights[i];
    if (!w) return;
    const part = sum(mul(y, w));
    total = total === undefined ? part : add(total, part);
  });
  if (total === undefined) throw new AutogradError("gradcheck: no output is floating point");
  return total;
}

function randomLike(outputs: readonly Tensor[], seed: number): (Tensor | null)[] {
  const generator = new Generator(seed);
  return outputs.map((y) =>
    isFloating(y.dtype) ? randn(y.shape, { dtype: y.dtype, device: y.backend, generator }) : null,
  );
}

/**
 * Compares the gradients of f with central differences at the given inputs (float64 with requiresGrad;
 * others are constants). f is called once or twice per element: use small inputs.
 * @returns true
 * @throws AutogradError naming the input and element that differ, with both values
 */
export function gradcheck(
  f: Differentiable,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): true {
  checkOptions("gradcheck", options, OPTIONS);
  return compare(f, f, inputs, options);
}

/** The gradients of f with differences of g, which is f but need not record. */
function compare(
  f: Differentiable,
  g: Differentiable,
  inputs: readonly Tensor[],
  options: GradcheckOptions,
): true {
  const { eps = 1e-6, atol = 1e-5, rtol = 1e-3, seed = 0 } = options;
  const checked = inputs.flatMap((t, i) => (t.requiresGrad ? [i] : []));
  if (checked.length === 0) throw new AutogradError("gradcheck: no input requires grad");
  for (const i of checked) {
    if (inputs[i]?.dtype !== "float64") {
      throw new DTypeError("gradcheck", "inputs must be float64; differences drown in float32");
    }
  }
  const weights = noGrad(() => randomLike(asList(f(...inputs)), seed));
  const wanted = checked.map((i) => inputs[i] as Tensor);
  const root = projection(asList(f(...inputs)), weights);
  // A result that depends on no input (the gradient of floor) has gradient zero; differences agree or not.
  const analytic = root.requiresGrad ? grad(root, wanted, { allowUnused: true }) : [];
  checked.forEach((at, k) => {
    const input = inputs[at] as Tensor;
    const expected = (analytic[k] ?? zerosLike(input)).dataSync() as Float64Array;
    const values = input.dataSync() as Float64Array;
    const value = (i: number, shift: number): number =>
      scope(() => {
        const moved = values.slice();
        moved[i] = (moved[i] as number) + shift;
        const t = tensor(moved, { shape: input.shape, device: input.backend });
        // It requires grad, because f may ask for gradients itself (gradgradcheck).
        const args = inputs.map((x, j) => (j === at ? setRequiresGrad(t, true) : x));
        return projection(asList(g(...args)), weights).item();
      });
    for (let i = 0; i < values.length; i++) {
      const numeric = (value(i, eps) - value(i, -eps)) / (2 * eps);
      const difference = Math.abs(numeric - (expected[i] as number));
      if (!(difference <= atol + rtol * Math.abs(numeric))) {
        throw new AutogradError(
          `gradcheck: input ${at} of shape [${input.shape.join(", ")}], element ${i}: ` +
            `the rule gives ${expected[i]}, central differences give ${numeric} (eps ${eps})`,
        );
      }
    }
  });
  return true;
}

/**
 * gradcheck of the gradient itself, as a function of the inputs and of the output gradients.
 * @throws AutogradError as gradcheck does, or when a gradient was not recorded under createGraph
 */
export function gradgradcheck(
  f: Differentiable,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): true {
  checkOptions("gradgradcheck", options, OPTIONS);
  const outputs = noGrad(() => asList(f(...inputs)));
  const seeds = randomLike(outputs, (options.seed ?? 0) + 1);
  const used = seeds.flatMap((s, i) => (s ? [i] : []));
  const gradOutputs = used.map((i) => setRequiresGrad(seeds[i] as Tensor, true));
  const checked = inputs.flatMap((t, i) => (t.requiresGrad ? [i] : []));
  const derivative = (createGraph: boolean, args: readonly Tensor[]): readonly Tensor[] => {
    const xs = args.slice(0, inputs.length);
    const ys = asList(enableGrad(() => f(...xs)));
    const gs = grad(
      used.map((i) => ys[i] as Tensor),
      checked.map((i) => xs[i] as Tensor),
      { gradOutputs: args.slice(inputs.length), createGraph, allowUnused: true },
    );
    return gs.map((g, k) => g ?? zerosLike(xs[checked[k] as number] as Tensor));
  };
  return compare(
    (...args) => derivative(true, args),
    (...args) => derivative(false, args),
    [...inputs, ...gradOutputs],
    options,
  );
}
