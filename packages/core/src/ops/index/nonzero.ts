// nonzero: where a tensor is not 0. How many places there are depends on its values, so they are read at once.
import { checkOptions, type OptionNames } from "../../options.ts";
import type { Shape } from "../../shape.ts";
import { checkLive, methods, type Tensor } from "../../tensor.ts";
import { tensor } from "../creation.ts";

/** Row-major numbers of the elements that are not 0 (NaN is not). @throws DeviceError where the device cannot be read at once */
export function nonzeroPlaces(x: Tensor): number[] {
  const data = x.dataSync() as Float64Array;
  const places: number[] = [];
  for (let i = 0; i < data.length; i++) {
    const v = data[i] as number | bigint;
    if (v !== 0 && v !== 0n) places.push(i);
  }
  return places;
}

/** The index along each dimension of the places that nonzeroPlaces gives. */
export function coordinates(
  { shape, backend }: { readonly shape: Shape; readonly backend: string },
  places: readonly number[],
): Tensor[] {
  const columns = shape.map(() => new BigInt64Array(places.length));
  places.forEach((place, i) => {
    let rest = place;
    for (let d = shape.length - 1; d >= 0; d--) {
      const n = shape[d] as number;
      (columns[d] as BigInt64Array)[i] = BigInt(rest % n);
      rest = Math.floor(rest / n);
    }
  });
  return columns.map((c) => tensor(c, { device: backend }));
}

export interface NonzeroOptions {
  /** One tensor of indices per dimension, as index() takes them, instead of a table. Default false. */
  readonly asTuple?: boolean | undefined;
}
const OPTIONS: OptionNames<NonzeroOptions> = { asTuple: true };

/**
 * As `torch.nonzero`: the indices of all elements that are not 0, int64 [count, dims], in row-major order; with
 * asTuple one tensor [count] per dimension.
 * @throws DeviceError on devices that cannot be read at once
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nonzero.html
 */
export function nonzero(x: Tensor, options?: { readonly asTuple?: false | undefined }): Tensor;
export function nonzero(x: Tensor, options: { readonly asTuple: true }): Tensor[];
export function nonzero(x: Tensor, options?: NonzeroOptions): Tensor | Tensor[];
export function nonzero(x: Tensor, options: NonzeroOptions = {}): Tensor | Tensor[] {
  checkOptions("nonzero", options, OPTIONS);
  checkLive("nonzero", x);
  const places = nonzeroPlaces(x);
  if (options.asTuple) {
    // A zero-dim tensor counts as one of one element.
    if (x.ndim > 0) return coordinates(x, places);
    return [tensor(new BigInt64Array(places.length), { device: x.backend })];
  }
  const table = new BigInt64Array(places.length * x.ndim);
  places.forEach((place, i) => {
    let rest = place;
    for (let d = x.ndim - 1; d >= 0; d--) {
      const n = x.shape[d] as number;
      table[i * x.ndim + d] = BigInt(rest % n);
      rest = Math.floor(rest / n);
    }
  });
  return tensor(table, { shape: [places.length, x.ndim], device: x.backend });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    nonzero(options?: { readonly asTuple?: false | undefined }): Tensor;
    nonzero(options: { readonly asTuple: true }): Tensor[];
  }
}
methods({
  nonzero(options?: NonzeroOptions) {
    return nonzero(this, options) as Tensor & Tensor[];
  },
});
