// indexPut: x[…] = value, out of place; and added up with accumulate.

import { DTypeError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { broadcastShapes, type Shape, sameShape } from "../../shape.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { arange } from "../creation.ts";
import { clone } from "../elementwise/clone.ts";
import { putInto } from "../inplace/index_.ts";
import { isTensor, type Operand } from "../promote.ts";
import { expand } from "../views/expand.ts";
import { reshape } from "../views/view.ts";
import { index } from "./at-index.ts";
import type { IndexSpec } from "./index-specs.ts";
import { fillValue } from "./masked.ts";
import { scatter } from "./scatter.ts";
import { scatterAdd } from "./scatter-add.ts";

export interface IndexPutOptions {
  /** Add instead of writing; a place that is named often gets all. Default false. */
  readonly accumulate?: boolean | undefined;
}
export const INDEX_PUT_OPTIONS: OptionNames<IndexPutOptions> = { accumulate: true };

/** The value in x's dtype and in the shape of the places. */
export function valueFor(op: string, x: Tensor, value: Operand, shape: Shape): Tensor {
  if (!isTensor(value) || value.ndim === 0) return expand(fillValue(op, x, value), shape);
  checkLive(op, value);
  if (value.dtype !== x.dtype) {
    throw new DTypeError(
      op,
      `x is ${x.dtype} but the value is ${value.dtype}; cast it with to("${x.dtype}")`,
    );
  }
  // Leading dims of size 1 may be more than there are places, as in PyTorch.
  let fitting = value;
  const surplus = value.ndim - shape.length;
  if (surplus > 0 && value.shape.slice(0, surplus).every((n) => n === 1)) {
    fitting = reshape(value, value.shape.slice(surplus));
  }
  if (fitting.ndim > shape.length || !sameShape(broadcastShapes(op, shape, fitting.shape), shape)) {
    throw new ShapeError(op, "the value does not broadcast to the places that are written", {
      value: value.shape,
      places: shape,
    });
  }
  return expand(fitting, shape);
}

/**
 * A copy of x with `x[specs] = value`; as `torch.index_put`, with all that index() takes. Of places that are named
 * often the last value wins, with accumulate they add up.
 * @param value a number, or a tensor of x's dtype that broadcasts to x.index(specs)
 * @throws what index() throws; ShapeError where value does not broadcast, DTypeError where its dtype differs
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_put_.html
 */
export function indexPut(
  x: Tensor,
  specs: readonly IndexSpec[],
  value: Operand,
  options: IndexPutOptions = {},
): Tensor {
  const op = "indexPut";
  checkOptions(op, options, INDEX_PUT_OPTIONS);
  checkLive(op, x);
  return composite(() => putInto(op, clone(x), specs, value, options.accumulate ?? false));
}

/** The same where the places cannot be written as rows of a view: by the number that each has in all of x. */
export function putByNumber(
  op: string,
  x: Tensor,
  specs: readonly IndexSpec[],
  value: Operand,
  accumulate: boolean,
): Tensor {
  const numbers = arange(0, x.numel, 1, { device: x.backend });
  const places = index(reshape(numbers, x.shape), specs);
  const values = reshape(valueFor(op, x, value, places.shape), [places.numel]);
  const at = reshape(places, [places.numel]);
  const put = accumulate ? scatterAdd : scatter;
  return reshape(put(reshape(x, [x.numel]), 0, at, values), x.shape);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    indexPut(specs: readonly IndexSpec[], value: Operand, options?: IndexPutOptions): Tensor;
  }
}
methods({
  indexPut(specs, value, options) {
    return indexPut(this, specs, value, options);
  },
});
