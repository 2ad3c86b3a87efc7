// Fractional max pooling: windows whose distances are drawn so that the output gets a size of any ratio. Graham,
// https://arxiv.org/abs/1412.6071. Where each maximum is is found on the host first; its value is then picked.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import { adopt, owned, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { batched, unbatched } from "../conv/check.ts";
import { tensor } from "../creation.ts";
import { rand } from "../random/draws.ts";
import type { ValuesAndIndices } from "./max-pool.ts";
import { planeGather } from "./planes.ts";

type PerDim = number | readonly number[];

export interface FractionalMaxPoolOptions {
  /** Sizes of the output; this or outputRatio. */
  readonly outputSize?: PerDim | undefined;
  /** Sizes of the output as shares of the input's, each between 0 and 1. */
  readonly outputRatio?: PerDim | undefined;
  /** Also gives the place of each maximum in its plane, row-major, int64. Default false. */
  readonly returnIndices?: boolean | undefined;
  /** The draws, [N, C, dims], each in [0, 1): those of the last dim first in 2-D, in order in 3-D, as PyTorch has them. */
  readonly randomSamples?: Tensor | undefined;
}
const OPTIONS: OptionNames<FractionalMaxPoolOptions> = {
  outputSize: true,
  outputRatio: true,
  returnIndices: true,
  randomSamples: "Tensor",
};

function perDim(op: string, name: string, value: PerDim, dims: number): readonly number[] {
  const list = typeof value === "number" ? new Array<number>(dims).fill(value) : value;
  if (list.length === dims) return list;
  throw new ArgumentError(op, `${name} must be a number, or ${dims} of them; got ${list}`);
}

/** Where the windows along a dim begin: steps of (size − kernel) / (count − 1), rounded as the draw says. */
function fractionalStarts(u: number, size: number, count: number, kernel: number): number[] {
  const alpha = (size - kernel) / (count - 1);
  const first = Math.trunc(u * alpha);
  return Array.from({ length: count }, (_, i) =>
    i === count - 1 ? size - kernel : Math.trunc((i + u) * alpha) - first,
  );
}

/** In its plane, the place of the first largest value of each window; NaN is larger than all. */
function place(
  data: ArrayLike<number>,
  base: number,
  plane: Shape,
  starts: readonly (readonly number[])[],
  kernel: readonly number[],
): number[] {
  // Windows in row-major order of their starts, the taps of each in row-major order too.
  const rows = (lists: readonly (readonly number[])[]): number[] =>
    lists.reduce<number[]>(
      (all, list, d) => all.flatMap((at) => list.map((step) => at * (plane[d] as number) + step)),
      [0],
    );
  const taps = rows(kernel.map((k) => Array.from({ length: k }, (_, i) => i)));
  return rows(starts).map((corner) => {
    let best = corner;
    for (const tap of taps) {
      const at = corner + tap;
      const v = data[base + at] as number;
      if (v > (data[base + best] as number) || Number.isNaN(v)) best = at;
    }
    return best;
  });
}

