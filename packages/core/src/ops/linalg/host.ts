// How the decompositions meet tensors: matrices [..., m, n] read one by one in float64, results written in the
// dtype of the input. They run on the host, whatever the backend; one that cannot be read at once refuses.
import { noGrad } from "../../autograd/tape.ts";
import { DeviceError, ShapeError } from "../../errors.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import { checkLive, type Tensor } from "../../tensor.ts";
import { tensor } from "../creation.ts";
import { floatingOnly } from "../elementwise/unary.ts";
import type { Rows } from "./decompose.ts";

/**
 * Calls f with each matrix of x (and the one of each other tensor at the same place in its batch); it returns one
 * piece of each result, whose shapes behind the batch are `shapes`.
 */
export function eachMatrix(
  op: string,
  inputs: readonly [Tensor, ...Tensor[]],
  shapes: readonly Shape[],
  f: (matrices: Rows[], place: number) => readonly Rows[],
): Tensor[] {
  const [x] = inputs;
  const { readSync, name } = x.storage.backend;
  if (readSync === undefined) {
    throw new DeviceError(
      `${op}: runs on the host, and a tensor on '${name}' cannot be read at once; make one on the CPU from await x.data()`,
    );
  }
  const batch = x.shape.slice(0, -2);
  const count = sizeOf(batch);
  const data = inputs.map((t) => Float64Array.from(readSync(t) as ArrayLike<number>));
  const sizes = inputs.map((t) => sizeOf(t.shape.slice(-2)));
  const results = shapes.map((shape) => new Float64Array(count * sizeOf(shape)));
  for (let i = 0; i < count; i++) {
    const pieces = f(
      data.map((all, k) => all.subarray(i * (sizes[k] as number), (i + 1) * (sizes[k] as number))),
      i,
    );
    pieces.forEach((piece, k) => {
      results[k]?.set(piece, i * sizeOf(shapes[k] as Shape));
    });
  }
  return noGrad(() =>
    results.map((all, k) =>
      tensor(all, {
        shape: [...batch, ...(shapes[k] as Shape)],
        dtype: x.dtype,
        device: x.backend,
      }),
    ),
  );
}

/** Rows and columns of matrices [..., m, n] of floats. */
export function matrixSizes(op: string, x: Tensor): readonly [m: number, n: number] {
  checkLive(op, x);
  floatingOnly(op, x);
  if (x.ndim < 2) throw new ShapeError(op, "expects matrices [..., m, n]", { input: x.shape });
  return x.shape.slice(-2) as unknown as readonly [number, number];
}

/** The size of square matrices [..., n, n] of floats. */
export function squareSize(op: string, x: Tensor): number {
  const [m, n] = matrixSizes(op, x);
  if (m !== n) throw new ShapeError(op, "expects square matrices [..., n, n]", { input: x.shape });
  return n;
}

/** "the matrix", with its number in a batch. */
export const which = (x: Tensor, place: number): string =>
  x.ndim > 2 ? `matrix ${place} of the batch` : "the matrix";
