// What every convolution checks of its tensors: their ranks and shapes.
import { ShapeError } from "../../errors.ts";
import { sameShape } from "../../shape.ts";
import { checkLive, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import type { ConvGeometry } from "./geometry.ts";

/** The tensors are what the geometry says; for callers that bring their own geometry. */
export function checkFit(
  op: string,
  tensors: Readonly<Partial<Record<"x" | "w" | "y", Tensor>>>,
  geometry: ConvGeometry,
): void {
  checkDtypes(op, tensors);
  for (const name in tensors) {
    const t = tensors[name as "x" | "w" | "y"] as Tensor;
    const expected = geometry[name as "x" | "w" | "y"];
    if (!sameShape(t.shape, expected)) {
      throw new ShapeError(op, `${name} does not have the shape that the geometry says`, {
        expected,
        got: t.shape,
      });
    }
  }
}

export function checkBias(op: string, bias: Tensor | undefined, channels: number): void {
  if (bias === undefined || sameShape(bias.shape, [channels])) return;
  throw new ShapeError(op, `bias must have one value for each of ${channels} output channels`, {
    expected: [channels],
    bias: bias.shape,
  });
}

const SPATIAL = ["length", "height, width", "depth, height, width"];

/** The input as a batch, and whether it was one. */
export function batched(op: string, x: Tensor, dims: number): readonly [Tensor, boolean] {
  checkLive(op, x);
  if (x.ndim === dims + 2) return [x, true];
  if (x.ndim === dims + 1) return [x.reshape([1, ...x.shape]), false];
  const spatial = SPATIAL[dims - 1];
  throw new ShapeError(
    op,
    `input must have ${dims + 2} dimensions, [batch, channels, ${spatial}], or ${dims + 1}, ` +
      `[channels, ${spatial}]; it has ${x.ndim}`,
    { input: x.shape },
  );
}

export const unbatched = (y: Tensor, isBatch: boolean): Tensor =>
  isBatch ? y : y.reshape(y.shape.slice(1));
