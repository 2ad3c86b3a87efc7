// affineGrid and gridSample: images read at places that a network may choose. Each output is a weighted sum of the
// pixels around its place; the weights carry the gradient of the place.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { type Shape, sameShape, sizeOf } from "../../shape.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { hardtanh } from "../activations/hardtanh.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { tensor } from "../creation.ts";
import { ge } from "../elementwise/ge.ts";
import { le } from "../elementwise/le.ts";
import { logicalAnd } from "../elementwise/logical-and.ts";
import { sub } from "../elementwise/sub.ts";
import { where } from "../elementwise/where.ts";
import { gatherChecked } from "../index/gather.ts";

export interface AffineGridOptions {
  /** −1 and 1 are the centres of the corner pixels, not the edges of the image. Default false. */
  readonly alignCorners?: boolean | undefined;
}
const AFFINE_OPTIONS: OptionNames<AffineGridOptions> = { alignCorners: true };

/**
 * The places that an affine map sends the pixels of an image of `size` to, in [−1, 1]; as
 * `torch.nn.functional.affine_grid`.
 * @param theta [N, 2, 3], or [N, 3, 4] for volumes
 * @param size of the output, [N, C, H, W] or [N, C, D, H, W]
 * @returns [N, H, W, 2] or [N, D, H, W, 3], x first; for gridSample
 * @throws ShapeError shapes that do not fit; DTypeError integers
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.affine_grid.html
 */
export function affineGrid(theta: Tensor, size: Shape, options: AffineGridOptions = {}): Tensor {
  const op = "affineGrid";
  checkOptions(op, options, AFFINE_OPTIONS);
  checkDtypes(op, { theta });
  const { alignCorners = false } = options;
  const [batch, , ...spatial] = size as [number, number, ...number[]];
  const dims = spatial.length;
  if ((dims !== 2 && dims !== 3) || !sameShape(theta.shape, [batch, dims, dims + 1])) {
    throw new ShapeError(
      op,
      "theta must be [N, 2, 3] beside a size [N, C, H, W], or [N, 3, 4] and [N, C, D, H, W]",
      {
        theta: theta.shape,
        size,
      },
    );
  }
  const places = spatial.map((n) =>
    Array.from({ length: n }, (_, i) =>
      n === 1 ? 0 : alignCorners ? (2 * i) / (n - 1) - 1 : (2 * i + 1) / n - 1,
    ),
  );
  // Homogeneous coordinates of each pixel, the last dim first, then 1.
  let rows: number[][] = [[1]];
  for (const along of places) rows = rows.flatMap((row) => along.map((p) => [p, ...row]));
  return composite(() => {
    const base = tensor(rows.flat(), {
      shape: [rows.length, dims + 1],
      dtype: theta.dtype,
      device: theta.backend,
    });
    return base.matmul(theta.transpose(1, 2)).reshape([batch, ...spatial, dims]);
  });
}

export type GridSampleMode = "bilinear" | "nearest" | "bicubic";
export type GridPaddingMode = "zeros" | "border" | "reflection";

export interface GridSampleOptions {
  /** "bilinear" is trilinear for volumes, which have no "bicubic". Default "bilinear". */
  readonly mode?: GridSampleMode | undefined;
  /** What lies outside: zeros, the nearest edge, the image mirrored. Default "zeros". */
  readonly paddingMode?: GridPaddingMode | undefined;
  /** −1 and 1 are the centres of the corner pixels, not the edges of the image. Default false. */
  readonly alignCorners?: boolean | undefined;
}
const SAMPLE_OPTIONS: OptionNames<GridSampleOptions> = {
  mode: true,
  paddingMode: true,
  alignCorners: true,
};

interface Axis {
  readonly size: number;
  readonly padding: GridPaddingMode;
  readonly alignCorners: boolean;
}

/** Pixel numbers of places outside brought inside; with "zeros" they stay. */
function broughtInside(at: Tensor, { size, padding, alignCorners }: Axis): Tensor {
  if (padding === "zeros") return at;
  // Not clamp: at the very edge nothing flows back, as in PyTorch.
  const clipped = (t: Tensor): Tensor => hardtanh(t, { minVal: 0, maxVal: size - 1 });
  if (padding === "border") return clipped(at);
  const low = alignCorners ? 0 : -0.5;
  const span = alignCorners ? size - 1 : size;
  if (span === 0) return at.mul(0);
  const distance = at.sub(low).abs();
  const turns = distance.detach().div(span).floor();
  const rest = distance.sub(turns.mul(span));
  const odd = turns.remainder(2).eq(1);
  return clipped(where(odd, sub(span, rest), rest).add(low));
}

/** A pixel number of each output along one axis, with its weight; undefined: 1. */
interface Tap {
  readonly at: Tensor;
  readonly weight: Tensor | undefined;
}

