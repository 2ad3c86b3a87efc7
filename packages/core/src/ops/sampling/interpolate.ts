// interpolate: x in another size. A separable linear map: dim by dim, each output a weighted sum of a few inputs.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { tensor } from "../creation.ts";
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
} from "../pool/adaptive-avg-pool.ts";
import { type ResampleMode, type Resampling, tapsOf } from "./resample.ts";

export type InterpolationMode =
  | "nearest"
  | "nearest-exact"
  | "linear"
  | "bilinear"
  | "bicubic"
  | "trilinear"
  | "area";

export interface InterpolateOptions {
  /** Of the output: one number for all spatial dims, or one for each. Either this or scaleFactor. */
  readonly size?: number | readonly number[] | undefined;
  /** Output over input, one number or one per dim; the size is rounded down. Either this or size. */
  readonly scaleFactor?: number | readonly number[] | undefined;
  /**
   * linear, bilinear, trilinear for one, two, three spatial dims; bicubic for two; the others for all. "nearest-exact"
   * takes the centres of pixels into account, "area" is adaptiveAvgPool. Default "nearest".
   */
  readonly mode?: InterpolationMode | undefined;
  /** The corner pixels' centres, not their corners, lie upon each other; for linear and cubic modes. Default false. */
  readonly alignCorners?: boolean | undefined;
  /** Compute the scale from both sizes, not from scaleFactor. Default false. */
  readonly recomputeScaleFactor?: boolean | undefined;
  /** Average when the output is smaller; for bilinear and bicubic. Default false. */
  readonly antialias?: boolean | undefined;
}
const OPTIONS: OptionNames<InterpolateOptions> = {
  size: true,
  scaleFactor: true,
  mode: true,
  alignCorners: true,
  recomputeScaleFactor: true,
  antialias: true,
};
const OP = "interpolate";

/** In how many spatial dims a mode works, and what it does in each. */
const MODES: Readonly<
  Record<InterpolationMode, readonly [dims: readonly number[], along: ResampleMode | "area"]>
> = {
  nearest: [[1, 2, 3], "nearest"],
  "nearest-exact": [[1, 2, 3], "nearest-exact"],
  linear: [[1], "linear"],
  bilinear: [[2], "linear"],
  trilinear: [[3], "linear"],
  bicubic: [[2], "cubic"],
  area: [[1, 2, 3], "area"],
};

function perDim(name: string, value: number | readonly number[], dims: number): readonly number[] {
  const list = typeof value === "number" ? new Array<number>(dims).fill(value) : value;
  if (list.length === dims && list.every((v) => v > 0)) return list;
  throw new ArgumentError(
    OP,
    `${name} must be a number > 0, or ${dims} of them; got ${JSON.stringify(value)}`,
  );
}

/** x with dim `d` resampled. */
function resampled(x: Tensor, d: number, r: Resampling): Tensor {
  const { size, output } = r;
  const along = (t: Tensor): Tensor => t.reshape(x.shape.map((_, i) => (i === d ? output : 1)));
  const whole = output / size;
  if (r.mode === "nearest" && Number.isInteger(whole) && r.scale === 1 / whole) {
    // Each element `whole` times, without an index.
    const wide = [...x.shape.slice(0, d + 1), whole, ...x.shape.slice(d + 1)];
    const target = x.shape.map((n, i) => (i === d ? output : n));
    return x
      .unsqueeze(d + 1)
      .expand(...wide)
      .reshape(target);
  }
  const { indices, weights } = tapsOf(r);
  const place = { device: x.backend };
  const parts = indices.map((index, k) => {
    const picked = x.indexSelect(d, tensor(index, { ...place, dtype: "int64", shape: [output] }));
    const factors = weights[k] as readonly number[];
    if (factors.every((w) => w === 1)) return picked;
    return picked.mul(along(tensor(factors, { ...place, dtype: x.dtype, shape: [output] })));
  });
  return parts.reduce((sum, part) => sum.add(part));
}

/**
 * x [N, C, …spatial] in another size; as `torch.nn.functional.interpolate`.
 * @returns [N, C, …size], size rounded down where scaleFactor says it
 * @throws ArgumentError size and scaleFactor both or none, options that do not go with the mode; ShapeError a rank that
 * the mode does not have; DTypeError integers
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html
 */
export function interpolate(x: Tensor, options: InterpolateOptions): Tensor {
  checkOptions(OP, options, OPTIONS);
  checkDtypes(OP, { input: x });
  const { mode = "nearest", antialias = false } = options;
  const found = MODES[mode];
  if (found === undefined) {
    const known = Object.keys(MODES).map((name) => JSON.stringify(name));
    throw new ArgumentError(
      OP,
      `mode must be one of ${known.join(", ")}; got ${JSON.stringify(mode)}`,
    );
  }
  const [ranks, along] = found;
  const dims = x.ndim - 2;
  if (!ranks.includes(dims)) {
    const expected = ranks.map((n) => n + 2).join(", ");
    throw new ShapeError(
      OP,
      `mode "${mode}" takes [batch, channels, …spatial] of ${expected} dimensions; the input has ${x.ndim}`,
      { input: x.shape },
    );
  }
  const interpolates = along === "linear" || along === "cubic";
  if (options.alignCorners !== undefined && !interpolates) {
    throw new ArgumentError(OP, `alignCorners belongs to linear and cubic modes, not to "${mode}"`);
  }
  if (antialias && mode !== "bilinear" && mode !== "bicubic") {
    throw new ArgumentError(OP, `antialias belongs to "bilinear" and "bicubic", not to "${mode}"`);
  }
  const spatial = x.shape.slice(2);
  const { sizes, scales } = sizesOf(spatial, options);
  const alignCorners = options.alignCorners ?? false;
  return composite(() => {
    if (along === "area") {
      return [adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d][dims - 1]?.(
        x,
        sizes,
      ) as Tensor;
    }
    let y = x;
    spatial.forEach((size, d) => {
      const output = sizes[d] as number;
      const ratio = scales === undefined ? size / output : 1 / (scales[d] as number);
      const scale = alignCorners ? (output > 1 ? (size - 1) / (output - 1) : 0) : ratio;
      if (output === size && scale === 1) return;
      y = resampled(y, d + 2, { mode: along, size, output, scale, alignCorners, antialias });
    });
    return y === x ? x.clone() : y;
  });
}

function sizesOf(spatial: readonly number[], options: InterpolateOptions) {
  const { size, scaleFactor, recomputeScaleFactor = false } = options;
  if ((size === undefined) === (scaleFactor === undefined)) {
    throw new ArgumentError(OP, "needs either size or scaleFactor");
  }
  if (spatial.includes(0)) {
    throw new ShapeError(OP, "the input has an empty spatial dim", { spatial });
  }
  if (size !== undefined) {
    if (recomputeScaleFactor) {
      throw new ArgumentError(OP, "recomputeScaleFactor belongs to scaleFactor, not to size");
    }
    const sizes = perDim("size", size, spatial.length);
    if (!sizes.every(Number.isInteger)) {
      throw new ArgumentError(OP, `size must be whole numbers; got [${sizes.join(", ")}]`);
    }
    return { sizes, scales: undefined };
  }
  const scales = perDim("scaleFactor", scaleFactor as number, spatial.length);
  const sizes = spatial.map((n, d) => Math.floor(n * (scales[d] as number)));
  if (sizes.includes(0)) {
    throw new ArgumentError(
      OP,
      `scaleFactor [${scales.join(", ")}] leaves nothing of [${spatial.join(", ")}]`,
    );
  }
  return { sizes, scales: recomputeScaleFactor ? undefined : scales };
}
