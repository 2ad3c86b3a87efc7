// poisson and binomial: counts, drawn on the host.
import { noGrad } from "../../autograd/tape.ts";
import { type ArrayOf, newArray, type TypedArray } from "../../dtype.ts";
import { ArgumentError } from "../../errors.ts";
import { broadcastShapes, type Shape } from "../../shape.ts";
import { scope, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { tensor } from "../creation.ts";
import { expand } from "../views/expand.ts";
import { checkDrawOptions, checkProbabilities, type DrawOptions } from "./check.ts";
import { hostUniform } from "./draws.ts";

function drawn(like: Tensor, shape: Shape, count: (i: number) => number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = newArray(like.dtype, size) as ArrayOf["float32"];
  for (let i = 0; i < size; i++) data[i] = count(i);
  return tensor(data as TypedArray, { shape, dtype: like.dtype, device: like.backend });
}

/** Uniform numbers in [0, 1), as many as are asked for, by blocks. */
function uniforms({ generator }: DrawOptions): () => number {
  let block: Float64Array = new Float64Array(0);
  let at = 0;
  return () => {
    if (at === block.length) {
      block = hostUniform(256, { generator });
      at = 0;
    }
    return block[at++] as number;
  };
}

/** How many of the events of a process come before 1: gaps are exponential, their sum is compared with the rate. */
function poissonCount(rate: number, next: () => number): number {
  // A sum of two such counts is one of the sum of their rates: large ones by halves, as e^−rate would underflow.
  if (rate > 500) return poissonCount(rate / 2, next) + poissonCount(rate / 2, next);
  const limit = Math.exp(-rate);
  let count = -1;
  let product = 1;
  do {
    count++;
    product *= 1 - next();
  } while (product > limit);
  return count;
}

/**
 * Counts with the mean that each element of `rates` gives, in its shape and dtype; as `torch.poisson`. No gradient.
 * @throws ArgumentError for a negative rate; DTypeError unless rates is floating; DeviceError where it cannot be read
 */
export function poisson(rates: Tensor, options: DrawOptions = {}): Tensor {
  const op = "poisson";
  checkDrawOptions(op, options);
  checkDtypes(op, { rates });
  const data = rates.dataSync() as Float64Array;
  const bad = data.findIndex((v) => !(v >= 0 && v < Infinity));
  if (bad >= 0) {
    throw new ArgumentError(op, `rates must be ≥ 0 and finite; element ${bad} is ${data[bad]}`);
  }
  const next = uniforms(options);
  return drawn(rates, rates.shape, (i) => poissonCount(data[i] as number, next));
}

/**
 * How many of `count` coins that fall with probability `prob` do so, broadcast, in prob's dtype; as `torch.binomial`.
 * No gradient.
 * @throws ArgumentError for counts that are no whole numbers ≥ 0 and probabilities outside of [0, 1]; DTypeError
 */
export function binomial(count: Tensor, prob: Tensor, options: DrawOptions = {}): Tensor {
  const op = "binomial";
  checkDrawOptions(op, options);
  checkDtypes(op, { prob });
  checkProbabilities(op, prob);
  const shape = broadcastShapes(op, count.shape, prob.shape);
  const [n, p] = noGrad(() =>
    scope(() => [expand(count, shape).dataSync(), expand(prob, shape).dataSync()] as const),
  ) as readonly [Float64Array, Float64Array];
  const bad = n.findIndex((v) => !(Number.isInteger(Number(v)) && v >= 0));
  if (bad >= 0) {
    throw new ArgumentError(op, `count must hold whole numbers ≥ 0; element ${bad} is ${n[bad]}`);
  }
  const next = uniforms(options);
  return drawn(prob, shape, (i) => {
    let hits = 0;
    for (let k = 0; k < Number(n[i]); k++) if (next() < (p[i] as number)) hits++;
    return hits;
  });
}