/** Weights of the four pixels around t in [0, 1): Keys' cubic convolution with a = −¾. */
function cubicWeights(t: Tensor): readonly Tensor[] {
  const a = -0.75;
  const near = (x: Tensor): Tensor =>
    x
      .mul(a + 2)
      .sub(a + 3)
      .mul(x)
      .mul(x)
      .add(1);
  const far = (x: Tensor): Tensor =>
    x
      .mul(a)
      .sub(5 * a)
      .mul(x)
      .add(8 * a)
      .mul(x)
      .sub(4 * a);
  return [far(t.add(1)), near(t), near(sub(1, t)), far(sub(2, t))];
}

function tapsAlong(place: Tensor, mode: GridSampleMode, axis: Axis): readonly Tap[] {
  const { size, alignCorners } = axis;
  const plain = alignCorners
    ? place.add(1).mul((size - 1) / 2)
    : place.add(1).mul(size).sub(1).div(2);
  if (mode === "bicubic") {
    const low = plain.detach().floor();
    return cubicWeights(plain.sub(low)).map((weight, k) => ({
      at: broughtInside(low.add(k - 1), axis),
      weight,
    }));
  }
  const at = broughtInside(plain, axis);
  if (mode === "nearest") return [{ at: at.detach().round(), weight: undefined }];
  const low = at.detach().floor();
  const share = at.sub(low);
  return [
    { at: low, weight: sub(1, share) },
    { at: low.add(1), weight: share },
  ];
}

/**
 * x [N, C, H, W] at the places of grid [N, H′, W′, 2], which lie in [−1, 1], x first; or x [N, C, D, H, W] at
 * [N, D′, H′, W′, 3]. As `torch.nn.functional.grid_sample`.
 * @returns [N, C, H′, W′] or [N, C, D′, H′, W′]
 * @throws ShapeError shapes that do not fit; ArgumentError an unknown mode, or bicubic volumes; DTypeError mixed or
 * integer dtypes
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.grid_sample.html
 */
export function gridSample(x: Tensor, grid: Tensor, options: GridSampleOptions = {}): Tensor {
  const op = "gridSample";
  checkOptions(op, options, SAMPLE_OPTIONS);
  checkDtypes(op, { input: x, grid });
  const { mode = "bilinear", paddingMode = "zeros", alignCorners = false } = options;
  const dims = x.ndim - 2;
  const [batch, channels, ...spatial] = x.shape as [number, number, ...number[]];
  const output = grid.shape.slice(1, -1);
  if (
    (dims !== 2 && dims !== 3) ||
    grid.ndim !== x.ndim ||
    grid.shape[0] !== batch ||
    grid.shape[grid.ndim - 1] !== dims ||
    spatial.includes(0)
  ) {
    throw new ShapeError(
      op,
      "expected x [N, C, H, W] with a grid [N, H′, W′, 2], or x [N, C, D, H, W] with a grid [N, D′, H′, W′, 3]",
      { input: x.shape, grid: grid.shape },
    );
  }
  const choices: readonly (readonly [name: string, value: string, known: readonly string[]])[] = [
    ["mode", mode, ["bilinear", "nearest", ...(dims === 2 ? ["bicubic"] : [])]],
    ["paddingMode", paddingMode, ["zeros", "border", "reflection"]],
  ];
  for (const [name, value, known] of choices) {
    if (known.includes(value)) continue;
    const words = known.map((w) => JSON.stringify(w)).join(", ");
    throw new ArgumentError(op, `${name} must be one of ${words}; got ${JSON.stringify(value)}`);
  }
  return composite(() => {
    const cells = sizeOf(output);
    const flat = x.reshape([batch, channels, sizeOf(spatial)]);
    const axes = spatial.map((size, d) => {
      const place = grid.select(-1, dims - 1 - d).reshape([batch, 1, cells]);
      return tapsAlong(place, mode, { size, padding: paddingMode, alignCorners });
    });
    let combined: readonly (readonly Tap[])[] = [[]];
    for (const taps of axes) combined = combined.flatMap((c) => taps.map((tap) => [...c, tap]));
    const parts = combined.map((taps) => {
      const last = (d: number) => (spatial[d] as number) - 1;
      const index = taps
        .map(({ at }, d) => at.detach().clamp({ min: 0, max: last(d) }))
        .reduce((sum, at, d) => sum.mul(spatial[d] as number).add(at))
        .to("int64");
      const weights = taps.flatMap(({ weight }) => (weight === undefined ? [] : [weight]));
      if (paddingMode === "zeros") {
        const counted = taps
          .map(({ at }, d) => logicalAnd(ge(at, 0), le(at, last(d))))
          .reduce((a, b) => logicalAnd(a, b));
        weights.push(counted.to(x.dtype));
      }
      const values = gatherChecked(flat, 2, index.expand(batch, channels, cells));
      if (weights.length === 0) return values;
      return values.mul(weights.reduce((a, b) => a.mul(b)));
    });
    return parts.reduce((a, b) => a.add(b)).reshape([batch, channels, ...output]);
  });
}
