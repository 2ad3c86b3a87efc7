// The geometry of transposed convolution: that of the forward convolution whose input gradient it is.
import { ArgumentError, ShapeError } from "../../errors.ts";
import type { Shape } from "../../shape.ts";
import { type ConvGeometry, perDim } from "./geometry.ts";

export interface TransposedSettings {
  readonly stride?: number | readonly number[] | undefined;
  /** Takes this much off both ends of the output. Numbers only. */
  readonly padding?: number | readonly number[] | undefined;
  /** Makes the output longer at its end; below stride or dilation. Default 0. */
  readonly outputPadding?: number | readonly number[] | undefined;
  readonly dilation?: number | readonly number[] | undefined;
  readonly groups?: number | undefined;
}

/**
 * For x [N, C, …] and w [C, O / groups, …kernel]: output size
 * (size − 1)·stride − 2·padding + dilation·(k − 1) + outputPadding + 1.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html
 */
export function transposedGeometry(
  op: string,
  x: Shape,
  w: Shape,
  settings: TransposedSettings,
): ConvGeometry {
  const dims = x.length - 2;
  const groups = settings.groups ?? 1;
  const shapes = { input: x, weight: w };
  if (w.length !== x.length) {
    throw new ShapeError(
      op,
      `weight must have ${x.length} dimensions, [inChannels, outChannels / groups, …kernel]`,
      shapes,
    );
  }
  if (typeof settings.padding === "string") {
    throw new ArgumentError(op, `padding must be numbers here; got "${settings.padding}"`);
  }
  const stride = perDim(op, "stride", settings.stride ?? 1, dims, 1);
  const dilation = perDim(op, "dilation", settings.dilation ?? 1, dims, 1);
  const padding = perDim(op, "padding", settings.padding ?? 0, dims, 0);
  const extra = perDim(op, "outputPadding", settings.outputPadding ?? 0, dims, 0);
  if (!Number.isInteger(groups) || groups < 1) {
    throw new ArgumentError(op, `groups must be a whole number ≥ 1; got ${groups}`);
  }
  if (x[1] !== w[0]) {
    throw new ShapeError(op, `input has ${x[1]} channels, but weight wants ${w[0]}`, shapes);
  }
  if ((x[1] as number) % groups !== 0) {
    throw new ShapeError(op, `${x[1]} input channels do not divide into groups=${groups}`, shapes);
  }
  const out = w.slice(2).map((k, d) => {
    const [s, dil, p, e] = [stride, dilation, padding, extra].map((l) => l[d] as number) as [
      number,
      number,
      number,
      number,
    ];
    if (e >= Math.max(s, dil)) {
      throw new ArgumentError(
        op,
        `outputPadding must be below stride or dilation; it is ${e} in spatial dim ${d}, ` +
          `with stride ${s} and dilation ${dil}`,
      );
    }
    const size = ((x[d + 2] as number) - 1) * s - 2 * p + dil * (k - 1) + e + 1;
    if (size < 1 || k < 1) {
      throw new ShapeError(
        op,
        `the output would have size ${size} in spatial dim ${d}; use less padding, or a larger kernel`,
        shapes,
      );
    }
    return size;
  });
  const channels = (w[1] as number) * groups;
  return { x: [x[0] as number, channels, ...out], w, y: x, stride, padding, dilation, groups };
}