function fractionalMaxPool(
  dims: number,
  x: Tensor,
  kernelSize: PerDim,
  options: FractionalMaxPoolOptions,
): Tensor | ValuesAndIndices {
  const op = `fractionalMaxPool${dims}d`;
  checkOptions(op, options, OPTIONS);
  checkDtypes(op, { input: x });
  const { outputSize, outputRatio, returnIndices = false, randomSamples } = options;
  if ((outputSize === undefined) === (outputRatio === undefined)) {
    throw new ArgumentError(op, "give either outputSize or outputRatio");
  }
  const kernel = perDim(op, "kernelSize", kernelSize, dims);
  const results = owned(() => {
    const [input, isBatch] = batched(op, x, dims);
    const [batch, channels, ...plane] = input.shape as [number, number, ...number[]];
    const sizes =
      outputRatio === undefined
        ? perDim(op, "outputSize", outputSize as PerDim, dims)
        : perDim(op, "outputRatio", outputRatio, dims).map((r, d) =>
            Math.trunc((plane[d] as number) * r),
          );
    sizes.forEach((n, d) => {
      const most = (plane[d] as number) - (kernel[d] as number) + 1;
      if (Number.isInteger(n) && n >= 1 && n <= most) return;
      throw new ShapeError(op, `the output has ${n} in spatial dim ${d}; expected 1 to ${most}`, {
        input: x.shape,
      });
    });
    const wanted = [batch, channels, dims];
    const draws = randomSamples ?? rand(wanted);
    if (draws.shape.join() !== wanted.join()) {
      throw new ShapeError(op, `randomSamples must be [${wanted.join(", ")}]`, {
        randomSamples: draws.shape,
      });
    }
    const [data, us] = [input.dataSync(), draws.dataSync()] as [Float64Array, Float64Array];
    const count = sizeOf(sizes);
    const places = new BigInt64Array(batch * channels * count);
    for (let n = 0; n < batch * channels; n++) {
      const starts = sizes.map((size, d) => {
        const u = us[n * dims + (dims === 2 ? 1 - d : d)] as number;
        return fractionalStarts(u, plane[d] as number, size, kernel[d] as number);
      });
      place(data, n * sizeOf(plane), plane, starts, kernel).forEach((at, i) => {
        places[n * count + i] = BigInt(at);
      });
    }
    const shape = [batch, channels, ...sizes];
    const indices = tensor(places, { shape, device: input.backend });
    const values = unbatched(planeGather(input, indices.to("int32")), isBatch);
    return returnIndices ? [values, unbatched(indices, isBatch)] : [values];
  }).map((t) => adopt(t as Tensor));
  const [values, indices] = results as [Tensor, Tensor];
  return returnIndices ? { values, indices } : values;
}

type WithIndices = FractionalMaxPoolOptions & { readonly returnIndices: true };

/**
 * Max pooling of [N, C, H, W] or [C, H, W] with windows at drawn distances; as
 * `torch.nn.functional.fractional_max_pool2d`, whose numbers it has for the same randomSamples.
 * @throws ArgumentError, ShapeError; DeviceError on devices that cannot be read at once
 */
export function fractionalMaxPool2d(
  x: Tensor,
  kernelSize: PerDim,
  options: WithIndices,
): ValuesAndIndices;
export function fractionalMaxPool2d(
  x: Tensor,
  kernelSize: PerDim,
  options: FractionalMaxPoolOptions & { readonly returnIndices?: false | undefined },
): Tensor;
export function fractionalMaxPool2d(
  x: Tensor,
  kernelSize: PerDim,
  options: FractionalMaxPoolOptions,
): Tensor | ValuesAndIndices;
export function fractionalMaxPool2d(
  x: Tensor,
  kernelSize: PerDim,
  options: FractionalMaxPoolOptions,
): Tensor | ValuesAndIndices {
  return fractionalMaxPool(2, x, kernelSize, options);
}

/** As fractionalMaxPool2d, of [N, C, D, H, W] or [C, D, H, W]; as `torch.nn.functional.fractional_max_pool3d`. */
export function fractionalMaxPool3d(
  x: Tensor,
  kernelSize: PerDim,
  options: WithIndices,
): ValuesAndIndices;
export function fractionalMaxPool3d(
  x: Tensor,
  kernelSize: PerDim,
  options: FractionalMaxPoolOptions & { readonly returnIndices?: false | undefined },
): Tensor;
export function fractionalMaxPool3d(
  x: Tensor,
  kernelSize: PerDim,
  options: FractionalMaxPoolOptions,
): Tensor | ValuesAndIndices;
export function fractionalMaxPool3d(
  x: Tensor,
  kernelSize: PerDim,
  options: FractionalMaxPoolOptions,
): Tensor | ValuesAndIndices {
  return fractionalMaxPool(3, x, kernelSize, options);
}
