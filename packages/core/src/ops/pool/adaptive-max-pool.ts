// Adaptive max pooling: the output size is given, the windows follow from it, as in adaptive-avg-pool.ts. Where each
// maximum is is found first, without a gradient; its value is then picked, and the gradient goes back to where it was.
import { noGrad } from "../../autograd/tape.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import { adopt, owned, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { batched, unbatched } from "../conv/check.ts";
import { tensor } from "../creation.ts";
import { type OutputSize, resolveSizes } from "./adaptive-avg-pool.ts";
import type { ValuesAndIndices } from "./max-pool.ts";
import { planeGather } from "./planes.ts";

/** The places in a plane that each output looks at: rows of equal length, the first place repeated. */
function windows(
  plane: Shape,
  output: Shape,
): { readonly places: number[]; readonly width: number } {
  let rows: number[][] = [[0]];
  plane.forEach((size, d) => {
    const n = output[d] as number;
    const ranges = Array.from({ length: n }, (_, i) => {
      const start = Math.floor((i * size) / n);
      const end = Math.ceil(((i + 1) * size) / n);
      return Array.from({ length: end - start }, (_, k) => start + k);
    });
    rows = rows.flatMap((row) =>
      ranges.map((range) => row.flatMap((place) => range.map((k) => place * size + k))),
    );
  });
  const width = Math.max(...rows.map((row) => row.length));
  const places = rows.flatMap((row) => [
    ...row,
    ...new Array<number>(width - row.length).fill(row[0] as number),
  ]);
  return { places, width };
}

/** Of each output the place of the first largest value in its plane: [N, C, …output], int64. */
function maxima(x: Tensor, output: Shape): Tensor {
  const { places, width } = windows(x.shape.slice(2), output);
  const [batch, channels] = x.shape as [number, number];
  const cells = sizeOf(output);
  const index = tensor(places, { shape: [cells * width], dtype: "int64", device: x.backend });
  const seen = x
    .reshape([batch, channels, sizeOf(x.shape.slice(2))])
    .indexSelect(2, index)
    .reshape([batch, channels, cells, width]);
  const table = index.reshape([1, 1, cells, width]).expand(batch, channels, cells, width);
  return table.gather(3, seen.argmax(3, { keepdim: true })).reshape([batch, channels, ...output]);
}

export interface AdaptiveMaxPoolOptions {
  /** Also gives the place of each maximum in its plane, row-major, int64. Default false. */
  readonly returnIndices?: boolean | undefined;
}
const OPTIONS: OptionNames<AdaptiveMaxPoolOptions> = { returnIndices: true };

function adaptiveMaxPool(
  dims: number,
  x: Tensor,
  outputSize: OutputSize,
  options: AdaptiveMaxPoolOptions,
): Tensor | ValuesAndIndices {
  const op = `adaptiveMaxPool${dims}d`;
  checkOptions(op, options, OPTIONS);
  checkDtypes(op, { input: x });
  const { returnIndices = false } = options;
  const results = owned(() => {
    const [input, isBatch] = batched(op, x, dims);
    const output = resolveSizes(op, input.shape, outputSize);
    const indices = noGrad(() => maxima(input, output));
    const values = unbatched(planeGather(input, indices.to("int32")), isBatch);
    return returnIndices ? [values, unbatched(indices, isBatch)] : [values];
  }).map((t) => adopt(t as Tensor));
  const [values, indices] = results as [Tensor, Tensor];
  return returnIndices ? { values, indices } : values;
}

type WithIndices = AdaptiveMaxPoolOptions & { readonly returnIndices: true };

/**
 * The largest of as many windows as outputSize says of x [N, C, L] or [C, L]; as
 * `torch.nn.functional.adaptive_max_pool1d`.
 * @returns [N, C, outputSize] or [C, outputSize]; with returnIndices { values, indices }
 * @throws ArgumentError an output size that makes no sense; ShapeError wrong rank or an empty dim
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool1d.html
 */
export function adaptiveMaxPool1d(
  x: Tensor,
  size: OutputSize,
  options: WithIndices,
): ValuesAndIndices;
export function adaptiveMaxPool1d(
  x: Tensor,
  size: OutputSize,
  options?: AdaptiveMaxPoolOptions,
): Tensor;
export function adaptiveMaxPool1d(
  x: Tensor,
  size: OutputSize,
  options: AdaptiveMaxPoolOptions = {},
) {
  return adaptiveMaxPool(1, x, size, options);
}
/** adaptiveMaxPool1d for x [N, C, H, W] or [C, H, W]; as `torch.nn.functional.adaptive_max_pool2d`. */
export function adaptiveMaxPool2d(
  x: Tensor,
  size: OutputSize,
  options: WithIndices,
): ValuesAndIndices;
export function adaptiveMaxPool2d(
  x: Tensor,
  size: OutputSize,
  options?: AdaptiveMaxPoolOptions,
): Tensor;
export function adaptiveMaxPool2d(
  x: Tensor,
  size: OutputSize,
  options: AdaptiveMaxPoolOptions = {},
) {
  return adaptiveMaxPool(2, x, size, options);
}
/** adaptiveMaxPool1d for x [N, C, D, H, W] or [C, D, H, W]; as `torch.nn.functional.adaptive_max_pool3d`. */
export function adaptiveMaxPool3d(
  x: Tensor,
  size: OutputSize,
  options: WithIndices,
): ValuesAndIndices;
export function adaptiveMaxPool3d(
  x: Tensor,
  size: OutputSize,
  options?: AdaptiveMaxPoolOptions,
): Tensor;
export function adaptiveMaxPool3d(
  x: Tensor,
  size: OutputSize,
  options: AdaptiveMaxPoolOptions = {},
) {
  return adaptiveMaxPool(3, x, size, options);
}
